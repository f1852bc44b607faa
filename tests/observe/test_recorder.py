import asyncio
from pathlib import Path

import pytest

from resolver.config import Recorder as Settings
from resolver.lab.box import Box
from resolver.observe.recorder import (
    MAX_A_SECOND,
    MAX_AT_ONCE,
    MAX_RECORDS,
    STARTS,
    ZONE_SHARE,
    Manners,
    Recorder,
)
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.edns import MAX_ERROR_TEXT
from resolver.wire.message import Question
from tests import virtual
from tests.observe.boxed import NOW, Boxed, ask, asked_for, errors

BOX = Box.standard(now=NOW)
LOST = Resolution(types.SERVFAIL, ede=((22, "a.: nobody did reply"),))
FOUND = Resolution(types.NOERROR)
MANNERS = Manners(size=10**6, slow=1.0, sample=0, clients="network", tell=True)


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A recorder, and questions that end as the test says."""

    def __init__(self, manners: Manners = MANNERS, worker: int = 0) -> None:
        self.clock = Time()
        self.network = ""
        self.recorder = Recorder(
            manners, 8.0, lambda: NOW + self.clock.now, lambda _: self.network, worker
        )

    def end(
        self,
        text: str = "www.a. A",
        resolution: Resolution = LOST,
        *,
        after: float = 0.1,
        zone: bytes = b"\x01a\x00",
        limited: int = 0,
        alias: bytes = b"",
    ) -> Resolution:
        question = asked_for(text)
        errand = Errand(self.clock, self.clock.now + 8.0)
        errand.note("question", question)
        errand.note("zone", zone)
        if alias:
            errand.note("alias", alias)
        errand.limited = limited
        self.clock.now += after
        return self.recorder.watch(question, errand, resolution, [])

    @property
    def kept(self) -> list[str]:
        return [str(record.question) for record in self.recorder]


@pytest.mark.parametrize(
    ("resolution", "settings", "reasons"),
    [
        (LOST, {}, ("failed",)),
        (FOUND, {"after": 1.5}, ("slow",)),
        (FOUND, {"limited": 1}, ("limited",)),
        (FOUND._replace(ede=((3, "expired 5 s ago"),)), {}, ("stale",)),
        (FOUND._replace(ede=((15, "private"),)), {}, ("remarked",)),
        (FOUND._replace(ede=((7, "expired"),)), {}, ("bogus",)),
        (LOST._replace(ede=((7, "expired"),)), {}, ("failed", "bogus")),
        (
            LOST._replace(ede=((0, "a limit was reached: x"),)),
            {},
            ("failed", "limited"),
        ),
    ],
)
def test_what_is_worth_a_second_look_is_kept(
    resolution: Resolution, settings: dict[str, float], reasons: tuple[str, ...]
) -> None:
    desk = Desk()
    desk.end("www.a. A", resolution, **settings)  # type: ignore[arg-type]
    (record,) = desk.recorder
    assert record.reasons == reasons
    assert record.seconds == pytest.approx(settings.get("after", 0.1))


def test_what_goes_well_is_not_kept() -> None:
    desk = Desk()
    assert desk.end(resolution=FOUND) is FOUND
    assert len(desk.recorder) == desk.recorder.kept == 0


def test_one_in_so_many_is_kept_where_that_is_wanted() -> None:
    desk = Desk(MANNERS._replace(sample=10))
    for number in range(35):
        desk.end(f"{number}.a. A", FOUND)
    assert desk.kept == ["29.a. A", "19.a. A", "9.a. A"]


def test_a_failure_tells_its_cause_and_its_id() -> None:
    desk = Desk()
    told = desk.end()
    (record,) = desk.recorder
    assert told.ede == ((22, f"a.: nobody did reply [id {record.id}]"),)
    assert desk.recorder.get(record.id) is record
    assert record.ede == LOST.ede


def test_a_text_stays_within_its_bounds_and_keeps_the_id() -> None:
    desk = Desk()
    told = desk.end(resolution=LOST._replace(ede=((22, "é" * 300), (6, "more"))))
    (_, text), other = told.ede
    (record,) = desk.recorder
    assert len(text.encode()) <= MAX_ERROR_TEXT
    assert text.endswith(f"... [id {record.id}]")
    assert other == (6, "more")


def test_who_wants_nothing_told_gets_what_was_found() -> None:
    desk = Desk(MANNERS._replace(tell=False))
    assert desk.end() is LOST
    assert len(desk.recorder) == 1


def test_a_remembered_failure_is_counted_where_it_first_was() -> None:
    desk = Desk()
    desk.end()
    (record,) = desk.recorder
    cached = LOST._replace(ede=((13, "for 2 more seconds: nobody"), (22, "")))
    told = desk.end(resolution=cached)
    assert list(desk.recorder) == [record]
    assert record.again == 1
    assert record.last > record.around.at
    assert told.ede[0] == (13, f"for 2 more seconds: nobody [id {record.id}]")


def test_only_a_failure_is_taken_for_the_origin_of_one() -> None:
    desk = Desk()
    desk.end(resolution=FOUND, after=5.0)
    desk.end(resolution=LOST._replace(ede=((13, "for 2 more seconds: nobody"),)))
    last, slow = desk.recorder
    assert (last.origin, slow.again) == ("", 0)


def test_an_alias_to_what_has_failed_refers_to_that() -> None:
    desk = Desk()
    desk.end("www.a. A")
    (first,) = desk.recorder
    cached = LOST._replace(ede=((13, "for 2 more seconds: nobody"), (22, "")))
    desk.end("alias.b. A", cached, alias=asked_for("www.a. A").name)
    other, _ = desk.recorder
    assert other.origin == first.id
    desk.end("lone.c. A", cached)
    assert next(iter(desk.recorder)).origin == ""


def test_it_takes_no_more_room_than_it_has() -> None:
    desk = Desk(MANNERS._replace(size=100_000))
    for number in range(500):
        desk.end(f"{number}.a. A", zone=b"\x03%03d\x00" % number)
        assert desk.recorder.size_bytes <= 100_000
    assert desk.kept[0] == "499.a. A"
    assert 10 < len(desk.recorder) < 100
    assert desk.recorder.size_bytes == sum(each.size for each in desk.recorder)


def test_there_are_no_more_records_than_their_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resolver.observe.recorder.MAX_RECORDS", 16)
    desk = Desk(MANNERS._replace(size=10**9))
    for number in range(40):
        desk.end(f"{number}.a. A", zone=b"\x03%03d\x00" % number)
    assert len(desk.recorder) == 16
    assert MAX_RECORDS > 1000


def test_one_zone_does_not_flush_out_the_others() -> None:
    desk = Desk(MANNERS._replace(size=100_000))
    desk.end("www.good. A", zone=b"\x04good\x00")
    for number in range(300):
        desk.end(f"{number}.a. A")
    assert "www.good. A" in desk.kept
    assert desk.recorder.size_bytes <= 100_000 * (ZONE_SHARE + 0.1)


def test_a_flood_of_failures_does_not_keep_us_busy() -> None:
    desk = Desk()
    for number in range(1000):
        desk.end(f"{number}.a. A", after=0.001)
    assert desk.recorder.kept <= MAX_AT_ONCE + MAX_A_SECOND + 1
    assert desk.recorder.kept + desk.recorder.passed_over == 1000
    desk.clock.now += 60
    assert "[id " in desk.end("later.a. A").ede[0][1]


def test_ids_differ_between_workers_and_starts() -> None:
    one, other = Desk(worker=1), Desk(worker=2)
    for desk in (one, other):
        for number in range(100):
            desk.end(f"{number}.a. A", zone=b"\x03%03d\x00" % number)
    ids = [record.id for desk in (one, other) for record in desk.recorder]
    assert len(set(ids)) == len(ids) == 200
    assert STARTS > 1000


def test_who_comes_after_goes_on_with_all_records_and_numbers() -> None:
    before, after = Desk(), Desk(MANNERS._replace(size=1_000_000_000))
    for text in ("1.a. A", "2.a. A"):
        before.end(text)
    after.recorder.take_over(before.recorder)
    assert after.kept == before.kept
    assert after.recorder.kept == 2
    known = {record.id for record in after.recorder}
    after.end("3.a. A")
    newest = next(iter(after.recorder))
    assert newest.id not in known
    after.end("1.a. A", Resolution(types.SERVFAIL, ede=((13, "remembered"),)))
    assert len(after.recorder) == 3  # counted where it first was


def test_nothing_of_what_was_removed_is_left() -> None:
    desk = Desk(MANNERS._replace(size=1))
    desk.end("a.a. A")
    desk.end("b.b. A", zone=b"\x01b\x00")
    assert desk.kept == ["b.b. A"]
    assert desk.recorder.get("nonsense") is None
    assert Question(b"\x01a\x01a\x00", types.A) not in desk.recorder._failures
    assert len(desk.recorder._zones) == 1


def test_a_record_says_whether_others_were_answered_meanwhile() -> None:
    desk = Desk()
    desk.end("first.a. A")
    desk.end("good.a. A", FOUND)
    desk.end("before.a. A")
    errand = Errand(desk.clock, desk.clock.now + 8.0)
    desk.clock.now += 1.0
    desk.end("good.a. A", FOUND)
    desk.recorder.watch(asked_for("meanwhile.a. A"), errand, LOST, [])
    said = {
        str(record.question): record.around.others_answered for record in desk.recorder
    }
    assert said == {"first.a. A": False, "before.a. A": False, "meanwhile.a. A": True}


def test_a_client_is_known_as_far_as_it_is_to_be(tmp_path: Path) -> None:
    boxed = Boxed(BOX, tmp_path)
    core_of = boxed.core

    async def go() -> list[str]:
        core = core_of()
        await ask(core, "www.refuses.com. A")
        assert core.recorder is not None
        (record,) = core.recorder
        assert record.around.transport == "tcp"
        return [record.around.client]

    assert virtual.run(go()) == ["this host"]


def test_a_question_is_on_record_when_its_walk_has_ended(tmp_path: Path) -> None:
    async def go() -> int:
        core = Boxed(BOX, tmp_path).core()
        waiting = asyncio.ensure_future(ask(core, "www.silent.com. A"))
        await asyncio.sleep(1)
        assert core.recorder is not None
        assert len(core.recorder) == 0
        await waiting
        return len(core.recorder)

    assert virtual.run(go()) == 1


def test_without_room_nothing_is_kept_and_nothing_told(tmp_path: Path) -> None:
    async def go() -> list[tuple[int, str]]:
        core = Boxed(BOX, tmp_path, recorder=Settings(size=0)).core()
        assert core.recorder is None
        return errors(await ask(core, "www.refuses.com. A"))

    ((_, text),) = virtual.run(go())
    assert "REFUSED" in text
    assert "[id " not in text


def test_the_failure_that_is_remembered_has_no_id_in_its_text(tmp_path: Path) -> None:
    async def go() -> str:
        core = Boxed(BOX, tmp_path).core()
        await ask(core, "www.refuses.com. A")
        question = asked_for("www.refuses.com. A")
        failure = core.stores.failures.get(question, asyncio.get_running_loop().time())
        assert failure is not None
        return failure.text

    assert "[id" not in virtual.run(go())
