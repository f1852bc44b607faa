"""Records and messages as people read and write them (RFC 1035 section 5, RFC 3597).

The one place where dnspython speaks for us: it knows the text form of every type.
Nothing here runs per packet, and nobody on the packets' way imports it.

Text that comes in (configuration, root hints, command line) is trusted to mean well
and is answered with a `ValueError` that says what is wrong with it.  Text that goes
out may come from anybody's zone, and is printable ASCII whatever the zone holds, so
that it can go to a terminal or into a log.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import dns.edns
import dns.exception
import dns.name
import dns.opcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tokenizer
import dns.ttl

from resolver.wire import names, types
from resolver.wire.edns import (
    CLIENT_SUBNET,
    COOKIE,
    EXTENDED_ERROR,
    KEEPALIVE,
    NSID,
    PADDING,
    extended_errors,
)
from resolver.wire.message import Edns, Message, RRset
from resolver.wire.reader import Record, group

# All types at once: loaded one by one, as they are met, the failure to find a type in
# class ANY is remembered for every class, and a single record of class ANY in a
# message would make all addresses after it opaque.
dns.rdata.load_all_types()  # type: ignore[no-untyped-call]

# Seconds, for zone-file text that states no TTL anywhere, such as trust anchors; one
# hour is what people write first into a zone file.
DEFAULT_TTL: Final = 3600
# RFC 2181 section 8.
MAX_TTL: Final = 2**31 - 1

_CLASSES: Final = frozenset(("IN", "CH", "HS"))
_OPTION_NAMES: Final = {
    NSID: "NSID",
    CLIENT_SUBNET: "CLIENT-SUBNET",
    COOKIE: "COOKIE",
    KEEPALIVE: "TCP-KEEPALIVE",
    PADDING: "PADDING",
}
_ACRONYMS: Final = frozenset(("DNSKEY", "DNSSEC", "DS", "NSEC", "NSEC3", "NXDOMAIN"))
_FLAGS: Final = (
    ("qr", types.QR),
    ("aa", types.AA),
    ("tc", types.TC),
    ("rd", types.RD),
    ("ra", types.RA),
    ("ad", types.AD),
    ("cd", types.CD),
)


def name_from_text(text: str) -> bytes:
    """Make the canonical wire form of a name; a missing last dot is added.

    Escapes as in zone files.  Names beyond ASCII have to be in their `xn--` form:
    which of its forms is meant is not for a resolver to guess.  Raises `ValueError`.
    """
    if text in {"", "@"}:
        raise ValueError(f"{text!r} is not a name; the root is '.'")
    if not text.isascii():
        raise ValueError(f"{text!r} is not ASCII; write the name in its xn-- form")
    try:
        return dns.name.from_text(text).to_digestable()
    except dns.exception.DNSException as problem:
        raise ValueError(f"{text!r} is not a name: {problem}") from None


def type_from_text(text: str) -> int:
    """Give the number of a record type: `AAAA`, `type65280`.  Raises `ValueError`."""
    try:
        return int(dns.rdatatype.from_text(text))
    except (dns.exception.DNSException, ValueError):
        raise ValueError(
            f"{text!r} is not a record type; unknown ones are written TYPE65280"
        ) from None


def type_text(rdtype: int) -> str:
    """Name any record type that has a name, or write it as `TYPE65280`."""
    return dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))


def rdata_text(rdtype: int, rdata: bytes, rdclass: int = types.IN) -> str:
    r"""Write record data in its type's text form.

    Data that is not what its type promises is written in the generic form of RFC 3597
    (`\# 4 0a000001`), like that of types without a text form.
    """
    try:
        text = dns.rdata.from_wire(
            dns.rdataclass.RdataClass.make(rdclass),
            dns.rdatatype.RdataType.make(rdtype),
            rdata,
            0,
            len(rdata),
        ).to_text()
    except (dns.exception.DNSException, ValueError):
        text = ""
    if not text or not text.isascii() or not text.isprintable():
        text = rf"\# {len(rdata)} {rdata.hex()}"
    return text.rstrip()


def class_text(rdclass: int) -> str:
    """Name a class, or write it as `CLASS42`."""
    return dns.rdataclass.to_text(dns.rdataclass.RdataClass.make(rdclass))


def rrset_text(rrset: RRset) -> str:
    """Write a set and its signatures in zone-file form, one line for each record."""
    return "\n".join(_lines(rrset))


def _lines(rrset: RRset) -> Iterator[str]:
    head = f"{names.to_text(rrset.name)} {rrset.ttl} {class_text(rrset.rdclass)}"
    for rdtype, rdatas in (
        (rrset.rdtype, rrset.rdatas),
        (types.RRSIG, rrset.signatures),
    ):
        for rdata in rdatas:
            text = rdata_text(rdtype, rdata, rrset.rdclass)
            yield f"{head} {type_text(rdtype)} {text}"


def rrsets_from_text(
    text: str, origin: bytes = names.ROOT, *, default_ttl: int = DEFAULT_TTL
) -> list[RRset]:
    """Read records in zone-file form (RFC 1035 section 5.1).

    Names without a last dot are below `origin`.  $ORIGIN and $TTL work, $INCLUDE does
    not.  A record without a TTL takes that of $TTL, or else the last one stated, or
    else `default_ttl` (RFC 2308 section 4).  Records become sets, and signatures join
    the sets that they cover, as when a message is read.

    Raises `ValueError` that quotes the line.
    """
    # The tokenizer takes all three line ends for one; the complaint has to as well.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    zone = _ZoneText(text, origin, default_ttl)
    try:
        return list(group(list(zone.records())))
    except (dns.exception.DNSException, ValueError) as problem:
        complaint = str(problem).rstrip(".") or "not a record"
        line = text.split("\n")[zone.number - 1].strip()
        raise ValueError(f"line {zone.number}: {complaint}: {line!r}") from None


class _ZoneText:
    """Records written one to a line, parentheses apart."""

    def __init__(self, text: str, origin: bytes, default_ttl: int) -> None:
        self.number = 1  # of the line at which the record being read began
        self._tokens = dns.tokenizer.Tokenizer(text, idna_codec=_ASCII_NAMES)
        self._origin = dns.name.from_wire(origin, 0)[0]
        self._owner: dns.name.Name | None = None
        self._default_ttl = default_ttl
        self._ttl_stated = False  # by $TTL, and then no record's own changes it

    def records(self) -> Iterator[Record]:
        """Read to the end of the text.  Raises dnspython's exceptions."""
        while True:
            self.number = self._tokens.where()[1]
            token = self._tokens.get(want_leading=True)
            if token.is_eof():
                return
            if token.is_whitespace():
                # An indented record has the owner of the one before.
                token = self._tokens.get()
                if token.is_eol_or_eof():
                    continue
                self._tokens.unget(token)
                yield self._record()
            elif token.value.startswith("$"):
                self._directive(token.value.upper())
            elif not token.is_eol():
                self._owner = self._tokens.as_name(token, self._origin)
                yield self._record()

    def _directive(self, directive: str) -> None:
        if directive == "$TTL":
            self._default_ttl = self._tokens.get_ttl()
            self._ttl_stated = True
        elif directive == "$ORIGIN":
            self._origin = self._tokens.get_name(self._origin)
        else:
            raise ValueError(f"{directive} is not allowed")
        self._tokens.get_eol()

    def _record(self) -> Record:
        """Read TTL and class in any order, type and data of a record."""
        if self._owner is None:
            raise ValueError("a record without a name")
        ttl = self._default_ttl
        rdclass = dns.rdataclass.IN
        word = self._tokens.get_string()
        while True:
            if word[:1].isdigit():
                ttl = dns.ttl.from_text(word)
                if ttl > MAX_TTL:
                    raise ValueError(f"a TTL of {ttl}; the largest is {MAX_TTL}")
                if not self._ttl_stated:
                    self._default_ttl = ttl
            elif word.upper() in _CLASSES:
                rdclass = dns.rdataclass.from_text(word)
            else:
                break
            word = self._tokens.get_string()
        rdtype = type_from_text(word)
        rdata = dns.rdata.from_text(
            rdclass,
            dns.rdatatype.RdataType.make(rdtype),
            self._tokens,
            self._origin,
            relativize=False,
        )
        owner = self._owner.to_digestable()
        return (owner, rdtype, int(rdclass)), ttl, rdata.to_generic().data


class _AsciiNames(dns.name.IDNACodec):
    """Refuses what `name_from_text` refuses, where dnspython would guess."""

    def encode(self, label: str) -> bytes:
        if not label.isascii():
            raise ValueError("a name is not ASCII, write its xn-- form")
        return label.encode()


_ASCII_NAMES: Final = _AsciiNames()  # type: ignore[no-untyped-call]


def message_text(message: Message) -> str:
    """Write a message as `dig` does."""
    additionals = _count(message.additional) + (message.edns is not None)
    flags = "".join(f" {name}" for name, bit in _FLAGS if message.flags & bit)
    lines = [
        f";; ->>HEADER<<- opcode: {dns.opcode.to_text(dns.opcode.Opcode(message.opcode))}"
        f", status: {types.rcode_name(message.rcode)}, id: {message.id}",
        f";; flags:{flags}; QUERY: {int(message.question is not None)}, "
        f"ANSWER: {_count(message.answer)}, AUTHORITY: {_count(message.authority)}, "
        f"ADDITIONAL: {additionals}",
    ]
    if message.edns is not None:
        lines += ["", ";; OPT PSEUDOSECTION:", *_edns_lines(message.edns)]
    if message.question is not None:
        name, rdtype, rdclass = message.question
        lines += ["", ";; QUESTION SECTION:"]
        lines.append(
            f";{names.to_text(name)} {class_text(rdclass)} {type_text(rdtype)}"
        )
    for title, rrsets in (
        ("ANSWER", message.answer),
        ("AUTHORITY", message.authority),
        ("ADDITIONAL", message.additional),
    ):
        if rrsets:
            lines += ["", f";; {title} SECTION:"]
            lines += [line for rrset in rrsets for line in _lines(rrset)]
    return "\n".join(lines) + "\n"


def _count(rrsets: Iterable[RRset]) -> int:
    return sum(len(rrset.rdatas) + len(rrset.signatures) for rrset in rrsets)


def _edns_lines(edns: Edns) -> Iterator[str]:
    flags = " do" if edns.do else ""
    yield f"; EDNS: version: {edns.version}, flags:{flags}; udp: {edns.size}"
    for code, text in extended_errors(edns):
        yield f"; EDE: {code} ({_error_name(code)}): ({_printable(text)})"
    for code, data in edns.options:
        if code != EXTENDED_ERROR:
            yield f"; {_OPTION_NAMES.get(code, f'OPT={code}')}: {data.hex()}"


def _error_name(code: int) -> str:
    name = dns.edns.EDECode.make(code).name
    if name.isdigit():
        return "unknown"
    return " ".join(
        word if word in _ACRONYMS else word.capitalize() for word in name.split("_")
    )


def _printable(text: str) -> str:
    """Escape everything that a terminal could act on."""
    return text.encode("unicode_escape").decode("ascii")
