"""Names and record data in a packet."""

import pytest

from resolver.wire import types
from resolver.wire.names import ROOT
from resolver.wire.rdata import (
    ANY_CLASS,
    BITMAP,
    COMPRESSIBLE,
    INTERNET,
    MAX_JUMPS,
    NAME,
    PLAIN_NAME,
    REST,
    STRING,
    STRINGS,
    Layout,
    Malformed,
    Names,
    read_rdata,
)
from tests.wire.packets import name, pointer

# What the offsets of names begin behind.
HEADER = bytes(12)


def read_name(rest: bytes, start: int = 12) -> bytes:
    """Read the name at `start` of a packet whose bytes behind the header are these."""
    return Names(HEADER + rest).read(start)


def data_of(layout: Layout, rest: bytes, start: int = 0, end: int = 0) -> bytes:
    """Read record data from `start` of the bytes behind the header to `end`."""
    return read_rdata(Names(HEADER + rest), layout, 12 + start, 12 + (end or len(rest)))


def test_a_name_is_read_with_its_case() -> None:
    assert read_name(b"\3WwW\0") == b"\3WwW\0"


def test_the_end_of_a_name_is_behind_its_own_bytes() -> None:
    found = Names(HEADER + name("com") + b"\3www" + pointer(12))
    found.read(12)
    assert found.end == 17
    assert found.read(17) == name("www.com")
    assert found.end == 23


def test_a_pointer_alone_is_the_name_it_leads_to() -> None:
    assert read_name(name("com") + pointer(12), 17) == name("com")


def test_a_pointer_may_lead_to_the_root() -> None:
    assert read_name(ROOT + b"\3www" + pointer(12), 13) == name("www")


def test_a_pointer_may_lead_into_the_middle_of_a_name() -> None:
    found = Names(HEADER + name("www.example.com") + b"\1a" + pointer(16))
    assert found.read(29) == name("a.example.com")
    # And what was passed on the way is known by its own offset.
    assert found.known[24] == name("com")


def test_a_pointer_may_lead_to_a_pointer() -> None:
    assert read_name(name("com") + pointer(12) + b"\1a" + pointer(17), 19) == name(
        "a.com"
    )


@pytest.mark.parametrize("target", [12, 14, 400])
def test_a_pointer_that_does_not_lead_backwards_is_malformed(target: int) -> None:
    with pytest.raises(Malformed, match=f"pointer at offset 12 leads to {target}"):
        read_name(pointer(target) + name("com"))


def test_a_pointer_into_its_own_name_is_malformed() -> None:
    with pytest.raises(Malformed, match="pointer at offset 14 leads to 12"):
        read_name(b"\1a" + pointer(12))


def test_two_pointers_cannot_make_a_loop() -> None:
    with pytest.raises(Malformed, match="pointer at offset 12 leads to 14"):
        read_name(pointer(14) + pointer(12), 14)


@pytest.mark.parametrize("target", [0, 11])
def test_a_pointer_into_the_header_is_malformed(target: int) -> None:
    with pytest.raises(Malformed, match=f"leads to {target}$"):
        read_name(name("com") + pointer(target), 17)


@pytest.mark.parametrize("kind", [0x40, 0x41, 0x80, 0xBF])
def test_labels_of_other_kinds_are_malformed(kind: int) -> None:
    with pytest.raises(Malformed, match=f"unknown kind {kind}"):
        read_name(bytes([kind, 1, 0]))


def test_labels_of_other_kinds_are_malformed_behind_a_pointer_too() -> None:
    with pytest.raises(Malformed, match="unknown kind 65 at offset 12"):
        read_name(b"\x41\1\0" + pointer(12), 15)


def test_a_name_of_255_bytes_is_the_longest() -> None:
    longest = name(".".join(["x" * 63] * 3 + ["x" * 61]))
    assert len(longest) == 255
    assert read_name(longest) == longest
    with pytest.raises(Malformed, match="name of 256 bytes"):
        read_name(name(".".join(["x" * 63] * 3 + ["x" * 62])))


def test_a_pointer_does_not_make_a_longer_name_possible() -> None:
    longest = name(".".join(["x" * 63] * 3 + ["x" * 61]))
    with pytest.raises(Malformed, match="name of 257 bytes"):
        read_name(longest + b"\1a" + pointer(12), 12 + 255)


def test_names_behind_pointers_are_measured_too() -> None:
    three = name(".".join(["x" * 63] * 3))
    two_more = three[:128] + pointer(12)
    with pytest.raises(Malformed, match="name of 257 bytes at offset"):
        read_name(three + two_more + pointer(12 + 193), 12 + 193 + 130)


def test_a_name_that_leaves_the_packet_is_an_index_error() -> None:
    for rest in (b"", b"\3ww", b"\3www", b"\3www\xc0"):
        with pytest.raises(IndexError):
            read_name(rest)


def test_every_pointer_on_the_way_leads_further_back() -> None:
    # 19 leads to 17, 17 to 12, and there another pointer leads forward to 14.
    rest = pointer(14) + name("a") + pointer(12) + pointer(17)
    with pytest.raises(Malformed, match="pointer at offset 12 leads to 14"):
        read_name(rest, 19)


def test_as_many_pointers_as_labels_make_sense() -> None:
    # Every label but the last is written on its own, in front of a pointer.
    rest = name("a")
    at = 12
    for _ in range(MAX_JUMPS):
        target, at = at, 12 + len(rest)
        rest += b"\1a" + pointer(target)
    assert read_name(rest, at) == b"\1a" * 127 + b"\0"


def test_a_longer_chain_of_pointers_is_malformed() -> None:
    rest = name("a") + b"".join(
        pointer(12 if index == 0 else 13 + 2 * index) for index in range(MAX_JUMPS + 1)
    )
    assert read_name(rest[:-2], 12 + len(rest) - 4) == name("a")
    with pytest.raises(Malformed, match="127 pointers in a chain"):
        read_name(rest, 12 + len(rest) - 2)


def test_a_plain_name_is_passed_over() -> None:
    found = Names(HEADER + name("www.example.com"))
    found.skip(12)
    assert found.end == 29


def test_a_plain_name_must_not_be_compressed_or_too_long() -> None:
    found = Names(HEADER + name("com") + b"\3www" + pointer(12))
    with pytest.raises(Malformed, match="compressed name at offset 17"):
        found.skip(17)
    found = Names(HEADER + name(".".join(["x" * 63] * 4)))
    with pytest.raises(Malformed, match="name of 257 bytes"):
        found.skip(12)


def test_data_of_known_size_has_that_size() -> None:
    assert data_of((4,), b"aaaa") == b"aaaa"
    with pytest.raises(Malformed, match="cut short"):
        data_of((4,), b"aaa")
    with pytest.raises(Malformed, match="1 bytes too many"):
        data_of((4,), b"aaaaa")


def test_names_in_data_are_decompressed_and_the_rest_is_kept() -> None:
    rest = name("com") + b"pp" + b"\3mx1" + pointer(12) + b"\1A" + pointer(12) + b"tail"
    assert data_of((2, NAME, NAME, REST), rest, 5) == (
        b"pp" + name("mx1.com") + name("A.com") + b"tail"
    )


def test_a_name_must_not_leave_its_data() -> None:
    with pytest.raises(Malformed, match="cut short"):
        data_of((NAME,), name("com"), end=4)
    with pytest.raises(Malformed, match="cut short"):
        data_of((PLAIN_NAME,), name("com"), end=4)
    # The pointer's second byte is the next record's first.
    with pytest.raises(Malformed, match="cut short"):
        data_of((NAME,), name("com") + pointer(12), 5, 6)


def test_a_plain_name_in_data_must_not_be_compressed() -> None:
    with pytest.raises(Malformed, match="compressed name"):
        data_of((PLAIN_NAME,), name("com") + pointer(12), 5)


def test_a_string_must_not_leave_its_data() -> None:
    assert data_of((STRING, STRING), b"\1a\0") == b"\1a\0"
    for rest in (b"\1a", b"\1a\1", b"\3a\0"):
        with pytest.raises(Malformed, match="cut short"):
            data_of((STRING, STRING), rest)


def test_strings_fill_their_data_exactly_and_are_not_none() -> None:
    assert data_of((STRINGS,), b"\1a\0\2bc") == b"\1a\0\2bc"
    with pytest.raises(Malformed, match="leaves its record"):
        data_of((STRINGS,), b"\1a\3bc")
    with pytest.raises(Malformed, match="no character-string"):
        data_of((1, STRINGS), b"x")


def test_a_bitmap_has_its_windows_in_order_and_none_empty() -> None:
    assert data_of((BITMAP,), b"") == b""
    assert data_of((BITMAP,), b"\0\1\x40\1\1\1") == b"\0\1\x40\1\1\1"
    for wrong in (b"\0\0", b"\1\1\1\0\1\1", b"\0\1\1\0\1\1", b"\0\x21" + b"x" * 33):
        with pytest.raises(Malformed, match="out of order"):
            data_of((BITMAP,), wrong)
    with pytest.raises(Malformed, match="leaves its record"):
        data_of((BITMAP,), b"\0\2\x40", end=3)


def test_data_that_grows_beyond_what_can_be_written_is_malformed() -> None:
    long_name = name(".".join(["x" * 63] * 3))
    rest = long_name + pointer(12) + b"x" * (65535 - 193)
    assert len(data_of((NAME, REST), rest, 193)) == 65535
    with pytest.raises(Malformed, match="65536 bytes"):
        data_of((NAME, REST), rest + b"x", 193)


# RFC 3597 section 4: these and no others.
DECOMPRESSED = {2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 24, 26, 30, 33, 35}


def test_exactly_the_types_of_rfc_3597_are_decompressed() -> None:
    assert {
        rdtype for rdtype, layout in INTERNET.items() if NAME in layout
    } == DECOMPRESSED


def test_exactly_the_types_of_rfc_1035_are_compressed() -> None:
    assert set(COMPRESSIBLE) == {2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15}


def test_compressible_data_is_made_of_names_and_fixed_fields() -> None:
    # The writer relies on it.
    for layout in COMPRESSIBLE.values():
        assert all(field == NAME or field > 0 for field in layout)


def test_fields_that_take_the_rest_are_last() -> None:
    # The reader relies on it.
    for layout in INTERNET.values():
        assert not {STRINGS, BITMAP, REST} & set(layout[:-1])


def test_signatures_are_long_enough_to_say_what_they_cover() -> None:
    assert ANY_CLASS[types.RRSIG][0] >= 2


def test_addresses_are_data_of_class_in_only() -> None:
    assert types.A in INTERNET
    assert types.A not in ANY_CLASS
    assert types.AAAA not in ANY_CLASS
