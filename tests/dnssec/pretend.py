"""Small zones that know what is true of them, with the NSEC or NSEC3 records to prove it.

What a name and a type come to is worked out from the zone's contents, by RFC 1034 and
4592, and never from the records that `resolver.dnssec` is to judge.  NSEC records are
made by dnspython, NSEC3 records here with dnspython's hash.
"""

from typing import NamedTuple

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.zone
from hypothesis import strategies as st

from resolver.dnssec.proof import Proof
from resolver.wire import types
from resolver.wire.names import ancestors, is_below, parent

APEX = ("SOA", "NS", "DNSKEY")
HOST, ALIAS, CUT, SECURE_CUT, DNAME = "A", "CNAME", "NS", "NS DS", "DNAME"
KINDS = (HOST, "TXT MX", ALIAS, CUT, SECURE_CUT, DNAME)
DATA = {
    "SOA": ". . 1 1 1 1 300",
    "NS": "ns.elsewhere.",
    "DNSKEY": "256 3 13 AAAA",
    "A": "192.0.2.1",
    "TXT": "text",
    "MX": "0 .",
    "CNAME": "elsewhere.",
    "DNAME": "elsewhere.",
    "DS": "1 13 2 " + "00" * 32,
}
LABELS = (b"a", b"b", b"*", b"~", b"\x00")
ORIGINS = (b"\x07example\x00", b"\x00", b"\x01a\x01b\x00")


def named(text: str) -> bytes:
    return dns.name.from_text(text).canonicalize().to_wire() or b""


def proof(text: str, *, signer: str = "example.") -> Proof:
    """Write a proof as in a zone file: `a.example. NSEC b.example. A RRSIG NSEC`."""
    owner, kind, data = text.split(" ", 2)
    rdata = dns.rdata.from_text("IN", kind, data, relativize=False)
    wire = rdata.to_wire()
    assert wire is not None
    return Proof(named(owner), rdata.rdtype, wire, named(signer))


class Truth(NamedTuple):
    """What a question comes to; `source` is the wildcard or the name itself."""

    outcome: str  # "data", "alias", "nodata", "nxdomain", "elsewhere"
    source: bytes


class PretendZone:
    """`contents` maps names below the origin to the types that they have."""

    def __init__(self, origin: bytes, contents: dict[bytes, str]) -> None:
        self.origin = origin
        everything = {origin: " ".join(APEX), **contents}
        self.types = {
            name: set(kinds.split())
            for name, kinds in everything.items()
            if not any(self.passes_on(everything, above) for above in self.above(name))
        }
        self.nodes = {node for name in self.types for node in (name, *self.above(name))}

    def above(self, name: bytes) -> list[bytes]:
        """The name's ancestors inside the zone."""
        return [it for it in ancestors(name)[1:] if is_below(it, self.origin)]

    def passes_on(self, contents: dict[bytes, str], name: bytes) -> bool:
        kinds = contents.get(name, "").split()
        return name != self.origin and ("NS" in kinds or "DNAME" in kinds)

    def is_cut(self, name: bytes) -> bool:
        return name != self.origin and "NS" in self.types.get(name, ())

    def encloser(self, name: bytes) -> bytes:
        while name not in self.nodes:
            name = parent(name)
        return name

    def ask(self, name: bytes, kind: str) -> Truth:
        for above in self.above(name):
            if self.is_cut(above) or "DNAME" in self.types.get(above, ()):
                return Truth("elsewhere", above)
        if self.is_cut(name) and kind != "DS":
            return Truth("elsewhere", name)
        source = name
        if name not in self.nodes:
            source = b"\x01*" + self.encloser(name)
            if source not in self.nodes:
                return Truth("nxdomain", source)
        if source == self.origin and kind == "DS" and source != b"\x00":
            return Truth("elsewhere", source)  # the parent's to say
        if kind in self.types.get(source, ()):
            return Truth("data", source)
        alias = "CNAME" in self.types.get(source, ())
        return Truth("alias" if alias else "nodata", source)

    def nsec(self) -> list[Proof]:
        """One proof for each name, by dnspython."""
        zone = dns.zone.Zone(dns.name.from_wire(self.origin, 0)[0], relativize=False)
        for name, kinds in self.types.items():
            for kind in kinds:
                data = dns.rdata.from_text("IN", kind, DATA[kind])
                node = zone.find_node(dns.name.from_wire(name, 0)[0], create=True)
                node.replace_rdataset(dns.rdataset.from_rdata(300, data))
        dns.dnssec.sign_zone(zone, add_dnskey=False, rrset_signer=lambda *_: None)
        return [
            Proof(name.to_wire() or b"", types.NSEC, data.to_wire() or b"", self.origin)
            for name, _, data in zone.iterate_rdatas("NSEC")
        ]

    def nsec3(
        self, *, opt_out: bool = False, iterations: int = 0, salt: bytes = b""
    ) -> list[Proof]:
        """One proof for each name and empty non-terminal; unsigned cuts may be left out."""
        spared = {
            name for name, kinds in self.types.items() if opt_out and kinds == {"NS"}
        }
        kept = [name for name in self.types if name not in spared]
        nodes = {node for name in kept for node in (name, *self.above(name))}
        hashes = sorted(
            (self.hashed(name, iterations, salt), self.bitmap(name)) for name in nodes
        )
        found = []
        for number, (low, bitmap) in enumerate(hashes):
            high = hashes[(number + 1) % len(hashes)][0]
            text = f"1 {int(opt_out)} {iterations} {salt.hex() or '-'} {high} {bitmap}"
            rdata = dns.rdata.from_text("IN", "NSEC3", text).to_wire() or b""
            owner = bytes([len(low)]) + low.lower().encode() + self.origin
            found.append(Proof(owner, types.NSEC3, rdata, self.origin))
        return found

    def bitmap(self, name: bytes) -> str:
        kinds = self.types.get(name, set())
        return " ".join(kinds | ({"RRSIG"} if kinds and kinds != {"NS"} else set()))

    @staticmethod
    def hashed(name: bytes, iterations: int, salt: bytes) -> str:
        text = dns.name.from_wire(name, 0)[0]
        return dns.dnssec.nsec3_hash(text, salt, iterations, "SHA1")


def names_below(origin: bytes) -> st.SearchStrategy[bytes]:
    """Names of one to three labels from a small pool, so that they get in each other's way."""
    labels = st.lists(st.sampled_from(LABELS), min_size=1, max_size=3)
    return labels.map(
        lambda found: b"".join(bytes([len(it)]) + it for it in found) + origin
    )


@st.composite
def zones(draw: st.DrawFn) -> PretendZone:
    origin = draw(st.sampled_from(ORIGINS))
    names = st.dictionaries(names_below(origin), st.sampled_from(KINDS), max_size=7)
    # A wildcard that is a cut or a DNAME has no meaning that all agree on (RFC 4592).
    return PretendZone(
        origin,
        {
            name: HOST if name[:2] == b"\x01*" and kind not in KINDS[:3] else kind
            for name, kind in draw(names).items()
        },
    )
