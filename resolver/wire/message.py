"""What a DNS message says, as plain values.

Names are canonical wire bytes (see `names`), record data is uncompressed wire bytes.
An `RRset` carries the signatures that cover it (RFC 4035 section 2.2: a signature
is part of the set it signs), so that they are cached, aged and answered together.

Nothing here knows how a message is encoded; `reader` and `writer` do.
"""

from typing import Final, NamedTuple, final

from resolver.wire import names, types


class Question(NamedTuple):
    """What is asked.  The name is canonical: lower case, uncompressed."""

    name: bytes
    rdtype: int
    rdclass: int = types.IN

    def __str__(self) -> str:
        """Write the question for people: `www.example.com. AAAA`."""
        return f"{names.to_text(self.name)} {types.type_name(self.rdtype)}"


class Edns(NamedTuple):
    """The OPT record of a message (RFC 6891), its response-code bits left out."""

    size: int = 1232  # bytes of UDP payload the sender can take
    do: bool = False  # DNSSEC OK, RFC 3225
    version: int = 0
    options: tuple[tuple[int, bytes], ...] = ()  # (code, data), in order


@final
class RRset:
    """All records of one name, type and class, with their signatures.

    Never changed after it was made.  `ttl` is in seconds, at most 2^31 - 1, the
    smallest of its records' (RFC 2181 section 5.2).  `rdatas` holds no record twice.
    `signatures` is the data of the RRSIGs that cover this set.
    """

    __slots__ = ("name", "rdatas", "rdclass", "rdtype", "signatures", "ttl")

    def __init__(
        self,
        name: bytes,
        rdtype: int,
        ttl: int,
        rdatas: tuple[bytes, ...],
        signatures: tuple[bytes, ...] = (),
        rdclass: int = types.IN,
    ) -> None:
        self.name: Final = name
        self.rdtype: Final = rdtype
        self.ttl: Final = ttl
        self.rdatas: Final = rdatas
        self.signatures: Final = signatures
        self.rdclass: Final = rdclass

    def with_ttl(self, ttl: int) -> "RRset":
        """Make the same set with another time to live."""
        return RRset(
            self.name, self.rdtype, ttl, self.rdatas, self.signatures, self.rdclass
        )

    def __eq__(self, other: object) -> bool:
        """Compare by value; the order of records does not matter, the TTL does."""
        return isinstance(other, RRset) and self._value() == other._value()

    def __hash__(self) -> int:
        return hash((self.name, self.rdtype, self.rdclass))

    def __repr__(self) -> str:
        kind = types.type_name(self.rdtype)
        data = ", ".join(rdata.hex() for rdata in self.rdatas)
        return f"RRset({names.to_text(self.name)} {self.ttl} {kind} {data})"

    def _value(self) -> tuple[object, ...]:
        return (
            self.name,
            self.rdtype,
            self.rdclass,
            self.ttl,
            sorted(self.rdatas),
            sorted(self.signatures),
        )


@final
class Message:
    """A whole message.

    `flags` is the header's second 16-bit word without its response code: QR, opcode,
    AA, TC, RD, RA, AD, CD where `types` has their bits.  `rcode` is whole: header
    bits and EDNS bits together.  `question` is None where QDCOUNT is 0.
    """

    __slots__ = (
        "additional",
        "answer",
        "authority",
        "edns",
        "flags",
        "id",
        "question",
        "rcode",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - a message has these parts
        self,
        id: int,  # noqa: A002 - the field's own name for it
        flags: int,
        question: Question | None,
        rcode: int = types.NOERROR,
        answer: tuple[RRset, ...] = (),
        authority: tuple[RRset, ...] = (),
        additional: tuple[RRset, ...] = (),
        edns: Edns | None = None,
    ) -> None:
        self.id = id
        self.flags = flags
        self.question = question
        self.rcode = rcode
        self.answer = answer
        self.authority = authority
        self.additional = additional
        self.edns = edns

    @property
    def opcode(self) -> int:
        """The kind of message: 0 is a query."""
        return self.flags >> 11 & 15
