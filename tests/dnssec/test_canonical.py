"""The bytes that are signed."""

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from resolver.dnssec.canonical import (
    MAX_READ,
    canonical_rdatas,
    owner_labels,
    read_signature,
    signed_data,
    signed_owner,
)
from resolver.wire import types
from resolver.wire.message import RRset
from resolver.wire.rdata import ANY_CLASS, COMPRESSIBLE, INTERNET, NAME, PLAIN_NAME
from tests.dnssec.signing import NOW, our_set, rdataset, sign, wire

NAMES = b"\x02Ab\x01C\x00"
# RFC 4034 section 6.2, without HINFO (it has no names) and A6 (historic), and without
# NSEC (RFC 6840 section 5.1).
LOWERED = {
    2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 17, 18, 21, 24, 26, 30, 33, 35, 36, 39, 46,
}  # fmt: skip


def with_names(layout: tuple[int, ...]) -> bytes:
    """Data of this layout, with capitals wherever there is room for them."""
    parts = {NAME: NAMES, PLAIN_NAME: NAMES, -3: b"\x01S", -4: b"\x01S", -5: b""}
    return b"".join(b"Z" * it if it > 0 else parts.get(it, b"R") for it in layout)


@pytest.mark.parametrize("rdtype", INTERNET)
def test_names_are_lowered_in_the_types_that_the_rfc_lists_and_nothing_else(
    rdtype: int,
) -> None:
    data = with_names(INTERNET[rdtype])
    [canonical] = canonical_rdatas(RRset(b"\0", rdtype, 1, (data,)))
    lowered = data.replace(NAMES, NAMES.lower())
    assert canonical == (lowered if rdtype in LOWERED else data)


def test_no_type_whose_names_may_be_compressed_keeps_their_case() -> None:
    assert set(COMPRESSIBLE) <= LOWERED
    assert set(ANY_CLASS) | {26, 33, 35, 36} >= LOWERED


def test_records_stand_in_order_and_none_twice() -> None:
    rrset = RRset(b"\0", types.NS, 1, (b"\x01B\0", b"\x01a\0", b"\x01A\0", b"\0"))
    assert canonical_rdatas(rrset) == [b"\0", b"\x01a\0", b"\x01b\0"]


def test_shorter_data_stand_before_longer_that_begin_alike() -> None:
    """RFC 4034 section 6.3: the absence of an octet sorts before a zero octet."""
    rrset = RRset(b"\0", types.TXT, 1, (b"\x01a\x00", b"\x01a"))
    assert canonical_rdatas(rrset) == [b"\x01a", b"\x01a\x00"]


def test_an_rrsig_comes_apart() -> None:
    made = sign("www.Example.", rdataset("A", ["192.0.2.1"]), 13)
    found = read_signature(wire(made))
    assert found is not None
    assert found[:7] == (1, 13, 2, 3600, made.expiration, made.inception, made.key_tag)
    assert (found.signer, found.signature) == (b"\x07example\0", made.signature)
    assert found.inception < NOW < found.expiration


def test_an_rrsig_cut_short_anywhere_is_malformed() -> None:
    data = wire(sign("www.Example.", rdataset("A", ["192.0.2.1"]), 13))
    end = 18 + len(b"\x07Example\0")
    for length in range(end + 1):
        assert read_signature(data[:length]) is None
    assert read_signature(data[: end + 1]) is not None


@pytest.mark.parametrize(
    "signer",
    [b"\xc0\x0c", b"\x40" + b"a" * 64 + b"\0", (b"\x3f" + b"a" * 63) * 4 + b"\0"],
)
def test_a_signer_that_is_no_plain_name_is_malformed(signer: bytes) -> None:
    assert read_signature(b"\0" * 18 + signer + b"signature" * 20) is None


@pytest.mark.parametrize(
    ("owner", "labels", "signed"),
    [
        ("a.b.example.", 3, "a.b.example."),
        ("a.b.example.", 2, "*.b.example."),
        ("a.b.example.", 1, "*.example."),
        ("a.b.example.", 0, "*."),
        ("*.example.", 1, "*.example."),
        (".", 0, "."),
    ],
)
def test_the_owner_is_the_one_that_was_signed(
    owner: str, labels: int, signed: str
) -> None:
    name, wanted = (wire(dns.name.from_text(text)) for text in (owner, signed))
    assert signed_owner(name, labels) == wanted


def test_a_leading_asterisk_is_no_label() -> None:
    assert owner_labels(b"\x01*\x01a\0") == 1
    assert owner_labels(b"\x02*a\x01a\0") == 2
    assert owner_labels(b"\0") == 0


def test_the_signed_ttl_is_the_original_one() -> None:
    records = rdataset("A", ["192.0.2.1"], ttl=3600)
    rrset = our_set("www.example.", records, sign("www.example.", records), ttl=7)
    signature = read_signature(rrset.signatures[0])
    assert signature is not None
    data = signed_data(rrset, signature)
    assert (
        data
        == signature.head
        + b"".join(
            (b"\x03www\x07example\0", b"\0\x01\0\x01", (3600).to_bytes(4, "big"))
        )
        + b"\0\x04\xc0\0\x02\x01"
    )


def test_signatures_are_read_alike_however_many_were_read_before() -> None:
    rdatas = [
        bytes(17) + bytes((number & 0xFF, 0)) + number.to_bytes(2, "big")
        for number in range(3 * MAX_READ)
    ]
    for _ in range(2):
        for number, rdata in enumerate(rdatas):
            found = read_signature(rdata)
            assert found is not None
            assert (found.tag, found.signature) == (number & 0xFF, rdata[-2:])
            assert read_signature(rdata) == found
            assert read_signature(rdata[:19]) is None
