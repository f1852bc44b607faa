"""The questions that are put to both resolvers, and what must come of them.

`status` and `records`, the number of them in the answer section, are what the zones under
`zones` say; they keep the comparison honest when both resolvers are wrong.
"""

from typing import Final, NamedTuple

NOERROR: Final = "NOERROR"
NXDOMAIN: Final = "NXDOMAIN"
SERVFAIL: Final = "SERVFAIL"


class Case(NamedTuple):
    """A question, with the status and number of answer records that are right."""

    name: str
    rdtype: str
    records: int = 0
    status: str = NOERROR

    def __str__(self) -> str:
        name = self.name if len(self.name) < 60 else f"{self.name[:57]}..."
        return f"{name} {self.rdtype}"


LONG: Final = "a." * 123 + "odd.com."  # 255 bytes
LABEL: Final = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

TYPES: Final = (
    Case("www.shop.com.", "A", 3),
    Case("www.shop.com.", "AAAA", 1),
    Case("shop.com.", "A", 1),
    Case("shop.com.", "MX", 2),
    Case("shop.com.", "TXT", 2),
    Case("shop.com.", "CAA", 2),
    Case("shop.com.", "HTTPS", 1),
    Case("shop.com.", "NS", 2),
    Case("shop.com.", "SOA", 1),
    Case("_sip._tcp.shop.com.", "SRV", 3),
    Case("_dns.shop.com.", "SVCB", 1),
    Case("svc.shop.com.", "HTTPS", 1),
    Case("naptr.shop.com.", "NAPTR", 1),
    Case("ssh.shop.com.", "SSHFP", 1),
    Case("_443._tcp.shop.com.", "TLSA", 1),
    Case("place.shop.com.", "LOC", 1),
    Case("cpu.shop.com.", "HINFO", 1),
    Case("link.shop.com.", "URI", 1),
    Case("person.shop.com.", "RP", 1),
    Case("old.shop.com.", "AFSDB", 1),
    Case("unknown.shop.com.", "TYPE65280", 1),
    Case("empty-rdata.shop.com.", "TYPE65281", 1),
    Case("10.0.54.198.in-addr.arpa.", "PTR", 1),
    Case("20.0.54.198.in-addr.arpa.", "PTR", 2),
    Case(
        "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.4.5.0.0.0.0.a.2.ip6.arpa.",
        "PTR",
        1,
    ),
)

ZONE_CUTS: Final = (
    Case(".", "NS", 2),
    Case(".", "SOA", 1),
    Case(".", "A"),
    Case("com.", "NS", 2),
    Case("com.", "SOA", 1),
    Case("com.", "A"),
    # The parent's to answer, though the child's server is known.
    Case("shop.com.", "DS"),
    Case("com.", "DS"),
    Case("deep.cut.com.", "DS"),
    Case("www.shop.com.", "DS"),
    Case("shop.com.", "DNSKEY"),
    Case("www.cut.com.", "A", 1),
    Case("www.deep.cut.com.", "A", 1),
    Case("deep.cut.com.", "NS", 1),
    Case("www.below.far.cut.com.", "A", 1),
    Case("far.cut.com.", "A"),
    Case("www.same.com.", "A", 1),
    Case("www.child.same.com.", "A", 1),
    Case("alias.child.same.com.", "A", 2),
    Case("www.glueless.org.", "A", 1),
    Case("www.far.org.", "A", 1),
    Case("www.six.org.", "A", 1),
    Case("ns1.hoster.net.", "A", 1),
    Case("a.root-servers.net.", "A", 1),
)

ABSENT: Final = (
    Case("mail.hoster.net.", "AAAA"),
    Case("www.shop.com.", "TXT"),
    Case("missing.shop.com.", "A", status=NXDOMAIN),
    Case("a.missing.shop.com.", "A", status=NXDOMAIN),
    Case("below.www.shop.com.", "A", status=NXDOMAIN),
    Case("missing.com.", "A", status=NXDOMAIN),
    Case("no-such-tld.", "A", status=NXDOMAIN),
    Case("www.no-such-tld.", "MX", status=NXDOMAIN),
    # Empty non-terminals: names that exist for what is below them.
    Case("c.shop.com.", "A"),
    Case("b.c.shop.com.", "TXT"),
    Case("_tcp.shop.com.", "A"),
    Case("in-addr.arpa.", "A"),
    Case("a.b.c.shop.com.", "A", 1),
    Case("x.c.shop.com.", "A", status=NXDOMAIN),
)

WILDCARDS: Final = (
    Case("anything.wild.com.", "A", 1),
    Case("many.labels.deep.down.wild.com.", "A", 1),
    Case("anything.wild.com.", "MX", 1),
    Case("anything.wild.com.", "TXT"),
    Case("solid.wild.com.", "A"),
    Case("below.solid.wild.com.", "A", status=NXDOMAIN),
    Case("hole.wild.com.", "A"),
    Case("y.hole.wild.com.", "A", status=NXDOMAIN),
    Case("*.wild.com.", "A", 1),
    Case("anything.alias.wild.com.", "A", 4),
    Case("a.sub.deep.wild.com.", "AAAA", 1),
    Case("sub.deep.wild.com.", "AAAA"),
    Case("wild.com.", "A"),
    Case("y" * 63 + ".wild.com.", "A", 1),
)

ALIASES: Final = (
    Case("here.shop.com.", "A", 4),
    Case("here.shop.com.", "CNAME", 1),
    Case("here.shop.com.", "TXT", 1),
    Case("there.shop.com.", "A", 2),
    Case("MixedCase.shop.com.", "AAAA", 2),
    Case("one.alias.net.", "A", 4),
    Case("two.alias.net.", "A", 3),
    Case("out.alias.net.", "A", 3),
    Case("wild.alias.net.", "A", 5),
    Case("nodata.alias.net.", "AAAA", 1),
    Case("nxdomain.alias.net.", "A", 1, NXDOMAIN),
    Case("unknown.alias.net.", "TYPE65280", 2),
    Case("c1.alias.net.", "A", 12),
    Case("c1.alias.net.", "CNAME", 1),
    Case("loop1.alias.net.", "CNAME", 1),
    Case("loop1.alias.net.", "A", status=SERVFAIL),
    Case("self.alias.net.", "A", status=SERVFAIL),
)

DNAMES: Final = (
    Case("www.moved.dname.org.", "A", 5),
    Case("missing.moved.dname.org.", "A", 2, NXDOMAIN),
    Case("cpu.moved.dname.org.", "A", 2),
    Case("moved.dname.org.", "DNAME", 1),
    Case("moved.dname.org.", "TXT", 1),
    Case("moved.dname.org.", "A"),
    Case("www.inside.dname.org.", "A", 3),
    Case("www.twice.dname.org.", "A", 7),
    Case("through.dname.org.", "A", 6),
    Case("x" * 60 + ".longer.dname.org.", "A", 1, "YXDOMAIN"),
)

ODD_NAMES: Final = (
    Case("first\\.last.odd.com.", "A", 1),
    Case("\\000\\001\\255.odd.com.", "A", 1),
    Case("with\\032space.odd.com.", "A", 1),
    Case('quote\\"d.odd.com.', "A", 1),
    Case("back\\\\slash.odd.com.", "A", 1),
    Case("\\@.odd.com.", "A", 1),
    Case("_dmarc.odd.com.", "TXT", 1),
    Case("-dash-.odd.com.", "A", 1),
    Case("123.odd.com.", "A", 1),
    Case("xn--bcher-kva.odd.com.", "A", 1),
    Case(f"{LABEL}.odd.com.", "A", 1),
    Case("sub.*.odd.com.", "A", 1),
    Case(LONG, "A", 1),
    Case("WWW.SHOP.COM.", "A", 3),
    Case("upper.shop.com.", "A", 1),
    Case("binary.odd.com.", "TXT", 1),
    Case("empty.odd.com.", "TXT", 1),
    Case("full.odd.com.", "TXT", 1),
)

TTLS: Final = (
    Case("short.shop.com.", "A", 1),
    Case("never.shop.com.", "A", 1),
    Case("long.shop.com.", "A", 1),
    Case("two-ttls.shop.com.", "AAAA", 1),
)

BIG: Final = (
    Case("a40.big.com.", "A", 40),
    Case("a100.big.com.", "A", 100),
    Case("a255.big.com.", "A", 255),
    Case("txt250.big.com.", "TXT", 250),
)

TROUBLE: Final = (
    Case("www.halflame.org.", "A", 1),
    Case("www.halfdead.org.", "A", 1),
    Case("www.lame.org.", "A", status=SERVFAIL),
    Case("www.dead.org.", "A", status=SERVFAIL),
    Case("www.hopeless.org.", "A", status=SERVFAIL),
    Case("www.ring1.org.", "A", status=SERVFAIL),
    Case("refused.alias.net.", "A", status=SERVFAIL),
)

SPECIAL_USE: Final = (
    Case("localhost.", "A", 1),
    Case("localhost.", "AAAA", 1),
    Case("localhost.", "MX"),
    Case("www.test.", "A", status=NXDOMAIN),
    Case("anything.invalid.", "A", status=NXDOMAIN),
    Case("hidden.onion.", "A", status=NXDOMAIN),
    Case("1.0.0.127.in-addr.arpa.", "PTR", 1),
    Case("1.0.0.10.in-addr.arpa.", "PTR", status=NXDOMAIN),
    Case("1.1.168.192.in-addr.arpa.", "PTR", status=NXDOMAIN),
    Case("router.home.arpa.", "A", status=NXDOMAIN),
)

ORDINARY: Final = (
    *TYPES,
    *ZONE_CUTS,
    *ABSENT,
    *WILDCARDS,
    *ALIASES,
    *DNAMES,
    *ODD_NAMES,
    *TTLS,
    *BIG,
    *TROUBLE,
)

# Where the two differ, and why that is well.
#
# *   Unbound goes on trying a server that refuses connections, sometimes for longer
#     than dig waits.  We take the refusal for an answer, and turn to another server or
#     say SERVFAIL at once.
UNBOUND_MAY_BE_SILENT: Final = frozenset({"www.dead.org.", "www.halfdead.org."})
# *   To a SERVFAIL Unbound sometimes adds the aliases it got past before it failed.
#     Nobody can use them, and we never do.
FAILED: Final = frozenset({SERVFAIL})
