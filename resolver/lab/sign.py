"""Keys and signatures for the box, made when it starts.

One key per zone signs everything (a combined signing key, RFC 6781 section 3.1): unless
a zone says otherwise, ECDSA P-256 (algorithm 13), whose keys take microseconds to make
and whose signatures are short, with denial by NSEC.  dnspython does the work; what is here
says what is signed with what and for how long, and `faults` what of that is wrong.
"""

from typing import Any, Final, NamedTuple

import dns.dnssec
import dns.name
import dns.rrset
import dns.zone
from dns.dnssecalgs import get_algorithm_cls
from dns.dnssecalgs.base import GenericPrivateKey
from dns.dnssecalgs.rsa import PrivateRSA
from dns.dnssectypes import Algorithm, DSDigest
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from resolver.lab.denial import Hashing, add_nsec, add_nsec3, authoritative
from resolver.lab.faults import BEGIN, DATA, END, GOOD, KEYS, PROOFS, SEP, ZONE, Fault

__all__ = ["BEGIN", "END", "NSEC", "Key", "Signing", "make_key", "sign"]

DNSKEY_TTL: Final = 3600
NSEC: Final = "nsec"
NSEC3: Final = "nsec3"
OPT_OUT: Final = "opt-out"
# Bits of an RSA key: what most zones have.
RSA_BITS: Final = 2048
SLOW_TO_MAKE: Final = frozenset((Algorithm.RSASHA256, Algorithm.RSASHA512))
# An algorithm and a digest that nobody knows (RFC 8624; IANA has not assigned them).
UNKNOWN_ALGORITHM: Final = 200
UNKNOWN_DIGEST: Final = 200

_PROVING: Final = frozenset((RdataType.NSEC, RdataType.NSEC3))


class Signing(NamedTuple):
    """How a zone is signed: algorithm, kind of denial, and what is wrong with it."""

    algorithm: int = Algorithm.ECDSAP256SHA256
    denial: str = NSEC
    fault: Fault = GOOD


PLAIN: Final = Signing()


class Key(NamedTuple):
    """A zone's key pair."""

    private: GenericPrivateKey
    public: DNSKEY

    def ds(self, origin: str, kind: str = "good") -> str:
        """Write the data of the DS by which the parent vouches for the key.

        `kind` is as for `Fault.ds`.
        """
        made = dns.dnssec.make_ds(origin, self.public, DSDigest.SHA256)
        changes: dict[str, Any] = {
            "good": {},
            "algorithm": {"algorithm": UNKNOWN_ALGORITHM},
            "digest": {"digest_type": UNKNOWN_DIGEST},
            "other": {"digest": bytes(len(made.digest))},
        }
        return made.replace(**changes[kind]).to_text()

    def anchor(self, origin: str) -> str:
        """Write the key as a DNSKEY record, one of the forms of a trust anchor."""
        return dns.rrset.from_rdata(origin, DNSKEY_TTL, self.public).to_text()


def make_key(
    algorithm: int = Algorithm.ECDSAP256SHA256, flags: int = ZONE | SEP
) -> Key:
    """Make a new key."""
    kind: Any = get_algorithm_cls(algorithm)
    # The one kind of key that comes in sizes.
    sizes = (RSA_BITS,) if issubclass(kind, PrivateRSA) else ()
    private: GenericPrivateKey = kind.generate(*sizes)
    return Key(private, private.public_key().to_dnskey(flags=flags))


def sign(
    content: dns.zone.Zone, key: Key, now: float, signing: Signing = PLAIN
) -> None:
    """Sign a zone in place; `now` in seconds since 1970."""
    origin, fault = content.origin, signing.fault
    if origin is None:
        raise ValueError("a zone without an origin cannot be signed")
    content.find_rdataset(origin, RdataType.DNSKEY, create=True).add(
        key.public, DNSKEY_TTL
    )
    if not fault.proofs:
        pass
    elif signing.denial == NSEC:
        add_nsec(content)
    else:
        opt_out = signing.denial == OPT_OUT
        add_nsec3(content, Hashing(fault.iterations, b"", opt_out))
    signer = _Signer(content, origin, key, now, fault)
    for name, is_cut in authoritative(content):
        for rdataset in list(content.nodes[name]):
            if not is_cut or rdataset.rdtype in {RdataType.DS, *_PROVING}:
                signer.sign(dns.rrset.from_rdata(name, rdataset.ttl, *rdataset))


class _Signer:
    """Signs the sets of one zone."""

    def __init__(
        self,
        content: dns.zone.Zone,
        origin: dns.name.Name,
        key: Key,
        now: float,
        fault: Fault,
    ) -> None:
        self._content = content
        self._origin = origin
        self._key = key
        self._fault = fault
        self._life = (int(now) + fault.begin, int(now) + fault.end)
        self._other = key
        if fault.forged or fault.stranger:
            self._other = make_key(key.public.algorithm, key.public.flags)

    def sign(self, rrset: dns.rrset.RRset) -> None:
        """Sign a set as the fault has it; keys are always signed by themselves."""
        keys = rrset.rdtype == RdataType.DNSKEY
        kinds = {KEYS} if keys else {DATA}
        if rrset.rdtype in _PROVING:
            kinds.add(PROOFS)
        if self._fault.unsigned in kinds:
            return
        own = keys or not (self._fault.forged or self._fault.stranger)
        private = self._key if own else self._other
        named = self._key if own or self._fault.forged else self._other
        signature = dns.dnssec.sign(
            rrset,
            private.private,
            self._origin,
            named.public,
            inception=self._life[0],
            expiration=self._life[1],
            origin=self._origin,
        )
        self._content.find_rdataset(
            rrset.name, RdataType.RRSIG, rrset.rdtype, create=True
        ).add(signature, rrset.ttl)
