import pytest

from resolver.cache.zones import MAX_TTL, MIN_TTL, Delegation, NameServer, ZoneCache
from resolver.ports import Address

ROOT = b"\x00"
COM = b"\x03com\x00"
EXAMPLE = b"\x07example\x03com\x00"
WWW = b"\x03www\x07example\x03com\x00"
SERVERS = (NameServer(b"\x02ns" + COM, (Address("192.0.2.1"),)),)
NEVER = float("inf")


def known(*zones: bytes, capacity: int = 100) -> ZoneCache:
    cache = ZoneCache(capacity)
    for zone in zones:
        cache.put(zone, SERVERS, 3600, NEVER, 0.0)
    return cache


def at(delegation: Delegation | None) -> bytes | None:
    return None if delegation is None else delegation.zone


def test_a_delegation_comes_out_as_it_went_in() -> None:
    cache = ZoneCache(100)
    put = cache.put(COM, SERVERS, 3600, NEVER, 10.0)
    assert put == Delegation(COM, SERVERS, 3610.0)
    assert cache.get(COM, 10.0) == put
    assert not put.recursive


@pytest.mark.parametrize(
    ("name", "closest"),
    [
        (WWW, EXAMPLE),
        (EXAMPLE, EXAMPLE),
        (b"\x01x" + COM, COM),
        (b"\x0anotexample\x03com\x00", COM),
        (COM, COM),
        (b"\x03net\x00", ROOT),
        (ROOT, ROOT),
    ],
)
def test_the_closest_zone_is_the_deepest_at_or_above_a_name(
    name: bytes, closest: bytes
) -> None:
    assert at(known(ROOT, COM, EXAMPLE).closest(name, 0.0)) == closest


def test_a_zone_of_the_same_last_bytes_is_not_above() -> None:
    # The label "x\x03com" ends like the zone com.
    assert known(COM).closest(b"\x05x\x03com\x00", 0.0) is None


def test_nothing_known_is_none() -> None:
    assert known().closest(WWW, 0.0) is None
    assert known(EXAMPLE).closest(COM, 0.0) is None
    assert known().get(ROOT, 0.0) is None


def test_an_expired_delegation_gives_way_to_the_one_above() -> None:
    cache = known(COM)
    cache.put(EXAMPLE, SERVERS, 60, NEVER, 0.0)
    assert at(cache.closest(WWW, 59.9)) == EXAMPLE
    assert at(cache.closest(WWW, 60.0)) == COM
    assert cache.get(EXAMPLE, 60.0) is None
    assert cache.closest(WWW, 3600.0) is None


@pytest.mark.parametrize(
    ("ttl", "seconds"),
    [(0, MIN_TTL), (MIN_TTL, MIN_TTL), (3600, 3600), (10**6, MAX_TTL)],
)
def test_a_delegation_holds_within_bounds(ttl: int, seconds: int) -> None:
    assert known().put(COM, SERVERS, ttl, NEVER, 7.0).expires == 7.0 + seconds


def test_a_delegation_never_outlives_the_one_that_led_to_it() -> None:
    cache = known()
    assert cache.put(EXAMPLE, SERVERS, 3600, 100.0, 7.0).expires == 100.0
    assert cache.put(EXAMPLE, SERVERS, 0, 8.0, 7.0).expires == 8.0


def test_a_new_referral_replaces_a_delegation_that_is_fresh() -> None:
    cache = known(COM)
    cache.put(COM, (), 60, NEVER, 0.0)
    assert cache.get(COM, 0.0) == Delegation(COM, (), 60.0)


def test_the_least_recently_used_delegation_makes_room() -> None:
    cache = known(COM, EXAMPLE, capacity=2)
    cache.closest(b"\x01x" + COM, 0.0)
    cache.put(WWW, SERVERS, 3600, NEVER, 0.0)
    assert len(cache) == 2
    assert cache.get(EXAMPLE, 0.0) is None
    assert at(cache.closest(EXAMPLE, 0.0)) == COM


def test_a_removed_zone_is_gone_and_those_below_stay() -> None:
    cache = known(COM, EXAMPLE)
    cache.remove(COM)
    cache.remove(COM)
    assert cache.get(COM, 0.0) is None
    assert at(cache.closest(WWW, 0.0)) == EXAMPLE
    cache.clear()
    assert cache.closest(WWW, 0.0) is None
    assert len(cache) == 0


def test_what_is_below_a_name_is_forgotten_with_it() -> None:
    other = b"\x0anotexample\x03com\x00"
    cache = known(COM, EXAMPLE, WWW, other)
    assert cache.remove_below(EXAMPLE) == 2
    assert cache.remove_below(EXAMPLE) == 0
    assert [it.zone for it in cache.fresh(0.0)] == [COM, other]
    assert cache.remove_below(ROOT) == 2


def test_only_delegations_that_are_believed_are_listed() -> None:
    cache = known(COM)
    cache.put(EXAMPLE, SERVERS, 60, NEVER, 0.0)
    assert [it.zone for it in cache.fresh(59.0)] == [COM, EXAMPLE]
    assert [it.zone for it in cache.fresh(60.0)] == [COM]
