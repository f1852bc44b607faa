"""Write a `Message` as a packet.

A packet grows in one bytearray.  Every ending of every name that was written is
remembered with its offset; a later name is written up to its longest ending that is
known, and a pointer.  Names in record data are compressed in the types of RFC 1035
only (RFC 3597 section 4), and only onto endings of the same case, so that reading
gives back what was written.  Owner names are always lower-case; a question in the
client's own case (`question_wire`) therefore gives every name that ends like it the
client's case, as servers have always done.

What does not fit is left out by whole sets, and only what was asked for counts:
additional sets that find no room are dropped without a word (RFC 2181 section 9),
but if the answer or the authority section does not fit, the reply says TC and is
empty.  Half an answer helps nobody.

Compression needs no limit of its own: every label that was looked up in vain is
written, so the work is bounded by the size of the packet, and only the first 16 kB
of that can be pointed to and are remembered.
"""

from struct import Struct
from typing import Final, final

from resolver.wire import edns as opt
from resolver.wire import names, types
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.rdata import COMPRESSIBLE, NAME, POINTER_MASK, Layout

__all__ = ["MAX_MESSAGE", "query", "query_in_case", "write", "write_with_ttls"]

# RFC 1035 section 4.2.2: the length before a message on TCP has 16 bits.
MAX_MESSAGE: Final = 65535

_HEADER: Final = Struct("!HHHHHH")
_HEADER_SIZE: Final = 12
_QUESTION: Final = Struct("!HH")
_RECORD: Final = Struct("!HHI")  # type, class, TTL
_TTL: Final = 4  # bytes of type and class before it
_SHORT: Final = Struct("!H")
_POINTER: Final = 0xC000
_RCODE_BITS: Final = 15


def query(
    id: int,  # noqa: A002 - the field's own name for it
    question: Question,
    *,
    flags: int = 0,
    edns: Edns | None = None,
) -> bytes:
    """Build a question to a server; `flags` is the header's second word."""
    record = b"" if edns is None else opt.encode(edns)
    return query_in_case(id, flags, question, question.name, record)


def query_in_case(
    id: int,  # noqa: A002 - as above
    flags: int,
    question: Question,
    name: bytes,
    record: bytes,
) -> bytes:
    """Build a question whose letters are in the case that `name` has them.

    `record` is the OPT record as it was built before, or nothing.
    """
    head = _HEADER.pack(id, flags, 1, 0, 0, 1 if record else 0)
    return head + name + _QUESTION.pack(question.rdtype, question.rdclass) + record


def write(
    message: Message, limit: int = MAX_MESSAGE, question_wire: bytes = b""
) -> bytes:
    """Write a message in at most `limit` bytes.

    `question_wire` is name, type and class as the client sent them, and stands in
    place of the message's question.  When the answer or authority section does not
    fit, the packet has TC set and no records but OPT, whose options go too if they
    must.  A `limit` of 512 is always enough for that.

    A response code above 15 needs EDNS; without, SERVFAIL is said in its place.
    Record data has to be well formed, as `reader` and `presentation` make it.
    """
    return write_with_ttls(message, limit, question_wire)[0]


def write_with_ttls(
    message: Message, limit: int = MAX_MESSAGE, question_wire: bytes = b""
) -> tuple[bytes, tuple[int, ...]]:
    """Write a message as `write` does, and tell where its TTLs are.

    The offsets are those of the four-byte TTL field of every record but OPT.
    """
    rcode = message.rcode
    tail = b""
    if message.edns is not None:
        tail = opt.encode(message.edns, rcode)
    elif rcode > _RCODE_BITS:
        rcode = types.SERVFAIL
    word = message.flags & ~_RCODE_BITS | rcode & _RCODE_BITS
    packet = _Packet(message.question, question_wire, limit - len(tail))
    answers = packet.section(message.answer)
    authorities = packet.section(message.authority)
    if len(packet.out) > packet.limit:
        return _truncated(message, word | types.TC, tail, packet.question, limit), ()
    additionals = packet.additional(message.additional)
    out = packet.out
    out.extend(tail)
    _HEADER.pack_into(
        out, 0, message.id, word, 1 if packet.question else 0,
        answers, authorities, additionals + (1 if tail else 0),
    )  # fmt: skip
    return bytes(out), tuple(packet.ttls)


def _truncated(
    message: Message, word: int, tail: bytes, question: bytes, limit: int
) -> bytes:
    """Say that there is more, and nothing else (RFC 2181 section 9)."""
    if message.edns is not None and _HEADER_SIZE + len(question) + len(tail) > limit:
        tail = opt.encode(message.edns._replace(options=()), message.rcode)
    head = _HEADER.pack(message.id, word, 1 if question else 0, 0, 0, 1 if tail else 0)
    return head + question + tail


@final
class _Packet:
    """A packet on its way, with the offsets of the names written so far."""

    __slots__ = ("endings", "limit", "out", "question", "ttls")

    def __init__(
        self, question: Question | None, question_wire: bytes, limit: int
    ) -> None:
        self.limit: Final = limit  # bytes, OPT left out
        self.out: Final = bytearray(_HEADER_SIZE)
        self.endings: Final[dict[bytes, int]] = {}
        self.ttls: Final[list[int]] = []  # offsets
        self.question = question_wire
        if question is not None:
            name, rdtype, rdclass = question
            self.name(name, _HEADER_SIZE)
            if not question_wire:
                self.question = name + _QUESTION.pack(rdtype, rdclass)
        self.out.extend(self.question)

    def section(self, rrsets: tuple[RRset, ...]) -> int:
        """Write sets up to the one that breaks the limit; give the record count."""
        count = 0
        for rrset in rrsets:
            if len(self.out) > self.limit:
                break
            count += self._rrset(rrset)
        return count

    def additional(self, rrsets: tuple[RRset, ...]) -> int:
        """Write sets as long as they fit; give the record count."""
        count = 0
        for rrset in rrsets:
            end = len(self.out)
            ttls = len(self.ttls)
            added = self._rrset(rrset)
            if len(self.out) > self.limit:
                # Names behind the new end are known still, but no name follows that
                # could point to them.
                del self.out[end:]
                del self.ttls[ttls:]
                break
            count += added
        return count

    def _rrset(self, rrset: RRset) -> int:
        """Write a set and its signatures; give the record count."""
        head = _RECORD.pack(rrset.rdtype, rrset.rdclass, rrset.ttl)
        self._records(rrset.name, head, rrset.rdatas, COMPRESSIBLE.get(rrset.rdtype))
        if rrset.signatures:
            head = _RECORD.pack(types.RRSIG, rrset.rdclass, rrset.ttl)
            self._records(rrset.name, head, rrset.signatures, None)
        return len(rrset.rdatas) + len(rrset.signatures)

    def _records(
        self,
        name: bytes,
        head: bytes,
        rdatas: tuple[bytes, ...],
        layout: Layout | None,
    ) -> None:
        """Write records of one owner, and stop behind the limit."""
        out = self.out
        owner = self.name(name, len(out))
        known = self.endings.get(name)
        again = owner if known is None else _SHORT.pack(_POINTER | known)
        for rdata in rdatas:
            out += owner
            self.ttls.append(len(out) + _TTL)
            out += head
            if layout is None:
                out += _SHORT.pack(len(rdata))
                out += rdata
            else:
                self._compressed(rdata, layout)
            if len(out) > self.limit:
                break
            owner = again

    def _compressed(self, rdata: bytes, layout: Layout) -> None:
        """Write the length and the data of a type whose names are compressed."""
        out = self.out
        start = len(out)
        out += b"\0\0"
        at = 0
        for field in layout:
            if field == NAME:
                end = at
                while rdata[end]:
                    end += rdata[end] + 1
                end += 1
                out += self.name(rdata[at:end], len(out))
            else:
                end = at + field
                out += rdata[at:end]
            at = end
        _SHORT.pack_into(out, start, len(out) - start - 2)

    def name(self, name: bytes, offset: int) -> bytes:
        """Give the bytes of a name that is about to be written at `offset`."""
        endings = self.endings
        at = 0
        ending = name
        while ending != names.ROOT:
            known = endings.get(ending)
            if known is not None:
                return name[:at] + _SHORT.pack(_POINTER | known)
            if offset + at <= POINTER_MASK:
                endings[ending] = offset + at
            at += name[at] + 1
            ending = name[at:]
        return name
