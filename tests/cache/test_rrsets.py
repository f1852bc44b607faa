import subprocess
import sys
from pathlib import Path

import pytest

from resolver.beliefs import SECURE
from resolver.cache.packed import Found
from resolver.cache.rrsets import (
    EVERY_TYPE,
    MAX_ENTRY,
    MAX_RECORDS,
    RANK_ADDITIONAL,
    RANK_ANSWER,
    RANK_AUTHORITATIVE,
    Past,
    RRsetCache,
)
from resolver.wire import types
from resolver.wire.message import RRset
from tests.cache.sets import RANKS, ROOMY, WWW, ZONE, a_set, soa

# --- record sets -------------------------------------------------------------------


def test_a_set_comes_out_as_it_went_in() -> None:
    cache = RRsetCache(ROOMY)
    rrset = RRset(WWW, types.TXT, 300, (b"\x01a", b"\x02bc", b""), (b"one", b"two"))
    cache.put(rrset, RANK_AUTHORITATIVE, 10.0)
    assert cache.get(WWW, types.TXT, 10.0) == Found(
        rrset, types.NOERROR, None, RANK_AUTHORITATIVE, 300
    )


def test_the_order_of_records_is_kept() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(60, b"bbbb", b"aaaa"), RANK_ANSWER, 0.0)
    found = cache.get(WWW, types.A, 0.0)
    assert found is not None
    assert found.rrset is not None
    assert found.rrset.rdatas == (b"bbbb", b"aaaa")


@pytest.mark.parametrize(
    ("passed", "left"), [(0.0, 300), (0.9, 300), (1.0, 299), (299.0, 1), (299.9, 1)]
)
def test_the_ttl_counts_down_by_whole_seconds(passed: float, left: int) -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.0)
    found = cache.get(WWW, types.A, 1000.0 + passed)
    assert found is not None
    assert found.ttl == left
    assert found.rrset == a_set(left)


def test_a_set_is_gone_when_its_time_is_up() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.0)
    assert cache.get(WWW, types.A, 1300.0) is None
    assert cache.get(WWW, types.A, 1e9) is None


def test_an_expired_entry_stays_until_room_is_needed() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 0.0)
    assert cache.get(WWW, types.A, 1e6) is None
    assert len(cache) == 1


def test_a_clock_that_is_set_back_makes_nothing_younger_than_new() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.0)
    found = cache.get(WWW, types.A, 10.0)
    assert found is not None
    assert found.ttl == 300


@pytest.mark.parametrize(("ttl", "told"), [(5, 60), (60, 60), (100, 100), (101, 100)])
def test_a_ttl_is_kept_and_told_within_its_bounds(ttl: int, told: int) -> None:
    cache = RRsetCache(ROOMY, min_ttl=60, max_ttl=100)
    assert cache.put(a_set(ttl), RANK_ANSWER, 0.0) == a_set(told)
    assert cache.get(WWW, types.A, 0.0) == Found(
        a_set(told), types.NOERROR, None, RANK_ANSWER, told
    )


def test_a_ttl_of_zero_is_not_kept() -> None:
    cache = RRsetCache(ROOMY)
    assert cache.put(a_set(0), RANK_AUTHORITATIVE, 0.0) == a_set(0)
    assert cache.get(WWW, types.A, 0.0) is None
    assert len(cache) == 0


def test_a_ttl_of_zero_is_kept_when_the_minimum_says_so() -> None:
    cache = RRsetCache(ROOMY, min_ttl=5)
    cache.put(a_set(0), RANK_AUTHORITATIVE, 0.0)
    found = cache.get(WWW, types.A, 0.0)
    assert found is not None
    assert found.ttl == 5


def test_a_ttl_of_zero_removes_what_it_contradicts() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 0.0)
    cache.put(a_set(0, b"new!"), RANK_AUTHORITATIVE, 1.0)
    assert cache.get(WWW, types.A, 1.0) is None


def test_other_classes_are_not_kept() -> None:
    cache = RRsetCache(ROOMY)
    version = RRset(WWW, types.TXT, 300, (b"\x01x",), rdclass=types.CH)
    assert cache.put(version, RANK_AUTHORITATIVE, 0.0) is version
    assert cache.get(WWW, types.TXT, 0.0) is None


def test_a_set_without_records_is_not_kept() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(RRset(WWW, types.A, 300, ()), RANK_AUTHORITATIVE, 0.0)
    assert cache.get(WWW, types.A, 0.0) is None


def test_an_entry_above_16_kb_is_not_kept_nor_what_it_contradicts() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300, rdtype=types.TXT), RANK_ANSWER, 0.0)
    largest = MAX_ENTRY - len(WWW) - 2 - 19 - 2
    cache.put(a_set(300, bytes(largest), rdtype=types.TXT), RANK_ANSWER, 0.0)
    assert cache.get(WWW, types.TXT, 0.0) is not None
    cache.put(a_set(300, bytes(largest + 1), rdtype=types.TXT), RANK_ANSWER, 0.0)
    assert cache.get(WWW, types.TXT, 0.0) is None


def test_a_set_of_too_many_records_is_not_kept() -> None:
    cache = RRsetCache(ROOMY)
    many = [number.to_bytes(4, "big") for number in range(MAX_RECORDS + 1)]
    cache.put(a_set(300, *many[1:]), RANK_ANSWER, 0.0)
    assert cache.get(WWW, types.A, 0.0) is not None
    assert cache.put(a_set(300, *many), RANK_ANSWER, 0.0) == a_set(300, *many)
    assert cache.get(WWW, types.A, 0.0) is None


# --- ranks, RFC 2181 section 5.4.1 -------------------------------------------------


def test_ranks_grow_with_trust() -> None:
    assert sorted(set(RANKS)) == RANKS


@pytest.mark.parametrize("kept", RANKS)
@pytest.mark.parametrize("new", RANKS)
def test_only_the_same_or_a_higher_rank_replaces_what_is_fresh(
    kept: int, new: int
) -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300, b"kept"), kept, 0.0)
    cache.put(a_set(300, b"new!"), new, 299.5)
    found = cache.get(WWW, types.A, 299.5)
    assert found is not None
    assert found.rrset is not None
    assert found.rrset.rdatas == ((b"new!",) if new >= kept else (b"kept",))
    assert found.rank == max(new, kept)


def test_any_rank_replaces_what_has_expired() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300, b"kept"), RANK_AUTHORITATIVE, 0.0)
    cache.put(a_set(300, b"new!"), RANK_ADDITIONAL, 300.0)
    found = cache.get(WWW, types.A, 300.0)
    assert found is not None
    assert found.rank == RANK_ADDITIONAL


def test_a_lower_rank_does_not_prolong_a_higher_one() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(10), RANK_AUTHORITATIVE, 0.0)
    cache.put(a_set(3600), RANK_ANSWER, 5.0)
    assert cache.get(WWW, types.A, 10.0) is None


def test_no_such_type_of_lower_rank_does_not_replace_a_set() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_AUTHORITATIVE, 0.0)
    cache.put_nothing(WWW, types.A, types.NOERROR, soa(), 0.0, RANK_ANSWER)
    found = cache.get(WWW, types.A, 0.0)
    assert found is not None
    assert found.rrset is not None


# --- nothing, RFC 2308 -------------------------------------------------------------


def test_no_such_type_holds_for_that_type_only() -> None:
    cache = RRsetCache(ROOMY)
    told = cache.put_nothing(WWW, types.AAAA, types.NOERROR, soa(), 0.0)
    assert told == soa(600)
    assert cache.get(WWW, types.AAAA, 0.0) == Found(
        None, types.NOERROR, soa(600), RANK_AUTHORITATIVE, 600
    )
    assert cache.get(WWW, types.A, 0.0) is None


def test_no_such_name_holds_for_every_type() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.AAAA, types.NXDOMAIN, soa(), 0.0)
    for rdtype in (0, types.A, types.AAAA, types.HTTPS, 65535):
        assert cache.get(WWW, rdtype, 1.0) == Found(
            None, types.NXDOMAIN, soa(599), RANK_AUTHORITATIVE, 599
        )
    assert cache.get(ZONE, types.A, 0.0) is None
    assert cache.get(b"\x01x" + WWW, types.A, 0.0) is None


@pytest.mark.parametrize(
    ("ttl", "minimum", "kept"),
    [(900, 600, 600), (300, 600, 300), (9000, 9000, 3600), (1, 2**32 - 1, 1)],
)
def test_nothing_holds_for_the_least_of_ttl_minimum_and_maximum(
    ttl: int, minimum: int, kept: int
) -> None:
    cache = RRsetCache(ROOMY)
    told = cache.put_nothing(WWW, types.A, types.NXDOMAIN, soa(ttl, minimum), 0.0)
    assert told == soa(kept, minimum)
    found = cache.get(WWW, types.A, kept - 0.5)
    assert found is not None
    assert found.soa == soa(1, minimum)
    assert cache.get(WWW, types.A, kept) is None


def test_nothing_obeys_the_general_bounds_of_ttls_too() -> None:
    cache = RRsetCache(ROOMY, min_ttl=5, max_ttl=100, max_negative_ttl=3600)
    assert cache.put_nothing(WWW, types.A, types.NOERROR, soa(0), 0.0) == soa(5)
    assert cache.put_nothing(WWW, types.A, types.NOERROR, soa(), 0.0) == soa(100)


@pytest.mark.parametrize("rcode", [types.NOERROR, types.NXDOMAIN])
def test_nothing_is_not_kept_without_soa_or_without_time(rcode: int) -> None:
    cache = RRsetCache(ROOMY)
    assert cache.put_nothing(WWW, types.A, rcode, None, 0.0) is None
    assert cache.put_nothing(WWW, types.A, rcode, soa(minimum=0), 0.0) is not None
    no_records = RRset(ZONE, types.SOA, 300, ())
    cache.put_nothing(WWW, types.A, rcode, no_records, 0.0)
    assert cache.get(WWW, types.A, 0.0) is None


def test_a_failure_is_not_kept_as_nothing() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.A, types.SERVFAIL, soa(), 0.0)
    assert cache.get(WWW, types.A, 0.0) is None


def test_the_root_can_own_the_soa() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.A, types.NXDOMAIN, soa(name=b"\x00"), 0.0)
    found = cache.get(WWW, types.A, 0.0)
    assert found is not None
    assert found.soa == soa(600, name=b"\x00")


def test_a_set_of_the_type_goes_before_no_such_name() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 0.0)
    cache.put_nothing(WWW, types.MX, types.NXDOMAIN, soa(), 1.0)
    found = cache.get(WWW, types.A, 1.0)
    assert found is not None
    assert found.rrset == a_set(299)
    found = cache.get(WWW, types.A, 300.0)
    assert found is not None
    assert found.rcode == types.NXDOMAIN


def test_no_such_name_goes_before_an_older_no_such_type() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.A, types.NOERROR, soa(), 0.0)
    cache.put_nothing(WWW, types.MX, types.NXDOMAIN, soa(), 1.0)
    found = cache.get(WWW, types.A, 1.0)
    assert found is not None
    assert found.rcode == types.NXDOMAIN


def test_a_name_that_has_a_type_exists() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.MX, types.NXDOMAIN, soa(), 0.0)
    cache.put(a_set(300), RANK_AUTHORITATIVE, 1.0)
    assert cache.get(WWW, types.MX, 1.0) is None


def test_a_name_that_lacks_one_type_exists() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.MX, types.NXDOMAIN, soa(), 0.0)
    cache.put_nothing(WWW, types.A, types.NOERROR, soa(), 1.0)
    assert cache.get(WWW, types.MX, 1.0) is None


def test_glue_does_not_bring_a_name_into_existence() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.MX, types.NXDOMAIN, soa(), 0.0)
    cache.put(a_set(300), RANK_ADDITIONAL, 1.0)
    found = cache.get(WWW, types.MX, 1.0)
    assert found is not None
    assert found.rcode == types.NXDOMAIN


# --- housekeeping ------------------------------------------------------------------


def test_removing_leaves_nothing_to_answer_from() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.A, types.NXDOMAIN, soa(), 0.0)
    cache.put(a_set(300), RANK_ADDITIONAL, 0.0)
    cache.put(a_set(300, b"\x01x", rdtype=types.TXT), RANK_ADDITIONAL, 0.0)
    cache.remove(WWW, types.A)
    assert cache.get(WWW, types.A, 0.0) is None
    assert cache.get(WWW, types.TXT, 0.0) is not None
    cache.remove(WWW, types.A)
    assert len(cache) == 1


def test_clearing_forgets_all_but_the_counters() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 0.0)
    empty = RRsetCache(ROOMY).size_bytes
    assert cache.size_bytes > empty
    cache.get(WWW, types.A, 0.0)
    cache.clear()
    assert cache.get(WWW, types.A, 0.0) is None
    assert (len(cache), cache.size_bytes) == (0, empty)
    assert (cache.hits, cache.misses) == (1, 1)


def test_what_was_used_last_is_evicted_last() -> None:
    cache = RRsetCache(20_000)
    cache.put(a_set(300), RANK_ANSWER, 0.0)
    for number in range(500):
        name = b"\x04%04d" % number + ZONE
        cache.put(a_set(300, name=name), RANK_ANSWER, 0.0)
        assert cache.get(WWW, types.A, 0.0) is not None
        assert cache.get(name, types.A, 0.0) is not None
    assert cache.get(b"\x040000" + ZONE, types.A, 0.0) is None
    assert cache.evictions == 501 - len(cache) > 0


FILL = """
from resolver.cache.rrsets import RANK_ANSWER, RRsetCache
from resolver.wire import types
from resolver.wire.message import RRset
from tests.cache.sets import RANKS, ROOMY, WWW, ZONE, a_set, soa

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

names = [b"\\x03www\\x08exampleX\\x03net\\x00", b"\\x03net\\x00"]
soa = RRset(names[1], types.SOA, 900, (b"\\x02ns\\x00\\x02me\\x00" + bytes(18) + b"\\x09\\x09",))
cache = RRsetCache(32_000_000)
before = resident()
for number in range(200_000):
    name = b"\\x04h%03d\\x0bexam%07d\\x03com\\x00" % (number % 1000, number)
    data = number.to_bytes(4, "big")
    if number % 5 == 0:
        cache.put_nothing(name, types.A, types.NXDOMAIN, soa, 0.0)
    elif number % 5 == 1:
        records = tuple(bytes([n]) + data for n in range(8))
        cache.put(RRset(name, types.TXT, 300, records), RANK_ANSWER, 0.0)
    else:
        cache.put(RRset(name, types.A, 300, (data,)), RANK_ANSWER, 0.0)
    assert cache.size_bytes <= 32_000_000
assert cache.evictions > 50_000, "the cache has to be full"
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_the_process_grows_by_what_the_setting_says() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", FILL],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
        text=True,
    ).stdout
    assert 32_000_000 / 1.25 <= int(printed) <= 32_000_000 * 1.25


# --- the past ----------------------------------------------------------------------


def last(cache: RRsetCache, rdtype: int = types.A) -> Past:
    past = cache.last_known(WWW, rdtype)
    assert past is not None
    return past


def test_what_has_expired_is_known_as_the_past_with_the_ttl_that_it_had() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.0)
    found = Found(a_set(300), types.NOERROR, None, RANK_ANSWER, 300)
    assert last(cache) == Past(found, 1000.0, 1300.0)
    assert cache.get(WWW, types.A, 1300.0) is None
    assert last(cache) == Past(found, 1000.0, 1300.0)
    assert cache.last_known(WWW, types.AAAA) is None


def test_the_last_that_was_learned_about_a_name_is_its_past() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.0)
    cache.put_nothing(WWW, types.AAAA, types.NXDOMAIN, soa(60), 1100.0, RANK_ANSWER)
    assert last(cache).found.rcode == types.NXDOMAIN
    assert last(cache, types.AAAA).found.rcode == types.NXDOMAIN
    cache.put(a_set(300), RANK_ANSWER, 1200.0)
    assert last(cache).found.rrset == a_set(300)
    assert cache.last_known(WWW, types.AAAA) is None


def test_records_are_not_the_past_of_a_name_that_was_gone_in_the_same_moment() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.0)
    cache.put_nothing(WWW, types.A, types.NXDOMAIN, soa(60), 1000.0, RANK_ANSWER)
    assert last(cache).found.rcode == types.NXDOMAIN


def test_records_learned_later_outdo_a_name_that_was_gone_on_better_authority() -> None:
    cache = RRsetCache(ROOMY)
    cache.put_nothing(WWW, types.A, types.NXDOMAIN, soa(60), 1000.0, RANK_AUTHORITATIVE)
    cache.put(a_set(300), RANK_ANSWER, 1030.0)  # and the other stays: it ranks higher
    assert cache.life(WWW, types.A, types.NXDOMAIN) == (1000.0, 60)
    assert last(cache).found.rrset == a_set(300)


def test_the_life_of_an_entry_is_when_it_was_learned_and_its_ttl() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 1000.5)
    assert cache.life(WWW, types.A, types.NOERROR) == (1000.5, 300)
    assert cache.life(WWW, types.A, types.NXDOMAIN) is None
    assert cache.life(WWW, types.AAAA, types.NOERROR) is None


# --- looking and forgetting --------------------------------------------------------

BELOW = b"\x01a" + WWW
BESIDE = b"\x04xwww\x07example\x00"


def filled() -> RRsetCache:
    cache = RRsetCache(ROOMY)
    for name in (WWW, BELOW, BESIDE):
        cache.put(a_set(name=name), RANK_ANSWER, 0.0)
    cache.put(a_set(name=WWW, rdtype=types.TXT), RANK_ANSWER, 0.0)
    gone = b"\x04gone" + WWW
    cache.put_nothing(gone, types.A, types.NXDOMAIN, soa(), 0.0)
    return cache


def everything(cache: RRsetCache) -> list[tuple[bytes, int]]:
    parts = [cache.part(number) for number in range(cache.parts)]
    return sorted((it.name, it.rdtype) for part in parts for it in part)


def test_everything_can_be_listed_part_by_part() -> None:
    assert everything(filled()) == sorted(
        [
            (WWW, types.A),
            (WWW, types.TXT),
            (BELOW, types.A),
            (BESIDE, types.A),
            (b"\x04gone" + WWW, EVERY_TYPE),
        ]
    )


def test_what_is_listed_says_what_it_is_and_for_how_long() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(300), RANK_ANSWER, 10.0, SECURE)
    (entry,) = cache.at(WWW)
    assert entry.past == Past(
        Found(a_set(300), types.NOERROR, None, RANK_ANSWER, 300, SECURE), 10.0, 310.0
    )
    assert cache.at(BELOW) == []


def test_a_name_and_all_below_it_are_forgotten() -> None:
    cache = filled()
    assert sum(cache.forget(WWW, below=True)) == 4
    assert everything(cache) == [(BESIDE, types.A)]


def test_a_name_alone_is_forgotten_with_all_its_types() -> None:
    cache = filled()
    assert sum(cache.forget(WWW, below=False)) == 2
    assert [name for name, _ in everything(cache)] == sorted(
        [BELOW, BESIDE, b"\x04gone" + WWW]
    )


def test_a_type_of_which_the_number_looks_like_the_end_of_a_name_is_no_name() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(name=WWW, rdtype=256), RANK_ANSWER, 0.0)
    assert everything(cache) == [(WWW, 256)]
    assert [it.rdtype for it in cache.at(WWW)] == [256]


def test_one_type_is_forgotten_with_the_news_that_there_is_no_such_name() -> None:
    cache = filled()
    assert cache.take(WWW, types.TXT) == 1
    assert cache.take(WWW, types.TXT) == 0
    assert cache.take(b"\x04gone" + WWW, types.A) == 1
    assert everything(cache) == sorted((name, types.A) for name in (WWW, BELOW, BESIDE))


# --- another configuration ---------------------------------------------------------


def test_what_is_below_a_zone_can_be_forgotten() -> None:
    cache = RRsetCache(ROOMY)
    below = [ZONE, WWW, b"\x01a" + WWW]
    beside = [b"\x00", b"\x05other\x00", b"\x09myexample\x00"]
    for name in below + beside:
        cache.put(a_set(name=name), RANK_ANSWER, 0.0)
    cache.put_nothing(b"\x02no" + ZONE, types.A, types.NXDOMAIN, soa(), 0.0)
    assert sum(cache.forget(ZONE, below=True)) == len(below) + 1
    assert [bool(cache.get(name, types.A, 0.0)) for name in below] == [False] * 3
    assert [bool(cache.get(name, types.A, 0.0)) for name in beside] == [True] * 3
    assert sum(cache.forget(b"\x00", below=True)) == len(beside)


def test_what_was_to_be_kept_beyond_new_bounds_can_be_forgotten() -> None:
    cache = RRsetCache(ROOMY, min_ttl=60)
    lives = {b"\x01a\x00": 60, b"\x01b\x00": 100, b"\x01c\x00": 300}
    for name, ttl in lives.items():
        cache.put(a_set(ttl, name=name), RANK_ANSWER, 0.0)
    cache.put_nothing(b"\x01d\x00", types.A, types.NXDOMAIN, soa(100, 100), 0.0)
    cache.bound(0, 200, 90)
    assert sum(cache.forget_lasting(lengthened=60)) == 3
    assert [bool(cache.get(name, types.A, 0.0)) for name in lives] == [
        False,
        True,
        False,
    ]
    cache.put(a_set(900), RANK_ANSWER, 0.0)
    found = cache.get(WWW, types.A, 0.0)
    assert found is not None
    assert found.ttl == 200
    assert sum(cache.forget_lasting()) == 0


def test_a_cache_of_another_size_can_take_over_what_was_known() -> None:
    cache = RRsetCache(ROOMY)
    cache.put(a_set(), RANK_ANSWER, 0.0)
    known = cache.begin_anew(2 * ROOMY)
    assert cache.get(WWW, types.A, 0.0) is None
    assert sum(cache.refill(known)) == 1
    assert cache.get(WWW, types.A, 0.0) is not None


def test_evictions_are_counted_over_all_sizes() -> None:
    cache = RRsetCache(2000)
    for number in range(100):
        cache.put(a_set(name=b"\x03%03d\x00" % number), RANK_ANSWER, 0.0)
    before = cache.evictions
    assert before > 0
    cache.begin_anew(ROOMY)
    assert cache.evictions == before
