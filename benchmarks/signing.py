"""Sign the lab's zones, quickly.

Five thousand signed zones are a hundred thousand signatures.  dnspython signs a zone
correctly and takes minutes for all of them, so this does by hand the little that the
lab's zones need: one ECDSA P-256 key a zone that signs everything (RFC 6605, RFC 6781
section 3.1), NSEC denial, seven record types whose wire form takes a line each.  The
tests hold it against dnspython's validator.

A key is derived from its zone's name, so the trust anchor is the same everywhere.  It
protects nothing.
"""

import base64
import functools
import hashlib
import socket
import struct
from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.zones import TTL, Record, Zone

CURVE: Final = ec.SECP256R1()
HASH: Final = ec.ECDSA(hashes.SHA256())
ALGORITHM: Final = 13
# Zone key and secure entry point (RFC 4034 section 2.1.1), protocol 3.
DNSKEY_HEAD: Final = f"257 3 {ALGORITHM}"
SHA256_DIGEST: Final = 2
CLASS_IN: Final = 1
# Fixed, so that a lab once made stays good, in seconds since 1970 and as written.
INCEPTION: Final = 1_704_067_200
EXPIRATION: Final = 2_114_380_800
WRITTEN_TIMES: Final = "20370101000000 20240101000000"

TYPES: Final = {
    "A": 1,
    "NS": 2,
    "SOA": 6,
    "AAAA": 28,
    "DS": 43,
    "RRSIG": 46,
    "NSEC": 47,
    "DNSKEY": 48,
}

Sets = dict[str, dict[str, list[str]]]


def sign(zone: Zone) -> Zone:
    """Give the zone with a DNSKEY, NSEC records and signatures added."""
    key = private_key(zone.name)
    sets = _sets([*zone.records, Record(zone.name, "DNSKEY", dnskey(zone.name))])
    owners = _authoritative(zone.name, sets)
    _add_nsec(zone.name, sets, owners)
    tag = key_tag(rdata_wire("DNSKEY", dnskey(zone.name)))
    for owner in owners:
        for rdtype, rdatas in [*sets[owner].items()]:
            if rdtype == "NS" and owner != zone.name:
                continue
            signature = _signature(key, tag, zone.name, owner, rdtype, rdatas)
            sets[owner].setdefault("RRSIG", []).append(signature)
    records = [
        Record(owner, rdtype, rdata)
        for owner, types in sets.items()
        for rdtype, rdatas in types.items()
        for rdata in rdatas
    ]
    return Zone(zone.name, records, signed=True)


def private_key(zone: str) -> ec.EllipticCurvePrivateKey:
    """Derive a zone's key."""
    secret = int.from_bytes(hashlib.sha256(zone.encode()).digest(), "big") >> 1
    return ec.derive_private_key(secret, CURVE)


@functools.cache
def dnskey(zone: str) -> str:
    """Write the data of a zone's DNSKEY."""
    point = private_key(zone).public_key()
    # Without the byte that says "uncompressed" (RFC 6605 section 4).
    packed = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    return f"{DNSKEY_HEAD} {base64.b64encode(packed).decode()}"


def ds(zone: str) -> str:
    """Write the data of the DS by which a parent vouches for a zone."""
    wire = rdata_wire("DNSKEY", dnskey(zone))
    digest = hashlib.sha256(name_wire(zone) + wire).hexdigest()
    return f"{key_tag(wire)} {ALGORITHM} {SHA256_DIGEST} {digest}"


def key_tag(wire: bytes) -> int:
    """Sum up a key (RFC 4034 appendix B); the lab's keys have an even length."""
    total: int = sum(struct.unpack(f"!{len(wire) // 2}H", wire))
    return (total + (total >> 16)) & 0xFFFF


def name_wire(name: str) -> bytes:
    """Encode a lower-case absolute name."""
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def rdata_wire(rdtype: str, rdata: str) -> bytes:
    """Encode the data of a record, for the types that the lab has."""
    words = rdata.split()
    match rdtype:
        case "A":
            return socket.inet_aton(rdata)
        case "AAAA":
            return socket.inet_pton(socket.AF_INET6, rdata)
        case "NS":
            return name_wire(rdata)
        case "SOA":
            names = name_wire(words[0]) + name_wire(words[1])
            return names + struct.pack("!5I", *map(int, words[2:]))
        case "DS":
            return struct.pack("!HBB", *map(int, words[:3])) + bytes.fromhex(words[3])
        case "DNSKEY":
            head = struct.pack("!HBB", *map(int, words[:3]))
            return head + base64.b64decode(words[3])
        case "NSEC":
            return name_wire(words[0]) + _bitmap(words[1:])
        case _:
            raise ValueError(f"the lab has no {rdtype} records")


def _bitmap(types: Iterable[str]) -> bytes:
    """Encode window 0 of a type bitmap (RFC 4034 section 4.1.2)."""
    bits = bytearray(32)
    for number in (TYPES[rdtype] for rdtype in types):
        bits[number >> 3] |= 0x80 >> (number & 7)
    packed = bytes(bits).rstrip(b"\0")
    return bytes((0, len(packed))) + packed


def _sets(records: Iterable[Record]) -> Sets:
    sets: Sets = {}
    for owner, rdtype, rdata in records:
        sets.setdefault(owner, {}).setdefault(rdtype, []).append(rdata)
    return sets


def _authoritative(zone: str, sets: Sets) -> list[str]:
    """List the owners that are signed, in canonical order: glue is not."""
    cuts = {owner for owner, types in sets.items() if "NS" in types and owner != zone}
    owners = [owner for owner in sets if not _is_below(owner, cuts)]
    return sorted(owners, key=lambda owner: owner.split(".")[::-1])


def _is_below(owner: str, cuts: set[str]) -> bool:
    parent = owner.partition(".")[2]
    while parent:
        if parent in cuts:
            return True
        parent = parent.partition(".")[2]
    return False


def _add_nsec(zone: str, sets: Sets, owners: list[str]) -> None:
    following = [*owners[1:], zone]
    for owner, successor in zip(owners, following, strict=True):
        types = sorted([*sets[owner], "NSEC", "RRSIG"], key=TYPES.__getitem__)
        sets[owner]["NSEC"] = [f"{successor} {' '.join(types)}"]


def _signature(
    key: ec.EllipticCurvePrivateKey,
    tag: int,
    zone: str,
    owner: str,
    rdtype: str,
    rdatas: list[str],
) -> str:
    """Write the data of the RRSIG over a set (RFC 4034 section 3.1.8.1)."""
    labels = len([label for label in owner.split(".") if label not in {"", "*"}])
    times = (TTL, EXPIRATION, INCEPTION)
    head = struct.pack("!HBB3IH", TYPES[rdtype], ALGORITHM, labels, *times, tag)
    start = name_wire(owner) + struct.pack("!HHI", TYPES[rdtype], CLASS_IN, TTL)
    body = b"".join(
        start + struct.pack("!H", len(wire)) + wire
        for wire in sorted(rdata_wire(rdtype, rdata) for rdata in rdatas)
    )
    r, s = decode_dss_signature(key.sign(head + name_wire(zone) + body, HASH))
    packed = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    written = f"{rdtype} {ALGORITHM} {labels} {TTL} {WRITTEN_TIMES}"
    return f"{written} {tag} {zone} {packed}"
