"""Which packets count as the reply to a query, and which are not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.net.sieve import MALFORMED, MAX_MALFORMED, OTHER_QUESTION, Query
from resolver.net.ways import (
    CERTAIN,
    EDNS,
    MIXED,
    NO_COOKIE,
    OTHER_CASE,
    STEADY,
    STREAM,
    TRUNCATED,
    WARY,
    WRONG_ID,
)
from resolver.wire import types
from resolver.wire.edns import COOKIE
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.writer import query as write_query
from resolver.wire.writer import write

NAME = b"\x03www\x07example\x00"
QUESTION = Question(NAME, types.HTTPS)
ID = 0x4D2
ANSWER = RRset(NAME, types.HTTPS, 60, (b"\x00\x01\x00",))


def query(way: int = EDNS | WARY, name: bytes = NAME, cookie: bytes = b"") -> Query:
    packet = write_query(ID, Question(name, types.HTTPS), edns=Edns())
    return Query(packet, NAME, way, cookie)


def reply(
    reply_id: int = ID,
    flags: int = types.QR | types.AA,
    question: Question | None = QUESTION,
    rcode: int = types.NOERROR,
    asked: bytes = b"",
    cookie: bytes | None = None,
) -> bytes:
    answer = (ANSWER,) if rcode == types.NOERROR else ()
    edns = None if cookie is None else Edns(options=((COOKIE, cookie),))
    message = Message(reply_id, flags, question, rcode, answer, edns=edns)
    return write(message, question_wire=asked)


def test_a_reply_with_our_id_and_question_is_accepted_and_read_once() -> None:
    sieve = query()
    assert sieve.accept(reply())
    assert sieve.message is not None
    assert sieve.message.answer == (ANSWER,)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(
            reply(reply_id=ID + 1, flags=types.AA), id="a query with another id"
        ),
        pytest.param(
            reply(reply_id=ID + 1, question=Question(NAME, 64)),
            id="another id and another type",
        ),
        pytest.param(
            reply(reply_id=ID + 1, question=None, rcode=types.REFUSED),
            id="another id and no question",
        ),
        pytest.param(reply(flags=types.AA), id="a query"),
        pytest.param(reply(flags=types.QR | 4 << 11), id="another opcode"),
        pytest.param(reply(question=Question(b"\x01x\x00", 65)), id="another name"),
        pytest.param(reply(question=Question(NAME, 64)), id="another type"),
        pytest.param(reply(question=Question(NAME, 65, 3)), id="another class"),
        # The byte 65 is the letter A: a type has no case.
        pytest.param(reply(question=Question(NAME, 97)), id="a type that looks alike"),
        pytest.param(reply(question=None), id="no question and no error"),
        pytest.param(
            reply(question=None, rcode=types.NXDOMAIN), id="NXDOMAIN for no question"
        ),
        pytest.param(
            reply()[:4] + b"\x00\x02" + reply()[6:], id="two questions, they say"
        ),
        pytest.param(
            reply(rcode=types.REFUSED)[:4] + b"\x00\x02" + reply()[6:],
            id="an error for two questions",
        ),
    ],
)
def test_what_is_not_the_reply_is_not_there(packet: bytes) -> None:
    sieve = query()
    assert not sieve.accept(packet)
    assert sieve.message is None
    assert sieve.accept(reply())


@pytest.mark.parametrize(
    ("packet", "stray"),
    [
        (reply(question=Question(b"\x01x\x00", 65)), OTHER_QUESTION),
        (reply()[:-1], MALFORMED),
        # Anybody can send that.
        (reply(reply_id=ID + 1, question=Question(NAME, 64)), ""),
    ],
)
def test_what_came_instead_is_told(packet: bytes, stray: str) -> None:
    sieve = query()
    assert sieve.silence("timeout") == "timeout"
    assert not sieve.accept(packet)
    assert sieve.stray == stray
    told = f"timeout, but {stray}" if stray else "timeout"
    assert sieve.silence("timeout") == told


@pytest.mark.parametrize("size", range(len(reply())))
def test_a_reply_cut_short_anywhere_is_not_there(size: int) -> None:
    assert not query().accept(reply()[:size])


@pytest.mark.parametrize(
    "rcode", [types.FORMERR, types.SERVFAIL, types.NOTIMP, types.REFUSED]
)
def test_an_error_is_accepted_without_the_question(rcode: int) -> None:
    sieve = query()
    assert sieve.accept(reply(question=None, rcode=rcode))
    assert sieve.message is not None
    assert sieve.message.rcode == rcode


def test_an_error_without_the_question_still_needs_the_id() -> None:
    assert not query().accept(reply(reply_id=7, question=None, rcode=types.REFUSED))


@pytest.mark.parametrize("other", [ID + 1, ID ^ 0x8000])
def test_a_wrong_id_with_our_question_sends_us_to_tcp(other: int) -> None:
    sieve = query()
    assert sieve.accept(reply(reply_id=other))
    assert sieve.message is None
    assert sieve.doubt == WRONG_ID


@pytest.mark.parametrize("way", [EDNS, EDNS | WARY | STREAM], ids=["udp", "tcp"])
def test_where_tcp_is_no_way_out_a_wrong_id_is_not_there(way: int) -> None:
    sieve = query(way)
    assert not sieve.accept(reply(reply_id=ID + 1))
    assert sieve.doubt == CERTAIN
    assert sieve.accept(reply())


def test_a_truncated_reply_is_accepted_unread_wherever_it_was_cut() -> None:
    sieve = query()
    assert sieve.accept(reply(flags=types.QR | types.TC)[:-5])
    assert sieve.message is None
    assert sieve.doubt == TRUNCATED


def test_a_truncated_reply_over_tcp_is_read_like_any_other() -> None:
    sieve = query(STREAM)
    assert not sieve.accept(reply(flags=types.QR | types.TC)[:-5])
    assert sieve.accept(reply(flags=types.QR | types.TC))
    assert sieve.message is not None


def test_the_case_of_the_question_does_not_matter_and_does_not_leak() -> None:
    sieve = query()
    loud = NAME.upper() + b"\x00\x41\x00\x01"
    packet = reply(asked=loud)
    assert b"WWW" in packet
    assert b"www" not in packet  # the owner of the answer is a pointer
    assert sieve.accept(packet)
    assert sieve.message is not None
    assert sieve.message.question == QUESTION
    assert sieve.message.answer[0].name == NAME


def test_the_case_of_the_question_does_not_leak_into_the_data_of_records() -> None:
    loud = NAME.upper() + b"\x00\x02\x00\x01"
    pointed = b"\xc0\x0c" + b"\x00\x02\x00\x01" + bytes(4) + b"\x00\x02\xc0\x10"
    packet = b"\x04\xd2\x80\x00\x00\x01\x00\x01" + bytes(4) + loud + pointed
    sieve = Query(write_query(ID, Question(NAME, types.NS)), NAME)
    assert sieve.accept(packet)
    assert sieve.message is not None
    assert sieve.message.answer[0].rdatas == (b"\x07example\x00",)


def test_case_chosen_by_lot_has_to_come_back_over_udp() -> None:
    mixed = b"\x03wWw\x07eXAMple\x00"
    echoed = query(MIXED, name=mixed)
    assert echoed.accept(reply(asked=mixed + b"\x00\x41\x00\x01"))
    assert echoed.message is not None
    assert echoed.message.answer[0].name == NAME
    assert echoed.echoed

    lowered = query(MIXED, name=mixed)
    assert lowered.accept(reply())
    assert lowered.message is None, "only TCP can tell whose this is"
    assert lowered.doubt == OTHER_CASE


def test_over_tcp_the_case_may_be_any() -> None:
    sieve = query(STREAM | MIXED, name=b"\x03wWw\x07eXAMple\x00")
    assert sieve.accept(reply())
    assert sieve.message is not None
    assert not sieve.echoed


# --- cookies -----------------------------------------------------------------------

OURS = b"12345678"
WHOLE = OURS + b"server's"


def test_a_cookie_of_ours_with_the_servers_is_taken_along() -> None:
    sieve = query(cookie=OURS)
    assert sieve.accept(reply(cookie=WHOLE))
    assert sieve.returned == WHOLE


@pytest.mark.parametrize("way", [EDNS, EDNS | STREAM], ids=["udp", "tcp"])
def test_a_reply_with_a_cookie_that_is_not_ours_is_not_there(way: int) -> None:
    sieve = query(way, cookie=WHOLE)
    for cookie in (b"1234567", b"87654321", b"87654321" + b"server's", b"\0"):
        assert not sieve.accept(reply(cookie=cookie))
    assert sieve.message is None
    assert sieve.accept(reply(cookie=WHOLE))


@pytest.mark.parametrize("size", [0, 7, 33])
def test_a_cookie_of_a_length_that_none_has_is_not_taken_along(size: int) -> None:
    sieve = query(cookie=OURS)
    assert sieve.accept(reply(cookie=OURS + b"s" * size))
    assert sieve.message is not None
    assert sieve.returned == b""


@pytest.mark.parametrize("cookie", [None, b"", OURS])
def test_a_server_that_has_been_sending_cookies_has_to_go_on(
    cookie: bytes | None,
) -> None:
    sieve = query(EDNS | STEADY, cookie=WHOLE)
    assert sieve.accept(reply(cookie=cookie))
    assert sieve.message is None
    assert sieve.doubt == NO_COOKIE
    for way in (EDNS, EDNS | STEADY | STREAM):
        tolerant = query(way, cookie=WHOLE)
        assert tolerant.accept(reply(cookie=cookie))
        assert tolerant.message is not None


def test_a_flood_of_foreign_cookies_is_soon_read_no_more() -> None:
    sieve = query(cookie=OURS)
    for _ in range(MAX_MALFORMED):
        assert not sieve.accept(reply(cookie=b"87654321"))
    assert not sieve.accept(reply(cookie=OURS))


def test_whoever_was_sent_no_cookie_may_send_any() -> None:
    sieve = query()
    assert sieve.accept(reply(cookie=WHOLE))
    assert sieve.returned == b""


def test_a_flood_of_unreadable_replies_is_soon_read_no_more() -> None:
    sieve = query()
    for _ in range(MAX_MALFORMED - 1):
        assert not sieve.accept(reply()[:-1])
    assert sieve.accept(reply())

    flooded = query()
    for _ in range(MAX_MALFORMED):
        assert not flooded.accept(reply()[:-1])
    assert not flooded.accept(reply())


@given(st.binary(max_size=64), st.integers(0, len(reply())))
def test_no_packet_breaks_the_sieve(noise: bytes, kept: int) -> None:
    sieve = query()
    accepted = sieve.accept(reply()[:kept] + noise)
    assert accepted == (sieve.message is not None or sieve.doubt != CERTAIN)
    assert not query().accept(noise)
