"""Keys and signatures for the box, made when it starts.

One key per zone signs everything (a combined signing key, RFC 6781 section 3.1): ECDSA
P-256 (algorithm 13), whose keys take microseconds to make and whose signatures are
short.  Denial is by NSEC.  dnspython does the work; what is here says what is signed
with what and for how long, and is the place for zones that are signed wrongly.
"""

from typing import Final, NamedTuple

import dns.dnssec
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm, DSDigest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.dnskeybase import Flag

# Signatures begin an hour ago, for resolvers whose clock is behind, and last long
# enough for any test.  Seconds from now.
BEGIN: Final = -3600
END: Final = 30 * 86400
DNSKEY_TTL: Final = 3600


class Key(NamedTuple):
    """A zone's key pair."""

    private: ec.EllipticCurvePrivateKey
    public: DNSKEY

    def ds(self, origin: str) -> str:
        """Write the data of the DS by which the parent vouches for the key."""
        return dns.dnssec.make_ds(origin, self.public, DSDigest.SHA256).to_text()

    def anchor(self, origin: str) -> str:
        """Write the key as a DNSKEY record, one of the forms of a trust anchor."""
        return dns.rrset.from_rdata(origin, DNSKEY_TTL, self.public).to_text()


def make_key() -> Key:
    """Make a new key."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = dns.dnssec.make_dnskey(
        private.public_key(), Algorithm.ECDSAP256SHA256, Flag.ZONE | Flag.SEP
    )
    return Key(private, public)


def sign(content: dns.zone.Zone, key: Key, now: float) -> None:
    """Sign a zone in place; `now` in seconds since 1970."""
    dns.dnssec.sign_zone(
        content,
        keys=[(key.private, key.public)],
        dnskey_ttl=DNSKEY_TTL,
        inception=int(now) + BEGIN,
        expiration=int(now) + END,
    )
