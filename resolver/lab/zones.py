"""Zones, indexed for the questions that an authoritative server asks of them.

dnspython holds the records; this adds what RFC 1034 section 4.3.2 needs to know and a
dictionary of nodes does not say: which names exist without owning a record (empty
non-terminals), where authority ends (cuts), which name encloses a missing one most
closely, and which NSEC or NSEC3 records prove that.

A zone does not change after it was made.  Names are dnspython's, absolute, compared
without case; their order is the canonical one of RFC 4034 section 6.1.
"""

import bisect
from collections.abc import Iterable, Iterator
from typing import Final, final

import dns.name
import dns.rdatatype
import dns.rdtypes.ANY.NSEC3
import dns.rdtypes.ANY.SOA
import dns.rrset
import dns.zone
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from resolver.lab.denial import Hashing

_STAR: Final = dns.name.from_text("*", origin=None)


@final
class Zone:
    """The records of one zone and the shape of its tree."""

    __slots__ = (
        "_content",
        "_cuts",
        "_dnames",
        "_existing",
        "_hashing",
        "_nsec3_owners",
        "_nsec_owners",
        "origin",
    )

    def __init__(self, content: dns.zone.Zone) -> None:
        """Index a zone whose names are absolute; it needs an SOA and an NS set."""
        content.check_origin()
        if content.origin is None or not content.origin.is_absolute():
            raise ValueError("a zone of the lab needs an absolute origin")
        self.origin: Final[Name] = content.origin
        self._content: Final = content
        self._cuts: Final = frozenset(
            name for name in self._owners(RdataType.NS) if name != self.origin
        )
        self._dnames: Final = frozenset(self._owners(RdataType.DNAME))
        self._nsec3_owners: Final = sorted(self._owners(RdataType.NSEC3))
        self._hashing: Final = self._parameters()
        self._existing: Final = frozenset(self._visible_names())
        self._nsec_owners: Final = sorted(self._owners(RdataType.NSEC))

    def rrset(
        self, name: Name, rdtype: RdataType, owner: Name | None = None
    ) -> RRset | None:
        """Give the records of a name, glue included, as if `owner` owned them."""
        rdataset = self._content.get_rdataset(name, rdtype)
        if rdataset is None:
            return None
        return dns.rrset.from_rdata(owner or name, rdataset.ttl, *rdataset)

    def signatures(
        self, name: Name, covers: RdataType, owner: Name | None = None
    ) -> RRset | None:
        """Give the RRSIG records that cover one type of a name."""
        rdataset = self._content.get_rdataset(name, RdataType.RRSIG, covers)
        if rdataset is None:
            return None
        return dns.rrset.from_rdata(owner or name, rdataset.ttl, *rdataset)

    def types_at(self, name: Name) -> list[RdataType]:
        """List the types that a name owns, signatures left out."""
        node = self._content.get_node(name)
        found = [] if node is None else [each.rdtype for each in node]
        return sorted({rdtype for rdtype in found if rdtype != RdataType.RRSIG})

    def soa_for_denial(self) -> RRset:
        """Give the SOA with the TTL that a negative answer has (RFC 2308 section 3)."""
        soa = self.rrset(self.origin, RdataType.SOA)
        if soa is None or not isinstance(soa[0], dns.rdtypes.ANY.SOA.SOA):
            raise ValueError(f"{self.origin} has lost its SOA")
        soa.update_ttl(min(soa.ttl, soa[0].minimum))
        return soa

    def exists(self, name: Name) -> bool:
        """Say whether a name is in the zone's tree, perhaps without any record."""
        return name in self._existing

    def closest_encloser(self, name: Name) -> Name:
        """Give the longest existing name at or above `name` (RFC 4592 section 3.3.1)."""
        return next(above for above in self._above(name) if above in self._existing)

    def cut_above(self, name: Name) -> Name | None:
        """Give the topmost delegation at or above `name`: there authority ends."""
        found = [above for above in self._above(name) if above in self._cuts]
        return found[-1] if found else None

    def dname_above(self, name: Name) -> Name | None:
        """Give the name strictly above `name` that a DNAME redirects, if any."""
        for above in self._above(name):
            if above != name and above in self._dnames:
                return above
        return None

    def wildcard_below(self, encloser: Name) -> Name | None:
        """Give the wildcard that answers for the missing children of a name."""
        try:
            star = _STAR.concatenate(encloser)
        except dns.name.NameTooLong:
            return None
        return star if star in self._existing else None

    def proof_at(self, name: Name) -> list[Name]:
        """Give the owners of the records that tell what types a name has.

        Where a cut is opted out, those that prove that it may be one.
        """
        if self._hashing is None:
            return self._nsec_spanning(name)
        own = self._hashing.owner(name, self.origin)
        if own in self._nsec3_owners:
            return [own]
        return self._proof_of_encloser(name, self._hashing)

    def proof_below(self, name: Name, encloser: Name) -> list[Name]:
        """Give the owners of the records that deny a name below its closest encloser.

        That what the wildcard there is about is proven besides.
        """
        if self._hashing is None:
            return self._nsec_spanning(name)
        return self._proof_of_encloser(name, self._hashing, encloser)

    def proof_of_closer(self, name: Name, encloser: Name) -> list[Name]:
        """Give the owners of the records that deny all that is closer to the name."""
        if self._hashing is None:
            return self._nsec_spanning(name)
        closer = name.split(len(encloser) + 1)[1]
        return self._nsec3_covering(closer, self._hashing)

    def proof_of_no_wildcard(self, encloser: Name) -> list[Name]:
        """Give the owners of the records that deny the wildcard below a name."""
        try:
            star = _STAR.concatenate(encloser)
        except dns.name.NameTooLong:
            return []
        if self._hashing is None:
            return self._nsec_spanning(star)
        return self._nsec3_covering(star, self._hashing)

    @property
    def denial(self) -> RdataType:
        """Say which type of records denies what is not there."""
        return RdataType.NSEC if self._hashing is None else RdataType.NSEC3

    def to_text(self) -> str:
        """Write the zone as a zone file with absolute names, for other servers."""
        return str(self._content.to_text(relativize=False))

    def _parameters(self) -> Hashing | None:
        """Read how the zone hashes its names from one of its NSEC3 records."""
        if not self._nsec3_owners:
            return None
        rdataset = self._content.get_rdataset(self._nsec3_owners[0], RdataType.NSEC3)
        if rdataset is None:
            return None
        record = rdataset[0]
        return Hashing(getattr(record, "iterations", 0), getattr(record, "salt", b""))

    def _nsec_spanning(self, name: Name) -> list[Name]:
        """Give the owner of the NSEC at or before a name; none in unsigned zones."""
        if not self._nsec_owners:
            return []
        return [self._nsec_owners[bisect.bisect_right(self._nsec_owners, name) - 1]]

    def _nsec3_covering(self, name: Name, hashing: Hashing) -> list[Name]:
        owner = hashing.owner(name, self.origin)
        owners = self._nsec3_owners
        return [owners[bisect.bisect_right(owners, owner) - 1]]

    def _proof_of_encloser(
        self, name: Name, hashing: Hashing, encloser: Name | None = None
    ) -> list[Name]:
        """Prove the closest encloser that has a record (RFC 5155 section 7.2.1)."""
        if encloser is None:
            encloser = name.parent()
        while (own := hashing.owner(encloser, self.origin)) not in self._nsec3_owners:
            encloser = encloser.parent()
        closer = name.split(len(encloser) + 1)[1]
        return [own, *self._nsec3_covering(closer, hashing)]

    def _owners(self, rdtype: RdataType) -> Iterator[Name]:
        for name, node in self._content.nodes.items():
            if any(each.rdtype == rdtype for each in node):
                yield name

    def _visible_names(self) -> Iterator[Name]:
        """Name everything down to the cuts; glue below them is not ours to know."""
        hashes = frozenset(self._nsec3_owners)
        for name in self._content.nodes:
            for above in () if name in hashes else self._above(name):
                if self.cut_above(above) in {None, above}:
                    yield above

    def _above(self, name: Name) -> Iterator[Name]:
        while name != self.origin:
            yield name
            name = name.parent()
        yield name


@final
class ZoneSet:
    """The zones that one server serves."""

    __slots__ = ("_zones",)

    def __init__(self, zones: Iterable[Zone]) -> None:
        self._zones: Final = {zone.origin: zone for zone in zones}

    def closest(self, name: Name, rdtype: RdataType) -> Zone | None:
        """Find the zone that answers: the deepest one that encloses the name.

        A DS record belongs to the parent's side of the cut (RFC 4035 section
        3.1.4.1), so for DS a zone above the name comes first when it is here.
        """
        if rdtype == RdataType.DS and name != dns.name.root:
            above = self._deepest(name.parent())
            if above is not None:
                return above
        return self._deepest(name)

    def _deepest(self, name: Name) -> Zone | None:
        while (zone := self._zones.get(name)) is None:
            if name == dns.name.root:
                return None
            name = name.parent()
        return zone


def parse_zone(origin: str, text: str) -> Zone:
    """Make a zone from a zone file's text.

    Raises dnspython's exceptions (`dns.exception.SyntaxError`, `dns.zone.NoSOA`,
    `dns.zone.NoNS`) for what is not a zone.
    """
    return Zone(dns.zone.from_text(text, origin=origin, relativize=False))
