"""Do we believe it?  Each kind of answer, true and false, and what is said of it."""

import pytest

from resolver.beliefs import BOGUS, INSECURE, SECURE, Belief
from resolver.ports import MAX_FAILED_CHECKS, MAX_NSEC3_HASHES, Spent
from resolver.wire import types
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_DNSKEY_MISSING,
    EDE_NEGATIVE_ANCHOR,
    EDE_NSEC3_ITERATIONS,
    EDE_NSEC_MISSING,
    EDE_RRSIGS_MISSING,
    EDE_SIGNATURE_EXPIRED,
    EDE_SIGNATURE_NOT_YET_VALID,
    EDE_UNSUPPORTED_ALGORITHM,
)
from tests.dnssec.signing import DAY, NOW
from tests.dnssec.world import World, Zone, unsigned

NXDOMAIN = types.NXDOMAIN
WWW = "www.example."


@pytest.fixture
def world() -> World:
    """A root and `example.`, both signed."""
    made = World()
    made.zone(".")
    made.zone("example.")
    return made


@pytest.fixture
def example(world: World) -> Zone:
    return world.zones["example."]


def verdict(belief: Belief) -> tuple[int, int]:
    return belief.security, belief.ede


# Positive answers.


def test_a_signed_answer_is_secure_for_as_long_as_it_holds(
    world: World, example: Zone
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", ttl=1200)
    assert world.judge(f"{WWW} A", "example.", answer) == Belief(SECURE, 1200)


def test_a_signature_that_soon_expires_cuts_the_time(
    world: World, example: Zone
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", expiration=NOW + 60)
    assert world.judge(f"{WWW} A", "example.", answer) == Belief(SECURE, 60)


def test_an_answer_of_the_root_needs_its_key_alone(world: World) -> None:
    answer = world.zones["."].signed(".", "NS", "ns.root.")
    assert world.judge(". NS", ".", answer).security == SECURE
    assert world.fetched == [". DNSKEY"]


@pytest.mark.parametrize(
    ("dates", "ede"),
    [
        ({"expiration": NOW - 1}, EDE_SIGNATURE_EXPIRED),
        ({"inception": NOW + 1}, EDE_SIGNATURE_NOT_YET_VALID),
    ],
)
def test_a_signature_out_of_its_time_is_bogus(
    world: World, example: Zone, dates: dict[str, int], ede: int
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", **dates)
    belief = world.judge(f"{WWW} A", "example.", answer)
    assert verdict(belief) == (BOGUS, ede)
    assert "example. key" in belief.text


def test_an_answer_that_was_changed_is_bogus(world: World, example: Zone) -> None:
    signed = example.signed(WWW, "A", "192.0.2.1")
    forged = unsigned(WWW, "A", "192.0.2.66")
    answer = type(signed)(
        signed.name, signed.rdtype, 60, forged.rdatas, signed.signatures
    )
    belief = world.judge(f"{WWW} A", "example.", answer)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)
    assert belief.text.endswith("does not fit")


def test_an_answer_of_a_key_that_the_zone_does_not_have_is_bogus(
    world: World, example: Zone
) -> None:
    stranger = Zone("example.", number=77)
    belief = world.judge(f"{WWW} A", "example.", stranger.signed(WWW, "A", "192.0.2.1"))
    assert verdict(belief) == (BOGUS, EDE_DNSKEY_MISSING)


def test_an_answer_without_its_signature_is_bogus_and_says_of_which_zone(
    world: World,
) -> None:
    belief = world.judge(f"{WWW} A", "example.", unsigned(WWW, "A", "192.0.2.1"))
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)
    assert belief.text == "www.example. A is not signed, though example. is"


def test_the_zone_below_does_not_sign_for_the_one_above(world: World) -> None:
    sub = world.zone("sub.example.")
    forged = Zone("sub.example.", sub.number).signed(WWW, "A", "192.0.2.66")
    belief = world.judge(f"{WWW} A", "sub.example.", forged)
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)


def test_an_answer_that_the_zone_above_has_signed_is_its_own_word(
    world: World,
) -> None:
    # No cut is needed for it: the zone above speaks for all that is below.
    answer = world.zones["."].signed(WWW, "A", "192.0.2.1")
    assert world.judge(f"{WWW} A", "example.", answer).security == SECURE


def test_the_ds_of_a_zone_is_signed_by_the_zone_above(
    world: World, example: Zone
) -> None:
    sub = world.zone("sub.example.")
    right = world.ds(sub, example)
    assert world.judge("sub.example. DS", "example.", right).security == SECURE
    wrong = world.ds(sub, sub)
    belief = world.judge("sub.example. DS", "example.", wrong)
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)


def test_signatures_that_were_asked_for_are_told_and_never_secure(
    world: World, example: Zone
) -> None:
    data = "A 13 2 60 20300101000000 20200101000000 1 example. AAEC"
    belief = world.judge(f"{WWW} RRSIG", "example.", unsigned(WWW, "RRSIG", data))
    assert verdict(belief) == (INSECURE, 0)


# Wildcards.


def test_a_wildcards_answer_needs_proof_that_nothing_is_closer(
    world: World, example: Zone
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", made_from="*.example.")
    between = example.nsec("a.example.", "z.example.", "A")
    assert world.judge(f"{WWW} A", "example.", answer, between).security == SECURE


@pytest.mark.parametrize("owners", [(), (WWW,)])
def test_a_wildcards_answer_is_bogus_without_that_proof(
    world: World, example: Zone, owners: tuple[str, ...]
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", made_from="*.example.")
    # Or the name is there, so that the wildcard does not stand for it.
    at = [example.nsec(owner, "z.example.", "A") for owner in owners]
    belief = world.judge(f"{WWW} A", "example.", answer, *at)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_a_proof_that_was_made_from_a_wildcard_proves_nothing(
    world: World, example: Zone
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", made_from="*.example.")
    proof = example.nsec("a.example.", "z.example.", "A", made_from="*.example.")
    belief = world.judge(f"{WWW} A", "example.", answer, proof)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_opt_out_over_a_wildcards_answer_makes_it_insecure(
    world: World, example: Zone
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", made_from="*.example.")
    cover = example.nsec3(WWW, cover=True, opt_out=True)
    assert world.judge(f"{WWW} A", "example.", answer, cover).security == INSECURE


def test_a_wildcard_itself_needs_no_proof(world: World, example: Zone) -> None:
    answer = example.signed("*.example.", "A", "192.0.2.1")
    assert world.judge("*.example. A", "example.", answer).security == SECURE


# Aliases.


def test_an_alias_is_worth_what_its_signature_is(world: World, example: Zone) -> None:
    alias = example.signed(WWW, "CNAME", "a.elsewhere.")
    assert world.judge(f"{WWW} A", "example.", alias).security == SECURE
    bare = unsigned(WWW, "CNAME", "a.elsewhere.")
    belief = world.judge(f"{WWW} A", "example.", bare)
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)


def test_what_a_dname_implies_needs_no_signature(world: World, example: Zone) -> None:
    dname = example.signed("d.example.", "DNAME", "elsewhere.")
    implied = unsigned("www.d.example.", "CNAME", "www.elsewhere.")
    belief = world.judge("www.d.example. A", "example.", dname, implied)
    assert belief.security == SECURE


def test_what_a_dname_does_not_imply_needs_one(world: World, example: Zone) -> None:
    dname = example.signed("d.example.", "DNAME", "elsewhere.")
    other = unsigned("www.d.example.", "CNAME", "evil.elsewhere.")
    belief = world.judge("www.d.example. A", "example.", dname, other)
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)


def test_a_dname_that_was_made_from_a_wildcard_is_bogus(
    world: World, example: Zone
) -> None:
    dname = example.signed("d.example.", "DNAME", "elsewhere.", made_from="*.example.")
    implied = unsigned("www.d.example.", "CNAME", "www.elsewhere.")
    between = example.nsec("a.example.", "z.example.", "A")
    belief = world.judge("www.d.example. A", "example.", dname, implied, between)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


# That there is nothing.


def test_no_such_name_is_proven_by_two_gaps(world: World, example: Zone) -> None:
    name = example.nsec("a.example.", "z.example.", "A")
    wildcard = example.nsec("example.", "a.example.", "SOA NS")
    said = (example.soa(), name, wildcard)
    belief = world.judge(f"{WWW} A", "example.", *said, rcode=NXDOMAIN)
    assert belief == Belief(SECURE, 3600)
    belief = world.judge(f"{WWW} A", "example.", *said[:2], rcode=NXDOMAIN)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_no_such_name_is_proven_by_three_hashes(world: World, example: Zone) -> None:
    said = (
        example.soa(),
        example.nsec3("example.", kinds="SOA NS"),
        example.nsec3(WWW, cover=True),
        example.nsec3("*.example.", cover=True),
    )
    belief = world.judge(f"{WWW} A", "example.", *said, rcode=NXDOMAIN)
    assert belief.security == SECURE
    assert world.errand.nsec3_hashes_left < MAX_NSEC3_HASHES
    belief = world.judge(f"{WWW} A", "example.", *said[:3], rcode=NXDOMAIN)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_no_such_name_under_opt_out_is_insecure(world: World, example: Zone) -> None:
    said = (
        example.soa(),
        example.nsec3("example.", kinds="SOA NS"),
        example.nsec3(WWW, cover=True, opt_out=True),
        example.nsec3("*.example.", cover=True),
    )
    belief = world.judge(f"{WWW} A", "example.", *said, rcode=NXDOMAIN)
    assert belief.security == INSECURE


def test_no_such_type_is_proven_by_the_list_of_types(
    world: World, example: Zone
) -> None:
    said = (example.soa(), example.nsec(WWW, "z.example.", "A"))
    assert world.judge(f"{WWW} MX", "example.", *said).security == SECURE
    belief = world.judge(f"{WWW} A", "example.", *said)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_no_such_type_where_an_alias_is_is_bogus(world: World, example: Zone) -> None:
    said = (example.soa(), example.nsec(WWW, "z.example.", "CNAME"))
    belief = world.judge(f"{WWW} MX", "example.", *said)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_an_empty_non_terminal_is_there_and_has_no_types(
    world: World, example: Zone
) -> None:
    said = (example.soa(), example.nsec("a.example.", f"x.{WWW}", "A"))
    assert world.judge(f"{WWW} A", "example.", *said).security == SECURE
    belief = world.judge(f"{WWW} A", "example.", *said, rcode=NXDOMAIN)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_no_such_type_may_be_said_by_a_wildcard(world: World, example: Zone) -> None:
    said = (
        example.soa(),
        example.nsec("a.example.", "z.example.", "A"),
        example.nsec("*.example.", "a.example.", "TXT"),
    )
    assert world.judge(f"{WWW} A", "example.", *said).security == SECURE
    belief = world.judge(f"{WWW} TXT", "example.", *said)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_compact_denial_says_in_types_that_there_is_no_name(
    world: World, example: Zone
) -> None:
    said = (example.soa(), example.nsec(WWW, "\\000.www.example.", "TYPE128"))
    assert world.judge(f"{WWW} A", "example.", *said).security == SECURE


def test_nothing_without_any_proof_misses_it(world: World, example: Zone) -> None:
    belief = world.judge(f"{WWW} A", "example.", example.soa())
    assert verdict(belief) == (BOGUS, EDE_NSEC_MISSING)
    assert "no valid proof came" in belief.text


def test_nothing_without_any_signature_misses_that(world: World) -> None:
    soa = unsigned("example.", "SOA", "a. b. 1 1 1 1 1")
    belief = world.judge(f"{WWW} A", "example.", soa, rcode=NXDOMAIN)
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)
    assert belief.text.startswith("the news that there is no www.example.")


def test_a_proof_whose_signature_is_bad_proves_nothing(
    world: World, example: Zone
) -> None:
    said = (
        example.soa(),
        example.nsec(WWW, "z.example.", "A", expiration=NOW - 1),
    )
    belief = world.judge(f"{WWW} MX", "example.", *said)
    assert verdict(belief) == (BOGUS, EDE_SIGNATURE_EXPIRED)
    assert belief.text.startswith("www.example. NSEC: signature by example. key ")
    assert belief.text.endswith("; no valid proof came for www.example.")


def test_a_proof_without_a_signature_is_told_to_have_none(
    world: World, example: Zone
) -> None:
    said = (example.soa(), unsigned(WWW, "NSEC", "z.example. A"))
    belief = world.judge(f"{WWW} MX", "example.", *said)
    assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)
    assert belief.text.startswith("www.example. NSEC has no signature of example.")


def test_an_soa_whose_signature_is_bad_spoils_the_answer(
    world: World, example: Zone
) -> None:
    soa = example.signed("example.", "SOA", "a. b. 1 1 1 1 1", expiration=NOW - 1)
    proof = example.nsec(WWW, "z.example.", "A")
    belief = world.judge(f"{WWW} MX", "example.", soa, proof)
    assert verdict(belief) == (BOGUS, EDE_SIGNATURE_EXPIRED)


def test_the_parents_record_at_a_cut_says_nothing_of_the_zone_below(
    world: World, example: Zone
) -> None:
    world.zone("sub.example.")
    said = (example.soa(), example.nsec("sub.example.", "z.example.", "NS DS"))
    belief = world.judge("sub.example. A", "example.", *said)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)
    belief = world.judge("www.sub.example. A", "example.", *said, rcode=NXDOMAIN)
    assert verdict(belief) == (BOGUS, EDE_BOGUS)


def test_the_childs_record_at_a_cut_says_nothing_of_its_ds(world: World) -> None:
    sub = world.zone("sub.example.")
    said = (sub.soa(), sub.nsec("sub.example.", "z.sub.example.", "SOA NS"))
    belief = world.judge("sub.example. DS", "example.", *said)
    assert belief.security == BOGUS


def test_no_ds_is_proven_by_the_zone_above(world: World, example: Zone) -> None:
    said = (example.soa(), example.nsec("sub.example.", "z.example.", "NS"))
    assert world.judge("sub.example. DS", "example.", *said).security == SECURE


def test_nsec3_that_is_too_dear_is_insecure_and_says_so(
    world: World, example: Zone
) -> None:
    label = "0" * 32
    costly = example.signed(f"{label}.example.", "NSEC3", f"1 0 51 - {'0' * 31}1 A")
    belief = world.judge(f"{WWW} A", "example.", example.soa(), costly, rcode=NXDOMAIN)
    assert verdict(belief) == (INSECURE, EDE_NSEC3_ITERATIONS)
    assert world.errand.nsec3_hashes_left == MAX_NSEC3_HASHES


# Where nothing has to be signed.


def test_below_an_unsigned_delegation_all_is_insecure(
    world: World, example: Zone
) -> None:
    no_ds = example.nsec("sub.example.", "z.example.", "NS")
    world.say("sub.example. DS", "example.", example.soa(), no_ds)
    said = unsigned("www.sub.example.", "A", "192.0.2.1")
    belief = world.judge("www.sub.example. A", "sub.example.", said)
    assert verdict(belief) == (INSECURE, 0)
    assert belief.ttl == DAY  # the record's own time limits it, and nothing else


def test_below_an_unsigned_delegation_signatures_are_not_looked_at(
    world: World, example: Zone
) -> None:
    no_ds = example.nsec("sub.example.", "z.example.", "NS")
    world.say("sub.example. DS", "example.", example.soa(), no_ds)
    sub = Zone("sub.example.", number=50)
    expired = sub.signed("www.sub.example.", "A", "192.0.2.1", expiration=NOW - 1)
    belief = world.judge("www.sub.example. A", "sub.example.", expired)
    assert verdict(belief) == (INSECURE, 0)


def test_an_unsigned_zone_may_be_served_by_who_serves_the_one_above(
    world: World, example: Zone
) -> None:
    # No referral has told of the cut: it is looked for.
    no_ds = example.nsec("sub.example.", "z.example.", "NS")
    world.say("sub.example. DS", "example.", example.soa(), no_ds)
    said = unsigned("www.sub.example.", "A", "192.0.2.1")
    assert world.judge("www.sub.example. A", "example.", said).security == INSECURE
    assert "www.sub.example. DS" not in world.fetched


def test_what_no_anchor_is_above_is_insecure() -> None:
    world = World("example.")
    world.zone("example.")
    said = unsigned("www.other.", "A", "192.0.2.1")
    assert world.judge("www.other. A", ".", said).security == INSECURE
    assert world.fetched == []


def test_what_a_server_above_the_anchor_says_unsigned_is_bogus_below_it() -> None:
    # A forwarder, or one server for all: it speaks for the root, which has no anchor.
    world = World("example.")
    world.zone("example.")
    for said, rcode in (
        ((unsigned(WWW, "A", "192.0.2.66"),), 0),
        ((unsigned(".", "SOA", "a. b. 1 1 1 1 1"),), NXDOMAIN),
        ((), 0),
    ):
        belief = world.judge(f"{WWW} A", ".", *said, rcode=rcode)
        assert verdict(belief) == (BOGUS, EDE_RRSIGS_MISSING)


def test_an_island_of_security_in_an_insecure_zone_is_validated() -> None:
    world = World(".", "sub.example.")
    root = world.zone(".")
    no_ds = root.nsec("example.", "z.", "NS")
    world.say("example. DS", ".", root.soa(), no_ds)
    sub = world.zone("sub.example.", ds=False)
    plain = unsigned("www.example.", "A", "192.0.2.1")
    assert world.judge("www.example. A", "example.", plain).security == INSECURE
    good = sub.signed("www.sub.example.", "A", "192.0.2.1")
    assert world.judge("www.sub.example. A", "sub.example.", good).security == SECURE
    bad = unsigned("www.sub.example.", "A", "192.0.2.66")
    # Even if who serves the insecure zone says it.
    assert world.judge("www.sub.example. A", "example.", bad).security == BOGUS


def test_a_negative_anchor_makes_insecure_and_says_so() -> None:
    world = World(".", negative=("example.",))
    world.zone(".")
    world.zone("example.")
    said = unsigned(WWW, "A", "192.0.2.1")
    belief = world.judge(f"{WWW} A", "example.", said)
    assert verdict(belief) == (INSECURE, EDE_NEGATIVE_ANCHOR)
    assert "example." in belief.text


def test_a_negative_anchor_does_not_reach_above_a_closer_anchor() -> None:
    world = World(".", "sub.example.", negative=("example.",))
    world.zone(".")
    world.zone("example.")
    world.zone("sub.example.")
    said = unsigned("www.sub.example.", "A", "192.0.2.1")
    assert world.judge("www.sub.example. A", "sub.example.", said).security == BOGUS


def test_an_algorithm_that_nobody_supports_makes_insecure_and_says_so(
    world: World, example: Zone
) -> None:
    world.zone("sub.example.")
    old = example.signed("sub.example.", "DS", f"1 5 2 {'00' * 32}")
    world.say("sub.example. DS", "example.", old)
    said = unsigned("www.sub.example.", "A", "192.0.2.1")
    belief = world.judge("www.sub.example. A", "sub.example.", said)
    assert verdict(belief) == (INSECURE, EDE_UNSUPPORTED_ALGORITHM)


def test_who_left_out_the_keys_signatures_is_not_asked_where_a_cut_may_be(
    world: World,
) -> None:
    sub = world.zone("sub.example.")
    keys = sub.signed("sub.example.", "DNSKEY", sub.key.to_text())
    bare = type(keys)(keys.name, keys.rdtype, 60, keys.rdatas)
    world.say("sub.example. DNSKEY", "sub.example.", bare, first=True)
    said = unsigned("www.sub.example.", "A", "192.0.2.1")
    belief = world.judge("www.sub.example. A", "sub.example.", said)
    # With no time of its own: another server may do better.
    assert belief == Belief(
        BOGUS,
        0,
        EDE_RRSIGS_MISSING,
        "www.sub.example. A is not signed, though sub.example. is",
    )
    assert "www.sub.example. DS" not in world.fetched


# What it costs.


def test_a_zone_known_to_be_insecure_costs_nothing_more(
    world: World, example: Zone
) -> None:
    no_ds = example.nsec("sub.example.", "z.example.", "NS")
    world.say("sub.example. DS", "example.", example.soa(), no_ds)
    said = unsigned("www.sub.example.", "A", "192.0.2.1")
    world.judge("www.sub.example. A", "sub.example.", said)
    before = len(world.fetched)
    world.judge("www.sub.example. A", "sub.example.", said)
    assert len(world.fetched) == before


def test_the_keys_of_a_zone_are_asked_for_once(world: World, example: Zone) -> None:
    for name in ("a.example.", "b.example."):
        world.judge(f"{name} A", "example.", example.signed(name, "A", "192.0.2.1"))
    assert world.fetched == ["example. DS", ". DNSKEY", "example. DNSKEY"]


def test_signatures_that_do_not_fit_end_the_errand_after_three(
    world: World, example: Zone
) -> None:
    one = example.signed(WWW, "A", "192.0.2.1")
    forged = [
        data[:-1] + bytes([data[-1] ^ number])
        for number, data in enumerate(one.signatures * 40, 1)
    ]
    answer = type(one)(one.name, one.rdtype, 60, one.rdatas, tuple(forged))
    with pytest.raises(Spent, match="max_failed_checks"):
        world.judge(f"{WWW} A", "example.", answer)
    assert world.errand.failed_checks_left == 0
    assert MAX_FAILED_CHECKS == 3


def test_proofs_with_signatures_that_do_not_fit_cost_no_more(
    world: World, example: Zone
) -> None:
    proofs = []
    for number in range(8):
        proof = example.nsec(f"{number}.example.", "z.example.", "A")
        bad = proof.signatures[0][:-1] + bytes([proof.signatures[0][-1] ^ 1])
        proofs.append(type(proof)(proof.name, proof.rdtype, 60, proof.rdatas, (bad,)))
    with pytest.raises(Spent, match="max_failed_checks"):
        world.judge(f"{WWW} A", "example.", example.soa(), *proofs, rcode=NXDOMAIN)


# What is told.


def test_the_diary_tells_the_chain_the_signatures_and_the_proofs(
    world: World, example: Zone
) -> None:
    answer = example.signed(WWW, "A", "192.0.2.1", made_from="*.example.")
    between = example.nsec("a.example.", "z.example.", "A")
    world.judge(f"{WWW} A", "example.", answer, between)
    kinds = [note.kind for note in world.errand.diary]
    assert kinds == ["trust", "trust", "signed", "proof", "belief"]


@pytest.mark.parametrize(("labels", "turns"), [(2, 0), (40, 5)])
def test_others_have_their_turn_while_many_names_are_hashed(
    world: World, example: Zone, labels: int, turns: int
) -> None:
    name = "x." * labels + "example."
    closer = "x.example."
    proofs = [
        example.nsec3("example.", kinds="NS SOA RRSIG"),
        example.nsec3(closer, cover=True),
        example.nsec3("*.example.", cover=True),
    ]
    world.judge("example. NS", "example.", example.signed("example.", "NS", "ns."))
    before = world.turns
    said = (example.soa(), *proofs)
    belief = world.judge(f"{name} A", "example.", *said, rcode=NXDOMAIN)
    assert belief.security == SECURE
    checked = world.turns - before
    plain = world.judge(f"{closer} A", "example.", *said, rcode=NXDOMAIN)
    assert plain.security == SECURE
    # Signatures take turns of their own, the same for both.
    assert checked - (world.turns - before - checked) == turns
