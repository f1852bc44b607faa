"""What is packed comes out as it was put in."""

from hypothesis import given
from hypothesis import strategies as st

from resolver.beliefs import BOGUS, INSECURE, SECURE, UNCHECKED
from resolver.cache.packed import (
    Found,
    age_of,
    pack,
    pack_sets,
    standing_of,
    unpack,
    unpack_sets,
)
from resolver.wire import types
from resolver.wire.message import RRset
from tests.cache.sets import RANKS, WWW, ZONE, a_set, soa
from tests.wire.strategies import wire_names

DATA = st.lists(st.binary(max_size=300), max_size=4).map(tuple)
SOME_DATA = st.lists(st.binary(max_size=300), min_size=1, max_size=4).map(tuple)
RCODES = st.sampled_from([types.NOERROR, types.NXDOMAIN])
STANDINGS = st.tuples(
    st.sampled_from(RANKS), st.sampled_from([BOGUS, UNCHECKED, INSECURE, SECURE])
)
SETS = st.builds(
    RRset,
    wire_names(),
    st.sampled_from([types.NSEC, types.NSEC3, types.SOA]),
    st.just(60),
    SOME_DATA,
    DATA,
)
PROOFS = st.lists(SETS, max_size=4).map(tuple)


def parts(rrset: RRset | None) -> tuple[object, ...]:
    if rrset is None:
        return ()
    return (rrset.name, rrset.rdtype, rrset.ttl, rrset.rdatas, rrset.signatures)


def all_parts(found: Found) -> tuple[object, ...]:
    proofs = tuple(map(parts, found.proofs))
    return (parts(found.rrset), parts(found.soa), proofs)


@given(SOME_DATA, DATA, PROOFS, STANDINGS)
def test_a_set_comes_out_as_it_was_put_in(
    rdatas: tuple[bytes, ...],
    signatures: tuple[bytes, ...],
    proofs: tuple[RRset, ...],
    standing: tuple[int, int],
) -> None:
    rrset = RRset(WWW, types.A, 60, rdatas, signatures)
    value = pack(7.5, 300, standing_of(*standing), 0, b"", rrset, proofs)
    found = unpack(value, WWW, types.A, 60)
    assert (found.rank, found.security) == standing
    assert all_parts(found) == (parts(rrset), (), tuple(map(parts, proofs)))
    assert age_of(value) == (7.5, 300, standing_of(*standing))


@given(wire_names(), DATA, PROOFS, RCODES, STANDINGS)
def test_that_there_is_nothing_comes_out_as_it_was_put_in(
    zone: bytes,
    signatures: tuple[bytes, ...],
    proofs: tuple[RRset, ...],
    rcode: int,
    standing: tuple[int, int],
) -> None:
    rrset = RRset(zone, types.SOA, 60, (b"data",), signatures)
    value = pack(0.0, 300, standing_of(*standing), rcode, zone, rrset, proofs)
    found = unpack(value, WWW, types.A, 60)
    assert (found.rank, found.security, found.rcode) == (*standing, rcode)
    assert all_parts(found) == ((), parts(rrset), tuple(map(parts, proofs)))


def test_that_there_is_nothing_may_be_told_by_proofs_alone() -> None:
    proof = a_set(name=ZONE, rdtype=types.NSEC).with_ttl(60)
    value = pack(0.0, 300, standing_of(4, SECURE), 0, b"", None, (proof,))
    found = unpack(value, WWW, types.A, 60)
    assert all_parts(found) == ((), (), (parts(proof),))


def test_all_that_comes_out_has_the_time_that_is_left() -> None:
    value = pack(0.0, 300, standing_of(4, SECURE), 0, ZONE, soa(), (a_set(),))
    found = unpack(value, WWW, types.A, 17)
    assert found.soa is not None
    assert {found.ttl, found.soa.ttl, *(it.ttl for it in found.proofs)} == {17}


@given(PROOFS)
def test_sets_behind_something_else_are_found_there(sets: tuple[RRset, ...]) -> None:
    value = b"before" + pack_sets(sets)
    assert list(map(parts, unpack_sets(value, 6, 60))) == list(map(parts, sets))


@given(STANDINGS, STANDINGS)
def test_data_stands_by_its_security_first_and_then_by_its_rank(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    higher = standing_of(*one) > standing_of(*other)
    assert higher == ((one[1], one[0]) > (other[1], other[0]))
