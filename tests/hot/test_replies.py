import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.hot.replies import MAX_PROFILES, Replies
from tests.hot.packets import (
    HTTPS,
    MIXED,
    NAME,
    NS,
    ROOMY,
    Reply,
    known,
    query,
    reply_to,
)
from tests.hot.reference import Reference

# --- by example --------------------------------------------------------------------


def test_a_reply_is_given_with_the_id_and_the_case_of_the_query() -> None:
    replies, _ = known(query())
    asking = query(MIXED, number=0x1234)
    expected, _ = reply_to(asking, 300)
    assert replies.answer(asking, 0.0) == expected
    assert expected[:2] == b"\x12\x34"


def test_what_was_never_remembered_is_not_known() -> None:
    replies, _ = known(query())
    assert replies.answer(query(b"\x03www\x07example\x03net\x00"), 0.0) is None
    assert replies.answer(query(rdtype=NS), 0.0) is None


def test_case_does_not_matter_in_a_name_and_does_in_a_type() -> None:
    # HTTPS is 65, the byte "A", and TYPE97 the byte "a".
    replies, reference = known(query(MIXED, rdtype=HTTPS))
    assert replies.answer(query(rdtype=HTTPS), 0.0) is not None
    assert replies.answer(query(rdtype=97), 0.0) is None
    assert replies.answer(query(MIXED, rdtype=97), 0.0) is None
    replies, reference = known(query(rdtype=97), query(rdtype=HTTPS))
    for name, rdtype in itertools.product((NAME, MIXED), (97, HTTPS)):
        packet = query(name, rdtype=rdtype)
        assert replies.answer(packet, 0.0) == reference.answer(packet, 0.0) is not None


@pytest.mark.parametrize(
    ("now", "ttl"), [(7.5, 300), (7.99, 300), (8.0, 299), (8.99, 299), (306.5, 1)]
)
def test_ttls_count_down_by_the_whole_seconds_of_the_clock(
    now: float, ttl: int
) -> None:
    replies, _ = known(query(), now=7.5)
    assert replies.answer(query(), now) == reply_to(query(), ttl)[0]


def test_ttls_count_down_whenever_they_are_looked_at() -> None:
    replies, reference = known(query(), query(rdtype=NS), now=1000.25)
    for step in range(8 * 301):
        now = 1000.25 + step / 8
        for packet in (query(), query(MIXED, rdtype=NS)):
            assert replies.answer(packet, now) == reference.answer(packet, now)
    assert replies.answer(query(), 1300.0) is not None
    assert replies.answer(query(), 1300.25) is None


def test_ttls_do_not_go_below_zero() -> None:
    replies = Replies(ROOMY)
    reply, offsets = reply_to(query(), 2, 300, 0)
    replies.remember(query(), reply, offsets, 0.0, 300.0)
    for now, ttls in ((1.0, (1, 299, 0)), (5.0, (0, 295, 0)), (6.0, (0, 294, 0))):
        assert replies.answer(query(), now) == reply_to(query(), *ttls)[0]


def test_what_is_not_listed_as_a_ttl_stays_as_it_is() -> None:
    replies = Replies(ROOMY)
    reply, offsets = reply_to(query(), 300, 300)
    replies.remember(query(), reply, offsets[:1], 0.0, 300.0)
    assert replies.answer(query(), 100.0) == reply_to(query(), 200, 300)[0]
    replies.remember(query(), reply, (), 0.0, 300.0)
    assert replies.answer(query(), 100.0) == reply


def test_an_expired_reply_is_not_given_and_can_be_remembered_anew() -> None:
    replies, _ = known(query())
    assert replies.answer(query(), 300.0) is None
    reply, offsets = reply_to(query(), 60)
    replies.remember(query(), reply, offsets, 300.0, 360.0)
    assert replies.answer(query(), 300.0) == reply
    assert len(replies) == 1


def test_a_newer_reply_replaces_an_older_one() -> None:
    replies, _ = known(query())
    size = replies.size_bytes
    reply, _ = reply_to(query(), 60)
    replies.remember(query(MIXED), *reply_to(query(MIXED), 60), 1.0, 61.0)
    assert (len(replies), replies.size_bytes) == (1, size)
    assert replies.answer(query(), 1.0) == reply


@pytest.mark.parametrize("name", [NAME, MIXED])
def test_a_reply_ends_in_the_middle_of_a_second(name: bytes) -> None:
    replies = Replies(ROOMY)
    packet = query(name)
    reply, offsets = reply_to(packet, 300)
    replies.remember(packet, reply, offsets, 0.0, 0.5)
    assert replies.answer(packet, 0.25) == reply
    assert replies.answer(packet, 0.5) is None
    replies.remember(packet, reply, offsets, 0.0, 2.5)
    assert replies.answer(packet, 2.25) == reply_to(packet, 298)[0]
    assert replies.answer(packet, 2.5) is None


# --- what is not remembered --------------------------------------------------------


@pytest.mark.parametrize(
    "packet",
    [
        query(flags=0x0000),
        query(flags=0x0900),
        query(flags=0x8180),
        query(size=1232) + b"\x00",
        query(size=1232, opt_flags=0x00010000),
        query()[:-1],
        query()[:5],
        b"",
        query(b"\x03w\x00w\x00"),
        query(b"\x03www\xc0\x0c"),
    ],
)
def test_queries_that_are_not_plain_are_ignored(packet: bytes) -> None:
    replies = Replies(ROOMY)
    reply, offsets = reply_to(query(), 300)
    replies.remember(packet, reply, offsets, 0.0, 300.0)
    assert len(replies) == 0
    assert replies.answer(packet, 0.0) is None


def test_a_truncated_reply_is_ignored() -> None:
    replies = Replies(ROOMY)
    replies.remember(query(), *reply_to(query(), flags=0x8380), 0.0, 300.0)
    assert len(replies) == 0


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        query(),
        reply_to(query(rdtype=NS), 300)[0],
        reply_to(query(NAME[:-5] + b"\x03net\x00"), 300)[0],
        reply_to(query(rdtype=97), 300)[0],
        b"\xab\xcd\x81\x80\x00\x00\x00\x01" + bytes(4) + query(b"\x00")[12:],
    ],
)
def test_what_is_no_reply_to_the_query_is_ignored(reply: bytes) -> None:
    replies = Replies(ROOMY)
    replies.remember(query(rdtype=HTTPS), reply, (), 0.0, 300.0)
    replies.remember(query(), reply[:20], (), 0.0, 300.0)
    replies.remember(query(b"\x00"), reply, (), 0.0, 300.0)
    assert len(replies) == 0


def test_a_reply_that_has_expired_already_is_ignored() -> None:
    replies = Replies(ROOMY)
    replies.remember(query(), *reply_to(query(), 300), 300.0, 300.0)
    assert len(replies) == 0


@pytest.mark.parametrize("offset", [-1, 0, 32, 46, 10_000])
def test_a_ttl_outside_the_records_is_an_error(offset: int) -> None:
    reply, (good,) = reply_to(query(), 300)
    assert (len(query()), len(reply)) == (33, 49)
    with pytest.raises(ValueError, match="TTL"):
        Replies(ROOMY).remember(query(), reply, (good, offset), 0.0, 300.0)


def test_as_many_ttls_fit_as_a_reply_can_have() -> None:
    packet = query(b"\x00", size=1232)
    head, _ = reply_to(packet)
    record = b"\x00\x00\x01\x00\x01" + (300).to_bytes(4, "big") + b"\x00\x00"
    count = (1232 - len(head)) // len(record)
    offsets = tuple(len(head) + 5 + 11 * number for number in range(count))
    replies = Replies(ROOMY)
    replies.remember(packet, head + record * count, offsets, 0.0, 300.0)
    older = record.replace((300).to_bytes(4, "big"), (299).to_bytes(4, "big"))
    assert replies.answer(packet, 1.0) == head + older * count


def test_more_ttls_than_a_reply_can_have_are_ignored() -> None:
    reply, (offset,) = reply_to(query(), 300)
    replies = Replies(ROOMY)
    replies.remember(query(), reply, (offset,) * 200, 0.0, 300.0)
    assert len(replies) == 0


# --- sizes -------------------------------------------------------------------------


def sized(packet: bytes, size: int) -> Reply:
    bare, _ = reply_to(packet, 300)
    return reply_to(packet, 300, padding=size - len(bare))


@pytest.mark.parametrize("size", [512, 513])
def test_without_edns_replies_have_at_most_512_bytes(size: int) -> None:
    replies = Replies(ROOMY)
    reply, offsets = sized(query(), size)
    replies.remember(query(), reply, offsets, 0.0, 300.0)
    assert replies.answer(query(), 0.0) == (reply if size == 512 else None)


@pytest.mark.parametrize("size", [1232, 1233])
def test_with_edns_replies_have_at_most_1232_bytes(size: int) -> None:
    replies = Replies(ROOMY)
    packet = query(size=65535)
    reply, offsets = sized(packet, size)
    replies.remember(packet, reply, offsets, 0.0, 300.0)
    assert replies.answer(packet, 0.0) == (reply if size == 1232 else None)


@pytest.mark.parametrize("name", [NAME, MIXED])
@pytest.mark.parametrize("length", [100, 511, 512, 513, 1000, 1231, 1232])
def test_every_size_a_client_can_name_is_respected(length: int, name: bytes) -> None:
    packet = query(size=1232)
    replies, reference = Replies(ROOMY), Reference()
    for room in (replies, reference):
        room.remember(packet, *sized(packet, length), 0.0, 300.0)
    for size in (*range(1300), 4096, 65535):
        expected = length <= min(max(size, 512), 1232)
        answer = replies.answer(query(name, size=size), 0.0)
        assert (answer is not None) == expected
        assert answer == reference.answer(query(name, size=size), 0.0)


# --- bounds ------------------------------------------------------------------------


def numbered(number: int) -> bytes:
    return query(b"\x06%06d\x07example\x00" % number, size=1232)


def fill(replies: Replies, numbers: range, now: float = 0.0) -> None:
    for number in numbers:
        packet = numbered(number)
        replies.remember(packet, *reply_to(packet, 300), now, now + 300)


@pytest.mark.parametrize("capacity", [0, 1, 500, 1000, 10_000, 100_000])
def test_the_size_never_exceeds_the_capacity(capacity: int) -> None:
    replies = Replies(capacity)
    for number in range(1000):
        fill(replies, range(number, number + 1))
        replies.answer(numbered(number // 2), 0.5)
        assert replies.size_bytes <= capacity
    assert replies.size_bytes >= min(capacity, 300_000) * 0.3 or capacity < 1000


def test_replies_in_use_outlive_those_that_are_not() -> None:
    replies = Replies(50_000)
    fill(replies, range(10))
    for number in range(10, 2000):
        fill(replies, range(number, number + 1))
        assert replies.answer(numbered(number % 10), 0.5) is not None
    assert replies.answer(numbered(10), 0.5) is None


def test_a_reply_that_is_used_moves_and_leaves_its_slot_behind() -> None:
    replies = Replies(20_000)
    number = 0
    while not replies._old:
        fill(replies, range(number, number + 1))
        number += 1
    count, size = len(replies), replies._young_bytes + replies._old_bytes
    assert replies.answer(numbered(0), 0.5) is not None
    assert replies.answer(numbered(0), 0.5) is not None
    assert len(replies) == count
    assert size < replies._young_bytes + replies._old_bytes < size + 100


def test_a_reply_is_charged_for_its_strings_and_a_slot() -> None:
    replies = Replies(1_000_000)
    fill(replies, range(1000))
    strings = sum(
        sys.getsizeof(key) + sys.getsizeof(kept) for key, kept in replies._young.items()
    )
    assert strings + 60_000 <= replies.size_bytes <= strings + 120_000


def test_two_fifths_of_the_capacity_are_kept_in_any_case() -> None:
    replies = Replies(100_000)
    fill(replies, range(5000))
    each = replies.size_bytes / len(replies)
    latest = range(5000 - int(40_000 / each), 5000)
    assert all(replies.answer(numbered(number), 0.5) for number in latest)


def test_replies_that_are_let_go_for_others_are_counted() -> None:
    replies = Replies(100_000)
    fill(replies, range(10))
    assert replies.evictions == 0
    fill(replies, range(10, 5000))
    assert replies.evictions + len(replies) == 5000


def test_clearing_forgets_all_but_the_counters() -> None:
    replies = Replies(20_000)
    fill(replies, range(100))
    assert replies.answer(numbered(99), 0.0) is not None
    assert replies.answer(numbered(100), 0.0) is None
    replies.clear()
    assert (len(replies), replies.size_bytes) == (0, 0)
    assert replies.answer(numbered(99), 0.0) is None
    assert (replies.hits, replies.misses) == (1, 2)


def test_the_memo_of_profiles_is_bounded() -> None:
    replies, _ = known(query(size=1232))
    for size in range(3 * MAX_PROFILES):
        assert replies.answer(query(size=size), 0.0) is not None
        assert len(replies._profiles) <= MAX_PROFILES
    for option in range(100):
        assert replies.answer(query(size=1232) + bytes([option]), 0.0) is None
    assert len(replies._profiles) <= MAX_PROFILES


FILL = """
from tests.hot.test_replies import Replies, fill, numbered

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

replies = Replies(16_000_000)
before, largest = resident(), 0
for number in range(0, 120_000, 1000):
    fill(replies, range(number, number + 1000), number / 1000)
    assert replies.size_bytes <= 16_000_000
    for asked in range(number, number + 1000):
        assert replies.answer(numbered(asked), number / 1000) is not None
    largest = max(largest, resident() - before)
assert replies.answer(numbered(0), 1.0) is None, "the room has to be full"
print(largest)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_the_process_grows_by_what_the_capacity_says() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", FILL],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
        text=True,
    ).stdout
    assert 16_000_000 / 1.25 <= int(printed) <= 16_000_000 * 1.25


# --- since when --------------------------------------------------------------------


def test_since_when_a_reply_has_been_kept_is_known_even_when_it_has_expired() -> None:
    replies = Replies(ROOMY)
    assert replies.kept_since(query()) == -1
    reply, offsets = reply_to(query(), 60)
    replies.remember(query(), reply, offsets, 100.7, 160.0)
    assert replies.kept_since(query()) == 100
    assert replies.answer(query(), 200.0) is None
    assert replies.kept_since(query(MIXED, number=9)) == 100
    assert replies.kept_since(query(rdtype=NS)) == -1
    replies.remember(query(), reply, offsets, 200.0, 260.0)
    assert replies.kept_since(query()) == 200


@pytest.mark.parametrize("packet", [b"", query()[:-1], bytes(12), query() + b"\0"])
def test_no_reply_has_been_kept_to_what_is_not_plain(packet: bytes) -> None:
    replies, _ = known(query())
    assert replies.kept_since(packet) == -1


def test_replies_can_begin_anew_with_another_capacity() -> None:
    replies, _ = known(query())
    assert replies.answer(query(), 0.0) is not None
    before = replies.begin_anew(0)
    assert sum(map(len, before)) == 1
    assert (len(replies), replies.size_bytes, replies.hits) == (0, 0, 1)
    assert replies.answer(query(), 0.0) is None
    replies.remember(query(), *reply_to(query(), 300), 0.0, 300.0)
    assert len(replies) == 0
    replies.begin_anew(ROOMY)
    replies.remember(query(), *reply_to(query(), 300), 0.0, 300.0)
    assert replies.answer(query(), 0.0) is not None


BELOW = b"\x01a" + NAME
BESIDE = b"\x03ftp\x07example\x03com\x00"
ABOVE = NAME[4:]


@pytest.mark.parametrize("turns", [1, 2])
def test_what_names_a_label_is_forgotten_and_what_is_about_a_name(turns: int) -> None:
    replies = Replies(ROOMY)
    for name in (NAME, BELOW, BESIDE, ABOVE):
        packet = query(name)
        replies.remember(packet, *reply_to(packet, 300), 0.0, 300.0)
    alias = query(b"\x05alias\x00")
    reply, offsets = reply_to(alias, 300)
    replies.remember(alias, reply + b"\x03wWw\xc0\x0c", offsets, 0.0, 300.0)
    packets = [query(name) for name in (NAME, BELOW, ABOVE)] + [alias]
    assert all(replies.answer(packet, 0.0) for packet in packets)  # and ready
    for _ in range(turns):
        list(replies.forget([b"\x03www"], {ABOVE}))
    assert [replies.answer(packet, 0.0) for packet in packets] == [None] * 4
    assert replies.answer(query(BESIDE), 0.0) is not None
    assert len(replies) == 1
    list(replies.forget([b"\x03ftp"], set()))
    assert (len(replies), replies.size_bytes) == (0, 0)
