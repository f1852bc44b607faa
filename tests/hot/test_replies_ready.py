"""What is ready for the rest of a second, and many queries at once."""

import pytest

from resolver.hot.replies import MAX_READY, MAX_SIZES, READY_SHARE, Replies
from tests.hot.packets import MIXED, NS, ROOMY, known, query, reply_to
from tests.hot.reference import Reference

SPELLINGS = [
    query(size=1232),
    query(size=4096),
    query(size=512),
    query(size=4096, cookie=b"8 bytes."),
    query(MIXED, size=1232),
    query(MIXED, size=600, cookie=b"8 bytes."),
]


def many(replies: Replies, packets: list[bytes], now: float) -> list[bytes | None]:
    """Ask for all at once; give whole replies, as `answer` does."""
    found = replies.answer_many([packet[2:] for packet in packets], now)
    return [
        packet[:2] + reply if reply else None
        for packet, reply in zip(packets, found, strict=True)
    ]


# --- many at once ------------------------------------------------------------------


def test_many_at_once_are_answered_as_one_by_one() -> None:
    replies, reference = known(query(), query(size=1232), query(rdtype=NS))
    packets = [
        query(number=1),
        query(MIXED, number=2),
        query(rdtype=65, number=3),
        query(rdtype=NS, number=4),
        query(number=5),
        b"\x00\x06",
        *SPELLINGS,
    ]
    expected = [reference.answer(packet, 1.5) for packet in packets]
    assert [reply is None for reply in expected].count(True) == 2
    for _ in range(3):
        assert many(replies, packets, 1.5) == expected
        assert [replies.answer(packet, 1.5) for packet in packets] == expected


def test_nothing_is_asked_and_nothing_answered() -> None:
    assert Replies(ROOMY).answer_many([], 0.0) == []


def test_replies_are_counted_by_their_code_and_misses_apart() -> None:
    replies = Replies(ROOMY)
    no_such_name, authenticated = query(b"\x02no\x00"), query(b"\x02ad\x00")
    replies.remember(query(), *reply_to(query(), 300), 0.0, 300.0)
    for packet, flags in ((no_such_name, 0x8183), (authenticated, 0x81A0)):
        replies.remember(packet, *reply_to(packet, 300, flags=flags), 0.0, 300.0)
    packets = [query(), query(), no_such_name, authenticated, query(rdtype=NS)]
    for count in range(1, 4):
        many(replies, packets, count / 2)
        for packet in packets:
            replies.answer(packet, count / 2)
        assert replies.rcodes[0] == 6 * count
        assert replies.rcodes[3] == 2 * count
        assert (replies.hits, replies.misses) == (8 * count, 2 * count)


# --- the second --------------------------------------------------------------------


@pytest.mark.parametrize("packet", SPELLINGS)
def test_what_is_ready_gets_older_with_the_second(packet: bytes) -> None:
    replies, reference = known(query(size=1232), now=10.75)
    for step in range(100):
        now = 10.75 + step / 8
        assert replies.answer(packet, now) == reference.answer(packet, now)
        assert many(replies, [packet], now) == [reference.answer(packet, now)]


@pytest.mark.parametrize("packet", SPELLINGS)
def test_what_expires_within_the_second_is_not_given_after_that(packet: bytes) -> None:
    replies = Replies(ROOMY)
    kept = query(size=1232)
    replies.remember(kept, *reply_to(kept, 300), 10.0, 12.5)
    for now, given in ((12.25, True), (12.375, True), (12.5, False), (12.75, False)):
        assert (replies.answer(packet, now) is not None) == given
        assert many(replies, [packet], now) == [replies.answer(packet, now)]


def test_a_newer_reply_is_given_at_once_under_all_spellings() -> None:
    replies, reference = known(query(size=1232))
    for packet in SPELLINGS * 2:
        assert replies.answer(packet, 0.25) == reference.answer(packet, 0.25)
    newer = reply_to(query(size=1232), 60, 60)
    for room in (replies, reference):
        room.remember(query(size=1232), *newer, 0.25, 60.25)
    for packet in SPELLINGS * 2:
        assert replies.answer(packet, 0.25) == reference.answer(packet, 0.25)


def test_a_clock_that_is_set_back_is_believed() -> None:
    replies, _ = known(query(), now=1000.0)
    assert replies.answer(query(), 1100.0) == reply_to(query(), 200)[0]
    assert replies.answer(query(), 1050.0) == reply_to(query(), 250)[0]
    assert replies.answer(query(), -5.5) == reply_to(query(), 300)[0]
    assert replies.answer(query(), 1100.0) == reply_to(query(), 200)[0]


def test_clearing_forgets_what_is_ready() -> None:
    replies, _ = known(query(size=1232))
    for packet in SPELLINGS * 2:
        assert replies.answer(packet, 0.25) is not None
    replies.clear()
    assert replies.size_bytes == 0
    assert many(replies, SPELLINGS, 0.25) == [None] * len(SPELLINGS)


# --- bounds ------------------------------------------------------------------------


def numbered(number: int, size: int = 1232) -> bytes:
    return query(b"\x06%06d\x07example\x00" % number, size=size)


def test_only_a_share_of_the_capacity_is_for_what_is_ready() -> None:
    replies, reference = Replies(40_000), Reference()
    for number in range(60):
        for room in (replies, reference):
            room.remember(
                numbered(number), *reply_to(numbered(number), 300), 0.0, 300.0
            )
    for now in (0.5, 1.5):
        for number in range(60):
            packet = numbered(number)
            assert replies.answer(packet, now) == reference.answer(packet, now)
        assert 40_000 / READY_SHARE * 0.9 < replies._ready_bytes <= 40_000 / READY_SHARE
        assert 5 < len(replies._ready) < 30
        assert replies.size_bytes <= 40_000


def test_what_is_ready_has_a_bound_in_the_largest_room() -> None:
    assert Replies(10**12)._ready_limit == MAX_READY


def test_few_sizes_are_ready_in_a_second_and_all_are_answered() -> None:
    replies, reference = known(query(size=1232))
    for now in (0.5, 1.5):
        for size in range(1300, 1400):
            packet = query(size=size)
            assert replies.answer(packet, now) == reference.answer(packet, now)
        assert len(replies._ready) == MAX_SIZES


def test_what_nobody_asks_twice_is_not_ready() -> None:
    replies, _ = known(query(size=1232))
    for number in range(100):
        packet = query(size=1232, cookie=b"%08d" % number)
        assert replies.answer(packet, 0.5) is not None
    assert replies.answer(query(MIXED, size=1232), 0.5) is not None
    assert len(replies._ready) == 1
