"""What of a reply is there to prove the rest of it?"""

from resolver.walk.evidence import (
    MAX_PROOFS,
    cuts_denied,
    is_expanded,
    proofs_in,
    with_stray_signatures,
)
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.presentation import name_from_text

NAME = name_from_text("www.example.")
ADDRESS = RRset(NAME, types.A, 60, (bytes(4),))


def signature(labels: int, covered: int = types.A) -> bytes:
    """The beginning of an RRSIG, as far as it is looked at here."""
    return covered.to_bytes(2, "big") + bytes((13, labels)) + bytes(20)


def proof(owner: str, rdtype: int = types.NSEC, *, signed: bool = True) -> RRset:
    signatures = (signature(2, rdtype),) if signed else ()
    return RRset(name_from_text(owner), rdtype, 60, (b"data",), signatures)


def test_signed_nsec_and_nsec3_sets_are_proofs() -> None:
    good = (proof("a.example."), proof("b.example.", types.NSEC3))
    other = (proof("a.", signed=False), proof("example.", types.SOA))
    assert proofs_in(other + good) == good


def test_no_more_proofs_are_kept_than_an_honest_server_sends() -> None:
    many = tuple(proof(f"{number}.") for number in range(MAX_PROOFS + 1))
    assert proofs_in(many) == many[:MAX_PROOFS]


def test_a_set_was_made_from_a_wildcard_if_its_signature_counts_fewer_labels() -> None:
    for labels, expanded in ((1, True), (2, False)):
        rrset = RRset(NAME, types.A, 60, (bytes(4),), (signature(labels),))
        assert is_expanded(rrset) is expanded
    assert not is_expanded(ADDRESS)


def test_the_star_of_a_wildcard_is_not_counted() -> None:
    star = name_from_text("*.example.")
    assert not is_expanded(RRset(star, types.A, 60, (bytes(4),), (signature(1),)))
    assert is_expanded(RRset(star, types.A, 60, (bytes(4),), (signature(0),)))


def test_signatures_that_were_left_elsewhere_join_the_set() -> None:
    own, fits, of_mx = signature(2), signature(1), signature(2, types.MX)
    rrset = RRset(NAME, types.A, 60, (bytes(4),), (own,))
    stray = RRset(NAME, types.RRSIG, 60, (of_mx, fits, own))
    assert with_stray_signatures(rrset, (stray,)).signatures == (own, fits)


def test_a_set_stays_as_it_is_where_nothing_of_it_was_left() -> None:
    elsewhere = RRset(name_from_text("a."), types.RRSIG, 60, (signature(1),))
    glue = RRset(NAME, types.AAAA, 60, (bytes(16),))
    assert with_stray_signatures(ADDRESS, (elsewhere, glue)) is ADDRESS


def test_nsec_may_deny_the_ds_of_its_owner_alone() -> None:
    target = name_from_text("www.sub.example.")
    proofs = (proof("sub.example."), proof("other.example."))
    assert cuts_denied(proofs, target) == {name_from_text("sub.example.")}


def test_nsec3_may_deny_the_ds_of_every_name_below_its_zone() -> None:
    target = name_from_text("www.sub.example.")
    proofs = (proof("hash.example.", types.NSEC3), proof("hash.other.", types.NSEC3))
    assert cuts_denied(proofs, target) == {target, name_from_text("sub.example.")}
