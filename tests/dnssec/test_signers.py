"""Whose signature is it?  What a set claims, and what no zone can claim."""

from resolver.dnssec.signers import denier, signed_by, signer_of
from resolver.wire.message import RRset
from tests.dnssec.world import Zone, named, unsigned

WWW = "www.example."
EXAMPLE = Zone("example.", 0)
SUB = Zone("sub.example.", 1)
ROOT = Zone(".", 2)


def with_signatures(rrset: RRset, *signatures: bytes) -> RRset:
    return RRset(rrset.name, rrset.rdtype, rrset.ttl, rrset.rdatas, signatures)


def test_a_set_is_its_signers() -> None:
    assert signer_of(EXAMPLE.signed(WWW, "A", "192.0.2.1")) == named("example.")


def test_a_set_without_signatures_is_nobodys() -> None:
    assert signer_of(unsigned(WWW, "A", "192.0.2.1")) == b""


def test_the_deepest_of_several_signers_counts() -> None:
    one = EXAMPLE.signed(WWW, "A", "192.0.2.1")
    other = ROOT.signed(WWW, "A", "192.0.2.1")
    for pair in ((one, other), (other, one)):
        both = with_signatures(one, *pair[0].signatures, *pair[1].signatures)
        assert signer_of(both) == named("example.")


def test_a_signer_is_at_or_above_what_it_signs() -> None:
    assert signer_of(SUB.signed(WWW, "A", "192.0.2.1")) == b""
    assert signer_of(SUB.signed("sub.example.", "A", "192.0.2.1")) != b""


def test_a_signature_of_another_type_or_without_form_does_not_count() -> None:
    rrset = unsigned(WWW, "A", "192.0.2.1")
    of_mx = EXAMPLE.signed(WWW, "MX", "0 .").signatures
    assert signer_of(with_signatures(rrset, *of_mx, b"", b"rubbish")) == b""


def test_what_is_said_of_a_cut_by_its_parent_is_signed_strictly_above_it() -> None:
    cut = named("sub.example.")
    for zone, signer in ((EXAMPLE, named("example.")), (SUB, b""), (ROOT, b"\0")):
        ds = zone.signed("sub.example.", "DS", f"1 13 2 {'00' * 32}")
        assert signer_of(ds, above=cut) == signer


def test_who_denies_is_the_first_that_can_be_read() -> None:
    spoilt = with_signatures(EXAMPLE.nsec(WWW, "z.example.", "A"), b"rubbish")
    said = (unsigned("example.", "NS", "a."), spoilt, EXAMPLE.soa(), ROOT.soa())
    assert denier(said, named(WWW)) == named("example.")
    assert denier(said[:2], named(WWW)) == b""


def test_who_denies_is_not_below_the_name() -> None:
    said = (SUB.soa(),)
    assert denier(said, named(WWW)) == b""
    assert denier(said, named("sub.example.")) == named("sub.example.")
    assert denier(said, named("sub.example."), above=named("sub.example.")) == b""


def test_each_signature_is_asked_for_its_zone() -> None:
    one = EXAMPLE.signed(WWW, "A", "192.0.2.1")
    other = ROOT.signed(WWW, "A", "192.0.2.1")
    both = with_signatures(one, *one.signatures, *other.signatures, b"rubbish")
    assert signed_by(both, named("example.")) == [True, False, False]
