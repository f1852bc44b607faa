"""Read a packet into a `Message`.

One pass from front to back, no record object in between: every record's data goes
straight into the list of its set, keyed by (name, type, class), and the sets are made
when their section ends.  Signatures are kept apart on the way and join the set that
they cover (RFC 4035 section 2.2).

This is the inner loop of the cold path, and it is written for the interpreter:
a record whose owner is a pointer to a name seen before costs one unpacking and one
look-up, addresses and name server names are dealt with in the loop, and the table of
layouts (see `rdata`) is asked about everything else.

What is strict and what is not: counts, lengths, names and every layout we know are
checked, because a record read wrongly is worse than none.  Bytes behind the last
record are passed over, as BIND and Unbound do; nothing refers to them, and servers
and middleboxes that pad exist.

A dynamic update (RFC 2136) has records without data and is not read: its opcode has
to be judged by `header_of` first.
"""

from struct import Struct
from struct import error as StructError  # noqa: N812 - a class with a lower-case name
from typing import Final, NamedTuple, final

from resolver.wire import edns, types
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.names import ROOT
from resolver.wire.rdata import (
    ANY_CLASS,
    FIRST_NAME,
    INTERNET,
    ONE_NAME,
    POINTER,
    POINTER_MASK,
    Malformed,
    Names,
    read_rdata,
)

__all__ = ["Header", "Malformed", "group", "header_of", "question_of", "read"]

_HEADER: Final = Struct("!HHHHHH")
_QUESTION: Final = Struct("!HH")
# Type, class, TTL, data length; with and without a pointer as owner in front.  The
# TTL is read as a signed number: one with its top bit set comes out below zero, is
# the smallest of its set, and ends as zero (RFC 2181 section 8).
_RECORD: Final = Struct("!HHiH")
_POINTED_RECORD: Final = Struct("!HHHiH")
_RECORD_SIZE: Final = 10
_POINTED_RECORD_SIZE: Final = 12
_RCODE_BITS: Final = 15
# The root as owner, and the type OPT.
_OPT_START: Final = ROOT + types.OPT.to_bytes(2, "big")
_OPT_START_SIZE: Final = 3
# Data sizes of the types that are nothing but an address.
_ADDRESS_SIZES: Final = {types.A: 4, types.AAAA: 16}

# Name, type and class make the set; then TTL and data.
Key = tuple[bytes, int, int]
Record = tuple[Key, int, bytes]


class Header(NamedTuple):
    """The first twelve bytes; `flags` without the response code, as in `Message`."""

    id: int
    flags: int
    rcode: int
    questions: int
    answers: int
    authorities: int
    additionals: int

    @property
    def opcode(self) -> int:
        """The kind of message: 0 is a query."""
        return self.flags >> 11 & 15


def header_of(packet: bytes) -> Header:
    """Read the header alone.  Raises `Malformed` if the packet is shorter."""
    if len(packet) < FIRST_NAME:
        raise Malformed(f"a packet of {len(packet)} bytes has no header")
    id_, word, questions, answers, authorities, additionals = _HEADER.unpack_from(
        packet
    )
    flags, rcode = word & ~_RCODE_BITS, word & _RCODE_BITS
    return Header(id_, flags, rcode, questions, answers, authorities, additionals)


def question_of(packet: bytes) -> tuple[Question, int]:
    """Read the question, whatever the header says, and the offset behind it.

    Raises `Malformed`.
    """
    return _question(Names(packet))


def read(packet: bytes) -> Message:
    """Read a whole packet.

    `Message.answer`, `authority` and `additional` hold one RRset for each name, type
    and class: records no twice, the smallest TTL of all, signatures attached.
    Signatures that cover nothing in their section are a set of type RRSIG at its
    end.  OPT is in `edns` and its response-code bits in `rcode`.

    Raises `Malformed`, and nothing else.
    """
    try:
        return _read(packet)
    except (IndexError, StructError):
        raise Malformed(f"the packet ends too early, at offset {len(packet)}") from None


def _read(packet: bytes) -> Message:
    if len(packet) < FIRST_NAME:
        raise Malformed(f"a packet of {len(packet)} bytes has no header")
    id_, word, questions, answers, authorities, additionals = _HEADER.unpack_from(
        packet
    )
    names = Names(packet)
    question: Question | None = None
    at = FIRST_NAME
    if questions:
        if questions > 1:
            # RFC 9619: a query has one question or none.
            raise Malformed(f"{questions} questions")
        question, at = _question(names)
    body = _Body(names, at)
    answer = body.section(answers) if answers else ()
    authority = body.section(authorities) if authorities else ()
    additional: tuple[RRset, ...] = ()
    if additionals:
        body.opt_allowed = True
        if additionals != 1 or not body.read_lone_opt():
            additional = body.section(additionals)
    return Message(
        id_,
        word & ~_RCODE_BITS,
        question,
        body.rcode_high << 4 | word & _RCODE_BITS,
        answer,
        authority,
        additional,
        body.edns,
    )


def _question(names: Names) -> tuple[Question, int]:
    packet = names.packet
    try:
        name = names.read(FIRST_NAME)
        rdtype, rdclass = _QUESTION.unpack_from(packet, names.end)
    except (IndexError, StructError):
        raise Malformed(f"the question is cut short at {len(packet)}") from None
    return Question(name.lower(), rdtype, rdclass), names.end + 4


@final
class _Body:
    """What follows the question, read section by section."""

    __slots__ = ("at", "edns", "names", "opt_allowed", "rcode_high")

    def __init__(self, names: Names, at: int) -> None:
        self.names = names
        self.at = at  # offset of the next record
        self.opt_allowed = False  # whether this is the additional section
        self.edns: Edns | None = None
        self.rcode_high = 0

    def section(self, count: int) -> tuple[RRset, ...]:
        """Read `count` records into sets."""
        names = self.names
        packet = names.packet
        known = names.known.get
        # A lone record is what most sections of a reply have that is not signed.
        alone: tuple[RRset, ...] = ()
        sets, at = _Sets(), self.at
        # Declared, so that a compiled loop need not find out what they are.
        pointer: int
        rdtype: int
        rdclass: int
        ttl: int
        size: int
        for _ in range(count):
            if packet[at] >= POINTER:
                pointer, rdtype, rdclass, ttl, size = _POINTED_RECORD.unpack_from(
                    packet, at
                )
                # A name known at some offset was seen before it could be pointed to.
                owner = known(pointer & POINTER_MASK) or names.read(at)
                at += _POINTED_RECORD_SIZE
            else:
                owner = names.read(at)
                rdtype, rdclass, ttl, size = _RECORD.unpack_from(packet, names.end)
                at = names.end + _RECORD_SIZE
            end = at + size
            if _ADDRESS_SIZES.get(rdtype) == size:
                data = packet[at:end]
            else:
                data = self._data(rdtype, rdclass, at, end)
            at = end
            if rdtype == types.OPT:
                self._keep_edns(owner, rdclass, ttl, data)
            elif count == 1 and rdtype != types.RRSIG:
                name = owner.lower()
                alone = (RRset(name, rdtype, max(0, ttl), (data,), (), rdclass),)
            else:
                sets.add(owner, rdtype, rdclass, ttl, data)
        self._go_on(at)
        return alone or sets.made()

    def _go_on(self, at: int) -> None:
        """Go on behind a section.

        Only its last record can have left the packet: behind any other, the next one
        would have been sought where there is nothing.
        """
        end = len(self.names.packet)
        if at > end:
            raise Malformed(f"record data leaves the packet at offset {end}")
        self.at = at

    def read_lone_opt(self) -> bool:
        """Read an additional section that is one OPT record, as most are.

        False: it is something else, and nothing was read.
        """
        packet, at = self.names.packet, self.at
        if packet[at : at + _OPT_START_SIZE] != _OPT_START:
            return False
        _, size, ttl, length = _RECORD.unpack_from(packet, at + 1)
        start = at + 1 + _RECORD_SIZE
        end = start + length
        if end > len(packet):
            raise Malformed(f"record data leaves the packet at offset {len(packet)}")
        self._keep_edns(ROOT, size, ttl, packet[start:end])
        self.at = end
        return True

    def _data(self, rdtype: int, rdclass: int, at: int, end: int) -> bytes:
        """Read the data of a record that is not a plain address."""
        names = self.names
        layout = (INTERNET if rdclass == types.IN else ANY_CLASS).get(rdtype)
        if layout is None:
            return names.packet[at:end]
        if layout is ONE_NAME:
            data = names.read(at)
            if names.end != end:
                raise Malformed(f"a name at offset {at} does not fill its record")
            return data
        return read_rdata(names, layout, at, end)

    def _keep_edns(self, owner: bytes, rdclass: int, ttl: int, data: bytes) -> None:
        if not self.opt_allowed or self.edns is not None or owner != ROOT:
            # RFC 6891 section 6.1.1.
            raise Malformed("an OPT record that is not the only one or out of place")
        self.edns = edns.decode(data, rdclass, ttl)
        self.rcode_high = ttl >> 24 & 0xFF


def group(records: list[Record]) -> tuple[RRset, ...]:
    """Make sets of (key, TTL, data) records, in the order of their first records."""
    sets = _Sets()
    for (owner, rdtype, rdclass), ttl, data in records:
        sets.add(owner, rdtype, rdclass, ttl, data)
    return sets.made()


@final
class _Sets:
    """The sets of a section while they grow, by their keys.

    Most records are of the same set as the one before, or sign it, and have the very
    same object as owner: for those no key is made.
    """

    __slots__ = (
        "_class",
        "_early",
        "_key",
        "_last",
        "_owner",
        "_rdatas",
        "_signatures",
        "_ttls",
        "_type",
    )

    def __init__(self) -> None:
        self._rdatas: Final[dict[Key, list[bytes]]] = {}
        self._ttls: Final[dict[Key, int]] = {}
        self._signatures: Final[dict[Key, list[bytes]]] = {}
        # Signatures that came before what they sign, if that is there at all.
        self._early: Final[list[Record]] = []
        # The set of the last record, the owner as it was given.
        self._owner = b""
        self._type = self._class = 0
        self._key: Key = (b"", 0, 0)
        self._last: list[bytes] = []

    def add(
        self, owner: bytes, rdtype: int, rdclass: int, ttl: int, data: bytes
    ) -> None:
        """Add a record."""
        signs = rdtype == types.RRSIG
        if signs:
            rdtype = data[0] << 8 | data[1]
        if owner is not self._owner or rdtype != self._type or rdclass != self._class:
            key = (owner.lower(), rdtype, rdclass)
            found = self._rdatas.get(key)
            if found is None and signs:
                self._early.append((key, ttl, data))
                return
            self._owner, self._type, self._class = owner, rdtype, rdclass
            self._key = key
            if found is None:
                self._rdatas[key] = self._last = [data]
                self._ttls[key] = ttl
                return
            self._last = found
        if signs:
            self._sign(self._key, ttl, data)
            return
        self._last.append(data)
        self._ttls[self._key] = min(ttl, self._ttls[self._key])

    def _sign(self, key: Key, ttl: int, data: bytes) -> None:
        """Add a signature of a set, which lives no longer (RFC 4035 section 5.3.3)."""
        if key in self._signatures:
            self._signatures[key].append(data)
        else:
            self._signatures[key] = [data]
        self._ttls[key] = min(ttl, self._ttls[key])

    def made(self) -> tuple[RRset, ...]:
        """Make the sets, in the order of their first records, none with a record twice."""
        if self._early:
            self._settle()
        sets: list[RRset] = []
        for key, found in self._rdatas.items():
            owner, rdtype, rdclass = key
            unique = tuple(found) if len(found) == 1 else tuple(dict.fromkeys(found))
            ttl = max(0, self._ttls[key])
            signatures: tuple[bytes, ...] = ()
            if key in self._signatures:
                signed = self._signatures[key]
                several = len(signed) > 1
                signatures = tuple(dict.fromkeys(signed) if several else signed)
            sets.append(RRset(owner, rdtype, ttl, unique, signatures, rdclass))
        return tuple(sets)

    def _settle(self) -> None:
        """Put signatures to the sets that came after them; the others become sets."""
        for key, ttl, data in self._early:
            # No signature covers signatures (RFC 4035 section 2.2).
            if key[1] != types.RRSIG and key in self._rdatas:
                self._sign(key, ttl, data)
                continue
            alone = (key[0], types.RRSIG, key[2])
            self._rdatas.setdefault(alone, []).append(data)
            self._ttls[alone] = min(ttl, self._ttls.get(alone, ttl))
