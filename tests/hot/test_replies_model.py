"""Replies from bytes: every variation of a query against a model."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resolver.hot.replies import Replies
from tests.hot.packets import (
    AD,
    CD,
    DO,
    HTTPS,
    MIXED,
    NAME,
    ROOMY,
    A,
    known,
    query,
    reply_to,
)
from tests.hot.reference import Reference, asked

FLAGS = [0x0100 | ad | cd for ad in (0, AD) for cd in (0, CD)]
PROFILES: list[tuple[int | None, int]] = [(None, 0), (1232, 0), (1232, DO)]
PLAIN = [
    query(flags=flags, size=size, opt_flags=opt_flags)
    for flags in FLAGS
    for size, opt_flags in PROFILES
]


def agree(packet: bytes, now: float, both: tuple[Replies, Reference]) -> bool:
    """Check one packet; say whether it was answered."""
    replies, reference = both
    answer = replies.answer(packet, now)
    assert answer == reference.answer(packet, now)
    return answer is not None


def test_flags_and_profiles_have_replies_of_their_own() -> None:
    both = known(*PLAIN)
    assert len(both[0]) == len(PLAIN) == 12
    assert all(agree(packet, 1.5, both) for packet in PLAIN)
    for packet in PLAIN:
        both = known(packet)
        assert [agree(other, 0.0, both) for other in PLAIN] == [
            other == packet for other in PLAIN
        ]


@pytest.mark.parametrize("size", [None, 1232])
def test_every_word_of_flags(size: int | None) -> None:
    both = known(*PLAIN)
    answered = sum(
        agree(query(flags=flags, size=size), 0.5, both) for flags in range(65536)
    )
    assert answered == len(FLAGS)


def test_every_type_and_class() -> None:
    both = known(query(), query(rdtype=HTTPS), query(rdtype=97), query(rdtype=0x4141))
    words = [number.to_bytes(2, "big") for number in range(65536)]
    for rest in (query()[:-4], query(MIXED)[:-4]):
        assert sum(agree(rest + word + b"\x00\x01", 0.5, both) for word in words) == 4
        assert sum(agree(rest + b"\x00\x01" + word, 0.5, both) for word in words) == 1


def test_every_byte_of_a_query_with_every_value() -> None:
    both = known(*PLAIN, query(NAME, HTTPS, 0x0130, 1232, DO), query(rdtype=97))
    for packet in (query(), query(size=1232), query(MIXED, HTTPS, 0x0130, 4096, DO)):
        for place, value in itertools.product(range(2, len(packet)), range(256)):
            agree(packet[:place] + bytes([value]) + packet[place + 1 :], 1.5, both)


def test_every_length_of_a_query() -> None:
    both = known(*PLAIN)
    for packet in PLAIN:
        for length in range(len(packet)):
            assert not agree(packet[:length], 0.5, both) or length == 33
        for junk in (b"\x00", b"x", packet[-11:], packet[12:]):
            assert not agree(packet + junk, 0.5, both)


def test_every_spelling_of_a_name() -> None:
    both = known(
        query(b"\x04ab-1\x03[c]\x00"), query(b"\x04ab-1\x03[c]\x00", size=1232)
    )
    for a, b, c in itertools.product(b"aA", b"bB", b"cC"):
        spelt = b"\x04" + bytes([a, b]) + b"-1\x03[" + bytes([c]) + b"]\x00"
        for size in (None, 512, 1232, 4096):
            assert agree(query(spelt, size=size), 0.5, both)
    # "[" and "{", "]" and "}" differ by the bit that makes letters small.
    assert not agree(query(b"\x04ab-1\x03{c]\x00"), 0.5, both)
    assert not agree(query(b"\x04ab-1\x03[c}\x00"), 0.5, both)


def unusual() -> Iterator[bytes]:
    """Queries with something that no plain query has, all about a known name."""
    head, question, opt = query(size=1232)[:12], query()[12:], query(size=1232)[-11:]
    for counts in itertools.product(range(3), repeat=4):
        for rest in (b"", question, question + opt, question * 2, question + opt * 2):
            yield head[:4] + b"".join(n.to_bytes(2, "big") for n in counts) + rest
    for opcode in range(16):
        for response in (0, 0x8000):
            yield query(flags=0x0100 | opcode << 11 | response)
    for code in (0, 3, 8, 10, 12, 15, 65001):
        for data in (b"", b"\x00", b"12345678", bytes(40)):
            option = code.to_bytes(2, "big") + len(data).to_bytes(2, "big") + data
            length = len(option).to_bytes(2, "big")
            yield head + question + opt[:-2] + length + option
            yield head + question + opt + option
    yield from (head + question + end for end in odd_cookies(opt))
    for place in range(8):
        for bit in range(8):
            changed = bytearray(opt)
            changed[3 + place] ^= 1 << bit
            yield head + question + changed
    yield head + question + question[:-4] + opt[1:]
    for pointer in (b"\xc0\x0c", b"\xc0\x00", b"\xc0\x21", b"\x03www\xc0\x10"):
        yield query()[:12] + pointer + question[-4:]
        yield query()[:12] + pointer + question
    yield query()[:12] + question[:-5] + b"\xc0\x1c" + question[-4:]


def odd_cookies(opt: bytes) -> Iterator[bytes]:
    """OPT records that end as one with a cookie does, but are none."""
    cookie = b"\x00\x0c\x00\x0a\x00\x08"
    for inner in (b"123456", b"12345678", b"1234\x00\x00"):
        yield opt[:-2] + cookie + inner + cookie + b"12345678"
        yield opt + cookie + inner


def test_every_unusual_query() -> None:
    both = known(*PLAIN)
    packets = list(unusual())
    answered = {packet for packet in packets if agree(packet, 0.5, both)}
    # What is left is what turned out to be plain: two right counts, the query opcode,
    # the OPT records in which only the size or DO were changed, and two cookies.
    assert len(packets) > 500
    assert len(answered) == 2 + 16 + 1 + 2


labels = st.sampled_from([b"a", b"A", b"b", b"\x00", b"a\x00", b"xn--0", b"\x01a"])
names = st.lists(labels, max_size=3).map(
    lambda parts: b"".join(bytes([len(part)]) + part for part in parts) + b"\x00"
)
sizes = st.sampled_from([None, 0, 512, 600, 1231, 1232, 4096, 65535])
opt_flags = st.sampled_from([0, DO])
cookies = st.sampled_from([b"", b"", b"8 bytes.", b"8 bytes+", b"and sixteen in all"])
packets = st.builds(
    query,
    names,
    st.sampled_from([A, HTTPS, 97]),
    st.sampled_from(FLAGS),
    sizes,
    opt_flags,
    cookie=cookies,
)
mangled = st.tuples(packets, st.integers(0, 40), st.binary(max_size=3)).map(
    lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
)


@given(st.binary(max_size=60), packets)
def test_any_bytes_can_be_asked(junk: bytes, packet: bytes) -> None:
    both = known(*PLAIN)
    agree(junk, 0.0, both)
    agree(query()[:12] + junk, 0.0, both)
    agree(query()[: len(junk)] + junk, 0.0, both)


class RepliesMachine(RuleBasedStateMachine):
    """A small room may know less than the model; what it says is the same."""

    capacity = 4000

    def __init__(self) -> None:
        super().__init__()
        self.replies = Replies(self.capacity)
        self.reference = Reference()
        self.now = 1000.0

    @rule(
        packet=packets,
        ttls=st.lists(st.integers(0, 100), max_size=3),
        padding=st.sampled_from([0, 0, 450, 530, 700]),
        seconds=st.integers(-2, 800),
    )
    def remember(
        self, packet: bytes, ttls: list[int], padding: int, seconds: int
    ) -> None:
        reply, offsets = reply_to(packet, *ttls, padding=padding)
        expires = self.now + seconds / 8
        self.replies.remember(packet, reply, offsets, self.now, expires)
        found = asked(packet)
        assert found is not None
        if not any(0 in label for label in found.labels) and seconds > 0:
            self.reference.remember(packet, reply, offsets, self.now, expires)

    @rule(packet=packets)
    def ask(self, packet: bytes) -> None:
        asked_before = self.replies.hits + self.replies.misses
        self.check(packet, self.replies.answer(packet, self.now))
        assert self.replies.hits + self.replies.misses == asked_before + 1

    def check(self, packet: bytes, answer: bytes | None) -> None:
        assert answer in {None, self.reference.answer(packet, self.now)}

    @rule(packet=mangled)
    def ask_mangled(self, packet: bytes) -> None:
        self.ask(packet)

    @rule(batch=st.lists(packets | mangled, max_size=6))
    def ask_many(self, batch: list[bytes]) -> None:
        batch = [packet for packet in batch if len(packet) >= 2]
        bodies = [packet[2:] for packet in batch]
        for packet, body in zip(
            batch, self.replies.answer_many(bodies, self.now), strict=True
        ):
            self.check(packet, packet[:2] + body if body else None)

    @rule(seconds=st.integers(1, 100))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds / 8

    @rule()
    def clear(self) -> None:
        self.replies.clear()
        self.reference = Reference()

    @invariant()
    def is_bounded(self) -> None:
        assert 0 <= self.replies.size_bytes <= self.capacity
        assert (self.replies.size_bytes > 0) >= (len(self.replies) > 0)


class RoomyRepliesMachine(RepliesMachine):
    """A large room knows everything that the model knows."""

    capacity = ROOMY

    def check(self, packet: bytes, answer: bytes | None) -> None:
        assert answer == self.reference.answer(packet, self.now)


TestCramped = RepliesMachine.TestCase
TestRoomy = RoomyRepliesMachine.TestCase
TestCramped.settings = TestRoomy.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None
)
