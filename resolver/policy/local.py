"""Names that are answered here and never asked about.

Three sources: records from the configuration, local zones from there, and the names
that standards reserve for local use (`special`).  All three are places in one table,
and the closest place at or above a name decides; what the configuration says about a
place wins over the standards.

*   A record answers for its name, whatever zone it is in, and a name with records has
    no other types.  `*.dev.home.` answers for all below `dev.home.` that have nothing
    of their own (RFC 4592).
*   A zone says what happens to all other names in it: its kind.
*   A forward or stub zone is a place where the configuration knows better: below it
    nothing is local but records.

An alias among the records is followed as far as it stays among them.  Where it leads
outside, its target has to be asked for, and `leads_outside` says so.

The names, kinds and order are Unbound's `local-zone`, except that records win over
every kind of zone: a blocked zone can have its exceptions.
"""

from collections.abc import Mapping
from typing import Final, final

from resolver.policy.places import (
    OPEN,
    REDIRECT,
    RESOLVED,
    STATIC,
    TYPE_TRANSPARENT,
    WILDCARD,
    Place,
    table_of,
)
from resolver.policy.special import (
    ABSENT,
    EMPTY,
    LOCALHOST,
    LOCALHOST_NAME,
    LOOPBACK_POINTERS,
    SPECIAL_NAMES,
    plain_name,
)
from resolver.ports import Resolution
from resolver.wire import names, types
from resolver.wire.errors import EDE_BLOCKED, EDE_OTHER
from resolver.wire.message import Question, RRset

# Seconds; RFC 6303 section 3 for the SOA and its minimum.
_SPECIAL_TTL: Final = 10_800
# Seconds that others may remember what a configured zone does not have: the next
# configuration may have it.
_LOCAL_TTL: Final = 300
# Aliases followed from one local record to the next.
_MAX_ALIASES: Final = 11

_LOOPBACK: Final = {
    types.A: bytes((127, 0, 0, 1)),
    types.AAAA: bytes(15) + b"\x01",
}
_UNSPECIFIED: Final = {types.A: bytes(4), types.AAAA: bytes(16)}


@final
class LocalNames:
    """Answers questions about names that are ours to answer."""

    __slots__ = ("_places", "_records", "has_aliases")

    def __init__(
        self,
        records: tuple[RRset, ...] = (),
        *,
        zones: Mapping[bytes, str] | None = None,
        special_use: bool = True,
        configured: tuple[bytes, ...] = (),
    ) -> None:
        """Take the configured records and zones, and the names of forward and stub zones."""
        self._records: Final = {
            (r.name, r.rdtype): r for r in records if r.rdclass == types.IN
        }
        kinds = dict.fromkeys(configured, OPEN)
        if special_use:
            special = {plain_name(text): kind for text, kind in SPECIAL_NAMES.items()}
            kinds = special | kinds
        kinds.update(zones or {})
        self._places: Final = table_of(records, kinds)
        self.has_aliases: Final = any(r.rdtype == types.CNAME for r in records)

    def answer(self, question: Question) -> Resolution | None:
        """Answer a question of class IN, or return None: it is not ours.

        Nor is a question whose answer begins with an alias of ours and ends elsewhere.
        """
        places = self._places
        name = question.name
        while name not in places:
            if not name[0]:
                return None
            name = name[name[0] + 1 :]
        found = self._at(question, name, places[name])
        if found is None or not self.has_aliases:
            return found
        return found if self._is_complete(found, question) else self._on(question)

    def leads_outside(
        self, question: Question
    ) -> tuple[tuple[RRset, ...], Question] | None:
        """Give the aliases of ours that a name has, and what to ask on from there.

        None where there are none, or where they end with us.
        """
        links, end, rest = self._chain(question)
        return (links, end) if links and rest is None else None

    def _on(self, question: Question) -> Resolution | None:
        """Answer a question whose name is an alias."""
        links, _, rest = self._chain(question)
        return rest and rest._replace(answer=links + rest.answer)

    def _chain(
        self, question: Question
    ) -> tuple[tuple[RRset, ...], Question, Resolution | None]:
        """Follow our aliases to the first name that is none, and answer there."""
        links: list[RRset] = []
        while len(links) < _MAX_ALIASES:
            found = self._closest(question)
            if found is None or self._is_complete(found, question):
                return tuple(links), question, found
            links += found.answer
            target = found.answer[-1].rdatas[0].lower()
            question = Question(target, question.rdtype)
        return (), question, Resolution(types.SERVFAIL)

    def _closest(self, question: Question) -> Resolution | None:
        for name in names.ancestors(question.name):
            place = self._places.get(name)
            if place is not None:
                return self._at(question, name, place)
        return None

    @staticmethod
    def _is_complete(found: Resolution, question: Question) -> bool:
        """Say whether an answer is more than an alias."""
        if not found.answer or question.rdtype == types.CNAME:
            return True
        return found.answer[-1].rdtype != types.CNAME

    def _at(self, question: Question, name: bytes, place: Place) -> Resolution | None:
        """Answer from the closest place, which is at `name`."""
        if place.exists and name == question.name:
            return self._from_records(question, name, place)
        if place.wildcard and name != question.name:
            return self._from_records(question, WILDCARD + name, place)
        if place.kind == REDIRECT:
            return self._from_records(question, place.zone, place)
        return self._from_zone(question, place)

    def _from_records(
        self, question: Question, owner: bytes, place: Place
    ) -> Resolution | None:
        """Answer with the records of a name, in the name of the one asked for."""
        rrset = self._records.get((owner, question.rdtype))
        if rrset is None:
            rrset = self._records.get((owner, types.CNAME))
        if rrset is not None:
            return _in_the_name_of(question.name, rrset)
        if place.kind == TYPE_TRANSPARENT:
            return None
        if question.name == place.zone and place.kind in {STATIC, EMPTY}:
            return self._from_zone(question, place)  # it has an SOA, made up if need be
        return self._nothing(types.NOERROR, place)

    def _from_zone(self, question: Question, place: Place) -> Resolution | None:
        """Answer for a name without records, as the zone that it is in wants it."""
        match place.kind:
            case "static":
                return self._static(question, place)
            case "empty":
                return self._empty(question, place)
            case "absent":
                return self._nothing(types.NXDOMAIN, place)
            case "localhost":
                return self._addresses(question, place, _LOOPBACK, _SPECIAL_TTL)
            case "null":
                found = self._addresses(question, place, _UNSPECIFIED, _LOCAL_TTL)
                return _blocked(found, place)
            case "nxdomain":
                return _blocked(self._nothing(types.NXDOMAIN, place), place)
            case "nodata":
                return _blocked(self._nothing(types.NOERROR, place), place)
            case "refuse":
                return _blocked(Resolution(types.REFUSED), place)
            case _:
                return None

    def _addresses(
        self, question: Question, place: Place, addresses: dict[int, bytes], ttl: int
    ) -> Resolution:
        rdata = addresses.get(question.rdtype)
        if rdata is None:
            return self._nothing(types.NOERROR, place)
        rrset = RRset(question.name, question.rdtype, ttl, (rdata,))
        return Resolution(types.NOERROR, (rrset,), authoritative=True)

    def _static(self, question: Question, place: Place) -> Resolution:
        """Answer from a zone that has an SOA and whatever records say."""
        if question.name != place.zone:
            return self._nothing(types.NXDOMAIN, place)
        if question.rdtype == types.SOA:
            soa = self._soa(place)
            return Resolution(types.NOERROR, (soa,), authoritative=True)
        return self._nothing(types.NOERROR, place)

    def _empty(self, question: Question, place: Place) -> Resolution | None:
        """Answer from a zone that has nothing but its own SOA and NS (RFC 6303)."""
        name, rdtype, _ = question
        zone = place.zone
        if name in LOOPBACK_POINTERS and rdtype == types.PTR:
            pointer = RRset(name, types.PTR, _SPECIAL_TTL, (LOCALHOST_NAME,))
            return Resolution(types.NOERROR, (pointer,), authoritative=True)
        if name != zone and any(names.is_below(p, name) for p in LOOPBACK_POINTERS):
            return self._nothing(types.NOERROR, place)
        if name == zone and rdtype == types.DS:
            # The parent's to know: an unsigned delegation lets validators below us
            # accept what we say here (RFC 8375 section 4, RFC 6303 section 7).
            return None
        if name == zone and rdtype == types.NS:
            ns = RRset(zone, types.NS, _SPECIAL_TTL, (zone,))
            return Resolution(types.NOERROR, (ns,), authoritative=True)
        return self._static(question, place)

    def _nothing(self, rcode: int, place: Place) -> Resolution:
        if place.kind in RESOLVED:
            # The zone that the name is in is not ours, and neither is its SOA.
            return Resolution(rcode, authoritative=True)
        soa = self._soa(place)
        minimum = int.from_bytes(soa.rdatas[0][-4:], "big")
        authority = soa.with_ttl(min(soa.ttl, minimum))  # RFC 2308 section 3
        return Resolution(rcode, authority=(authority,), authoritative=True)

    def _soa(self, place: Place) -> RRset:
        """Give a zone's SOA: from the records, or that of RFC 6303 section 3."""
        known = self._records.get((place.zone, types.SOA))
        if known is not None:
            return known
        special = place.kind in {EMPTY, ABSENT, LOCALHOST}
        ttl = _SPECIAL_TTL if special else _LOCAL_TTL
        rdata = place.zone + plain_name("nobody.invalid")
        for number in (1, 3600, 1200, 604_800, ttl):
            rdata += number.to_bytes(4, "big")
        return RRset(place.zone, types.SOA, ttl, (rdata,))


def _in_the_name_of(name: bytes, rrset: RRset) -> Resolution:
    """Answer with a record set as that of another name.

    An alias to `*.garden.` leads each name to one of its own there: `a.b.` to
    `a.b.garden.`, as in Unbound and response policy zones.
    """
    [*rdatas] = rrset.rdatas
    if rrset.rdtype == types.CNAME and rdatas[0].startswith(WILDCARD):
        rdatas = [name[:-1] + rdatas[0][len(WILDCARD) :]]
        if len(rdatas[0]) > names.MAX_NAME:
            text = "the name is too long for the alias that it has here"
            ede = ((EDE_OTHER, text),)
            return Resolution(types.YXDOMAIN, ede=ede, authoritative=True)
    answer = (RRset(name, rrset.rdtype, rrset.ttl, tuple(rdatas)),)
    return Resolution(types.NOERROR, answer, authoritative=True)


def _blocked(resolution: Resolution, place: Place) -> Resolution:
    """Add to an answer that it is one because the name is blocked (RFC 8914)."""
    text = f"blocked by the local zone {names.to_text(place.zone)}"
    return resolution._replace(ede=((EDE_BLOCKED, text),), authoritative=True)
