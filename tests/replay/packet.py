"""Messages as the scenarios see them: record by record, order and spelling kept.

The resolver's own codec is what the scenarios test, so nothing here leans on it: bytes
are read and written by a few plain lines and dnspython's rdata classes.  One class
serves for what a scenario writes down and for what comes over the (pretend) wire, so
the two can be compared.

Names are wire bytes in the spelling they came in; whoever compares lowers the case.
"""

import struct
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

OPT: Final = 41
QR: Final = 0x8000
AA: Final = 0x0400
TC: Final = 0x0200
RD: Final = 0x0100
RA: Final = 0x0080
AD: Final = 0x0020
CD: Final = 0x0010
FLAGS: Final = {"QR": QR, "AA": AA, "TC": TC, "RD": RD, "RA": RA, "AD": AD, "CD": CD}
OPCODES: Final = {"QUERY": 0, "IQUERY": 1, "STATUS": 2, "NOTIFY": 4, "UPDATE": 5}
# The four header bits; what EDNS adds has no word in the scenarios' language.
RCODES: Final = {
    "NOERROR": 0,
    "FORMERR": 1,
    "SERVFAIL": 2,
    "NXDOMAIN": 3,
    "NOTIMPL": 4,
    "REFUSED": 5,
    "YXDOMAIN": 6,
    "YXRRSET": 7,
    "NXRRSET": 8,
    "NOTAUTH": 9,
    "NOTZONE": 10,
}
EDE: Final = 15  # EDNS option "Extended DNS Error", RFC 8914
COOKIE: Final = 10  # RFC 7873

_DO: Final = 0x8000
_RCODE_TEXT: Final = {number: text for text, number in RCODES.items()}
_OPCODE_TEXT: Final = {number: text for text, number in OPCODES.items()}


class Broken(ValueError):
    """Bytes that are no DNS message."""


class Asked(NamedTuple):
    """One entry of a question section."""

    name: bytes
    rdtype: int
    rdclass: int

    def __str__(self) -> str:
        return " ".join(
            (
                name_text(self.name),
                dns.rdataclass.to_text(dns.rdataclass.RdataClass(self.rdclass)),
                dns.rdatatype.to_text(dns.rdatatype.RdataType(self.rdtype)),
            )
        )

    @property
    def key(self) -> tuple[bytes, int, int]:
        """What makes two questions the same."""
        return self.name.lower(), self.rdtype, self.rdclass


class Record(NamedTuple):
    """One resource record; `rdata` is without compression."""

    name: bytes
    rdtype: int
    rdclass: int
    ttl: int
    rdata: bytes

    def __str__(self) -> str:
        rdclass = dns.rdataclass.to_text(dns.rdataclass.RdataClass(self.rdclass))
        rdtype = dns.rdatatype.to_text(dns.rdatatype.RdataType(self.rdtype))
        rdata = self._decoded()
        data = f"\\# {self.rdata.hex()}" if rdata is None else rdata.to_text()
        return f"{name_text(self.name)} {self.ttl} {rdclass} {rdtype} {data}"

    def key(self, *, ttl: bool) -> tuple[object, ...]:
        """What makes two records the same: names without case, TTL if asked for."""
        rdata = self._decoded()
        data = self.rdata if rdata is None else rdata.to_digestable()
        return (
            self.name.lower(),
            self.rdtype,
            self.rdclass,
            data,
            self.ttl if ttl else None,
        )

    def _decoded(self) -> dns.rdata.Rdata | None:
        return _rdata(self.rdata, self.rdclass, self.rdtype, 0, len(self.rdata))

    def covers(self) -> int:
        """Give the type that a signature covers, the record's own type otherwise."""
        if self.rdtype != dns.rdatatype.RRSIG or len(self.rdata) < 2:
            return self.rdtype
        return int.from_bytes(self.rdata[:2], "big")


class Opt(NamedTuple):
    """The OPT record of a message."""

    size: int = 1232
    do: bool = False
    data: bytes = b""
    extended_rcode: int = 0
    version: int = 0

    def options(self) -> list[tuple[int, bytes]]:
        """Split the data into options; a broken rest is left out."""
        found: list[tuple[int, bytes]] = []
        position = 0
        while position + 4 <= len(self.data):
            code, length = struct.unpack_from("!HH", self.data, position)
            found.append((code, self.data[position + 4 : position + 4 + length]))
            position += 4 + length
        return found


@dataclass
class Packet:
    """A whole message.  `raw`, where set, is sent in place of all the rest."""

    id: int = 0
    flags: int = 0
    opcode: int = 0
    rcode: int = 0
    questions: list[Asked] = field(default_factory=list)
    answer: list[Record] = field(default_factory=list)
    authority: list[Record] = field(default_factory=list)
    additional: list[Record] = field(default_factory=list)
    edns: Opt | None = None
    raw: bytes = b""

    @property
    def asked(self) -> Asked | None:
        """Give the question, None when there is none."""
        return self.questions[0] if self.questions else None

    def sections(self) -> list[tuple[str, list[Record]]]:
        """List the three sections of records with their names."""
        return [
            ("ANSWER", self.answer),
            ("AUTHORITY", self.authority),
            ("ADDITIONAL", self.additional),
        ]

    def header_text(self) -> str:
        """Write opcode, flags and rcode as the scenarios do."""
        words = [word for word, bit in FLAGS.items() if self.flags & bit]
        if self.opcode:
            words.insert(0, _OPCODE_TEXT.get(self.opcode, f"OPCODE{self.opcode}"))
        if self.edns is not None:
            words.append("DO" if self.edns.do else "EDNS")
        return " ".join([*words, rcode_text(self.rcode)])

    def __str__(self) -> str:
        lines = [self.header_text(), *(f"? {asked}" for asked in self.questions)]
        for name, records in self.sections():
            lines += [f"{name.lower()}: {record}" for record in records]
        return "\n".join(lines)


def rcode_text(rcode: int) -> str:
    """Name a response code as the scenarios do."""
    return _RCODE_TEXT.get(rcode, f"RCODE{rcode}")


def name_text(name: bytes) -> str:
    """Write a wire name for people."""
    return dns.name.from_wire(name, 0)[0].to_text()


def write(packet: Packet) -> bytes:
    """Encode a message without compression, as testbound does."""
    if packet.raw:
        return packet.raw
    flags = packet.flags | packet.opcode << 11 | packet.rcode & 15
    additional = len(packet.additional) + (packet.edns is not None)
    parts = [
        struct.pack(
            "!HHHHHH",
            packet.id,
            flags,
            len(packet.questions),
            len(packet.answer),
            len(packet.authority),
            additional,
        )
    ]
    parts += [
        asked.name + struct.pack("!HH", asked.rdtype, asked.rdclass)
        for asked in packet.questions
    ]
    parts += [
        record.name
        + struct.pack(
            "!HHIH", record.rdtype, record.rdclass, record.ttl, len(record.rdata)
        )
        + record.rdata
        for _, records in packet.sections()
        for record in records
    ]
    if packet.edns is not None:
        parts.append(_write_opt(packet.edns))
    return b"".join(parts)


def _write_opt(opt: Opt) -> bytes:
    flags = opt.extended_rcode << 24 | opt.version << 16 | (_DO if opt.do else 0)
    return b"\0" + struct.pack("!HHIH", OPT, opt.size, flags, len(opt.data)) + opt.data


def read(wire: bytes) -> Packet:
    """Decode a message.  Raises Broken."""
    try:
        return _read(wire)
    except (struct.error, dns.exception.DNSException, IndexError) as problem:
        raise Broken(f"not a DNS message: {problem!r}") from problem


def _read(wire: bytes) -> Packet:
    ident, word, *counts = struct.unpack_from("!HHHHHH", wire)
    packet = Packet(ident, word & 0x87F0, word >> 11 & 15, word & 15)
    position = 12
    for _ in range(counts[0]):
        name, used = dns.name.from_wire(wire, position)
        rdtype, rdclass = struct.unpack_from("!HH", wire, position + used)
        packet.questions.append(Asked(wire_name(name), rdtype, rdclass))
        position += used + 4
    for count, (_, records) in zip(counts[1:], packet.sections(), strict=True):
        for _ in range(count):
            record, position = _read_record(wire, position)
            if record.rdtype == OPT:
                packet.edns = _opt(record)
            else:
                records.append(record)
    if position != len(wire):
        raise Broken(f"{len(wire) - position} bytes too many")
    if packet.edns is not None:
        packet.rcode |= packet.edns.extended_rcode << 4
    return packet


def _read_record(wire: bytes, position: int) -> tuple[Record, int]:
    name, used = dns.name.from_wire(wire, position)
    position += used
    rdtype, rdclass, ttl, length = struct.unpack_from("!HHIH", wire, position)
    position += 10
    end = position + length
    if end > len(wire):
        raise Broken("a record runs over the end")
    data = wire[position:end]
    if rdtype != OPT:
        rdata = _rdata(wire, rdclass, rdtype, position, length)
        data = data if rdata is None else wire_rdata(rdata)
    return Record(wire_name(name), rdtype, rdclass, ttl, data), end


def _rdata(
    wire: bytes, rdclass: int, rdtype: int, position: int, length: int
) -> dns.rdata.Rdata | None:
    """Decode rdata; None for what dnspython refuses, which is compared as bytes."""
    try:
        return dns.rdata.from_wire(
            dns.rdataclass.RdataClass(rdclass),
            dns.rdatatype.RdataType(rdtype),
            wire,
            position,
            length,
        )
    except (dns.exception.DNSException, ValueError):
        return None


def wire_name(name: dns.name.Name) -> bytes:
    """Write a name in wire form, its spelling kept."""
    wire = name.to_wire()
    assert wire is not None
    return wire


def wire_rdata(rdata: dns.rdata.Rdata) -> bytes:
    """Write rdata in wire form, without compression."""
    wire = rdata.to_wire()
    assert wire is not None
    return wire


def _opt(record: Record) -> Opt:
    return Opt(
        record.rdclass,
        bool(record.ttl & _DO),
        record.rdata,
        record.ttl >> 24,
        record.ttl >> 16 & 255,
    )
