"""Reading NSEC records, and finding the one that speaks of a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dnssec import nsec
from resolver.dnssec.proof import Proof
from resolver.wire import types
from resolver.wire.names import ROOT
from tests.dnssec.pretend import named, proof

EXAMPLE = named("example.")
LINE = "a.example. NSEC c.example. A RRSIG NSEC"


def read(text: str, zone: str = "example.") -> nsec.Nsec | None:
    return nsec.parse(proof(text), named(zone))


def records(*lines: str) -> list[nsec.Nsec]:
    found = [read(line) for line in lines]
    return [it for it in found if it is not None]


def test_a_record_is_read() -> None:
    found = read("a.example. NSEC C.Example. A RRSIG NSEC")
    assert found is not None
    assert (found.owner, found.following) == (named("a.example."), named("c.example."))
    assert found.bitmap == b"\x00\x06\x40\x00\x00\x00\x00\x03"
    assert (found.low, found.high) == (b"example\x00a\x00", b"example\x00c\x00")


@pytest.mark.parametrize(
    "line",
    [
        "a.other. NSEC c.example. A",  # owner outside the zone
        "a.example. NSEC c.other. A",  # next outside the zone
        "c.example. NSEC a.example. A",  # goes back, and not to the apex
        "c.example. NSEC c.example. A",  # goes round, and not at the apex
        "xexample. NSEC example. A",
    ],
)
def test_a_range_that_leaves_its_zone_is_ignored(line: str) -> None:
    assert read(line) is None


def test_a_record_of_another_signer_is_ignored() -> None:
    assert nsec.parse(proof(LINE, signer="a.example."), EXAMPLE) is None
    assert nsec.parse(proof(LINE, signer="."), EXAMPLE) is None


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    nsec.parse(Proof(ROOT, types.NSEC, data, ROOT), ROOT)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01",
        b"\x01a",
        b"\x01a\x00\x00",  # half a window
        b"\x40" + b"a" * 64 + b"\x00",
        b"\xc0\x0c",
        b"\x3f" + b"a" * 63 + (b"\x3f" + b"b" * 63) * 3 + b"\x00",  # 257 bytes
    ],
)
def test_malformed_data_is_ignored(data: bytes) -> None:
    assert nsec.parse(Proof(ROOT, types.NSEC, data, ROOT), ROOT) is None


@pytest.mark.parametrize(
    ("name", "covered"),
    [
        ("b.example.", True),
        ("z.a.example.", True),
        ("\\000.a.example.", True),
        ("B\\000.example.", True),
        ("a.example.", False),
        ("c.example.", False),
        ("a.c.example.", False),
        ("example.", False),
    ],
)
def test_a_range_covers_what_lies_between(name: str, *, covered: bool) -> None:
    assert (nsec.covering(records(LINE), named(name)) is not None) == covered


@pytest.mark.parametrize(
    ("line", "name", "encloser"),
    [
        (LINE, "b.example.", "example."),
        (LINE, "x.y.b.example.", "example."),
        (LINE, "x.y.a.example.", "a.example."),
        ("a.example. NSEC z.y.example. A", "x.y.example.", "y.example."),
    ],
)
def test_the_ends_of_a_range_tell_the_closest_encloser(
    line: str, name: str, encloser: str
) -> None:
    (found,) = records(line)
    assert nsec.closest_encloser(found, named(name)) == named(encloser)


def test_an_empty_non_terminal_is_there_and_has_no_types() -> None:
    found = records("a.example. NSEC z.y.example. A", "example. NSEC a.example. SOA NS")
    empty = named("y.example.")
    assert nsec.no_data(found, empty, types.A).proven
    assert nsec.name_error(found, empty).ede == 6
    assert nsec.absent(found, empty).ede == 6
    assert nsec.absent(found, named("x.example.")).proven


def test_a_wildcard_without_the_type_denies_it_for_others() -> None:
    found = records("example. NSEC *.example. SOA NS", "*.example. NSEC b.example. TXT")
    name = named("a.example.")
    verdict = nsec.no_data(found, name, types.A)
    assert verdict.proven
    assert verdict.reason == (
        "nsec *.example. covers a.example., nsec *.example. has no A at *.example."
    )
    assert nsec.no_data(found, name, types.TXT).ede == 6
    assert nsec.name_error(found, name).ede == 6
    assert nsec.no_data(found[1:], name, types.A).proven
    assert nsec.no_data(found[:1], name, types.A).ede == 12


def test_below_a_wildcard_that_is_an_empty_node_there_is_nothing() -> None:
    found = records(
        "example. NSEC a.*.example. SOA NS", "a.*.example. NSEC z.example. A"
    )
    assert nsec.no_data(found, named("b.example."), types.A).proven
    assert nsec.name_error(found, named("b.example.")).ede == 6


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ("NS", "secure"),
        ("NS DS", "unproven"),
        ("NS SOA", "unproven"),
        ("A", "no cut"),
        ("CNAME", "no cut"),
    ],
)
def test_an_unsigned_delegation_has_ns_and_neither_ds_nor_soa(
    kinds: str, status: str
) -> None:
    found = records(f"a.example. NSEC c.example. {kinds} RRSIG NSEC")
    assert nsec.no_delegation(found, named("a.example.")).status.value == status
