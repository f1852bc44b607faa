"""Denials from memory: never what is not so, and all that the records are enough for."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resolver.beliefs import BOGUS, INSECURE, SECURE, Denial
from resolver.cache.proofs import NSEC, ProofCache
from resolver.dnssec.aggressive import (
    MAX_LABELS,
    Denials,
    Synthesis,
    learn,
    synthesise,
)
from resolver.dnssec.negative import NegativeAnchors
from resolver.dnssec.proof import Proof
from resolver.dnssec.trust import Trust
from resolver.wire import types
from resolver.wire.message import Question, RRset
from tests.dnssec.pretend import PretendZone, named, names_below, proof, zones

EXAMPLE = named("example.")
TYPES = {"A": types.A, "DS": types.DS, "CNAME": types.CNAME, "NS": types.NS, "SRV": 33}
RCODES = {"nxdomain": types.NXDOMAIN, "nodata": types.NOERROR}


def soa_of(zone: bytes, ttl: int = 300) -> RRset:
    data = proof(". SOA . . 1 2 3 4 300").rdata
    return RRset(zone, types.SOA, ttl, (data,), (b"signature",))


def as_set(each: Proof, ttl: int = 300) -> RRset:
    return RRset(each.owner, each.rdtype, ttl, (each.rdata,), (b"signature",))


def learned(zone: bytes, proofs: list[Proof]) -> ProofCache:
    cache = ProofCache(100, 100)
    learn(cache, zone, soa_of(zone), [as_set(it) for it in proofs], 0.0)
    return cache


def ask(cache: ProofCache, name: str, rdtype: int = types.A) -> Synthesis | None:
    return synthesise(cache, EXAMPLE, named(name), rdtype, 10.0)


@given(zones(), st.sampled_from(["nsec", "nsec3"]), st.data())
def test_a_zone_that_is_known_whole_is_not_asked_for_what_it_has_not(
    zone: PretendZone, kind: str, data: st.DataObject
) -> None:
    whole = zone.nsec() if kind == "nsec" else zone.nsec3()
    cache = learned(zone.origin, whole)
    assume(len(cache) == len(whole))  # and no range so narrow that it is not kept
    for _ in range(12):
        name = data.draw(names_below(zone.origin) | st.just(zone.origin))
        question = data.draw(st.sampled_from(sorted(TYPES)))
        truth = zone.ask(name, question)
        found = synthesise(cache, zone.origin, name, TYPES[question], 10.0)
        assert (found is not None) == (truth.outcome in RCODES)
        if found is not None:
            assert found.rcode == RCODES[truth.outcome]
            assert found.verdict.proven
            assert 1 <= len(found.proofs) <= 3


@given(zones(), st.sampled_from(["nsec", "nsec3", "opt-out"]), st.data())
def test_what_is_denied_from_parts_of_a_zone_is_so(
    zone: PretendZone, kind: str, data: st.DataObject
) -> None:
    whole = zone.nsec() if kind == "nsec" else zone.nsec3(opt_out=kind == "opt-out")
    some = data.draw(st.lists(st.sampled_from(whole), max_size=5))
    cache = learned(zone.origin, some)
    name = data.draw(names_below(zone.origin) | st.just(zone.origin))
    question = data.draw(st.sampled_from(sorted(TYPES)))
    found = synthesise(cache, zone.origin, name, TYPES[question], 10.0)
    if found is not None:
        assert kind != "opt-out"
        assert RCODES[zone.ask(name, question).outcome] == found.rcode


def plain_zone() -> ProofCache:
    return learned(
        EXAMPLE,
        [
            proof("example. NSEC a.example. SOA NS RRSIG NSEC"),
            proof("a.example. NSEC z.example. A RRSIG NSEC"),
        ],
    )


def test_the_answer_has_what_proves_it_and_lives_as_long() -> None:
    found = ask(plain_zone(), "b.example.")
    assert found is not None
    assert found.rcode == types.NXDOMAIN
    assert [it.name for it in found.proofs] == [named("a.example."), EXAMPLE]
    assert {it.ttl for it in (found.soa, *found.proofs)} == {290}
    assert found.ttl == 290
    assert all(it.signatures for it in (found.soa, *found.proofs))
    assert found.verdict.reason == (
        "nsec a.example. covers b.example., nsec example. covers *.example."
    )


def test_what_is_too_old_denies_nothing() -> None:
    cache = plain_zone()
    name = named("b.example.")
    assert synthesise(cache, EXAMPLE, name, types.A, 299.0) is not None
    assert synthesise(cache, EXAMPLE, name, types.A, 300.0) is None


@pytest.mark.parametrize("name", ["zz.example.", "a.example.", "b.other.", "."])
def test_what_is_not_known_is_asked_for(name: str) -> None:
    assert ask(plain_zone(), name) is None


def test_a_zone_of_which_nothing_is_known_is_asked() -> None:
    assert ask(ProofCache(10, 10), "a.example.") is None
    bare = learned(EXAMPLE, [])
    assert ask(bare, "a.example.") is None


@pytest.mark.parametrize(
    "line",
    [
        "a.example. NSEC \\000.a.example. RRSIG NSEC TYPE128",
        "a.example. NSEC z.other. A RRSIG NSEC",
        "a.other. NSEC z.example. A RRSIG NSEC",
        f"{'0' * 32}.example. NSEC3 1 1 0 - {'v' * 32} A",
        f"{'0' * 32}.example. NSEC3 1 0 12 - {'v' * 32} A",
        f"{'0' * 32}.example. NSEC3 2 0 0 - {'v' * 32} A",
        f"{'0' * 32}.a.example. NSEC3 1 0 0 - {'v' * 32} A",
        "example. TXT text",
    ],
)
def test_what_may_not_or_need_not_be_kept_is_not(line: str) -> None:
    assert len(learned(EXAMPLE, [proof(line)])) == 0


def test_two_records_at_one_name_are_not_kept() -> None:
    first = as_set(proof("a.example. NSEC c.example. A RRSIG NSEC"))
    second = proof("a.example. NSEC d.example. A RRSIG NSEC").rdata
    both = RRset(first.name, first.rdtype, 300, (*first.rdatas, second))
    cache = ProofCache(10, 10)
    learn(cache, EXAMPLE, soa_of(EXAMPLE), [both], 0.0)
    assert len(cache) == 0


def test_an_soa_of_another_zone_begins_nothing() -> None:
    cache = ProofCache(10, 10)
    record = as_set(proof("a.example. NSEC c.example. A RRSIG NSEC"))
    learn(cache, EXAMPLE, soa_of(named("a.example.")), [record], 0.0)
    assert len(cache) == 0
    assert cache.covering(EXAMPLE, NSEC, record.name, 0.0) is None


def test_hashes_are_not_looked_for_under_names_of_many_labels() -> None:
    cache = learned(EXAMPLE, PretendZone(EXAMPLE, {}).nsec3())
    assert ask(cache, "a." * MAX_LABELS + "example.") is not None
    assert ask(cache, "a." * (MAX_LABELS + 1) + "example.") is None


# What the walk asks before it asks servers.

TRUSTED = Trust(SECURE, 1e9)
PROVEN = "a.example. NSEC c.example. A RRSIG NSEC"
APEX = "example. NSEC a.example. NS SOA RRSIG NSEC DNSKEY"


def denials(trust: Trust | None = TRUSTED, negative: tuple[str, ...] = ()) -> Denials:
    made = Denials(
        lambda zone, now: trust if zone == EXAMPLE else None,
        NegativeAnchors(tuple(map(named, negative))),
    )
    proofs = [as_set(proof(PROVEN), 60), as_set(proof(APEX), 200)]
    made.learn(EXAMPLE, soa_of(EXAMPLE), proofs, 0.0)
    return made


def asked(made: Denials, name: str, rdtype: int = types.A) -> Denial | None:
    return made(EXAMPLE, Question(named(name), rdtype), 10.0)


def test_what_a_zone_has_denied_is_denied_for_as_long_as_all_of_it_holds() -> None:
    denial = asked(denials(), "b.example.")
    assert denial is not None
    assert (denial.rcode, denial.ttl) == (types.NXDOMAIN, 50)
    assert [it.ttl for it in (denial.soa, *denial.proofs)] == [50, 50, 50]
    assert "a.example. covers b.example." in denial.reason
    nodata = asked(denials(), "a.example.", types.AAAA)
    assert nodata is not None
    assert nodata.rcode == types.NOERROR


@pytest.mark.parametrize(
    ("name", "below", "left"),
    [
        ("b.example.", False, False),
        ("example.", False, False),
        ("www.b.example.", False, False),
        (".", True, False),
        (".", False, True),
        ("other.", True, True),
    ],
)
def test_what_is_forgotten_denies_nothing(
    name: str, *, below: bool, left: bool
) -> None:
    made = denials()
    made.forget(named(name), below=below)
    assert (asked(made, "b.example.") is not None) is left


def test_what_is_there_or_may_be_is_not_denied() -> None:
    assert asked(denials(), "a.example.") is None
    assert asked(denials(), "d.example.") is None


def test_a_zone_that_is_not_asked_next_denies_nothing() -> None:
    below = Question(named("b.example."), types.A)
    assert denials()(named("."), below, 10.0) is None


@pytest.mark.parametrize("trust", [None, Trust(INSECURE, 1e9), Trust(BOGUS, 1e9)])
def test_a_zone_that_is_not_secure_any_more_denies_nothing(trust: Trust | None) -> None:
    assert asked(denials(trust), "b.example.") is None


def test_below_a_negative_anchor_nothing_is_denied_from_memory() -> None:
    made = denials(negative=("b.example.",))
    assert asked(made, "b.example.") is None
    assert asked(made, "bb.example.") is not None


def test_a_type_that_stands_for_several_is_not_denied() -> None:
    assert asked(denials(), "a.example.", types.ANY) is None
