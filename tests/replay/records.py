"""Records and questions in the zone-file lines of a scenario.

testbound reads such lines one at a time: the owner comes first, TTL and class may be
missing or change places, a name without a dot at its end belongs to the origin (the
root, unless `$ORIGIN` says otherwise).  dnspython reads the rdata.
"""

import base64
from typing import Final

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.ttl

from tests.replay.packet import Asked, Record, wire_name, wire_rdata

# What a record lives that does not say it: testbound's own default.
DEFAULT_TTL: Final = 3600

_RRSIG_FIELDS: Final = 8  # before the signature, RFC 4034 section 3.2
_THREE_ZERO_BYTES: Final = "AAAA"


class Unreadable(ValueError):
    """A line that is no record."""


class Reader:
    """Reads lines under the `$ORIGIN` and `$TTL` that are in force."""

    def __init__(self) -> None:
        self._origin = dns.name.root
        self._ttl = DEFAULT_TTL

    def set_origin(self, text: str) -> None:
        """Obey `$ORIGIN`."""
        self._origin = dns.name.from_text(text, dns.name.root)

    def set_ttl(self, text: str) -> None:
        """Obey `$TTL`."""
        self._ttl = dns.ttl.from_text(text)

    def question(self, line: str) -> Asked:
        """Read `name [class] type`.  Raises Unreadable."""
        try:
            name, _, rdclass, rdtype, _ = self._split(line)
        except (dns.exception.DNSException, ValueError) as problem:
            raise Unreadable(f"{line!r}: {problem}") from problem
        return Asked(wire_name(name), rdtype, rdclass)

    def record(self, line: str) -> Record:
        """Read a record.  Raises Unreadable."""
        try:
            name, ttl, rdclass, rdtype, rest = self._split(line)
            rdata = self._rdata(rdclass, rdtype, rest)
            return Record(wire_name(name), rdtype, rdclass, ttl, rdata)
        except (dns.exception.DNSException, ValueError) as problem:
            raise Unreadable(f"{line!r}: {problem}") from problem

    def _rdata(self, rdclass: int, rdtype: int, text: str) -> bytes:
        """Read rdata as testbound does: more forgiving than dnspython is."""
        if text.startswith("\\#"):
            # Taken as it is, so that a scenario can send what is malformed.
            return bytes.fromhex("".join(text.split()[2:]))
        if rdtype == dns.rdatatype.RRSIG:
            return self._signature(text)
        if rdclass != dns.rdataclass.IN:
            # Chaosnet's A has a form of its own that nobody means.
            rdclass = dns.rdataclass.IN
        return self._parsed(rdclass, rdtype, text)

    def _parsed(self, rdclass: int, rdtype: int, text: str) -> bytes:
        rdata = dns.rdata.from_text(
            dns.rdataclass.RdataClass(rdclass),
            dns.rdatatype.RdataType(rdtype),
            text,
            origin=self._origin,
            relativize=False,
        )
        return wire_rdata(rdata)

    def _signature(self, text: str) -> bytes:
        """Read an RRSIG whose base64 may be cut, padded anyhow, or not be there."""
        words = [
            word for word in text.partition(";")[0].split() if word not in {"(", ")"}
        ]
        fields, base64_words = words[:_RRSIG_FIELDS], words[_RRSIG_FIELDS:]
        readable = self._parsed(
            dns.rdataclass.IN,
            dns.rdatatype.RRSIG,
            " ".join([*fields, _THREE_ZERO_BYTES]),
        )
        digits = "".join(base64_words).partition("=")[0]
        digits = digits[: len(digits) - (len(digits) % 4 == 1)]
        signature = base64.b64decode(digits + "=" * (-len(digits) % 4))
        return readable[:-3] + signature

    def _split(self, line: str) -> tuple[dns.name.Name, int, int, int, str]:
        owner, rest = _first_word(line)
        name = dns.name.from_text(owner, self._origin)
        ttl = self._ttl
        rdclass: int | None = None
        while True:
            word, rest = _first_word(rest)
            if word[:1].isdigit():
                ttl = dns.ttl.from_text(word)
            elif rdclass is None and _is_class(word) and rest:
                rdclass = dns.rdataclass.from_text(word)
            elif word:
                rdtype = dns.rdatatype.from_text(word)
                break
            else:
                raise Unreadable("it has no type")
        return (
            name,
            ttl,
            dns.rdataclass.IN if rdclass is None else rdclass,
            rdtype,
            rest,
        )


def _first_word(text: str) -> tuple[str, str]:
    """Split off the first word; white space is the separator."""
    parts = text.split(None, 1)
    word = parts[0] if parts else ""
    return word, parts[1].strip() if len(parts) > 1 else ""


def _is_class(word: str) -> bool:
    try:
        dns.rdataclass.from_text(word)
    except (dns.exception.DNSException, ValueError):
        return False
    return True
