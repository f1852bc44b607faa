"""Verdicts against what is true of generated zones, and the rules no zone shows."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dnssec.denial import Evidence
from resolver.dnssec.nsec3 import MAX_RECORDS
from resolver.dnssec.proof import Proof, Status
from resolver.ports import MAX_NSEC3_HASHES, Errand, Spent
from resolver.wire import types
from resolver.wire.names import keep_labels, label_count, parent
from tests.dnssec.pretend import (
    PretendZone,
    Truth,
    named,
    names_below,
    proof,
    zones,
)

TYPES = {"A": types.A, "DS": types.DS, "CNAME": types.CNAME, "NS": types.NS, "SRV": 33}
QUESTIONS = 12
EXAMPLE = named("example.")
Zone = tuple[PretendZone, list[Proof], bool]


def free(_count: int) -> None:
    pass


def evidence(proofs: Iterable[Proof], zone: bytes = EXAMPLE) -> Evidence:
    return Evidence(zone, proofs, free)


def honest(zone: PretendZone, proofs: list[Proof], name: bytes) -> list[Proof]:
    """What a server sends: the records at and around the names that matter."""
    if proofs[0].rdtype == types.NSEC:
        return proofs
    chain = sorted((it.owner[1:33].decode().upper(), it) for it in proofs)
    listed = {owner for owner, _ in chain}
    # With opt-out, not every ancestor that there is can be shown to be.
    encloser = next_closer = name
    while zone.hashed(encloser, 0, b"") not in listed:
        next_closer, encloser = encloser, parent(encloser)
    sent: dict[Proof, None] = {}
    for each in (name, encloser, next_closer, b"\x01*" + encloser):
        key = zone.hashed(each, 0, b"")
        before = [it for owner, it in chain if owner <= key]
        sent[before[-1] if before else chain[-1][1]] = None
    return list(sent)


def unlisted(zone: PretendZone, proofs: list[Proof], name: bytes) -> bool:
    """Say whether opt-out hides the encloser, so that a wildcard above seems to apply."""
    if proofs[0].rdtype == types.NSEC:
        return False
    listed = {it.owner[1:33].decode().upper() for it in proofs}
    return zone.hashed(zone.encloser(name), 0, b"") not in listed


@st.composite
def signed_zones(draw: st.DrawFn) -> Zone:
    zone = draw(zones())
    kind = draw(st.sampled_from(["nsec", "nsec3", "opt-out"]))
    if kind == "nsec":
        return zone, zone.nsec(), False
    return zone, zone.nsec3(opt_out=kind == "opt-out"), kind == "opt-out"


def judged(found: Evidence, name: bytes, kind: str) -> dict[str, Status]:
    return {
        "nxdomain": found.name_error(name).status,
        "nodata": found.no_data(name, TYPES[kind]).status,
    }


@given(signed_zones(), st.data())
def test_what_a_zone_denies_is_proven_and_nothing_else(
    signed: Zone, data: st.DataObject
) -> None:
    zone, proofs, opt_out = signed
    for _ in range(QUESTIONS):
        name = data.draw(names_below(zone.origin) | st.just(zone.origin))
        kind = data.draw(st.sampled_from(sorted(TYPES)))
        truth = zone.ask(name, kind)
        found = evidence(honest(zone, proofs, name), zone.origin)
        for claim, status in judged(found, name, kind).items():
            if status is Status.SECURE:
                assert truth.outcome == claim
            elif truth.outcome == claim:
                assert opt_out
                assert status is Status.OPT_OUT or unlisted(zone, proofs, name)


@given(signed_zones(), st.data())
def test_no_choice_of_records_proves_what_is_not_so(
    signed: Zone, data: st.DataObject
) -> None:
    zone, proofs, opt_out = signed
    name = data.draw(names_below(zone.origin) | st.just(zone.origin))
    kind = data.draw(st.sampled_from(sorted(TYPES)))
    some = data.draw(st.lists(st.sampled_from(proofs), max_size=6))
    truth = zone.ask(name, kind)
    for claim, status in judged(evidence(some, zone.origin), name, kind).items():
        assert status is not Status.SECURE or truth.outcome == claim
        if status is Status.OPT_OUT:
            # Nothing signed can be made to look as if it were not.
            assert opt_out
            assert "DS" not in zone.types.get(truth.source, ()) or kind == "DS"
            assert truth.source != name or truth.outcome not in {"data", "alias"}


@given(signed_zones(), st.data())
def test_every_record_of_a_proof_is_needed(signed: Zone, data: st.DataObject) -> None:
    """Taken away one by one while the proof holds, what is left is needed to the last."""
    zone, proofs, _ = signed
    name = data.draw(names_below(zone.origin))
    outcome = zone.ask(name, "A").outcome
    if outcome not in {"nxdomain", "nodata"}:
        return

    def claim(found: Evidence) -> Status:
        return judged(found, name, "A")[outcome]

    needed = honest(zone, proofs, name)
    whole = claim(evidence(needed, zone.origin))
    if whole is Status.UNPROVEN:
        assert unlisted(zone, proofs, name)
        return
    for each in list(needed):
        fewer = [it for it in needed if it != each]
        if claim(evidence(fewer, zone.origin)) is whole:
            needed = fewer
    assert needed
    assert claim(evidence((), zone.origin)) is Status.UNPROVEN
    for each in needed:
        fewer = [it for it in needed if it != each]
        assert claim(evidence(fewer, zone.origin)) is Status.UNPROVEN
        foreign = each._replace(signer=b"\x05other" + zone.origin)
        assert claim(evidence([*fewer, foreign], zone.origin)) is Status.UNPROVEN


@given(signed_zones(), st.data())
def test_a_wildcard_answers_only_where_nothing_is_closer(
    signed: Zone, data: st.DataObject
) -> None:
    zone, proofs, opt_out = signed
    name = data.draw(names_below(zone.origin))
    truth = zone.ask(name, "A")
    found = evidence(honest(zone, proofs, name), zone.origin)
    for labels in range(label_count(zone.origin), label_count(name)):
        source = b"\x01*" + keep_labels(name, labels)
        if truth.outcome == "elsewhere" or source == name:
            continue
        status = found.wildcard_answer(name, labels).status
        # What lies under a name that is not there is not there either.
        nothing = keep_labels(name, labels + 1) not in zone.nodes
        assert (status is Status.SECURE) <= nothing
        if truth == Truth("data", source):
            assert status in {Status.SECURE, Status.OPT_OUT}
            assert status is Status.SECURE or opt_out


@given(signed_zones(), st.data())
def test_a_delegation_without_ds_is_told_from_one_with_and_from_none(
    signed: Zone, data: st.DataObject
) -> None:
    zone, proofs, opt_out = signed
    pool = [it for it in zone.types if it != zone.origin] or [b"\x01a" + zone.origin]
    cut = data.draw(st.sampled_from(pool) | names_below(zone.origin))
    above = [it for it in zone.above(cut) if zone.is_cut(it)]
    dname = [it for it in zone.above(cut) if "DNAME" in zone.types.get(it, ())]
    status = evidence(honest(zone, proofs, cut), zone.origin).no_delegation(cut).status
    if above or dname:
        assert status is Status.UNPROVEN or (opt_out and status is Status.OPT_OUT)
    elif zone.is_cut(cut):
        if "DS" in zone.types[cut]:
            assert status is Status.UNPROVEN
        else:
            assert status is (Status.OPT_OUT if opt_out else Status.SECURE)
    else:
        assert status is Status.NO_CUT or (opt_out and status is Status.OPT_OUT)


# The rules one by one, in the words of a zone file.

SHORT = "A RRSIG NSEC"


def nsec(*lines: str, signer: str = "example.") -> Evidence:
    found = [proof(line, signer=signer) for line in lines]
    return evidence(found, named(signer))


def test_a_verdict_says_which_records_led_to_it() -> None:
    found = nsec(
        "example. NSEC a.example. SOA NS RRSIG NSEC DNSKEY",
        "a.example. NSEC c.example. " + SHORT,
    )
    verdict = found.name_error(named("b.example."))
    assert verdict.proven
    assert verdict.reason == (
        "nsec a.example. covers b.example., nsec example. covers *.example."
    )
    assert verdict.ede == 0


@pytest.mark.parametrize(
    ("lines", "reason", "ede"),
    [
        ([], "no valid proof came for b.example.", 12),
        (
            ["c.example. NSEC d.example. " + SHORT],
            "nothing covers b.example.",
            12,
        ),
        (
            ["a.example. NSEC c.example. " + SHORT],
            "nsec a.example. covers b.example., nothing covers *.example.",
            12,
        ),
        (
            ["b.example. NSEC c.example. " + SHORT],
            "nsec b.example. is at b.example.",
            6,
        ),
        (
            ["a.example. NSEC a.b.example. " + SHORT],
            "nsec a.example. leads below, so there is a b.example.",
            6,
        ),
    ],
)
def test_what_is_wrong_with_a_denial_is_said(
    lines: list[str], reason: str, ede: int
) -> None:
    verdict = nsec(*lines).name_error(named("b.example."))
    assert (verdict.status, verdict.reason, verdict.ede) == (
        Status.UNPROVEN,
        reason,
        ede,
    )


def test_a_single_nsec_denies_all_but_its_owner() -> None:
    found = nsec("example. NSEC example. SOA NS RRSIG NSEC")
    assert found.name_error(named("a.b.example.")).proven
    assert found.no_data(EXAMPLE, types.A).proven
    assert not found.name_error(EXAMPLE).proven
    assert not found.no_data(EXAMPLE, types.SOA).proven


def test_the_last_range_goes_round_to_the_apex_and_to_no_other_name() -> None:
    wildcard = "example. NSEC a.example. SOA NS RRSIG NSEC"
    last = "y.example. NSEC {} A RRSIG NSEC"
    name = named("z.example.")
    assert nsec(wildcard, last.format("example.")).name_error(name).proven
    assert not nsec(wildcard, last.format("a.example.")).name_error(name).proven


def test_case_in_the_next_name_means_nothing() -> None:
    found = nsec(
        "example. NSEC A.eXample. SOA NS RRSIG NSEC",
        "a.example. NSEC C.EXAMPLE. " + SHORT,
    )
    assert found.name_error(named("b.example.")).proven


@pytest.mark.parametrize("following", ["z.", "b.other.", "example2.", "."])
def test_a_next_name_outside_the_zone_proves_nothing(following: str) -> None:
    found = nsec(f"example. NSEC {following} SOA NS RRSIG NSEC")
    assert found.name_error(named("b.example.")).status is Status.UNPROVEN


@pytest.mark.parametrize("name", ["other.", "b.other.", "xexample.", "."])
def test_nothing_is_said_about_other_zones(name: str) -> None:
    found = nsec("example. NSEC example. SOA NS RRSIG NSEC")
    assert found.name_error(named(name)).status is Status.UNPROVEN
    assert found.no_data(named(name), types.A).status is Status.UNPROVEN
    assert found.no_delegation(named(name)).status is Status.UNPROVEN
    assert found.wildcard_answer(named(name), 0).proven == (name == ".")


def test_the_root_denies_as_any_zone_does() -> None:
    found = nsec(
        ". NSEC com. SOA NS RRSIG NSEC",
        "com. NSEC net. NS DS RRSIG NSEC",
        "net. NSEC . NS RRSIG NSEC",
        signer=".",
    )
    assert found.name_error(named("example.")).proven
    assert found.name_error(named("www.xn--nxa.")).proven
    assert not found.name_error(named("a.com.")).proven
    assert found.no_data(named("."), types.DS).proven
    assert found.no_delegation(named("net.")).proven
    assert found.no_delegation(named("org.")).status is Status.NO_CUT
    assert found.no_delegation(named("com.")).ede == 6


@pytest.mark.parametrize("kinds", ["NS", "NS DS", "DNAME", "SOA NS DNAME"])
def test_who_passes_on_what_is_below_does_not_deny_it(kinds: str) -> None:
    found = nsec(
        f"a.example. NSEC z.example. {kinds} RRSIG NSEC",
        "example. NSEC a.example. SOA NS RRSIG NSEC",
    )
    assert found.name_error(named("b.example.")).proven
    assert not found.name_error(named("b.a.example.")).proven
    assert not found.wildcard_answer(named("b.a.example."), 1).proven
    assert not found.no_data(named("b.a.example."), types.A).proven
    assert not found.no_delegation(named("b.a.example.")).proven


def test_a_cut_has_two_sides() -> None:
    parents = nsec("a.example. NSEC b.example. NS RRSIG NSEC")
    assert parents.no_data(named("a.example."), types.DS).proven
    assert parents.no_data(named("a.example."), types.A).ede == 12
    childs = nsec("a.example. NSEC a.example. SOA NS RRSIG NSEC", signer="a.example.")
    assert childs.no_data(named("a.example."), types.A).proven
    assert childs.no_data(named("a.example."), types.DS).ede == 12
    assert childs.no_delegation(named("a.example.")).status is Status.UNPROVEN


def test_what_a_child_signed_says_nothing_for_its_parent() -> None:
    line = "b.a.example. NSEC a.example. A RRSIG NSEC"
    foreign = proof(line, signer="a.example.")
    found = evidence([foreign])
    assert found.no_data(named("b.a.example."), types.MX).ede == 12


def test_an_alias_is_not_the_absence_of_a_type() -> None:
    found = nsec("a.example. NSEC b.example. CNAME RRSIG NSEC")
    verdict = found.no_data(named("a.example."), types.A)
    assert (verdict.status, verdict.ede) == (Status.UNPROVEN, 6)
    assert found.no_delegation(named("a.example.")).status is Status.NO_CUT


def test_everything_is_denied_only_where_there_is_nothing() -> None:
    found = nsec(
        "a.example. NSEC b.example. A RRSIG NSEC",
        "b.example. NSEC a.c.example. RRSIG NSEC",
    )
    assert not found.no_data(named("a.example."), types.ANY).proven
    assert found.no_data(named("b.example."), types.ANY).proven
    assert found.no_data(named("c.example."), types.ANY).proven


def test_a_compact_denial_says_that_there_is_no_such_name() -> None:
    found = nsec("a.example. NSEC \\000.a.example. RRSIG NSEC TYPE128")
    verdict = found.no_data(named("a.example."), types.A)
    assert verdict.status is Status.NAME_ERROR
    assert verdict.reason == "nsec a.example. says that there is no a.example."
    assert found.no_delegation(named("a.example.")).status is Status.NO_CUT
    assert not found.name_error(named("a.example.")).proven


def test_a_wildcard_asked_for_by_name_was_not_expanded() -> None:
    found = nsec("example. NSEC *.example. SOA NS RRSIG NSEC")
    assert found.wildcard_answer(named("*.example."), 1).proven
    assert found.wildcard_answer(named("a.example."), 2).proven
    assert not found.wildcard_answer(named("a.example."), 1).proven


def test_a_wildcard_above_its_zone_is_none() -> None:
    found = nsec("example. NSEC example. SOA NS RRSIG NSEC")
    assert found.wildcard_answer(named("a.b.example."), 1).proven
    assert not found.wildcard_answer(named("a.b.example."), 0).proven


def nsec3_zone() -> PretendZone:
    return PretendZone(EXAMPLE, {named("a.example."): "A", named("c.example."): "NS"})


@pytest.mark.parametrize(
    ("iterations", "salt", "status", "ede"),
    [
        (0, b"", Status.SECURE, 0),
        (50, b"s" * 44, Status.SECURE, 0),
        (51, b"", Status.TOO_MANY_ITERATIONS, 27),
        (25, b"s" * 45, Status.TOO_MANY_ITERATIONS, 27),
        (24, b"s" * 45, Status.SECURE, 0),
        (500, b"", Status.TOO_MANY_ITERATIONS, 27),
        (501, b"", Status.UNPROVEN, 27),
    ],
)
def test_hashing_has_its_price(
    iterations: int, salt: bytes, status: Status, ede: int
) -> None:
    found = evidence(nsec3_zone().nsec3(iterations=iterations, salt=salt))
    for verdict in (
        found.name_error(named("b.example.")),
        found.no_data(named("a.example."), types.MX),
        found.wildcard_answer(named("b.example."), 1),
        found.no_delegation(named("c.example.")),
    ):
        assert (verdict.status, verdict.ede) == (status, ede)


def test_only_the_cheapest_of_several_chains_is_used() -> None:
    dear, cheap = nsec3_zone().nsec3(iterations=100), nsec3_zone().nsec3()
    assert evidence(dear + cheap).name_error(named("b.example.")).proven
    halves = nsec3_zone().nsec3(iterations=1)[:2] + cheap[:1]
    assert not evidence(halves).name_error(named("b.example.")).proven


def test_nsec3_proves_what_nsec_beside_it_does_not() -> None:
    found = evidence(
        [proof("x.example. NSEC y.example. A RRSIG NSEC"), *nsec3_zone().nsec3()]
    )
    assert found.name_error(named("b.example.")).proven
    assert found.no_data(named("a.example."), types.MX).proven
    assert found.wildcard_answer(named("b.example."), 1).proven
    assert found.no_delegation(named("c.example.")).proven


def test_an_answer_is_searched_for_so_many_records_only() -> None:
    contents = {named(f"n{number}.example."): "A" for number in range(MAX_RECORDS)}
    zone = PretendZone(EXAMPLE, contents)
    proofs = zone.nsec3()
    needed = honest(zone, proofs, named("b.example."))
    others = [it for it in proofs if it not in needed]
    many = others + others + needed
    assert evidence(needed + others).name_error(named("b.example.")).proven
    assert not evidence(many).name_error(named("b.example.")).proven


def test_each_name_is_hashed_and_paid_for_once() -> None:
    paid: list[int] = []
    found = Evidence(EXAMPLE, nsec3_zone().nsec3(), paid.append)
    for _ in range(3):
        assert found.name_error(named("x.y.b.example.")).proven
        assert found.no_data(named("x.y.b.example."), types.A).ede == 12
    # The name, two ancestors, the apex, and the wildcard there.
    assert paid == [1] * 5


def test_a_name_of_many_labels_ends_with_the_budget() -> None:
    errand = Errand(lambda: 0.0, 1.0)
    name = b"\x01x" * 110 + EXAMPLE
    found = Evidence(EXAMPLE, nsec3_zone().nsec3(), errand.spend_hashes)
    assert found.name_error(name).proven
    other = Evidence(EXAMPLE, nsec3_zone().nsec3(), errand.spend_hashes)
    with pytest.raises(Spent, match=f"max_nsec3_hashes .{MAX_NSEC3_HASHES}"):
        other.name_error(name)


def test_opt_out_is_never_secure() -> None:
    found = evidence(nsec3_zone().nsec3(opt_out=True))
    verdict = found.name_error(named("b.example."))
    assert verdict.status is Status.OPT_OUT
    assert "covers, with opt-out, b.example." in verdict.reason
    assert found.no_delegation(named("c.example.")).status is Status.OPT_OUT
    assert found.no_data(named("c.example."), types.DS).status is Status.OPT_OUT
    assert found.wildcard_answer(named("b.example."), 1).status is Status.OPT_OUT
    assert found.no_data(named("a.example."), types.MX).proven
