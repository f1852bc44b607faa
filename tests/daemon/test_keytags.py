"""Zones are told which of their keys are trusted (RFC 8145)."""

import asyncio
import random

from resolver.beliefs import Claim
from resolver.daemon.keytags import (
    FIRST,
    MAX_TAGS,
    NULL,
    PERIOD,
    keep_signalling,
    signal,
    signal_name,
)
from resolver.daemon.trust import BUILT_IN_ANCHORS
from resolver.dnssec.anchors import Anchor, Anchors, collect, read_built_in
from resolver.dnssec.crypto import KeyStore
from resolver.ports import Errand, Lost
from resolver.wire.message import Question
from tests.dnssec.rolling import APEX, key, tag
from tests.virtual import START, VirtualLoop
from tests.walk.pretend import run


def root() -> Anchor:
    records = read_built_in(BUILT_IN_ANCHORS.read_text())
    [anchor] = collect(records, KeyStore())
    return anchor


class Servers:
    def __init__(self) -> None:
        self.asked: list[Question] = []

    async def __call__(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        assert again  # whatever is remembered: it is the question that counts
        self.asked.append(question)
        raise Lost("nobody answers")


def test_the_name_tells_the_tags_in_ascending_order() -> None:
    """Section 5.1: 20326 and 38696."""
    assert signal_name(root()) == b"\x0d_ta-4f66-9728\x00"
    signers = root().signers
    turned = Anchor(b"\0", signers[::-1], ())
    assert signal_name(turned) == signal_name(root())


def test_tags_have_four_digits_and_stand_below_their_zone() -> None:
    ds = bytes.fromhex("00010d02") + bytes(32)
    assert signal_name(Anchor(APEX, (ds,), ())) == b"\x08_ta-0001" + APEX
    assert signal_name(Anchor(APEX, (), (key(1),))).endswith(
        f"_ta-{tag(1):04x}".encode() + APEX
    )


def test_a_name_is_one_label_however_many_keys_there_are() -> None:
    many = tuple(
        number.to_bytes(2, "big") + b"\x0d\x02" + bytes(32) for number in range(40)
    )
    name = signal_name(Anchor(APEX, many, ()))
    assert name[0] == len(b"_ta-") + 5 * MAX_TAGS - 1 <= 63
    assert name[name[0] + 1 :] == APEX


def test_one_question_is_asked_for_each_zone_and_not_again_when_it_fails() -> None:
    servers = Servers()
    anchors = Anchors([root(), Anchor(APEX, (), (key(1),))])
    named = run(signal(anchors, servers, lambda: 0.0))
    assert [it.name for it in servers.asked] == named
    assert {it.rdtype for it in servers.asked} == {NULL}
    assert len(named) == 2


def signalling(*, is_first: bool) -> tuple[VirtualLoop, Servers, asyncio.Task[None]]:
    loop, servers = VirtualLoop(), Servers()
    work = keep_signalling(
        Anchors([root()]), servers, loop.time, random.Random(1), lambda: is_first
    )
    return loop, servers, loop.create_task(work)


def end(loop: VirtualLoop, task: asyncio.Task[None]) -> None:
    task.cancel()
    loop.settle()
    loop.close()


def test_it_is_done_once_a_day_and_not_at_the_start() -> None:
    loop, servers, task = signalling(is_first=True)
    loop.advance(FIRST - 1)
    assert servers.asked == []
    loop.advance(FIRST + 1)
    assert len(servers.asked) == 1
    loop.advance(10 * PERIOD)
    assert 10 <= len(servers.asked) - 1 <= 11
    assert loop.time() > START
    end(loop, task)


def test_of_several_workers_one_does_it() -> None:
    loop, servers, task = signalling(is_first=False)
    loop.advance(3 * PERIOD)
    assert servers.asked == []
    end(loop, task)
