"""From a message to a packet."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.wire import types
from resolver.wire.edns import extended_error
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.reader import read
from resolver.wire.writer import query, query_in_case, write, write_with_ttls
from tests.wire.packets import (
    FIRST_RECORD,
    QUESTION,
    TO_EXAMPLE,
    TO_WWW,
    WWW,
    name,
    opt,
    packet,
    parts,
    pointer,
    record,
    rrsig,
)
from tests.wire.strategies import edns, messages, wire_names

A1 = b"\xc0\0\2\1"
A2 = b"\xc0\0\2\2"
ASKED = Question(WWW, types.A)
EXAMPLE = name("example.com")


def reply(
    *answer: RRset, additional: tuple[RRset, ...] = (), with_edns: Edns | None = None
) -> Message:
    return Message(7, types.QR, ASKED, 0, answer, (), additional, with_edns)


@settings(deadline=None)
@given(messages())
def test_what_was_written_is_read_back(message: Message) -> None:
    # No limit, as names that cannot be compressed may fill more than 64 kB.
    assert parts(read(write(message, 1 << 24))) == parts(message)


def test_owners_are_compressed() -> None:
    rrsets = (
        RRset(WWW, types.A, 300, (A1, A2)),
        RRset(name("a.example.com"), types.A, 300, (A1,)),
    )
    assert write(reply(*rrsets)) == packet(
        answer=(
            record(TO_WWW, types.A, A1),
            record(TO_WWW, types.A, A2),
            record(b"\1a" + TO_EXAMPLE, types.A, A1),
        )
    )


def test_an_owner_is_written_out_once_in_its_set() -> None:
    owner = name("net")
    assert write(reply(RRset(owner, types.A, 300, (A1, A2)))) == packet(
        answer=(
            record(owner, types.A, A1),
            record(pointer(FIRST_RECORD), types.A, A2),
        )
    )


def test_the_root_is_shorter_than_a_pointer() -> None:
    assert write(reply(RRset(b"\0", types.A, 300, (A1, A2)))) == packet(
        answer=(record(b"\0", types.A, A1), record(b"\0", types.A, A2))
    )


def test_names_in_data_of_rfc_1035_types_are_compressed() -> None:
    soa = name("ns.example.com") + name("admin.example.com") + bytes(20)
    mx = b"\0\5" + name("ns.example.com")
    rrsets = (
        RRset(EXAMPLE, types.SOA, 300, (soa,)),
        RRset(EXAMPLE, types.MX, 300, (mx,)),
    )
    at_ns = FIRST_RECORD + 12
    assert write(reply(*rrsets)) == packet(
        answer=(
            record(
                TO_EXAMPLE,
                types.SOA,
                b"\2ns" + TO_EXAMPLE + b"\5admin" + TO_EXAMPLE + bytes(20),
            ),
            record(TO_EXAMPLE, types.MX, b"\0\5" + pointer(at_ns)),
        )
    )


@pytest.mark.parametrize(
    ("rdtype", "rdata"),
    [
        (types.SRV, bytes(6) + WWW),
        (types.DNAME, WWW),
        (types.NSEC, WWW),
        (17, WWW + WWW),
        (types.SVCB, b"\0\1" + WWW),
        (65280, WWW),
    ],
)
def test_names_in_other_data_are_not_compressed(rdtype: int, rdata: bytes) -> None:
    assert write(reply(RRset(WWW, rdtype, 300, (rdata,)))) == packet(
        answer=(record(TO_WWW, rdtype, rdata),)
    )


def test_names_in_data_keep_their_case() -> None:
    rrset = RRset(WWW, types.CNAME, 300, (b"\1a\7EXAMPLE\3com\0",))
    assert write(reply(rrset)) == packet(
        answer=(record(TO_WWW, types.CNAME, b"\1a\7EXAMPLE" + pointer(24)),)
    )


def test_signatures_follow_their_set() -> None:
    rrset = RRset(WWW, types.A, 60, (A1,), (rrsig(types.A),))
    other = RRset(EXAMPLE, types.A, 60, (A2,))
    assert write(reply(rrset, other)) == packet(
        answer=(
            record(TO_WWW, types.A, A1, 60),
            record(TO_WWW, types.RRSIG, rrsig(types.A), 60),
            record(TO_EXAMPLE, types.A, A2, 60),
        )
    )


def test_sets_keep_their_class() -> None:
    rrset = RRset(WWW, types.TXT, 0, (b"\1x",), (), types.CH)
    assert write(reply(rrset)) == packet(
        answer=(record(TO_WWW, types.TXT, b"\1x", 0, types.CH),)
    )


def test_opt_is_the_last_record_and_has_the_rest_of_the_response_code() -> None:
    message = reply(RRset(WWW, types.A, 300, (A1,)), with_edns=Edns(4096, do=True))
    message.rcode = types.BADVERS
    assert write(message) == packet(
        answer=(record(TO_WWW, types.A, A1),),
        additional=(opt(size=4096, ttl=0x01008000),),
    )


def test_a_response_code_that_needs_edns_becomes_servfail_without() -> None:
    message = reply()
    message.rcode = types.BADVERS
    assert read(write(message)).rcode == types.SERVFAIL


def test_the_question_can_be_written_as_the_client_sent_it() -> None:
    sent = b"\3wWw\7eXample\3com\0\0\1\0\1"
    wire = write(reply(RRset(WWW, types.A, 300, (A1,))), question_wire=sent)
    assert wire == packet(answer=(record(TO_WWW, types.A, A1),), question=sent)


def test_a_message_may_have_no_question() -> None:
    assert write(Message(7, types.QR, None)) == packet(question=b"")
    assert write(Message(7, types.QR, None), question_wire=QUESTION) == packet()


def test_a_reply_that_fits_exactly_is_whole() -> None:
    message = reply(RRset(WWW, types.A, 300, (A1, A2)), with_edns=Edns())
    whole = write(message)
    assert write(message, len(whole)) == whole


def test_a_reply_that_does_not_fit_says_tc_and_keeps_opt_only() -> None:
    message = reply(RRset(WWW, types.A, 300, (A1, A2)), with_edns=Edns())
    assert write(message, len(write(message)) - 1) == packet(
        additional=(opt(),), word=types.QR | types.TC
    )


def test_authority_that_does_not_fit_is_like_answers_that_do_not() -> None:
    message = reply(RRset(WWW, types.A, 300, (A1,)))
    message.authority = (RRset(EXAMPLE, types.NS, 300, (WWW,)),)
    assert write(message, len(write(message)) - 1) == packet(word=types.QR | types.TC)


def test_additional_sets_that_do_not_fit_are_dropped_whole_and_without_tc() -> None:
    first = RRset(WWW, types.A, 300, (A1,))
    second = RRset(name("ns.example.com"), types.A, 300, (A1, A2))
    message = reply(first, additional=(first, second), with_edns=Edns())
    wire, ttls = write_with_ttls(message, len(write(message)) - 1)
    assert wire == packet(
        answer=(record(TO_WWW, types.A, A1),),
        additional=(record(TO_WWW, types.A, A1), opt()),
    )
    assert len(ttls) == 2


def test_options_go_when_there_is_no_room_for_them() -> None:
    message = reply(with_edns=Edns(options=((10, bytes(500)),)))
    assert write(message, 512) == packet(additional=(opt(),), word=types.QR | types.TC)


def test_the_longest_question_with_cookie_and_error_fits_into_512_bytes() -> None:
    longest = name(".".join(["x" * 63] * 3 + ["x" * 61]))
    message = Message(7, types.QR, Question(longest, types.A), types.SERVFAIL)
    message.edns = Edns(options=((10, bytes(24)), extended_error(0, "x" * 999)))
    wire = write(message, 512)
    assert parts(read(wire)) == parts(message)


@settings(deadline=None)
@given(messages(), st.integers(512, 1232))
def test_no_packet_is_longer_than_its_limit(message: Message, limit: int) -> None:
    message.flags &= ~types.TC
    wire, ttls = write_with_ttls(message, limit)
    assert len(wire) <= limit
    found = read(wire)
    assert found.rcode == message.rcode
    assert found.question == message.question
    assert (found.edns is None) == (message.edns is None)
    if found.flags & types.TC:
        assert found.answer == found.authority == found.additional == ()
        assert ttls == ()
    else:
        assert (found.answer, found.authority) == (message.answer, message.authority)
        assert found.additional == message.additional[: len(found.additional)]


@settings(deadline=None)
@given(messages())
def test_the_ttls_are_where_they_are_said_to_be(message: Message) -> None:
    wire, offsets = write_with_ttls(message, 1 << 24)
    aged = bytearray(wire)
    for offset in offsets:
        aged[offset : offset + 4] = (5).to_bytes(4, "big")
    found = read(bytes(aged))
    for section in ("answer", "authority", "additional"):
        assert getattr(found, section) == tuple(
            rrset.with_ttl(5) for rrset in getattr(message, section)
        )
    assert found.edns == message.edns


def test_names_are_not_pointed_to_beyond_what_a_pointer_can_say() -> None:
    filler = RRset(WWW, 65280, 300, (bytes(0x4000),))
    late = RRset(name("late.test"), types.A, 300, (A1, A2))
    wire = write(reply(filler, late, late))
    assert wire.endswith(record(name("late.test"), types.A, A2))
    assert read(wire).answer == (filler, late)


@settings(deadline=None)
@given(wire_names(), st.integers(0, 65535), st.none() | edns())
def test_a_query_is_the_same_as_a_message_written(
    asked: bytes, rdtype: int, with_edns: Edns | None
) -> None:
    question = Question(asked, rdtype)
    message = Message(4711, types.RD, question, edns=with_edns)
    assert query(4711, question, flags=types.RD, edns=with_edns) == write(message)


def test_a_query_is_built_byte_for_byte() -> None:
    asked = packet(word=types.RD | types.CD, additional=(opt(ttl=0x8000),))
    flags = types.RD | types.CD
    assert query(7, ASKED, flags=flags, edns=Edns(do=True)) == asked
    assert query(7, ASKED) == packet(word=0)


def test_a_query_may_have_its_letters_in_any_case() -> None:
    loud = ASKED.name.upper()
    asked = query(7, ASKED, flags=types.RD, edns=Edns())
    assert loud != ASKED.name
    assert query_in_case(7, types.RD, ASKED, loud, opt()) == asked.replace(
        ASKED.name, loud
    )
    assert query_in_case(7, 0, ASKED, ASKED.name, b"") == query(7, ASKED)
