"""The keys of a zone, as its DNSKEY set holds them.

A key is found by tag and algorithm, which is all that a signature says about it.
Tags are 16 bits: two keys of a zone can share one by chance, and thousands by
design (KeyTrap, CVE-2023-50387).  So `ZoneKeys` sorts a zone's keys once, and gives
at most `MAX_COLLIDING_KEYS` for one tag.

What is no key of a zone is never given: the zone bit has to be set (RFC 4034 section
2.1.1), the protocol has to be 3 (section 2.1.2), and a key that revokes itself can
say nothing but that it does (RFC 5011 section 2.1).
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, final

from resolver.wire import names, types

# Flags of a DNSKEY: RFC 4034 section 2.1.1, RFC 5011 section 7.
ZONE_KEY: Final = 0x0100
REVOKED: Final = 0x0080
ENTRY_POINT: Final = 0x0001
PROTOCOL: Final = 3
# Flags, protocol and algorithm, in front of the key itself.
KEY_HEAD: Final = 4
# Whose tag is computed in another way (RFC 4034 appendix B.1).
RSAMD5: Final = 1

# Keys of one tag and algorithm that a signature is tried with; PowerDNS and hickory 2.
# More than `USUAL_COLLIDING_KEYS` is nothing that a signer does by chance, and is
# told in the verdict.
MAX_COLLIDING_KEYS: Final = 4
USUAL_COLLIDING_KEYS: Final = 2

_MNEMONICS: Final = {
    1: "RSAMD5",
    3: "DSA",
    5: "RSASHA1",
    6: "DSA-NSEC3-SHA1",
    7: "RSASHA1-NSEC3-SHA1",
    8: "RSASHA256",
    10: "RSASHA512",
    12: "ECC-GOST",
    13: "ECDSAP256SHA256",
    14: "ECDSAP384SHA384",
    15: "ED25519",
    16: "ED448",
}


class Key(NamedTuple):
    """A DNSKEY, taken apart (RFC 4034 section 2.1)."""

    flags: int
    protocol: int
    algorithm: int
    tag: int
    public: bytes
    rdata: bytes

    @property
    def is_zone_key(self) -> bool:
        """Say whether it may sign the records of its zone."""
        return self.flags & ZONE_KEY != 0 and self.protocol == PROTOCOL

    @property
    def is_revoked(self) -> bool:
        """Say whether its owner has taken it back (RFC 5011 section 2.1)."""
        return self.flags & REVOKED != 0

    @property
    def is_entry_point(self) -> bool:
        """Say whether it is meant to be what the parent's DS points at."""
        return self.flags & ENTRY_POINT != 0


def read_key(rdata: bytes) -> Key | None:
    """Take the data of a DNSKEY apart; None where there is no key in it."""
    if len(rdata) <= KEY_HEAD:
        return None
    return Key(
        rdata[0] << 8 | rdata[1],
        rdata[2],
        rdata[3],
        key_tag(rdata),
        rdata[KEY_HEAD:],
        rdata,
    )


def read_keys(rdatas: Iterable[bytes]) -> list[Key]:
    """Take the DNSKEYs of a set apart, and leave out what is none."""
    found = [read_key(rdata) for rdata in rdatas]
    return [key for key in found if key is not None]


def key_tag(rdata: bytes) -> int:
    """Compute the tag of the DNSKEY with this data (RFC 4034 appendix B)."""
    if rdata[3] == RSAMD5:
        return int.from_bytes(rdata[-3:-1], "big")
    total = (sum(rdata[0::2]) << 8) + sum(rdata[1::2])
    return total + (total >> 16 & 0xFFFF) & 0xFFFF


def unrevoked_tag(key: Key) -> int:
    """Compute the tag that a key has, or had, without the bit that revokes it."""
    return key_tag(bytes((key.rdata[0], key.rdata[1] & ~REVOKED)) + key.rdata[2:])


def algorithm_name(algorithm: int) -> str:
    """Name an algorithm as IANA's registry does, or write its number."""
    return _MNEMONICS.get(algorithm, f"algorithm {algorithm}")


@final
class ZoneKeys:
    """The keys of one zone, ready to be found by the signatures that name them."""

    __slots__ = ("_fit", "_named", "_unrevoked", "keys", "zone", "zone_labels")

    def __init__(self, zone: bytes, keys: Iterable[Key]) -> None:
        self.zone: Final = zone
        self.zone_labels: Final = names.label_count(zone)
        self.keys: Final = tuple(keys)
        fit = [key for key in self.keys if key.is_zone_key]
        unrevoked = [key for key in fit if not key.is_revoked]
        # In most zones all three are the same.
        named = _by_tag(self.keys)
        usable = named if len(fit) == len(self.keys) else _by_tag(fit)
        self._named: Final = named
        self._fit: Final = usable
        self._unrevoked: Final = (
            usable if len(unrevoked) == len(fit) else _by_tag(unrevoked)
        )

    def named(self, tag: int, algorithm: int) -> list[Key]:
        """List all keys of the set with this tag and algorithm, fit or not."""
        return self._named.get(tag << 8 | algorithm, [])

    def fit(self, tag: int, algorithm: int, covered: int) -> list[Key]:
        """List the keys that may have signed a set of type `covered`.

        At most `MAX_COLLIDING_KEYS`.  A revoked key may sign the DNSKEY set alone,
        and nothing follows from it but its revocation (RFC 5011 section 2.1).
        """
        found = self._fit if covered == types.DNSKEY else self._unrevoked
        return found.get(tag << 8 | algorithm, [])[:MAX_COLLIDING_KEYS]


def _by_tag(keys: Iterable[Key]) -> dict[int, list[Key]]:
    found: dict[int, list[Key]] = {}
    for key in keys:
        found.setdefault(key.tag << 8 | key.algorithm, []).append(key)
    return found
