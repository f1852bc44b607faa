"""How far trust reaches: from an anchor down, what it takes, and where it ends."""

import pytest

from resolver.beliefs import BOGUS, INSECURE, SECURE
from resolver.dnssec.chain import MAX_STEPS_DOWN
from resolver.dnssec.trust import FIRST_BOGUS, LONGEST_BOGUS, Trust
from resolver.ports import MAX_FAILED_CHECKS, MAX_OPINIONS, Errand, Lost, Spent
from resolver.wire import types
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_DNSKEY_MISSING,
    EDE_NO_REACHABLE_AUTHORITY,
    EDE_RRSIGS_MISSING,
    EDE_SIGNATURE_EXPIRED,
    EDE_UNSUPPORTED_ALGORITHM,
    EDE_UNSUPPORTED_DIGEST,
)
from resolver.wire.message import RRset
from tests.dnssec.signing import NOW
from tests.dnssec.world import World, Zone, named, unsigned
from tests.walk.pretend import run

NXDOMAIN = types.NXDOMAIN
SUB = "sub.example."


@pytest.fixture
def world() -> World:
    """A root, `example.` and `sub.example.`, all signed."""
    made = World()
    for origin in (".", "example.", SUB):
        made.zone(origin)
    return made


@pytest.fixture
def example(world: World) -> Zone:
    return world.zones["example."]


def errand(world: World) -> Errand:
    return Errand(world.clock, world.clock.time + 8)


def reach(world: World, zone: str, on: Errand | None = None) -> Trust:
    return run(world.chain.reach(named(zone), on or errand(world)))


def below(
    world: World, start: str, name: str, on: Errand | None = None
) -> Trust | None:
    chain = world.chain
    one = on or errand(world)
    return run(chain.insecure_below(named(start), named(name), one))


def why(trust: Trust) -> tuple[int, int]:
    return trust.security, trust.ede


def broken(rrset: RRset) -> RRset:
    """The same set, with signatures that do not fit."""
    bad = tuple(it[:-1] + bytes([it[-1] ^ 1]) for it in rrset.signatures)
    return RRset(rrset.name, rrset.rdtype, rrset.ttl, rrset.rdatas, bad)


# Down from the anchor.


def test_each_zone_vouches_for_the_keys_of_the_next(world: World) -> None:
    trust = reach(world, SUB)
    assert trust.security == SECURE
    assert trust.keys is not None
    assert trust.keys.zone == named(SUB)
    assert world.fetched == [
        "sub.example. DS",
        "example. DS",
        ". DNSKEY",
        "example. DNSKEY",
        "sub.example. DNSKEY",
    ]


def test_trust_lasts_as_long_as_the_records_that_it_rests_on(world: World) -> None:
    zone = world.zones[SUB]
    ds = world.ds(zone, world.zones["example."])
    short = RRset(ds.name, ds.rdtype, 60, ds.rdatas, ds.signatures)
    world.say(f"{SUB} DS", "example.", short)
    assert reach(world, SUB).expires == world.clock.time + 60
    before = len(world.fetched)
    world.clock.time += 59
    reach(world, SUB)
    assert len(world.fetched) == before
    world.clock.time += 1
    reach(world, SUB)
    assert world.fetched[before:] == ["sub.example. DS", "sub.example. DNSKEY"]


def test_an_anchor_needs_no_zone_above_it() -> None:
    world = World(SUB)
    world.zone(SUB)
    assert reach(world, SUB).security == SECURE
    assert world.fetched == ["sub.example. DNSKEY"]


def test_the_anchor_that_is_closest_counts(world: World) -> None:
    island = World(".", SUB)
    island.zone(".")
    island.zone(SUB)
    reach(island, SUB)
    assert ". DNSKEY" not in island.fetched


def test_where_no_anchor_is_above_nothing_can_be_said() -> None:
    world = World("example.")
    world.zone("example.")
    trust = reach(world, "other.")
    assert why(trust) == (INSECURE, 0)
    assert trust.text == "no trust anchor is above it"
    assert world.fetched == []


def test_all_is_found_out_anew_after_an_anchor_has_changed(world: World) -> None:
    reach(world, ".")
    world.chain.forget()
    reach(world, ".")
    assert world.fetched == [". DNSKEY"] * 2


# Keys that do not do.


def test_a_zone_whose_key_is_not_the_one_vouched_for_is_bogus(world: World) -> None:
    stranger = Zone(SUB, number=77)
    keys = stranger.signed(SUB, "DNSKEY", stranger.key.to_text())
    world.say(f"{SUB} DNSKEY", SUB, keys)
    trust = reach(world, SUB)
    assert why(trust) == (BOGUS, EDE_DNSKEY_MISSING)
    assert str(trust.text).startswith("no DNSKEY of sub.example. fits its DS ")


def test_a_zone_that_has_no_keys_is_bogus(world: World) -> None:
    world.say(f"{SUB} DNSKEY", SUB, world.zones[SUB].soa())
    assert why(reach(world, SUB)) == (BOGUS, EDE_DNSKEY_MISSING)


def test_keys_have_to_be_signed_by_one_that_is_vouched_for(
    world: World, example: Zone
) -> None:
    zone = world.zones[SUB]
    other = Zone(SUB, number=78)
    both = (zone.key.to_text(), other.key.to_text())
    world.say(f"{SUB} DNSKEY", SUB, other.signed(SUB, "DNSKEY", *both))
    assert why(reach(world, SUB)) == (BOGUS, EDE_DNSKEY_MISSING)


def test_keys_whose_signature_has_expired_are_bogus(world: World) -> None:
    zone = world.zones[SUB]
    text = zone.key.to_text()
    world.say(
        f"{SUB} DNSKEY", SUB, zone.signed(SUB, "DNSKEY", text, expiration=NOW - 1)
    )
    assert why(reach(world, SUB)) == (BOGUS, EDE_SIGNATURE_EXPIRED)


def test_a_ds_whose_signature_has_expired_is_bogus(world: World, example: Zone) -> None:
    made = world.ds(world.zones[SUB], example)
    text = made.rdatas[0].hex()
    data = f"{int(text[:4], 16)} {int(text[4:6], 16)} {int(text[6:8], 16)} {text[8:]}"
    world.say(
        f"{SUB} DS", "example.", example.signed(SUB, "DS", data, expiration=NOW - 1)
    )
    assert why(reach(world, SUB)) == (BOGUS, EDE_SIGNATURE_EXPIRED)


def test_a_ds_that_is_not_signed_is_bogus(world: World, example: Zone) -> None:
    ds = world.ds(world.zones[SUB], example)
    bare = RRset(ds.name, ds.rdtype, ds.ttl, ds.rdatas)
    world.say(f"{SUB} DS", "example.", bare)
    trust = reach(world, SUB)
    assert why(trust) == (BOGUS, EDE_RRSIGS_MISSING)


# What nobody can vouch for.


@pytest.mark.parametrize(
    ("data", "ede"),
    [
        (f"1 13 1 {'00' * 20}", EDE_UNSUPPORTED_DIGEST),
        (f"1 5 2 {'00' * 32}", EDE_UNSUPPORTED_ALGORITHM),
        (f"1 200 2 {'00' * 32}", EDE_UNSUPPORTED_ALGORITHM),
    ],
)
def test_a_ds_of_what_does_not_count_here_makes_insecure(
    world: World, example: Zone, data: str, ede: int
) -> None:
    world.say(f"{SUB} DS", "example.", example.signed(SUB, "DS", data))
    assert why(reach(world, SUB)) == (INSECURE, ede)


def test_one_ds_that_counts_is_enough_to_want_signatures(
    world: World, example: Zone
) -> None:
    good = world.ds(world.zones[SUB], example).rdatas[0]
    text = f"{int.from_bytes(good[:2], 'big')} 13 2 {good[4:].hex()}"
    both = example.signed(SUB, "DS", text, f"1 5 1 {'00' * 20}")
    world.say(f"{SUB} DS", "example.", both)
    assert reach(world, SUB).security == SECURE


def test_proof_that_there_is_no_ds_makes_insecure(world: World, example: Zone) -> None:
    proof = example.nsec(SUB, "z.example.", "NS")
    world.say(f"{SUB} DS", "example.", example.soa(), proof)
    trust = reach(world, SUB)
    assert why(trust) == (INSECURE, 0)
    assert str(trust.text) == "example. proves that sub.example. has no DS"


@pytest.mark.parametrize("opt_out", ["matching", "covered"])
def test_nsec3_may_prove_that_there_is_no_ds(
    world: World, example: Zone, opt_out: str
) -> None:
    apex = example.nsec3("example.", kinds="SOA NS")
    proof = (
        example.nsec3(SUB, kinds="NS")
        if opt_out == "matching"
        else example.nsec3(SUB, cover=True, opt_out=True)
    )
    world.say(f"{SUB} DS", "example.", example.soa(), apex, proof)
    assert reach(world, SUB).security == INSECURE


def test_a_gap_without_opt_out_does_not_hide_a_zone(
    world: World, example: Zone
) -> None:
    apex = example.nsec3("example.", kinds="SOA NS")
    cover = example.nsec3(SUB, cover=True)
    world.say(f"{SUB} DS", "example.", example.soa(), apex, cover)
    assert reach(world, SUB).security == BOGUS


@pytest.mark.parametrize("kinds", ["NS DS", "SOA NS", "NS SOA DS"])
def test_a_record_that_lists_a_ds_or_is_the_childs_proves_nothing(
    world: World, example: Zone, kinds: str
) -> None:
    proof = example.nsec(SUB, "z.example.", kinds)
    world.say(f"{SUB} DS", "example.", example.soa(), proof)
    assert reach(world, SUB).security == BOGUS


def test_below_an_insecure_zone_nobody_is_asked(world: World, example: Zone) -> None:
    proof = example.nsec(SUB, "z.example.", "NS")
    world.say(f"{SUB} DS", "example.", example.soa(), proof)
    reach(world, SUB)
    before = len(world.fetched)
    assert reach(world, "deep.sub.example.").security == INSECURE
    assert len(world.fetched) == before


# An alias in the place of a DS.


def test_an_alias_in_the_place_of_a_ds_means_that_no_zone_is_there(
    world: World, example: Zone
) -> None:
    alias = example.signed("a.example.", "CNAME", "b.elsewhere.")
    world.say("a.example. DS", "example.", alias)
    reach(world, "example.")
    assert below(world, "example.", "a.example.") is None


def test_an_alias_from_a_wildcard_has_to_be_proven_there(
    world: World, example: Zone
) -> None:
    alias = example.signed(SUB, "CNAME", "b.elsewhere.", made_from="*.example.")
    world.say(f"{SUB} DS", "example.", alias)
    assert why(reach(world, SUB)) == (BOGUS, EDE_BOGUS)


# Down, to where a delegation is unsigned.


def test_the_way_down_ends_at_the_first_unsigned_delegation(
    world: World, example: Zone
) -> None:
    proof = example.nsec("u.example.", "z.example.", "NS")
    world.say("u.example. DS", "example.", example.soa(), proof)
    reach(world, "example.")
    found = below(world, "example.", "a.b.u.example.")
    assert found is not None
    assert found.security == INSECURE
    assert world.fetched[-1] == "u.example. DS"


def test_the_way_down_goes_on_through_names_that_are_no_zones(
    world: World, example: Zone
) -> None:
    proof = example.nsec("u.b.example.", "z.example.", "NS")
    world.say("u.b.example. DS", "example.", example.soa(), proof)
    found = below(world, "example.", "www.u.b.example.")
    assert found is not None
    assert found.security == INSECURE


def test_the_way_down_goes_on_through_zones_that_are_secure(world: World) -> None:
    sub = world.zones[SUB]
    proof = sub.nsec("u.sub.example.", "z.sub.example.", "NS")
    world.say("u.sub.example. DS", SUB, sub.soa(), proof)
    found = below(world, "example.", "www.u.sub.example.")
    assert found is not None
    assert found.security == INSECURE


def test_a_name_that_is_not_there_has_nothing_below_it(
    world: World, example: Zone
) -> None:
    said = (
        example.soa(),
        example.nsec("a.example.", "z.example.", "A"),
        example.nsec("example.", "a.example.", "SOA NS"),
    )
    world.say("no.example. DS", "example.", *said, rcode=NXDOMAIN)
    assert below(world, "example.", "a.b.c.no.example.") is None
    assert world.fetched[-1] != "c.no.example. DS"


def test_the_way_down_is_no_longer_than_its_limit(world: World) -> None:
    deep = "".join(f"{number}." for number in range(40)) + "example."
    before = len(world.fetched)
    assert below(world, "example.", deep) is None
    asked = [it for it in world.fetched[before:] if it.endswith(" DS")]
    assert len(asked) <= MAX_STEPS_DOWN + 1


def test_something_bogus_on_the_way_down_is_the_answer(
    world: World, example: Zone
) -> None:
    world.say(
        "u.example. DS", "example.", unsigned("example.", "SOA", "a. b. 1 1 1 1 1")
    )
    found = below(world, "example.", "www.u.example.")
    assert found is not None
    assert why(found) == (BOGUS, EDE_RRSIGS_MISSING)


def test_an_unsigned_ds_is_in_order_below_an_unsigned_delegation(
    world: World, example: Zone
) -> None:
    # Nothing points upwards: the way goes down from the anchor.
    proof = example.nsec("u.example.", "z.example.", "NS")
    world.say("u.example. DS", "example.", example.soa(), proof)
    world.say(
        "v.u.example. DS",
        "u.example.",
        unsigned("u.example.", "SOA", "a. b. 1 1 1 1 1"),
    )
    assert reach(world, "v.u.example.").security == INSECURE


# Somebody else is asked.


def test_bogus_keys_are_asked_for_elsewhere(world: World) -> None:
    zone = world.zones[SUB]
    good = zone.signed(SUB, "DNSKEY", zone.key.to_text())
    bare = RRset(good.name, good.rdtype, 60, good.rdatas)
    world.say(f"{SUB} DNSKEY", SUB, bare, first=True)
    one = errand(world)
    assert reach(world, SUB, one).security == SECURE
    assert world.fetched[-2:] == ["sub.example. DNSKEY", "sub.example. DNSKEY again"]
    assert one.misled == named(SUB)


def test_a_bogus_ds_is_asked_for_elsewhere(world: World, example: Zone) -> None:
    ds = world.ds(world.zones[SUB], example)
    world.say(f"{SUB} DS", "example.", broken(ds), first=True)
    assert reach(world, SUB).security == SECURE
    assert "sub.example. DS again" in world.fetched


def test_no_more_servers_are_asked_than_the_limit(world: World) -> None:
    world.say(f"{SUB} DNSKEY", SUB, world.zones[SUB].soa())
    reach(world, SUB)
    asked = [it for it in world.fetched if it.startswith("sub.example. DNSKEY")]
    assert len(asked) == MAX_OPINIONS


def test_two_signatures_that_do_not_fit_are_enough(world: World) -> None:
    zone = world.zones[SUB]
    keys = broken(zone.signed(SUB, "DNSKEY", zone.key.to_text()))
    world.say(f"{SUB} DNSKEY", SUB, keys)
    one = errand(world)
    assert why(reach(world, SUB, one)) == (BOGUS, EDE_BOGUS)
    assert one.failed_checks_left == MAX_FAILED_CHECKS - 2


def test_where_nobody_else_answers_the_first_reply_is_judged(world: World) -> None:
    world.silent(f"{SUB} DNSKEY")
    world.say(f"{SUB} DNSKEY", SUB, world.zones[SUB].soa(), first=True)
    assert why(reach(world, SUB)) == (BOGUS, EDE_DNSKEY_MISSING)


def test_where_nobody_answers_the_zone_is_not_bogus_but_out_of_reach(
    world: World,
) -> None:
    world.silent(f"{SUB} DNSKEY")
    with pytest.raises(
        Lost, match=r"the DNSKEY of sub\.example\. cannot be had"
    ) as lost:
        reach(world, SUB)
    assert lost.value.ede == EDE_NO_REACHABLE_AUTHORITY
    assert world.chain.known(named(SUB), world.clock.time) is None


# What is broken, and for how long.


def test_a_broken_zone_does_not_spoil_the_one_above(world: World) -> None:
    world.say(f"{SUB} DNSKEY", SUB, world.zones[SUB].soa())
    assert reach(world, SUB).security == BOGUS
    assert reach(world, "example.").security == SECURE
    other = world.zone("other.example.")
    assert reach(world, other.origin).security == SECURE


def test_a_broken_zone_is_looked_at_again_after_a_minute_and_then_more_rarely(
    world: World,
) -> None:
    world.say(f"{SUB} DNSKEY", SUB, world.zones[SUB].soa())
    assert reach(world, SUB).expires == world.clock.time + FIRST_BOGUS
    world.clock.time += FIRST_BOGUS
    assert reach(world, SUB).expires == world.clock.time + LONGEST_BOGUS


def test_a_zone_that_was_mended_is_trusted_again(world: World) -> None:
    zone = world.zones[SUB]
    world.say(f"{SUB} DNSKEY", SUB, zone.soa())
    reach(world, SUB)
    world.say(f"{SUB} DNSKEY", SUB, zone.signed(SUB, "DNSKEY", zone.key.to_text()))
    assert reach(world, SUB).security == BOGUS
    world.clock.time += FIRST_BOGUS
    assert reach(world, SUB).security == SECURE


# What it may cost.


def test_many_keys_and_signatures_end_with_the_errand_and_little_work(
    world: World,
) -> None:
    zone = world.zones[SUB]
    texts = [zone.key.to_text()] + [Zone(SUB, n).key.to_text() for n in range(80, 90)]
    keys = zone.signed(SUB, "DNSKEY", *texts)
    good = keys.signatures[0]
    forged = tuple(good[:-2] + number.to_bytes(2, "big") for number in range(500))
    attack = RRset(keys.name, keys.rdtype, 60, keys.rdatas, forged)
    world.say(f"{SUB} DNSKEY", SUB, attack)
    one = errand(world)
    with pytest.raises(Spent, match="max_failed_checks"):
        reach(world, SUB, one)
    assert one.signature_checks_left > 20


def test_many_ds_cost_no_signatures(world: World, example: Zone) -> None:
    texts = [f"{number} 13 2 {number:064x}" for number in range(1, 200)]
    world.say(f"{SUB} DS", "example.", example.signed(SUB, "DS", *texts))
    one = errand(world)
    assert why(reach(world, SUB, one)) == (BOGUS, EDE_DNSKEY_MISSING)
    assert one.failed_checks_left == MAX_FAILED_CHECKS


def test_long_work_lets_others_have_a_turn(world: World) -> None:
    reach(world, SUB)
    assert world.turns >= 1
