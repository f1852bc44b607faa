"""Names that are answered here and never asked about.

Two sources: records from the configuration, and the names that standards reserve for
local use.  The second list is data (`SPECIAL_NAMES`): a zone and what kind of answer
everything in it gets.

*   `localhost` is this machine, whatever anyone says (RFC 6761 section 6.3).
*   An absent zone does not exist for DNS: `invalid`, `test`, `onion`, `alt`.
*   An empty zone has an SOA and NS of its own and nothing else; the reverse zones of
    private networks are the most asked-for junk at the root's servers (RFC 6303).

Whatever the configuration says about a name wins: its records, and zones that it
forwards or asks as stubs, at or below a special name.
"""

from typing import Final, final

from resolver.ports import Resolution
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

_ABSENT: Final = "absent"
_EMPTY: Final = "empty"
_LOCALHOST: Final = "localhost"

# Seconds; RFC 6303 section 3 for the SOA and its minimum.
_SPECIAL_TTL: Final = 10_800

SPECIAL_NAMES: Final = {
    # RFC 6761.
    "localhost": _LOCALHOST,
    "invalid": _ABSENT,
    "test": _ABSENT,
    "onion": _ABSENT,  # RFC 7686
    "alt": _ABSENT,  # RFC 9476
    "home.arpa": _EMPTY,  # RFC 8375
    "resolver.arpa": _EMPTY,  # RFC 9462 section 6.2
    # RFC 6303 section 4.2: private, loopback, link-local, documentation, broadcast.
    "10.in-addr.arpa": _EMPTY,
    **{f"{i}.172.in-addr.arpa": _EMPTY for i in range(16, 32)},
    "168.192.in-addr.arpa": _EMPTY,
    "0.in-addr.arpa": _EMPTY,
    "127.in-addr.arpa": _EMPTY,
    "254.169.in-addr.arpa": _EMPTY,
    "2.0.192.in-addr.arpa": _EMPTY,
    "100.51.198.in-addr.arpa": _EMPTY,
    "113.0.203.in-addr.arpa": _EMPTY,
    "255.255.255.255.in-addr.arpa": _EMPTY,
    # RFC 7793: shared address space, 100.64.0.0/10.
    **{f"{i}.100.in-addr.arpa": _EMPTY for i in range(64, 128)},
    # RFC 6303 sections 4.3 to 4.6: ::, ::1, unique local, link-local, documentation.
    ".".join("0" * 32) + ".ip6.arpa": _EMPTY,
    "1." + ".".join("0" * 31) + ".ip6.arpa": _EMPTY,
    "d.f.ip6.arpa": _EMPTY,
    "8.e.f.ip6.arpa": _EMPTY,
    "9.e.f.ip6.arpa": _EMPTY,
    "a.e.f.ip6.arpa": _EMPTY,
    "b.e.f.ip6.arpa": _EMPTY,
    "8.b.d.0.1.0.0.2.ip6.arpa": _EMPTY,
}


def _wire(text: str) -> bytes:
    """Turn one of the plain names above into wire form."""
    parts = (bytes((len(label),)) + label.encode() for label in text.split("."))
    return b"".join(parts) + names.ROOT


_LOCALHOST_NAME: Final = _wire("localhost")
_LOOPBACK: Final = {
    types.A: bytes((127, 0, 0, 1)),
    types.AAAA: bytes(15) + b"\x01",
}
_LOOPBACK_POINTERS: Final = frozenset(
    {
        _wire("1.0.0.127.in-addr.arpa"),
        _wire("1." + ".".join("0" * 31) + ".ip6.arpa"),
    }
)


@final
class LocalNames:
    """Answers questions about names that are ours to answer."""

    __slots__ = ("_below", "_records", "_special")

    def __init__(
        self,
        records: tuple[RRset, ...] = (),
        *,
        special_use: bool = True,
        configured: tuple[bytes, ...] = (),
    ) -> None:
        """Take the configured records, and the names of forward and stub zones."""
        self._records: Final = {(r.name, r.rdtype): r for r in records}
        # Names that exist because something is at or below them (RFC 4592 2.2.2).
        self._below: Final = {
            name for r in records for name in _inside(r.name, records)
        }
        special = {_wire(text): kind for text, kind in SPECIAL_NAMES.items()}
        self._special: Final[dict[bytes, str]] = special if special_use else {}
        for zone in configured:
            # Down to here the configuration knows better.
            self._special[zone] = ""

    def answer(self, question: Question) -> Resolution | None:
        """Answer a question of class IN, or return None: it is not ours."""
        name = question.name
        if name in self._below:
            found = self._records.get((name, question.rdtype))
            if found is None:
                found = self._records.get((name, types.CNAME))
            answer = () if found is None else (found,)
            return Resolution(types.NOERROR, answer, authoritative=True)
        zone = name
        while zone not in self._special:
            if zone == names.ROOT:
                return None
            zone = zone[zone[0] + 1 :]
        match self._special[zone]:
            case "localhost":
                return _localhost(question, zone)
            case "absent":
                return _nothing(types.NXDOMAIN, zone)
            case "empty":
                return _empty(question, zone)
            case _:
                return None


def _inside(name: bytes, records: tuple[RRset, ...]) -> list[bytes]:
    """List a record's name and those above it, down from the topmost record's.

    Above that the names belong to somebody else: `nas.home.` says nothing about
    `home.`, but `a.b.nas.home.` beside it makes `b.nas.home.` exist.
    """
    owners = {record.name for record in records}
    line = names.ancestors(name)
    last = max(i for i, ancestor in enumerate(line) if ancestor in owners)
    return line[: last + 1]


def _localhost(question: Question, zone: bytes) -> Resolution:
    rdata = _LOOPBACK.get(question.rdtype)
    if rdata is None:
        return _nothing(types.NOERROR, zone)
    rrset = RRset(question.name, question.rdtype, _SPECIAL_TTL, (rdata,))
    return Resolution(types.NOERROR, (rrset,), authoritative=True)


def _empty(question: Question, zone: bytes) -> Resolution | None:
    """Answer from a zone that has nothing but its own SOA and NS (RFC 6303)."""
    name, rdtype, _ = question
    if name in _LOOPBACK_POINTERS and rdtype == types.PTR:
        pointer = RRset(name, types.PTR, _SPECIAL_TTL, (_LOCALHOST_NAME,))
        return Resolution(types.NOERROR, (pointer,), authoritative=True)
    if name != zone:
        exists = name in _LOOPBACK_POINTERS
        return _nothing(types.NOERROR if exists else types.NXDOMAIN, zone)
    if rdtype == types.DS:
        # The parent's to know: an unsigned delegation lets validators below us
        # accept what we say here (RFC 8375 section 4, RFC 6303 section 7).
        return None
    if rdtype == types.SOA:
        return Resolution(types.NOERROR, (_soa(zone),), authoritative=True)
    if rdtype == types.NS:
        ns = RRset(zone, types.NS, _SPECIAL_TTL, (zone,))
        return Resolution(types.NOERROR, (ns,), authoritative=True)
    return _nothing(types.NOERROR, zone)


def _nothing(rcode: int, zone: bytes) -> Resolution:
    return Resolution(rcode, authority=(_soa(zone),), authoritative=True)


def _soa(zone: bytes) -> RRset:
    """Make the SOA of RFC 6303 section 3: `@ nobody.invalid. 1 3600 1200 604800 10800`."""
    numbers = (1, 3600, 1200, 604_800, _SPECIAL_TTL)
    rdata = zone + _wire("nobody.invalid")
    rdata += b"".join(number.to_bytes(4, "big") for number in numbers)
    return RRset(zone, types.SOA, _SPECIAL_TTL, (rdata,))
