import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.hot.question import (
    MAX_SIZE,
    PLAIN_SIZE,
    profile_of,
    question_end,
    with_usual_end,
    without_cookie,
)

FLAGS = b"\x01\x00"
ONE = b"\x00\x01\x00\x00\x00\x00\x00\x00"
ONE_AND_OPT = b"\x00\x01\x00\x00\x00\x00\x00\x01"
HEADER = b"\xab\xcd" + FLAGS + ONE


def opt(size: int = 1232, ttl: bytes = bytes(4), options: bytes = b"") -> bytes:
    length = len(options).to_bytes(2, "big")
    return b"\x00\x00\x29" + size.to_bytes(2, "big") + ttl + length + options


# --- profiles ----------------------------------------------------------------------


def test_a_query_without_edns_takes_512_bytes() -> None:
    profile = profile_of(FLAGS + ONE, b"")
    assert profile is not None
    assert (profile.head, profile.tail, profile.limit) == (FLAGS + ONE, b"", 512)


@pytest.mark.parametrize("do", [bytes(4), b"\x00\x00\x80\x00"])
@pytest.mark.parametrize(
    ("size", "limit"),
    [(0, 512), (511, 512), (512, 512), (1231, 1231), (1233, 1232), (65535, 1232)],
)
def test_a_query_with_edns_takes_its_size_within_bounds(
    do: bytes, size: int, limit: int
) -> None:
    profile = profile_of(FLAGS + ONE_AND_OPT, opt(size, do))
    assert profile is not None
    assert profile.limit == limit
    assert profile.tail == opt(MAX_SIZE, do)


def test_only_rd_with_or_without_ad_and_cd_is_plain() -> None:
    plain = [
        flags
        for flags in range(65536)
        if profile_of(flags.to_bytes(2, "big") + ONE, b"")
    ]
    assert plain == [0x0100, 0x0110, 0x0120, 0x0130]


@pytest.mark.parametrize(
    ("counts", "tail"),
    [
        (ONE, opt()),
        (ONE_AND_OPT, b""),
        (ONE_AND_OPT, opt()[:-1]),
        (ONE_AND_OPT, opt() + b"\x00"),
        (ONE_AND_OPT, opt(options=b"\x00\x0a\x00\x00")),
        (ONE_AND_OPT, opt(ttl=b"\x01\x00\x00\x00")),
        (ONE_AND_OPT, opt(ttl=b"\x00\x01\x00\x00")),
        (ONE_AND_OPT, opt(ttl=b"\x00\x00\x40\x00")),
        (ONE_AND_OPT, b"\x01" + opt()[1:]),
        (ONE_AND_OPT, b"\x00\x00\x28" + opt()[3:]),
        (b"\x00\x01\x00\x00\x00\x00\x00\x02", opt() + opt()),
        (b"\x00\x02" + ONE[2:], b""),
        (b"\x00\x00" + ONE[2:], b""),
        (b"\x00\x01\x00\x01\x00\x00\x00\x00", b""),
        (b"\x00\x01\x00\x00\x00\x01\x00\x00", opt()),
        (b"", b""),
    ],
)
def test_anything_else_is_not_plain(counts: bytes, tail: bytes) -> None:
    assert profile_of(FLAGS + counts, tail) is None


# --- cookies -----------------------------------------------------------------------


def cookie(length: int, code: int = 10) -> bytes:
    return code.to_bytes(2, "big") + length.to_bytes(2, "big") + b"c" * length


@pytest.mark.parametrize("length", [8, 16, 17, 39, 40])
def test_a_cookie_is_cut_out(length: int) -> None:
    assert without_cookie(opt(options=cookie(length))) == opt()


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        opt(),
        opt(options=cookie(7)),
        opt(options=cookie(15)),
        opt(options=cookie(41)),
        opt(options=cookie(8, code=11)),
        opt(options=cookie(8) + cookie(8)),
        opt(options=cookie(8)) + b"\x00",
        opt(options=cookie(8))[:-1],
        opt() + cookie(8),
        opt(options=b"\x00\x0a\x00\x09" + bytes(8)),
    ],
)
def test_what_is_no_cookie_alone_stays(tail: bytes) -> None:
    assert without_cookie(tail) == tail


@pytest.mark.parametrize("do", [bytes(4), b"\x00\x00\x80\x00"])
@pytest.mark.parametrize("size", [0, 512, 1232, 4096])
@pytest.mark.parametrize("options", [b"", cookie(8)])
def test_the_usual_end_has_the_usual_size_and_no_cookie(
    do: bytes, size: int, options: bytes
) -> None:
    body = HEADER[2:] + b"\x01a\x00\x00\x01\x00\x01"
    assert with_usual_end(body + opt(size, do, options)) == body + opt(MAX_SIZE, do)


@pytest.mark.parametrize(
    "end",
    [
        b"",
        opt()[:-1],
        opt() + b"\x00",
        opt(options=cookie(16)),
        opt(options=cookie(8, code=11)),
        opt(options=cookie(8))[:-1],
        opt(options=cookie(8)[:-8] + b"1234" + cookie(8)),
        b"\x01" + opt(options=cookie(8))[1:],
    ],
)
def test_other_ends_are_not_usual(end: bytes) -> None:
    assert with_usual_end(HEADER[2:] + b"\x01a\x00\x00\x01\x00\x01" + end) == b""


# --- the end of a question ---------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [b"\x00", b"\x01a\x00", b"\x03www\x07example\x00", b"\x3f" + b"x" * 63 + b"\x00"],
)
def test_a_question_ends_behind_its_class(name: bytes) -> None:
    question = name + b"\x00\x01\x00\x01"
    assert question_end(HEADER + question) == 12 + len(question)
    assert question_end(HEADER + question + opt()) == 12 + len(question)


@pytest.mark.parametrize(
    "question",
    [
        b"",
        b"\x00",
        b"\x00\x00\x01\x00",
        b"\x03www",
        b"\x03ww\x00\x00\x01\x00\x01",
        b"\x40" + b"x" * 64 + b"\x00\x00\x01\x00\x01",
        b"\xc0\x0c\x00\x01\x00\x01",
        b"\x03www\xc0\x0c\x00\x01\x00\x01",
        b"\x80\x00\x00\x01\x00\x01",
    ],
)
def test_a_question_that_is_cut_off_or_compressed_has_no_end(question: bytes) -> None:
    assert question_end(HEADER + question) == 0


def test_a_header_that_is_cut_off_has_no_question() -> None:
    assert not any(question_end(HEADER[:length]) for length in range(13))


def test_a_name_has_at_most_255_bytes() -> None:
    label = b"\x3f" + b"x" * 63
    longest = 3 * label + b"\x3d" + b"x" * 61 + b"\x00"
    assert len(longest) == 255
    assert question_end(HEADER + longest + bytes(4)) == 12 + 255 + 4
    assert question_end(HEADER + b"\x01a" + longest + bytes(4)) == 0
    assert question_end(HEADER + 3 * label + b"\x3e" + b"x" * 62 + bytes(5)) == 0


def test_a_zero_inside_a_label_takes_the_long_way() -> None:
    assert question_end(HEADER + b"\x03a\x00b\x00" + bytes(4)) == 0


@given(st.lists(st.binary(min_size=1, max_size=63), max_size=4), st.binary(max_size=20))
def test_the_end_agrees_with_the_labels(labels: list[bytes], behind: bytes) -> None:
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"
    packet = HEADER + name + b"\x00\x01\x00\x01" + behind
    plain = len(name) <= 255 and not any(0 in label for label in labels)
    assert question_end(packet) == (12 + len(name) + 4 if plain else 0)


@given(st.binary(max_size=40))
def test_any_bytes_can_be_looked_at(packet: bytes) -> None:
    assert 0 <= question_end(packet) <= len(packet)
    profile = profile_of(packet[:10], packet[10:])
    assert profile is None or PLAIN_SIZE <= profile.limit <= MAX_SIZE
