"""From a packet to a message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.wire import types
from resolver.wire.edns import MAX_OPTIONS
from resolver.wire.message import Edns, Question, RRset
from resolver.wire.reader import Header, Malformed, group, header_of, question_of, read
from resolver.wire.writer import write
from tests.wire.packets import (
    FIRST_RECORD,
    QUESTION,
    TO_COM,
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
from tests.wire.strategies import messages

A1 = b"\xc0\0\2\1"
A2 = b"\xc0\0\2\2"
EXAMPLE = name("example.com")


def test_a_query_is_read() -> None:
    message = read(packet(word=types.RD | types.CD, additional=(opt(ttl=0x8000),)))
    assert message.id == 7
    assert message.flags == types.RD | types.CD
    assert message.question == Question(WWW, types.A)
    assert message.rcode == types.NOERROR
    assert message.edns == Edns(1232, do=True)
    assert message.answer == message.authority == message.additional == ()


def test_records_of_one_name_type_and_class_become_one_set() -> None:
    message = read(
        packet(
            answer=(
                record(TO_WWW, types.A, A1),
                record(TO_WWW, types.AAAA, bytes(16)),
                record(TO_WWW, types.A, A2),
            ),
            authority=(record(TO_EXAMPLE, types.NS, b"\2ns" + TO_EXAMPLE),),
        )
    )
    assert message.answer == (
        RRset(WWW, types.A, 300, (A1, A2)),
        RRset(WWW, types.AAAA, 300, (bytes(16),)),
    )
    assert message.authority == (
        RRset(EXAMPLE, types.NS, 300, (name("ns.example.com"),)),
    )


def test_the_same_set_in_two_sections_is_two_sets() -> None:
    one = record(TO_WWW, types.A, A1)
    message = read(packet(answer=(one,), additional=(one,)))
    assert message.answer == message.additional != ()


def test_records_that_come_twice_are_kept_once() -> None:
    one = record(TO_WWW, types.A, A1)
    assert read(packet(answer=(one, one))).answer[0].rdatas == (A1,)


def test_a_set_has_the_smallest_ttl_of_its_records() -> None:
    answer = (
        record(TO_WWW, types.A, A1, 300),
        record(TO_WWW, types.A, A2, 60),
        record(TO_WWW, types.A, A1, 7),
    )
    assert read(packet(answer=answer)).answer[0].ttl == 7


@pytest.mark.parametrize("ttl", [0x80000000, 0xFFFFFFFF])
def test_a_ttl_with_its_top_bit_set_is_zero(ttl: int) -> None:
    answer = (record(TO_WWW, types.A, A1, 300), record(TO_WWW, types.A, A2, ttl))
    assert read(packet(answer=answer)).answer[0].ttl == 0


def test_the_largest_ttl_is_kept() -> None:
    answer = (record(TO_WWW, types.A, A1, 0x7FFFFFFF),)
    assert read(packet(answer=answer)).answer[0].ttl == 0x7FFFFFFF


@pytest.mark.parametrize("order", [1, -1])
def test_signatures_join_the_set_they_cover_whichever_comes_first(order: int) -> None:
    covering = rrsig(types.A)
    answer = (record(TO_WWW, types.A, A1), record(TO_WWW, types.RRSIG, covering))
    assert read(packet(answer=answer[::order])).answer == (
        RRset(WWW, types.A, 300, (A1,), (covering,)),
    )


def test_a_set_lives_no_longer_than_its_signatures() -> None:
    answer = (
        record(TO_WWW, types.A, A1, 300),
        record(TO_WWW, types.RRSIG, rrsig(types.A), 100),
        record(TO_WWW, types.RRSIG, rrsig(types.AAAA), 5),
    )
    assert [rrset.ttl for rrset in read(packet(answer=answer)).answer] == [100, 5]


def test_signatures_that_cover_nothing_in_their_section_are_a_set_at_its_end() -> None:
    lonely, elsewhere, other_name = rrsig(types.MX), rrsig(types.NS), rrsig(types.A)
    answer = (
        record(TO_WWW, types.RRSIG, lonely),
        record(TO_WWW, types.RRSIG, elsewhere),
        record(TO_COM, types.RRSIG, other_name),
        record(TO_WWW, types.A, A1),
    )
    authority = (record(TO_WWW, types.NS, TO_COM),)
    message = read(packet(answer=answer, authority=authority))
    assert message.answer == (
        RRset(WWW, types.A, 300, (A1,)),
        RRset(WWW, types.RRSIG, 300, (lonely, elsewhere)),
        RRset(name("com"), types.RRSIG, 300, (other_name,)),
    )
    assert message.authority[0].signatures == ()


def test_signatures_that_come_twice_are_kept_once() -> None:
    one = record(TO_WWW, types.RRSIG, rrsig(types.A))
    answer = (record(TO_WWW, types.A, A1), one, one)
    assert read(packet(answer=answer)).answer[0].signatures == (rrsig(types.A),)


def test_signatures_never_cover_signatures() -> None:
    first, second = rrsig(types.RRSIG), rrsig(types.MX)
    answer = (
        record(TO_WWW, types.RRSIG, second),
        record(TO_WWW, types.RRSIG, first),
    )
    assert read(packet(answer=answer)).answer == (
        RRset(WWW, types.RRSIG, 300, (second, first)),
    )


def test_owners_are_lower_case_and_names_in_data_keep_theirs() -> None:
    answer = (
        record(b"\3WWW" + TO_EXAMPLE, types.CNAME, b"\5Other" + TO_EXAMPLE),
        record(pointer(FIRST_RECORD), types.TXT, b"\2Aa"),
    )
    message = read(packet(answer=answer))
    assert [rrset.name for rrset in message.answer] == [WWW, WWW]
    assert message.answer[0].rdatas == (b"\5Other" + EXAMPLE,)
    assert message.answer[1].rdatas == (b"\2Aa",)


def test_the_question_is_canonical() -> None:
    question = b"\3wWw\7exAmple\3com\0\0\x41\0\1"
    message = read(packet(question=question))
    # 65, HTTPS, is the letter A: the type must not be lowered.
    assert message.question == Question(WWW, types.HTTPS)


def test_a_packet_may_have_no_question() -> None:
    assert read(packet(question=b"")).question is None


def test_a_packet_has_at_most_one_question() -> None:
    two = bytearray(packet(question=QUESTION + QUESTION))
    two[5] = 2
    with pytest.raises(Malformed, match="2 questions"):
        read(bytes(two))


def test_records_of_other_classes_are_kept_as_they_are() -> None:
    version = record(name("version.bind"), types.TXT, b"\1x", 0, types.CH)
    message = read(packet(answer=(version, record(TO_WWW, types.A, b"?", 0, 42))))
    assert message.answer == (
        RRset(name("version.bind"), types.TXT, 0, (b"\1x",), (), types.CH),
        RRset(WWW, types.A, 0, (b"?",), (), 42),
    )


@pytest.mark.parametrize("size", [0, 3, 5, 16])
def test_an_ipv4_address_has_four_bytes(size: int) -> None:
    with pytest.raises(Malformed, match="offset 45"):
        read(packet(answer=(record(TO_WWW, types.A, bytes(size)),)))


@pytest.mark.parametrize("size", [0, 4, 15, 17])
def test_an_ipv6_address_has_sixteen_bytes(size: int) -> None:
    with pytest.raises(Malformed, match="offset 45"):
        read(packet(answer=(record(TO_WWW, types.AAAA, bytes(size)),)))


def test_data_of_unknown_types_is_passed_on_untouched() -> None:
    data = b"\xc0\x0c\xff\0"
    answer = (record(TO_WWW, 65280, data), record(TO_WWW, 65281, b""))
    assert [rrset.rdatas for rrset in read(packet(answer=answer)).answer] == [
        (data,),
        (b"",),
    ]


def test_parameters_of_services_are_opaque() -> None:
    # Keys out of order, lengths beyond the end: the client's business.
    data = b"\0\1\0" + b"\0\5\xff\xff\0\1"
    answer = (record(TO_WWW, types.HTTPS, data),)
    assert read(packet(answer=answer)).answer[0].rdatas == (data,)


def test_opt_leaves_the_additional_section() -> None:
    address = record(TO_WWW, types.A, A1)
    message = read(packet(additional=(opt(b"\0\x0a\0\1c", 4096, 0x00028000), address)))
    assert message.additional == (RRset(WWW, types.A, 300, (A1,)),)
    assert message.edns == Edns(4096, do=True, version=2, options=((10, b"c"),))


@pytest.mark.parametrize("high", [0, 1, 0x7F, 0xFF])
def test_the_response_code_is_put_together_from_both_places(high: int) -> None:
    message = read(packet(word=types.QR | 5, additional=(opt(ttl=high << 24),)))
    assert message.rcode == high << 4 | 5
    assert message.flags == types.QR


def test_two_opts_are_malformed() -> None:
    with pytest.raises(Malformed, match="OPT"):
        read(packet(additional=(opt(), opt())))


def test_opt_has_its_place_in_the_additional_section() -> None:
    with pytest.raises(Malformed, match="OPT"):
        read(packet(answer=(opt(),)))
    with pytest.raises(Malformed, match="OPT"):
        read(packet(authority=(opt(),)))


def test_opt_belongs_to_the_root() -> None:
    with pytest.raises(Malformed, match="OPT"):
        read(packet(additional=(record(TO_WWW, types.OPT, b""),)))


def test_options_beyond_the_limit_are_passed_over() -> None:
    message = read(packet(additional=(opt(b"\0\3\0\0" * (MAX_OPTIONS + 1)),)))
    assert message.edns is not None
    assert len(message.edns.options) == MAX_OPTIONS


def test_bytes_behind_the_last_record_are_passed_over() -> None:
    whole = packet(answer=(record(TO_WWW, types.A, A1),))
    assert parts(read(whole + b"padding")) == parts(read(whole))


@pytest.mark.parametrize("size", range(12))
def test_a_packet_has_a_header(size: int) -> None:
    with pytest.raises(Malformed, match=f"{size} bytes has no header"):
        read(bytes(size))
    with pytest.raises(Malformed, match=f"{size} bytes has no header"):
        header_of(bytes(size))


def test_a_packet_that_ends_early_anywhere_is_malformed() -> None:
    whole = packet(
        answer=(
            record(TO_WWW, types.CNAME, b"\1a" + TO_EXAMPLE),
            record(b"\1a" + TO_EXAMPLE, types.A, A1),
        ),
        authority=(record(TO_EXAMPLE, types.TXT, b"\3abc"),),
        additional=(record(TO_COM, 65280, b"data"), opt(b"\0\3\0\2ab")),
    )
    read(whole)
    for size in range(len(whole)):
        with pytest.raises(Malformed):
            read(whole[:size])


def test_an_address_at_the_end_must_be_whole() -> None:
    whole = packet(answer=(record(TO_WWW, types.A, A1),))
    with pytest.raises(Malformed, match="leaves the packet at offset 48"):
        read(whole[:-1])


@pytest.mark.parametrize("rdtype", [types.NS, types.DS, types.RRSIG, types.OPT, 65280])
def test_other_data_at_the_end_must_be_whole(rdtype: int) -> None:
    data = rrsig(types.A, "") + bytes(8)
    owner = b"\0" if rdtype == types.OPT else TO_WWW
    whole = packet(additional=(record(owner, rdtype, data),))
    for size in range(len(whole) - len(data), len(whole)):
        with pytest.raises(Malformed):
            read(whole[:size])


def test_counts_beyond_the_packet_are_malformed() -> None:
    with pytest.raises(Malformed, match="ends too early, at offset 33"):
        read(b"\0\7\x80\0\0\1\xff\xff\0\0\0\0" + QUESTION)


def test_the_question_alone_can_be_read() -> None:
    question, end = question_of(packet(question=b"\3WWW\7example\3com\0\0\1\0\1"))
    assert question == Question(WWW, types.A)
    assert end == FIRST_RECORD


def test_the_question_alone_is_read_whatever_the_counts_say() -> None:
    assert question_of(bytes(12) + QUESTION)[0] == Question(WWW, types.A)


@pytest.mark.parametrize("size", range(FIRST_RECORD))
def test_a_question_that_ends_early_is_malformed(size: int) -> None:
    with pytest.raises(Malformed):
        question_of(packet()[:size])


def test_a_question_cannot_be_compressed() -> None:
    with pytest.raises(Malformed, match="pointer at offset 12"):
        question_of(bytes(12) + TO_WWW + b"\0\1\0\1")


def test_the_header_alone_can_be_read() -> None:
    header = header_of(
        packet(word=types.QR | 5 << 11 | types.AA | 3, additional=(b"",))
    )
    assert header == Header(7, types.QR | 5 << 11 | types.AA, 3, 1, 0, 0, 1)
    assert header.opcode == 5


def test_records_can_be_grouped_without_a_packet() -> None:
    key = (WWW, types.A, types.IN)
    covering = ((WWW, types.RRSIG, types.IN), 20, rrsig(types.A))
    assert group([(key, 300, A1), covering, (key, 60, A2)]) == (
        RRset(WWW, types.A, 20, (A1, A2), (rrsig(types.A),)),
    )


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_are_read_or_malformed(data: bytes) -> None:
    try:
        read(data)
    except Malformed:
        return


@settings(deadline=None)
@given(st.data())
def test_damaged_packets_are_read_or_malformed(data: st.DataObject) -> None:
    wire = bytearray(write(data.draw(messages())))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(wire) - 1))
        wire[place] = data.draw(st.integers(0, 255))
    try:
        message = read(bytes(wire))
    except Malformed:
        return
    # And what was read is as sound as any other message.
    assert parts(read(write(message, 1 << 24))) == parts(message)
