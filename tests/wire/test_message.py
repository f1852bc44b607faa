"""Messages and sets as values."""

from resolver.wire import types
from resolver.wire.message import Message, Question, RRset
from tests.wire.packets import name

WWW = name("www.example.com")


def test_a_question_is_written_for_people() -> None:
    assert str(Question(WWW, types.AAAA)) == "www.example.com. AAAA"


def test_sets_with_the_same_records_in_another_order_are_equal() -> None:
    assert RRset(WWW, types.A, 300, (b"aaaa", b"bbbb")) == RRset(
        WWW, types.A, 300, (b"bbbb", b"aaaa")
    )


def test_equal_sets_have_equal_hashes() -> None:
    first = RRset(WWW, types.A, 300, (b"aaaa", b"bbbb"))
    second = RRset(WWW, types.A, 300, (b"bbbb", b"aaaa"))
    assert len({first, second}) == 1


def test_sets_that_differ_anywhere_are_not_equal() -> None:
    one = RRset(WWW, types.A, 300, (b"aaaa",), (b"s",))
    assert one != RRset(name("example.com"), types.A, 300, (b"aaaa",), (b"s",))
    assert one != RRset(WWW, types.NS, 300, (b"aaaa",), (b"s",))
    assert one != RRset(WWW, types.A, 301, (b"aaaa",), (b"s",))
    assert one != RRset(WWW, types.A, 300, (b"aaab",), (b"s",))
    assert one != RRset(WWW, types.A, 300, (b"aaaa",), ())
    assert one != RRset(WWW, types.A, 300, (b"aaaa",), (b"s",), types.CH)
    assert one != "a set"


def test_a_set_with_another_ttl_is_the_same_otherwise() -> None:
    one = RRset(WWW, types.A, 300, (b"aaaa",), (b"s",), types.CH)
    assert one.with_ttl(5) == RRset(WWW, types.A, 5, (b"aaaa",), (b"s",), types.CH)
    assert one.ttl == 300


def test_a_set_shows_what_it_is() -> None:
    assert (
        repr(RRset(WWW, types.A, 300, (b"\xc0\0\2\1",)))
        == "RRset(www.example.com. 300 A c0000201)"
    )


def test_the_opcode_is_taken_from_the_flags() -> None:
    assert Message(1, types.QR | types.RD, None).opcode == 0
    assert Message(1, 5 << 11 | types.AA, None).opcode == 5
