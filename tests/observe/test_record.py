from resolver.observe.record import (
    FRAME_BYTES,
    Circumstances,
    Record,
    budgets_of,
    compacted,
)
from resolver.ports import MAX_ASKS, Address, Errand, Note, Resolution
from resolver.walk.scrub import Answer
from resolver.wire import types
from resolver.wire.message import Question, RRset
from tests.observe.boxed import remade

WWW = b"\x03www\x07example\x00"
SERVER = Address("192.0.2.1")


def test_a_diary_is_kept_in_words() -> None:
    found = Answer((), RRset(WWW, types.A, 60, (bytes(4),)))
    diary = [
        Note(1.0, 0, "sent", (SERVER, Question(WWW, types.A), "udp")),
        Note(1.1, 0, "reply", (SERVER, 0, 0.1, 99)),
        Note(1.1, 0, "verdict", (found,)),
        Note(1.1, 1, "zone", (WWW,)),
    ]
    notes, size = compacted(diary)
    assert [note.facts for note in notes] == [
        ("192.0.2.1", "www.example. A", "udp"),
        ("192.0.2.1", 0, 0.1, 99),
        ("answer 1 A",),
        (WWW,),
    ]
    assert [note[:3] for note in notes] == [note[:3] for note in diary]
    assert size > 500
    # What comes again is kept once.
    assert notes[0].facts[0] is notes[1].facts[0]
    assert compacted(diary * 2)[1] < 2 * size


def test_budgets_are_told_as_used_of_given() -> None:
    errand = Errand(lambda: 12.0, 18.0)
    errand.spend_ask()
    errand.spend_bytes(500)
    spent = budgets_of(errand, 10.0)
    assert tuple(spent[0]) == ("seconds", 2.0, 8.0)
    assert tuple(spent[1]) == ("questions to servers", 1, MAX_ASKS)
    assert spent[2].used == 500


def test_a_record_knows_what_it_takes() -> None:
    small = remade("a. A", ())
    large = remade("a. A", (), notes=[("failed", "x" * 10_000)])
    assert small.size > FRAME_BYTES
    assert large.size > small.size + 10_000


def test_a_record_begins_with_its_first_note() -> None:
    times = iter([10.0, 10.5, 10.6, 10.7, 10.8, 10.9])
    errand = Errand(lambda: next(times), 18.0)
    errand.note("question", Question(WWW, types.A))
    record = Record(
        "x",
        Question(WWW, types.A),
        Resolution(types.NOERROR),
        errand,
        seconds=0.1,
        reasons=(),
        around=Circumstances(0.0),
    )
    assert record.started == 10.0
    assert record.diary[0].at == 10.0
