"""What is believed without proof: trust anchors.

An anchor is the DS or DNSKEY records of a zone that we were told out of band.  The
root's come with the program, as IANA publishes them; any name may be given others,
which replace what is built in only for that name.  A name is validated from the
closest anchor above it, and where none is above it, not at all (RFC 4033 section 5:
indeterminate).

A mistake here makes names unreachable, or believed without reason.  So what cannot
serve as an anchor is refused when it is read, in words.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, final

from resolver.dnssec.crypto import Crypto
from resolver.dnssec.digests import read_ds, usable_ds, vouched_keys
from resolver.dnssec.keys import Key, ZoneKeys, read_keys
from resolver.wire import names, types
from resolver.wire.message import RRset

# When the newest of the built-in anchors was published, in seconds since 1970
# (KSK-2024: validFrom 2024-07-18T00:00:00Z).  No clock that is right shows less.
NEWEST_BUILT_IN: Final = 1_721_260_800

_DS_WORDS: Final = 7


class Anchor(NamedTuple):
    """What is known of a zone's keys: data of DS and DNSKEY records, or of either."""

    zone: bytes
    signers: tuple[bytes, ...]
    keys: tuple[bytes, ...]

    def tags(self) -> list[int]:
        """List the tags of the keys, in ascending order."""
        named = [it.tag for it in map(read_ds, self.signers) if it is not None]
        return sorted({*named, *(it.tag for it in read_keys(self.keys))})

    def trusted(self, keys: ZoneKeys, crypto: Crypto) -> list[Key]:
        """List those of a zone's keys that are anchored.

        A revoked key is not, its flags having changed (RFC 5011 section 2.1).
        """
        usable = usable_ds(self.signers, crypto)
        found = vouched_keys(usable, keys, crypto)
        for rdata in self.keys:
            found += (it for it in keys.keys if it.rdata == rdata and it not in found)
        return found


@final
class Anchors:
    """All anchors, by name."""

    __slots__ = ("_by_zone", "_longest")

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self._by_zone: Final = {anchor.zone: anchor for anchor in anchors}
        self._longest = max(map(len, self._by_zone), default=0)

    def above(self, name: bytes) -> Anchor | None:
        """Find the anchor closest to a name, at or above it; None without any."""
        for ancestor in names.ancestors(name):
            anchor = self._by_zone.get(ancestor)
            if anchor is not None:
                return anchor
        return None

    def may_be_below(self, zone: bytes) -> bool:
        """Say whether there may be an anchor below a zone.

        Quickly, and for most there are the root's alone.
        """
        return len(zone) < self._longest

    def at(self, zone: bytes) -> Anchor | None:
        """Find the anchor of a zone itself."""
        return self._by_zone.get(zone)

    def replace(self, zone: bytes, anchor: Anchor | None) -> None:
        """Trust other keys of a zone from now on; None: none at all.

        What was found out with the keys of before is the caller's to forget.
        """
        if anchor is None:
            self._by_zone.pop(zone, None)
        else:
            self._by_zone[zone] = anchor
        self._longest = max(map(len, self._by_zone), default=0)

    def zones(self) -> list[bytes]:
        """List the names that have an anchor."""
        return list(self._by_zone)


def read_built_in(text: str) -> list[RRset]:
    """Read anchors as we ship them: `. IN DS tag algorithm type digest`, one a line.

    A zone-file parser would take longer to load than everything else at start.  Raises
    ValueError for anything else.
    """
    rdatas: list[bytes] = []
    for line in text.splitlines():
        words = line.partition(";")[0].split()
        if not words:
            continue
        if len(words) != _DS_WORDS or words[:3] != [".", "IN", "DS"]:
            raise ValueError(f"no built-in anchor: {line}")
        tag, algorithm, digest_type, digest = words[3:]
        head = bytes((int(algorithm), int(digest_type)))
        rdatas.append(int(tag).to_bytes(2, "big") + head + bytes.fromhex(digest))
    return [RRset(names.ROOT, types.DS, 0, tuple(rdatas))]


def parse_anchors(text: str) -> list[RRset]:
    """Read anchors in zone-file form: DS and DNSKEY records, of any owner.

    Raises ValueError for what cannot be read and for what is something else.
    """
    # All of dnspython, which a program with the built-in anchors never needs.
    from resolver.wire.presentation import rrsets_from_text  # noqa: PLC0415

    found = rrsets_from_text(text)
    if not found:
        raise ValueError("no trust anchor in it: no DS or DNSKEY record")
    for rrset in found:
        if rrset.rdtype not in {types.DS, types.DNSKEY} or rrset.rdclass != types.IN:
            raise ValueError(f"{_what(rrset)} is no trust anchor: DS and DNSKEY are")
    return found


def collect(records: Iterable[RRset], crypto: Crypto) -> list[Anchor]:
    """Make one anchor for each name of DS and DNSKEY sets.

    Raises ValueError for a name with nothing to go by: a key that may not sign, or
    algorithms and digests that do not count.  Its zone would never be validated.
    """
    signers: dict[bytes, list[bytes]] = {}
    keys: dict[bytes, list[bytes]] = {}
    for rrset in records:
        of_kind = signers if rrset.rdtype == types.DS else keys
        of_kind.setdefault(rrset.name, []).extend(rrset.rdatas)
    found: list[Anchor] = []
    for zone in {**signers, **keys}:
        fit = [it for it in read_keys(keys.get(zone, ())) if _is_fit(it, crypto)]
        if not fit and not usable_ds(signers.get(zone, ()), crypto):
            raise ValueError(
                f"no trust anchor of {names.to_text(zone)} can be used: the algorithm"
                " or digest is not supported, or the key may not sign"
            )
        known = tuple(signers.get(zone, ()))
        found.append(Anchor(zone, known, tuple(key.rdata for key in fit)))
    return found


def clock_is_wrong(wall: int) -> bool:
    """Say whether the clock shows a time that is certainly over."""
    return wall < NEWEST_BUILT_IN


def _is_fit(key: Key, crypto: Crypto) -> bool:
    return key.is_zone_key and not key.is_revoked and crypto.supports(key.algorithm)


def _what(rrset: RRset) -> str:
    return f"{names.to_text(rrset.name)} {types.type_name(rrset.rdtype)}"
