"""What a program gets for a question: dnspython's records, and what they are worth."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from resolver.observe import trace_json, trace_lines
from resolver.ports import MAX_ASKS, Errand, Resolution
from resolver.wire import names, types
from resolver.wire.errors import DNSSEC_ERRORS, EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN
from resolver.wire.message import Question, RRset
from resolver.wire.presentation import type_text

_STALE: Final = frozenset((EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN))


class Security(StrEnum):
    """What an answer is worth (RFC 4035 section 4.3)."""

    #: Every part of it has been validated from a trust anchor.
    SECURE = "secure"
    #: It comes from a zone that is not signed, or from below a negative anchor, or from
    #: the configuration.
    INSECURE = "insecure"
    #: It was to be signed and is not, or not rightly: there are no records.
    BOGUS = "bogus"
    #: The configuration says `dnssec.validate = false`, or nobody could be asked.
    UNKNOWN = "unknown"


class Asked(NamedTuple):
    """A question and its way; `started` and `ended` are on the errand's clock."""

    question: Question
    errand: Errand
    started: float
    ended: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question; iterating gives the data of the records asked for.

    `rrsets` begins with the aliases in the order in which they were followed.
    `signatures` are the RRSIG sets over them, `authority` is what proves that there is
    nothing, the SOA first.  `ttl` is for how many seconds all of it may be kept, `age`
    for how many seconds the oldest part has been known here, `seconds` how long it took
    this time, `asked` how many questions servers were asked for it.

    `errors` are extended errors (RFC 8914), as (code, text); `reason` is the first text
    among them: why there is no answer, why it is bogus, or since when it is stale.
    """

    name: dns.name.Name
    rdtype: dns.rdatatype.RdataType
    rcode: dns.rcode.Rcode
    rrsets: tuple[dns.rrset.RRset, ...]
    signatures: tuple[dns.rrset.RRset, ...]
    authority: tuple[dns.rrset.RRset, ...]
    security: Security
    errors: tuple[tuple[int, str], ...]
    ttl: int
    age: float
    seconds: float
    asked: int
    _way: Asked = field(repr=False, compare=False)

    @property
    def answered(self) -> bool:
        """Say whether somebody who knows has said something, be it "there is none"."""
        return self.rcode in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}

    @property
    def exists(self) -> bool:
        """Say whether there are records of the type that was asked for."""
        return self.rrset is not None

    @property
    def rrset(self) -> dns.rrset.RRset | None:
        """Give the records that were asked for, at the end of all aliases."""
        if not self.rrsets:
            return None
        last = self.rrsets[-1]
        return last if self.rdtype in {last.rdtype, dns.rdatatype.ANY} else None

    @property
    def is_stale(self) -> bool:
        """Say whether it has expired, and is given since nobody has a newer one."""
        return any(code in _STALE for code, _ in self.errors)

    @property
    def reason(self) -> str:
        """Say why it is as it is; "" where there is nothing to say."""
        return next((text for _, text in self.errors if text), "")

    @property
    def trace(self) -> list[str]:
        """Draw every step that was taken, as `resolver query --trace` does."""
        return trace_lines(self._way.errand.diary, self._way.started)

    @property
    def steps(self) -> list[dict[str, object]]:
        """List every step that was taken, for programs; times are in seconds."""
        return trace_json(self._way.errand.diary, self._way.started)

    def __iter__(self) -> Iterator[dns.rdata.Rdata]:
        """Go through the data of the records that were asked for."""
        return iter(self.rrset or ())

    def __len__(self) -> int:
        return len(self.rrset or ())

    def __bool__(self) -> bool:
        """Say whether there are such records."""
        return self.exists

    def __str__(self) -> str:
        """Write name, type, rcode, security and reason in a line."""
        kind = type_text(self.rdtype)
        said = f"{self.name} {kind}: {dns.rcode.to_text(self.rcode)}, {self.security}"
        return f"{said}: {self.reason}" if self.reason else said


def answer_of(
    asked: Asked, resolution: Resolution, age: float, *, checked: bool
) -> Answer:
    """Put an answer together; `checked` says that signatures are validated here."""
    every = resolution.answer + resolution.authority
    return Answer(
        name=_name(asked.question.name),
        rdtype=dns.rdatatype.RdataType.make(asked.question.rdtype),
        rcode=dns.rcode.Rcode.make(resolution.rcode),
        rrsets=tuple(map(_rrset, resolution.answer)),
        signatures=tuple(_signatures(it) for it in resolution.answer if it.signatures),
        authority=tuple(map(_rrset, resolution.authority)),
        security=_security(resolution, checked=checked),
        errors=resolution.ede,
        ttl=min((rrset.ttl for rrset in every), default=0),
        age=age,
        seconds=asked.ended - asked.started,
        asked=MAX_ASKS - asked.errand.asks_left,
        _way=asked,
    )


def _security(resolution: Resolution, *, checked: bool) -> Security:
    if resolution.secure:
        return Security.SECURE
    if resolution.authoritative:
        return Security.INSECURE
    if resolution.rcode not in {types.NOERROR, types.NXDOMAIN}:
        bogus = any(code in DNSSEC_ERRORS for code, _ in resolution.ede)
        return Security.BOGUS if bogus else Security.UNKNOWN
    return Security.INSECURE if checked else Security.UNKNOWN


def _rrset(rrset: RRset) -> dns.rrset.RRset:
    return _of(rrset, rrset.rdtype, rrset.rdatas)


def _signatures(rrset: RRset) -> dns.rrset.RRset:
    return _of(rrset, types.RRSIG, rrset.signatures)


def _of(rrset: RRset, rdtype: int, rdatas: tuple[bytes, ...]) -> dns.rrset.RRset:
    data = [_rdata(rdtype, rdata, rrset.rdclass) for rdata in rdatas]
    return dns.rrset.from_rdata_list(_name(rrset.name), rrset.ttl, data)


def _rdata(rdtype: int, rdata: bytes, rdclass: int) -> dns.rdata.Rdata:
    """Read record data; what is not as its type promises is given as it came."""
    in_class = dns.rdataclass.RdataClass.make(rdclass)
    kind = dns.rdatatype.RdataType.make(rdtype)
    try:
        return dns.rdata.from_wire(in_class, kind, rdata, 0, len(rdata))
    except (dns.exception.DNSException, ValueError):
        return dns.rdata.GenericRdata(in_class, kind, rdata)


def _name(wire: bytes) -> dns.name.Name:
    if wire == names.ROOT:
        return dns.name.root
    return dns.name.from_wire(wire, 0)[0]
