"""Comparing a message with an entry, part by part as its MATCH line says.

`differences` serves both directions: it finds the canned reply for a question that
the resolver sends, and it judges what the resolver answers.  The result is a list of
sentences; an empty one means that the message matches.

Where our answers differ from Unbound's on purpose, `TOLERATED` says so.
"""

import struct
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

import dns.rdatatype
from dns.rdatatype import AAAA, ANY, HINFO, NS, SOA, A

from tests.replay.packet import COOKIE, EDE, RD, Packet, Record, rcode_text
from tests.replay.scenario import Entry

_CLIENT_COOKIE: Final = 8  # bytes, RFC 7873 section 4
_SERVER_COOKIE: Final = 24
_REFUSED: Final = 5
_LOCALHOST: Final = b"\x09localhost\x00"
_UNBOUNDS_LOCAL_SOA: Final = _LOCALHOST + b"\x06nobody\x07invalid\x00"


class Absence(NamedTuple):
    """A record that a scenario expects and that our answer may lack."""

    section: str
    covers: frozenset[int]  # types, and the types that signatures cover
    because: str


# What may be missing.  The other differences that are no failures are three:
# `is_refused_snooping`, `is_minimal_any` and `_with_own_name` say which.  Nothing allows
# a record that was not expected, or, but for ANY, one missing from an answer section.
TOLERATED: Final = (
    Absence(
        "AUTHORITY",
        frozenset({NS}),
        "our answers are minimal: the zone's name servers are not told (as Unbound's"
        " own default, minimal-responses)",
    ),
    Absence(
        "ADDITIONAL",
        frozenset({A, AAAA}),
        "our answers are minimal: addresses of servers named elsewhere are not told",
    ),
)


def differences(entry: Entry, packet: Packet, transport: str) -> list[str]:
    """Say in what a message that came over "UDP" or "TCP" does not match an entry."""
    found: list[str] = []
    if entry.transport not in {"", transport}:
        found.append(f"came over {transport}, not {entry.transport}")
    for field in sorted(entry.match & _FIELDS.keys()):
        found += _FIELDS[field](entry, packet)
    if entry.serial is not None:
        found += _compare("serial", entry.serial, _serial(packet))
    if entry.ede is not None:
        found += _ede(entry.ede, packet)
    return found


def is_refused_snooping(question: Packet, reply: Packet) -> bool:
    """Say whether a reply is our answer to a look into the cache.

    Questions without RD are refused here, from everybody; where a scenario allows
    them (`allow_snoop`) this is a difference on purpose.
    """
    return not question.flags & RD and reply.rcode == _REFUSED


def is_minimal_any(question: Packet, reply: Packet) -> bool:
    """Say whether a reply is our answer to ANY: one HINFO record (RFC 8482)."""
    asked = question.asked
    return (
        asked is not None
        and asked.rdtype == ANY
        and [record.rdtype for record in reply.answer] == [HINFO]
    )


def _compare(what: str, expected: object, got: object) -> list[str]:
    return [] if expected == got else [f"{what}: expected {expected}, got {got}"]


def _opcode(entry: Entry, packet: Packet) -> list[str]:
    return _compare("opcode", entry.packet.opcode, packet.opcode)


def _qtype(entry: Entry, packet: Packet) -> list[str]:
    expected, got = entry.packet.asked, packet.asked
    return _compare(
        "qtype",
        dns.rdatatype.to_text(
            dns.rdatatype.RdataType(expected.rdtype if expected else 0)
        ),
        dns.rdatatype.to_text(dns.rdatatype.RdataType(got.rdtype if got else 0)),
    )


def _qname(entry: Entry, packet: Packet) -> list[str]:
    expected, got = entry.packet.asked, packet.asked
    if expected and got and expected.name.lower() == got.name.lower():
        return []
    return [f"qname: expected {expected}, got {got}"]


def _subdomain(entry: Entry, packet: Packet) -> list[str]:
    expected, got = entry.packet.asked, packet.asked
    if expected and got and _is_below(got.name.lower(), expected.name.lower()):
        return []
    return [f"subdomain: {got} is not below {expected}"]


def _is_below(name: bytes, zone: bytes) -> bool:
    while name != zone:
        if not name[0]:
            return False
        name = name[name[0] + 1 :]
    return True


def _rcode(entry: Entry, packet: Packet) -> list[str]:
    return _compare(
        "rcode", rcode_text(entry.packet.rcode), rcode_text(packet.rcode & 15)
    )


def _question(entry: Entry, packet: Packet) -> list[str]:
    expected = [asked.key for asked in entry.packet.questions]
    if expected == [asked.key for asked in packet.questions]:
        return []
    return [f"question: expected {entry.packet.asked}, got {packet.asked}"]


def _answer(entry: Entry, packet: Packet) -> list[str]:
    ttl = "ttl" in entry.match
    return _section("ANSWER", entry.packet.answer, packet.answer, ttl=ttl)


def _header(entry: Entry, packet: Packet) -> list[str]:
    if entry.packet.flags == packet.flags:
        return []
    return [f"flags: expected {entry.packet.header_text()}, got {packet.header_text()}"]


def _all(entry: Entry, packet: Packet) -> list[str]:
    expected, got = entry.packet.edns, packet.edns
    opt = [] if expected is None or got is None else _compare("DO", expected.do, got.do)
    there = _compare("EDNS there", expected is not None, got is not None)
    return there + opt + _all_noedns(entry, packet)


def _all_noedns(entry: Entry, packet: Packet) -> list[str]:
    ttl = "ttl" in entry.match
    found = _opcode(entry, packet) + _rcode(entry, packet)
    found += _header(entry, packet) + _question(entry, packet)
    pairs = zip(entry.packet.sections(), packet.sections(), strict=True)
    for (name, expected), (_, got) in pairs:
        found += _section(name, expected, got, ttl=ttl)
    return found


def _section(
    name: str, expected: list[Record], got: list[Record], *, ttl: bool
) -> list[str]:
    """Compare records without regard to their order."""
    expected = [_with_own_name(record) for record in expected]
    wanted = Counter(record.key(ttl=ttl) for record in expected)
    there = Counter(record.key(ttl=ttl) for record in got)
    missing = [
        f"{name}: missing {record}"
        for record in expected
        if record.key(ttl=ttl) in wanted - there and not _may_be_absent(name, record)
    ]
    surplus = [
        f"{name}: not expected {record}"
        for record in got
        if record.key(ttl=ttl) in there - wanted
    ]
    return missing + surplus


def _with_own_name(record: Record) -> Record:
    """Let the SOA of a special-use name be as RFC 6303 section 3 has it.

    There MNAME is the zone's own name; Unbound writes "localhost." for every zone.
    """
    if record.rdtype == SOA and record.rdata.startswith(_UNBOUNDS_LOCAL_SOA):
        rest = record.rdata[len(_LOCALHOST) :]
        return record._replace(rdata=record.name + rest)
    return record


def _may_be_absent(section: str, record: Record) -> bool:
    return any(
        absence.section == section and record.covers() in absence.covers
        for absence in TOLERATED
    )


def _do(entry: Entry, packet: Packet) -> list[str]:
    return [] if packet.edns and packet.edns.do else ["DO is not set"]


def _noedns(entry: Entry, packet: Packet) -> list[str]:
    return ["EDNS is there"] if packet.edns else []


def _ednsdata(entry: Entry, packet: Packet) -> list[str]:
    expected = entry.packet.edns.data if entry.packet.edns else b""
    got = packet.edns.data if packet.edns else b""
    return _compare("EDNS options", expected.hex(), got.hex())


def _cookie(length: int) -> Callable[[Entry, Packet], list[str]]:
    def compare(_: Entry, packet: Packet) -> list[str]:
        options = packet.edns.options() if packet.edns else []
        found = [len(data) for code, data in options if code == COOKIE]
        return [] if found == [length] else [f"no cookie of {length} bytes"]

    return compare


def _ede(expected: int, packet: Packet) -> list[str]:
    options = packet.edns.options() if packet.edns else []
    found = [
        struct.unpack_from("!H", data)[0]
        for code, data in options
        if code == EDE and len(data) >= 2
    ]
    if expected in found or (expected < 0 and found):
        return []
    wanted = "any" if expected < 0 else str(expected)
    return [f"EDE: expected {wanted}, got {found or 'none'}"]


def _serial(packet: Packet) -> int:
    """Give the serial of the SOA in the authority section, 0 when there is none."""
    for record in packet.authority:
        if record.rdtype == SOA and len(record.rdata) >= 20:
            return int.from_bytes(record.rdata[-20:-16], "big")
    return 0


_FIELDS: Final[dict[str, Callable[[Entry, Packet], list[str]]]] = {
    "opcode": _opcode,
    "qtype": _qtype,
    "qname": _qname,
    "subdomain": _subdomain,
    "rcode": _rcode,
    "question": _question,
    "answer": _answer,
    "all": _all,
    "all_noedns": _all_noedns,
    "DO": _do,
    "noedns": _noedns,
    "ednsdata": _ednsdata,
    "client_cookie": _cookie(_CLIENT_COOKIE),
    "server_cookie": _cookie(_SERVER_COOKIE),
}
