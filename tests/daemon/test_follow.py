"""Anchors are followed while the program runs: asked for, kept, used, told of."""

import random
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from resolver.beliefs import BOGUS, SECURE, Claim
from resolver.config import Dnssec
from resolver.daemon import anchorfile
from resolver.daemon.follow import LOOK, Follower
from resolver.daemon.trust import Validation, validation_of
from resolver.dnssec.trust import Trust
from resolver.dnssec.watches import DAY
from resolver.ports import Errand, Lost
from resolver.wire import types
from resolver.wire.message import Question, RRset
from resolver.wire.presentation import rdata_text
from tests.dnssec.rolling import APEX, KSK, REVOKED_KSK, key, published, tag
from tests.dnssec.signing import NOW
from tests.virtual import START, VirtualLoop

if TYPE_CHECKING:
    import asyncio

OLD, NEW, REVOKED = (1, KSK), (2, KSK), (1, REVOKED_KSK)
Keys = tuple[tuple[int, int], ...]


class Zone:
    """A zone whose servers say what the test wants, on a loop in virtual time."""

    def __init__(self, tmp_path: Path | None = None) -> None:
        self.loop = VirtualLoop()
        self.keys: Keys = (OLD,)
        self.signed_by: Keys = (OLD,)
        self.silent = False
        self.asked: list[float] = []
        self.path = "" if tmp_path is None else str(tmp_path / "anchors")
        self.tasks: list[asyncio.Task[None]] = []

    def wall(self) -> float:
        return NOW + self.loop.time() - START

    def published(self) -> RRset:
        return published(*self.keys, signed_by=self.signed_by, wall=int(self.wall()))

    async def fetch(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        assert question == Question(APEX, types.DNSKEY)
        self.asked.append(self.wall() - NOW)
        if self.silent:
            raise Lost("nobody answers")
        return Claim(question, APEX, APEX, (), self.published())

    def validation(self, *numbers: int) -> Validation:
        records = tuple(
            f"example. IN DNSKEY {rdata_text(types.DNSKEY, key(number), 1)}"
            for number in numbers or (1,)
        )
        dnssec = Dnssec(trust_anchors=records, anchor_state=self.path)
        return validation_of(dnssec, self.fetch, self.wall)

    def follow(self, *numbers: int) -> tuple[Validation, Follower]:
        validation = self.validation(*numbers)
        follower = Follower(
            validation, self.path, self.loop.time, self.wall, random.Random(1)
        )
        self.start(follower.run())
        return validation, follower

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(self.loop.create_task(work))
        self.loop.settle()

    def kept(self) -> dict[int, str]:
        return {it.tag: it.state for it in anchorfile.read(self.path)[APEX].keys}

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.loop.settle()
        self.loop.close()


def trusted(validation: Validation) -> list[int]:
    anchor = validation.anchors.at(APEX)
    return [] if anchor is None else anchor.tags()


def both(*numbers: int) -> list[int]:
    return sorted(map(tag, numbers))


def test_a_rollover_is_followed_to_its_end_and_told(tmp_path: Path) -> None:
    zone = Zone(tmp_path)
    with capture_logs() as logs:
        validation, _ = zone.follow()
        zone.keys = (OLD, NEW)
        zone.loop.advance(32 * DAY)
        assert trusted(validation) == both(1, 2)
        zone.keys, zone.signed_by = (REVOKED, NEW), (REVOKED, NEW)
        zone.loop.advance(2 * DAY)
        assert trusted(validation) == [tag(2)]
    changes = [
        (it["tag"], it["before"], it["after"])
        for it in logs
        if it["event"] == "anchor_changed"
    ]
    assert changes == [
        (tag(2), "unknown", "addpend"),
        (tag(2), "addpend", "valid"),
        (tag(1), "valid", "revoked"),
    ]
    assert zone.kept() == {tag(2): "valid", tag(1, REVOKED_KSK): "revoked"}
    zone.close()


def test_the_zone_is_asked_about_once_a_day_and_not_more() -> None:
    zone = Zone()
    zone.follow()
    zone.loop.advance(10 * DAY)
    pauses = [b - a for a, b in zip(zone.asked, zone.asked[1:], strict=False)]
    assert zone.asked[0] == 0
    assert all(DAY * 0.9 <= pause <= DAY + 1 for pause in pauses)
    zone.close()


def test_silence_is_followed_by_a_pause_and_changes_nothing() -> None:
    zone = Zone()
    zone.silent = True
    with capture_logs() as logs:
        validation, _ = zone.follow()
        zone.loop.advance(3600 * 5)
    assert 5 <= len(zone.asked) <= 7
    assert trusted(validation) == [tag(1)]
    assert {it["event"] for it in logs} == {"anchor_not_confirmed"}
    zone.close()


def test_after_a_restart_what_was_learnt_is_trusted_at_once(tmp_path: Path) -> None:
    zone = Zone(tmp_path)
    zone.follow()
    zone.keys = (OLD, NEW)
    zone.loop.advance(32 * DAY)
    assert trusted(zone.validation()) == both(1, 2)
    zone.close()


def test_of_several_workers_one_asks_and_the_others_take_over_what_it_found(
    tmp_path: Path,
) -> None:
    zone = Zone(tmp_path)
    first, one = zone.follow()
    second, other = zone.follow()
    assert [it.is_first for it in (one, other)] == [True, False]
    zone.keys = (OLD, NEW)
    zone.loop.advance(32 * DAY)
    asked = len(zone.asked)
    assert asked < 40
    zone.loop.advance(LOOK)
    assert trusted(first) == trusted(second) == both(1, 2)
    zone.tasks[0].cancel()  # it dies; the kernel gives its turn to the other
    zone.loop.advance(2 * LOOK)
    assert other.is_first
    zone.loop.advance(2 * DAY)
    assert len(zone.asked) > asked
    zone.close()


def test_a_damaged_file_is_set_aside_told_and_begun_anew(tmp_path: Path) -> None:
    zone = Zone(tmp_path)
    Path(zone.path).write_text("nonsense")
    with capture_logs() as logs:
        validation, _ = zone.follow()
    [event] = [it for it in logs if it["event"] == "anchor_state_set_aside"]
    assert Path(event["to"]).read_text() == "nonsense"
    assert trusted(validation) == [tag(1)]
    assert zone.kept() == {tag(1): "valid"}
    zone.close()


def test_where_nothing_can_be_kept_that_is_told_once_and_it_goes_on(
    tmp_path: Path,
) -> None:
    zone = Zone(tmp_path / "not-there")
    with capture_logs() as logs:
        validation, follower = zone.follow()
        zone.keys = (OLD, NEW)
        zone.loop.advance(35 * DAY)
    assert [it["event"] for it in logs].count("anchor_state_not_kept") == 1
    assert follower.is_first
    assert trusted(validation) == both(1, 2)
    zone.close()


def test_when_all_keys_are_revoked_nothing_is_asked_any_more(tmp_path: Path) -> None:
    zone = Zone(tmp_path)
    zone.keys, zone.signed_by = (REVOKED,), (REVOKED,)
    with capture_logs() as logs:
        validation, _ = zone.follow()
        zone.loop.advance(30 * DAY)
    assert validation.anchors.above(APEX) is None
    assert len(zone.asked) == 1
    assert [it["event"] for it in logs][-1] == "anchors_all_revoked"
    assert validation.anchors.at(APEX) is None
    # Neither does the next start bring it back.
    again = zone.validation()
    assert again.anchors.at(APEX) is None
    zone.close()


def test_a_question_may_bring_news_before_the_next_look(tmp_path: Path) -> None:
    zone = Zone(tmp_path)
    validation, follower = zone.follow(1, 2)
    zone.keys, zone.signed_by = (REVOKED, NEW), (REVOKED, NEW)
    errand = Errand(zone.loop.time, zone.loop.time() + 5)
    assert follower.renew(APEX, zone.published(), errand)
    assert trusted(validation) == [tag(2)]
    assert not follower.renew(APEX, zone.published(), errand)
    assert not follower.renew(b"\0", zone.published(), errand)
    zone.close()


def test_the_chain_of_trust_shows_keys_that_do_not_fit_to_whoever_follows(
    tmp_path: Path,
) -> None:
    zone = Zone(tmp_path)
    validation, _ = zone.follow()
    zone.keys = (OLD, NEW)
    zone.loop.advance(20 * DAY)
    zone.keys, zone.signed_by = (NEW,), (NEW,)
    chain = validation.chain

    def reach() -> Trust:
        chain.forget()
        errand = Errand(zone.loop.time, zone.loop.time() + 5)
        return zone.loop.run_until_complete(chain.reach(APEX, errand))

    assert reach().security == BOGUS
    zone.loop.jump(11 * DAY)  # nobody looks in between, as in a machine that sleeps
    assert reach().security == SECURE
    assert trusted(validation) == both(1, 2)
    assert zone.kept() == {tag(1): "missing", tag(2): "valid"}
    zone.close()


@pytest.mark.parametrize("wrong", [{"keys": (NEW,)}, {"signed_by": ()}])
def test_a_question_cannot_change_what_a_look_would_not(
    wrong: dict[str, Keys],
) -> None:
    zone = Zone()
    validation, follower = zone.follow()
    for name, value in wrong.items():
        setattr(zone, name, value)
    errand = Errand(zone.loop.time, zone.loop.time() + 5)
    assert not follower.renew(APEX, zone.published(), errand)
    assert trusted(validation) == [tag(1)]
    zone.close()
