"""What dig and kdig say, as values.

The text is read rather than asked for as JSON or YAML, which Debian's dig cannot give
in the one form that kdig has.  Record data goes through dnspython, so that two ways to
write the same data compare equal.
"""

import re
from typing import Final, NamedTuple

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from tests.live.namespace import Namespace, tool

SECTIONS: Final = ("ANSWER", "AUTHORITY", "ADDITIONAL")


class Record(NamedTuple):
    """A record, its TTL aside: equal where the data is, however it was written."""

    name: dns.name.Name
    rdtype: dns.rdatatype.RdataType
    rdata: dns.rdata.Rdata

    def __str__(self) -> str:
        return f"{self.name} {self.rdtype.name} {self.rdata}"


class Reply(NamedTuple):
    """A reply as a client prints it; `edns` is the text of its OPT record, if any."""

    status: str
    flags: frozenset[str]
    sections: dict[str, list[tuple[Record, int]]]
    edns: str
    text: str

    @property
    def answer(self) -> list[Record]:
        return [record for record, _ in self.sections["ANSWER"]]

    @property
    def data(self) -> list[str]:
        """The data of the answer's records, as text, sorted."""
        return sorted(str(record.rdata) for record in self.answer)

    @property
    def ttls(self) -> dict[Record, int]:
        return dict(self.sections["ANSWER"])


class Unanswered(Exception):
    """The client gave up.  The argument is what it printed."""


def dig(namespace: Namespace, server: str, *words: str) -> Reply:
    """Ask with BIND's dig; the words are its own."""
    path = tool("dig", "bind9-dnsutils")
    # -r: no ~/.digrc.  One try, so that nothing unanswered is covered up.
    options = ("-r", f"@{server}", "+tries=1", "+time=8", *words)
    return _read(namespace.run(path, *options).stdout)


def kdig(namespace: Namespace, server: str, *words: str) -> Reply:
    """Ask with Knot's kdig."""
    path = tool("kdig", "knot-dnsutils")
    # +noidn: names that are not host names are questions, too.
    options = (f"@{server}", "+retry=0", "+timeout=8", "+noidn", *words)
    return _read(namespace.run(path, *options).stdout)


def _read(text: str) -> Reply:
    status = re.search(r"status: (\w+)", text)
    flags = re.search(r"(?i)^;; flags: ([^;]*)", text, re.MULTILINE)
    if status is None or flags is None:
        raise Unanswered(text)
    return Reply(
        status[1],
        frozenset(flags[1].split()),
        {name: list(_section(text, name)) for name in SECTIONS},
        _edns(text),
        text,
    )


def _edns(text: str) -> str:
    match = re.search(
        r"(?s)(?:OPT|EDNS) PSEUDOSECTION:\n(.*?)(?=\n\n|\n;; [A-Z]+ SEC)", text
    )
    return match[1] if match else ""


def _section(text: str, name: str) -> list[tuple[Record, int]]:
    match = re.search(rf"(?s);; {name} SECTION:\n(.*?)(?:\n\n|\Z)", text)
    lines = match[1].splitlines() if match else []
    return [_record(line) for line in lines if not line.startswith(";")]


def _record(line: str) -> tuple[Record, int]:
    owner, ttl, rdclass, rdtype_text, *rest = line.split(None, 4)
    rdtype = dns.rdatatype.from_text(rdtype_text)
    rdata = dns.rdata.from_text(
        dns.rdataclass.from_text(rdclass), rdtype, rest[0] if rest else ""
    )
    return Record(dns.name.from_text(owner), rdtype, rdata), int(ttl)
