"""Bitmaps of types, and what verdicts say."""

import dns.exception
import dns.rdtypes.util
import dns.wire
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dnssec.proof import (
    Status,
    Step,
    has_type,
    is_ancestor_only,
    is_bitmap,
    missing,
    secure,
    unproven,
    without_type,
)
from resolver.wire import types
from resolver.wire.names import ROOT
from tests.dnssec.pretend import named, proof

NAME = named("a.example.")


def bitmap(kinds: str) -> bytes:
    return proof(f". NSEC . {kinds}").rdata[1:]


@given(st.sets(st.integers(1, 65535), max_size=20), st.integers(1, 65535))
def test_a_bitmap_lists_what_was_put_in(kinds: set[int], other: int) -> None:
    text = " ".join(f"TYPE{it}" for it in sorted(kinds))
    data = bitmap(text)
    assert is_bitmap(data)
    assert all(has_type(data, it) for it in kinds)
    assert has_type(data, other) == (other in kinds)


@given(st.binary(max_size=80))
def test_what_dnspython_reads_is_a_bitmap(data: bytes) -> None:
    """The reverse does not hold: zeroes at the end do no harm, and are let pass."""
    try:
        dns.rdtypes.util.Bitmap.from_wire_parser(dns.wire.Parser(data))
    except (dns.exception.DNSException, ValueError):
        if is_bitmap(data):
            has_type(data, types.A)
    else:
        assert is_bitmap(data)


def test_zeroes_at_the_end_do_no_harm() -> None:
    assert is_bitmap(b"\x00\x03\x40\x00\x00")
    assert has_type(b"\x00\x03\x40\x00\x00", types.A)


@pytest.mark.parametrize(
    "data", [b"\x00", b"\x00\x00", b"\x00\x21" + b"x" * 33, b"\x00\x02\x01"]
)
def test_windows_have_to_fit(data: bytes) -> None:
    assert not is_bitmap(data)


@pytest.mark.parametrize("data", [b"\x01\x01\x40\x00\x01\x40", b"\x00\x01\x40" * 2])
def test_windows_stand_in_order(data: bytes) -> None:
    assert not is_bitmap(data)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("NS", True),
        ("NS DS", True),
        ("DNAME", True),
        ("NS SOA DNAME", True),
        ("NS SOA", False),
        ("A", False),
    ],
)
def test_who_passes_on_what_is_below(kinds: str, *, expected: bool) -> None:
    assert is_ancestor_only(bitmap(kinds)) == expected


@pytest.mark.parametrize(
    ("kinds", "rdtype", "status", "ede"),
    [
        ("A", types.MX, Status.SECURE, 0),
        ("A", types.A, Status.UNPROVEN, 6),
        ("CNAME", types.A, Status.UNPROVEN, 6),
        ("NS", types.A, Status.UNPROVEN, 12),
        ("NS", types.DS, Status.SECURE, 0),
        ("NS DS", types.DS, Status.UNPROVEN, 6),
        ("NS SOA", types.A, Status.SECURE, 0),
        ("NS SOA", types.DS, Status.UNPROVEN, 12),
        ("TYPE128", types.A, Status.NAME_ERROR, 0),
        ("RRSIG NSEC", types.ANY, Status.SECURE, 0),
        ("A RRSIG NSEC", types.ANY, Status.UNPROVEN, 6),
    ],
)
def test_a_list_of_types_is_judged(
    kinds: str, rdtype: int, status: Status, ede: int
) -> None:
    verdict = without_type("nsec", NAME, bitmap(kinds), NAME, rdtype)
    assert (verdict.status, verdict.ede) == (status, ede)


def test_the_root_has_no_parent_to_ask_for_its_ds() -> None:
    assert without_type("nsec", ROOT, bitmap("NS SOA"), ROOT, types.DS).proven


def test_steps_are_put_in_words() -> None:
    verdict = missing("nothing covers", NAME).after(Step("nsec3", ROOT, "is at", NAME))
    assert verdict.reason == "nsec3 . is at a.example., nothing covers a.example."
    assert not verdict.proven
    assert secure().reason == ""


def test_a_verdict_is_put_in_words_with_its_steps() -> None:
    told = secure(Step("nsec", ROOT, "covers", NAME))
    assert str(told) == "secure: nsec . covers a.example."
    assert str(missing("no proof came for", NAME)) == (
        "unproven: no proof came for a.example."
    )
    assert str(secure()) == "secure"


def test_a_proof_that_was_refused_is_why_nothing_is_proven() -> None:
    verdict = missing("no proof came for", NAME)
    assert unproven(verdict, None) == (verdict.ede, verdict.reason)
    refused = (7, "a. NSEC: expired")
    assert unproven(verdict, refused) == (7, f"a. NSEC: expired; {verdict.reason}")
