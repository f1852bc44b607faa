"""Ranges that deny, against a model, and what is not kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cache.proofs import (
    MAX_CHAINS,
    MAX_TTL,
    NSEC,
    ProofCache,
    Range,
    is_narrow,
)
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.names import sort_key
from resolver.wire.presentation import name_from_text

ZONE = b"\x07example\x00"
OTHER = b"\x05other\x00"
# As RFC 1035 has it: two names and five numbers, the last the TTL of denials.
SOA_DATA = b"\x00\x00" + b"".join(
    number.to_bytes(4, "big") for number in (1, 2, 3, 4, 300)
)


def soa(ttl: int = 3600, zone: bytes = ZONE) -> RRset:
    return RRset(zone, types.SOA, ttl, (SOA_DATA,), (b"signature",))


def nsec(ttl: int = 3600, mark: bytes = b"") -> RRset:
    return RRset(ZONE, types.NSEC, ttl, (b"\x00" + mark,), (b"signature",))


def known(capacity: int = 100, zone_capacity: int = 100) -> ProofCache:
    cache = ProofCache(capacity, zone_capacity)
    cache.put_soa(ZONE, soa(), 0.0)
    return cache


def found(cache: ProofCache, key: bytes, now: float = 0.0) -> RRset | None:
    it = cache.covering(ZONE, NSEC, key, now)
    return None if it is None else it.rrset


def test_a_range_is_found_by_its_beginning_and_by_what_is_inside() -> None:
    cache, record = known(), nsec()
    assert cache.put(ZONE, NSEC, b"b", b"d", record, 0.0)
    assert [found(cache, key) for key in (b"b", b"c", b"b\x00")] == [record] * 3
    assert [found(cache, key) for key in (b"a", b"d", b"e")] == [None] * 3
    assert cache.covering(ZONE, b"\x00\x00", b"c", 0.0) is None
    assert cache.covering(OTHER, NSEC, b"c", 0.0) is None


def test_the_last_range_goes_round() -> None:
    cache, record = known(), nsec()
    cache.put(ZONE, b"\x00\x00", b"x" * 20, b"c" * 20, record, 0.0)
    for key, hit in ((b"z", True), (b"a", True), (b"c" * 20, False), (b"d", False)):
        assert (cache.covering(ZONE, b"\x00\x00", key, 0.0) is not None) == hit


@pytest.mark.parametrize(
    ("soa_ttl", "ttl", "lives"),
    [(3600, 3600, 300), (200, 3600, 200), (3600, 60, 60), (3600, 0, 0)],
)
def test_a_range_lives_no_longer_than_the_zone_lets_denials_live(
    soa_ttl: int, ttl: int, lives: int
) -> None:
    cache = ProofCache(10, 10)
    cache.put_soa(ZONE, soa(soa_ttl), 5.0)
    assert cache.put(ZONE, NSEC, b"b", b"d", nsec(ttl), 5.0) == (lives > 0)
    assert (found(cache, b"c", 4.9 + lives) is not None) == (lives > 0)
    assert found(cache, b"c", 5.0 + lives) is None


def test_no_ttl_keeps_a_range_for_more_than_three_hours() -> None:
    cache = ProofCache(10, 10)
    lasting = RRset(ZONE, types.SOA, 86400, (SOA_DATA[:-4] + b"\x00\x01\x51\x80",))
    cache.put_soa(ZONE, lasting, 0.0)
    cache.put(ZONE, NSEC, b"b", b"d", nsec(86400), 0.0)
    assert found(cache, b"c", MAX_TTL - 1) is not None
    assert found(cache, b"c", MAX_TTL) is None


def test_a_zone_without_soa_has_no_ranges() -> None:
    cache = ProofCache(10, 10)
    assert not cache.put(ZONE, NSEC, b"b", b"d", nsec(), 0.0)
    assert cache.soa(ZONE, 0.0) is None
    cache.put_soa(ZONE, soa(), 0.0)
    authority = cache.soa(ZONE, 299.9)
    assert authority is not None
    assert authority.expires == 300.0
    assert cache.soa(ZONE, 300.0) is None
    cache.put_soa(OTHER, soa(0, OTHER), 0.0)
    assert cache.soa(OTHER, 0.0) is None


def test_newer_words_replace_all_that_began_inside_them() -> None:
    cache = known()
    old, new = nsec(mark=b"old"), nsec(mark=b"new")
    for low, high in ((b"a", b"c"), (b"c", b"e"), (b"e", b"g")):
        cache.put(ZONE, NSEC, low, high, old, 0.0)
    cache.put(ZONE, NSEC, b"b", b"f", new, 0.0)
    assert len(cache) == 2
    hits = [found(cache, key) for key in (b"a", b"b", b"d", b"e", b"f")]
    assert hits == [old, new, new, new, None]


def test_a_zone_that_makes_up_ranges_spoils_its_own_part_only() -> None:
    cache = known(capacity=10, zone_capacity=4)
    cache.put_soa(OTHER, soa(zone=OTHER), 0.0)
    cache.put(OTHER, NSEC, b"a", b"c", nsec(), 0.0)
    for number in range(100):
        cache.put(ZONE, NSEC, b"%03d" % number, b"%03d5" % number, nsec(), 0.0)
    assert len(cache) == 5
    assert cache.covering(OTHER, NSEC, b"b", 0.0) is not None
    assert found(cache, b"0951") is None
    assert found(cache, b"0961") is not None


def test_the_zone_used_least_recently_makes_room() -> None:
    cache = ProofCache(3, 3)
    zones = [bytes([1, 97 + number, 0]) for number in range(4)]
    for zone in zones[:3]:
        cache.put_soa(zone, soa(zone=zone), 0.0)
        cache.put(zone, NSEC, b"a", b"c", nsec(), 0.0)
    cache.soa(zones[0], 0.0)
    cache.put_soa(zones[3], soa(zone=zones[3]), 0.0)
    cache.put(zones[3], NSEC, b"a", b"c", nsec(), 0.0)
    kept = [cache.covering(zone, NSEC, b"b", 0.0) is not None for zone in zones]
    assert kept == [True, False, True, True]
    assert len(cache) == 3


def test_zones_of_which_only_the_soa_is_known_are_bounded_too() -> None:
    cache = ProofCache(3, 3)
    zones = [bytes([1, 97 + number, 0]) for number in range(9)]
    for zone in zones:
        cache.put_soa(zone, soa(zone=zone), 0.0)
    assert [cache.soa(zone, 0.0) is not None for zone in zones] == [False] * 6 + [
        True
    ] * 3


def test_a_zone_has_its_last_chains_only() -> None:
    cache = known()
    chains = [b"\x00\x00" + bytes([number]) for number in range(MAX_CHAINS + 1)]
    for chain in chains:
        cache.put(ZONE, chain, b"a" * 20, b"z" * 20, nsec(), 0.0)
    assert cache.chains(ZONE) == chains[1:]
    assert len(cache) == MAX_CHAINS
    assert cache.chains(OTHER) == []


def test_what_is_forgotten_is_gone() -> None:
    cache = known()
    cache.put(ZONE, NSEC, b"a", b"c", nsec(), 0.0)
    cache.remove(ZONE)
    cache.remove(OTHER)
    assert (len(cache), found(cache, b"b")) == (0, None)
    other = known()
    other.put(ZONE, NSEC, b"a", b"c", nsec(), 0.0)
    other.clear()
    assert (len(other), found(other, b"b")) == (0, None)


@pytest.mark.parametrize(
    ("owner", "following", "narrow"),
    [
        ("a.example", r"\000.a.example", True),
        ("a.example", r"a\000.example", True),
        ("a.example", r"b.example", False),
        ("a.example", r"\000.b.example", False),
        ("example", "example", False),
        (".", r"\000", True),
    ],
)
def test_ranges_made_for_one_name_are_narrow(
    owner: str, following: str, *, narrow: bool
) -> None:
    low, high = (sort_key(name_from_text(text)) for text in (owner, following))
    assert is_narrow(NSEC, low, high) == narrow
    assert known().put(ZONE, NSEC, low, high, nsec(), 0.0) != narrow


@pytest.mark.parametrize(
    ("low", "high", "narrow"),
    [
        (b"\x10" + b"\x00" * 19, b"\x10" + b"\x00" * 18 + b"\x02", True),
        (b"\x10" + b"\x00" * 19, b"\x10\x3f" + b"\xff" * 18, True),
        (b"\x10" + b"\x00" * 19, b"\x10\x40" + b"\x00" * 18, False),
        (b"\xff" * 20, b"\x00" * 20, True),
        (b"\xff" * 20, b"\x10" * 20, False),
        (b"\x10" * 20, b"\x10" * 20, False),
    ],
)
def test_a_small_part_of_all_hashes_is_narrow(
    low: bytes, high: bytes, *, narrow: bool
) -> None:
    assert is_narrow(b"\x00\x00", low, high) == narrow


def test_what_could_deny_a_name_is_forgotten_and_nothing_else() -> None:
    below, root = b"\x03sub" + ZONE, b"\x00"

    def left(name: bytes, *, under: bool = False) -> set[bytes]:
        cache = known()
        for zone in (OTHER, below, root):
            cache.put_soa(zone, soa(zone=zone), 0.0)
        cache.put(ZONE, NSEC, b"b", b"d", nsec(), 0.0)
        cache.remove_about(name, below=under)
        zones = (ZONE, OTHER, below, root)
        assert len(cache) == (cache.soa(ZONE, 0.0) is not None)
        return {zone for zone in zones if cache.soa(zone, 0.0) is not None}

    assert left(b"\x03www" + ZONE) == {OTHER, below}
    assert left(ZONE) == {OTHER, below}
    assert left(ZONE, under=True) == {OTHER}
    assert left(root, under=True) == set()


KEYS = st.integers(0, 12).map(lambda number: bytes([number]))


@given(
    st.lists(st.tuples(KEYS, KEYS, st.integers(1, 9)), max_size=30),
    st.integers(1, 6),
)
def test_ranges_are_those_of_a_list(
    puts: list[tuple[bytes, bytes, int]], capacity: int
) -> None:
    """The model: a list of ranges in order of arrival, searched from end to end."""
    cache = known(capacity, capacity)
    model: list[Range] = []
    for now, (low, high, ttl) in enumerate(puts):
        new = Range(low, high, nsec(ttl), now + ttl)
        cache.put(ZONE, NSEC, low, high, new.rrset, float(now))
        inside = [it for it in model if new.covers(it.low) or it.low == low]
        model = [it for it in model if it not in inside]
        model = [*model, new][-capacity:]
        assert len(cache) == len(model)
        for key in range(13):
            hit = found(cache, bytes([key]), float(now))
            below = [it for it in model if it.low <= bytes([key])] or model
            last = max(below, key=lambda it: it.low)
            right = last.low == bytes([key]) or last.covers(bytes([key]))
            assert hit == (last.rrset if right and last.expires > now else None)
