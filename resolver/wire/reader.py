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
        records: list[Record] = []
        at = self.at
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
            else:
                records.append(((owner.lower(), rdtype, rdclass), ttl, data))
        if at > len(packet):
            # Only the last record of a section can have got this far: behind any
            # other, the next one would have been sought where there is nothing.
            raise Malformed(f"record data leaves the packet at offset {len(packet)}")
        self.at = at
        return group(records)

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
    rdatas: dict[Key, list[bytes]] = {}
    ttls: dict[Key, int] = {}
    signatures: dict[Key, list[Record]] = {}
    for record in records:
        key, ttl, data = record
        if key[1] == types.RRSIG:
            covered = int.from_bytes(data[:2], "big")
            signatures.setdefault((key[0], covered, key[2]), []).append(record)
            continue
        found = rdatas.get(key)
        if found is None:
            found = rdatas[key] = []
            ttls[key] = ttl
        elif ttl < ttls[key]:
            ttls[key] = ttl
        found.append(data)
    covering = _cover(signatures, rdatas, ttls) if signatures else {}
    sets: list[RRset] = []
    for key, found in rdatas.items():
        owner, rdtype, rdclass = key
        unique = tuple(found) if len(found) == 1 else tuple(dict.fromkeys(found))
        ttl = max(0, ttls[key])
        sets.append(RRset(owner, rdtype, ttl, unique, covering.get(key, ()), rdclass))
    return tuple(sets)


def _cover(
    signatures: dict[Key, list[Record]],
    rdatas: dict[Key, list[bytes]],
    ttls: dict[Key, int],
) -> dict[Key, tuple[bytes, ...]]:
    """Give the signatures for each set that has some; the others become sets.

    A set lives no longer than its signatures (RFC 4035 section 5.3.3).
    """
    covering: dict[Key, tuple[bytes, ...]] = {}
    for key, records in signatures.items():
        ttl = min([ttl for _, ttl, _ in records])
        data = [signature for _, _, signature in records]
        # No signature covers signatures (RFC 4035 section 2.2).
        if key[1] != types.RRSIG and key in rdatas:
            covering[key] = tuple(dict.fromkeys(data))
            ttls[key] = min(ttl, ttls[key])
        else:
            alone = (key[0], types.RRSIG, key[2])
            rdatas.setdefault(alone, []).extend(data)
            ttls[alone] = min(ttl, ttls.get(alone, ttl))
    return covering
