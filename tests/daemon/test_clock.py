"""A wrong clock is named, and not taken for a forger's work."""

from typing import TYPE_CHECKING

import dns.name
from structlog.testing import capture_logs

from resolver.beliefs import BOGUS, Claim
from resolver.config import Dnssec
from resolver.daemon.clock import (
    LOOK,
    PULSE,
    REPEAT,
    SET_BY,
    clock_problem,
    keep_looking,
    notice_set,
    objection,
)
from resolver.daemon.trust import validation_of
from resolver.dnssec.anchors import NEWEST_BUILT_IN
from resolver.dnssec.chain import Chain
from resolver.ports import Errand
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.presentation import rdata_text
from tests.dnssec.rolling import KSK, key
from tests.dnssec.signing import DAY, NOW, dnskey, our_set, rdataset, sign
from tests.virtual import START, VirtualLoop, run

if TYPE_CHECKING:
    import asyncio


async def fetch(question: Question, errand: Errand, *, again: bool = False) -> Claim:
    """The root's keys, signed today."""
    records = rdataset("DNSKEY", [dnskey(13, 1, KSK).to_text()])
    signature = sign(
        ".", records, number=1, key=dnskey(13, 1, KSK), signer=dns.name.root
    )
    return Claim(question, b"\0", b"\0", (), our_set(".", records, signature))


def chain_at(wall: int) -> Chain:
    record = f". IN DNSKEY {rdata_text(types.DNSKEY, key(1), 1)}"
    return validation_of(
        Dnssec(trust_anchors=(record,)), fetch, lambda: float(wall)
    ).chain


def test_a_time_before_the_newest_anchor_is_certainly_over() -> None:
    text = clock_problem(NEWEST_BUILT_IN - 1)
    assert "the clock of this host shows 2024-07-17 23:59:59 UTC" in text
    assert clock_problem(NEWEST_BUILT_IN) == ""


def test_signatures_of_the_root_that_are_not_yet_valid_name_the_clock() -> None:
    wall = NOW - 30 * DAY
    chain = chain_at(wall)
    errand = Errand(lambda: 0.0, 5.0)
    assert objection(wall, chain, 0.0) == ""  # nobody has looked yet
    trust = run(chain.reach(b"\0", errand))
    assert trust.security == BOGUS
    assert "the clock of this host shows 2026-12-16 08:00:00 UTC" in trust.text
    assert "the root cannot be validated" in objection(wall, chain, 0.0)


def test_a_clock_that_is_right_is_not_blamed() -> None:
    chain = chain_at(NOW)
    run(chain.reach(b"\0", Errand(lambda: 0.0, 5.0)))
    assert objection(NOW, chain, 0.0) == ""


def test_it_is_told_once_an_hour_until_the_clock_is_set() -> None:
    loop = VirtualLoop()
    right = False

    def wall() -> float:
        return NOW if right else loop.time() - START

    work = keep_looking(wall, chain_at(0), loop.time)
    task: asyncio.Task[None] = loop.create_task(work)
    with capture_logs() as logs:
        loop.advance(3 * REPEAT - 1)
        assert [it["event"] for it in logs] == ["clock_is_wrong"] * 3
        right = True
        loop.advance(REPEAT + LOOK)
        right = False
        loop.advance(LOOK)
        assert len(logs) == 4
    task.cancel()
    loop.settle()
    loop.close()


def test_what_was_bogus_is_judged_anew_when_the_clock_was_set() -> None:
    loop = VirtualLoop()
    ahead = -30.0 * DAY

    def wall() -> float:
        return NOW + ahead + loop.time() - START

    chain = chain_at(int(wall()))
    run(chain.reach(b"\0", Errand(lambda: START, START + 5.0)))
    task: asyncio.Task[None] = loop.create_task(notice_set(wall, chain))
    with capture_logs() as logs:
        loop.advance(3 * PULSE)
        ahead += SET_BY / 2  # this much may as well be a slow machine
        loop.advance(PULSE)
        assert logs == []
        assert chain.known(b"\0", START) is not None
        ahead += 30 * DAY
        loop.advance(PULSE)
    assert chain.known(b"\0", START) is None
    [told] = logs
    assert told["event"] == "clock_set"
    assert told["seconds"] == 30 * DAY + SET_BY / 2
    task.cancel()
    loop.settle()
    loop.close()
