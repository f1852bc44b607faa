"""Zones' keys and signatures, made with dnspython: the other side of our checks."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from dns.dnssec import allow_all_policy
from dns.dnssecalgs import get_algorithm_cls
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from resolver.dnssec.crypto import Crypto, KeyStore
from resolver.dnssec.keys import Key, ZoneKeys, read_key
from resolver.dnssec.signatures import Invalid, Signatures, Valid
from resolver.ports import Errand
from resolver.wire.message import RRset

NOW = 1_800_000_000
DAY = 86_400
ALGORITHMS = (8, 10, 13, 14, 15, 16)
SHA1_ALGORITHMS = (5, 7)
ZONE = dns.name.from_text("Example.")


@cache
def private_key(algorithm: int, number: int) -> Any:
    """A key for each algorithm, and more of them by number, each made once."""
    if algorithm == 13:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == 14:
        return ec.generate_private_key(ec.SECP384R1())
    if algorithm == 15:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == 16:
        return ed448.Ed448PrivateKey.generate()
    return rsa.generate_private_key(65537, 1024)


def dnskey(algorithm: int, number: int = 0, flags: int = 256) -> DNSKEY:
    public = private_key(algorithm, number).public_key()
    return dns.dnssec.make_dnskey(public, algorithm, flags)


def wire(data: Any) -> bytes:
    """A name or record data as bytes, with its case."""
    found = data.to_wire()
    assert isinstance(found, bytes)
    return found


def raw_signature(algorithm: int, data: bytes) -> bytes:
    """Sign any bytes with the key number 0 of an algorithm."""
    made = get_algorithm_cls(algorithm)(private_key(algorithm, 0)).sign(data)
    assert isinstance(made, bytes)
    return made


def our_key(key: DNSKEY) -> Key:
    found = read_key(wire(key))
    assert found is not None
    return found


def rdataset(
    rdtype: str, texts: Iterable[str], ttl: int = 3600
) -> dns.rdataset.Rdataset:
    return dns.rdataset.from_text_list("IN", rdtype, ttl, list(texts))


def sign(
    owner: str,
    records: dns.rdataset.Rdataset,
    algorithm: int = 13,
    *,
    key: DNSKEY | None = None,
    number: int = 0,
    signer: dns.name.Name = ZONE,
    inception: int = NOW - DAY,
    expiration: int = NOW + DAY,
) -> Any:
    """The RRSIG of a set, as dnspython makes it."""
    return dns.dnssec.sign(
        (dns.name.from_text(owner), records),
        private_key(algorithm, number),
        signer,
        key or dnskey(algorithm, number),
        inception=inception,
        expiration=expiration,
        policy=allow_all_policy,
    )


def our_set(
    owner: str, records: dns.rdataset.Rdataset, *signatures: Any, ttl: int | None = None
) -> RRset:
    """The same set as our reader gives it: owner in lower case, data as it came."""
    return RRset(
        wire(dns.name.from_text(owner)).lower(),
        int(records.rdtype),
        records.ttl if ttl is None else ttl,
        tuple(wire(rdata) for rdata in records),
        tuple(it if isinstance(it, bytes) else wire(it) for it in signatures),
    )


def zone_keys(*keys: DNSKEY, zone: dns.name.Name = ZONE) -> ZoneKeys:
    return ZoneKeys(wire(zone).lower(), [our_key(key) for key in keys])


def errand() -> Errand:
    return Errand(lambda: 0.0, 8.0)


def verify(
    rrset: RRset,
    keys: ZoneKeys,
    *,
    crypto: Crypto | None = None,
    wall: int = NOW,
    skew: int = 0,
    on: Errand | None = None,
) -> Valid | Invalid:
    checks = Signatures(crypto or KeyStore(accept_sha1=True), skew)
    return checks.verify(rrset, keys, wall, on or errand())
