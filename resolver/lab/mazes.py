"""Delegations that are hard to follow: how names are found, or are not.

The zones here have honest servers.  What is odd is the way to them.
"""

from typing import Final

from resolver.lab.description import Host, Ingredient, Sample, ZoneSpec

# Zones inside zones: each one a referral more.
LEVELS: Final = 8
# Servers that must be looked up to look up servers; resolvers give up after 5 to 7.
GLUELESS_DEPTH: Final = 12
# Names in a delegation that lead nowhere, as in the NXNS attack (RFC 9520 is about
# what it costs): more than any resolver should look up.
NOWHERE_SERVERS: Final = 60


def _zone(origin: str, records: str, *hosts: Host) -> ZoneSpec:
    return ZoneSpec(origin, hosts, records)


def _levels() -> Ingredient:
    """Nest zones, each on a server of its own."""
    origins = ["levels.org."]
    for number in range(1, LEVELS + 1):
        origins.append(f"z{number}.{origins[-1]}")
    zones = [
        _zone(
            origin,
            f"www A 192.0.2.{50 + depth}",
            Host(f"ns.{origin}", (f"127.53.4.{100 + depth}",)),
        )
        for depth, origin in enumerate(origins)
    ]
    return Ingredient(
        "zones in zones",
        f"levels.org. and {LEVELS} zones below it, each delegated by the one above",
        tuple(zones),
        (Sample(f"www.{origins[-1]} A", answer=f"192.0.2.{50 + LEVELS}"),),
    )


def _glueless_depth() -> Ingredient:
    """Make servers whose addresses need servers whose addresses need servers."""
    tops = ("com", "net", "org")
    origins = [f"deep{depth}.{tops[depth % 3]}." for depth in range(GLUELESS_DEPTH + 1)]
    zones = [
        _zone(
            origin,
            f"www A 192.0.2.{60 + depth}",
            Host(f"ns.{origins[max(depth - 1, 0)]}", (f"127.53.4.{40 + depth}",)),
        )
        for depth, origin in enumerate(origins)
    ]
    return Ingredient(
        "glueless within glueless",
        f"the server of deepN has its name in deepN-1, under another TLD; N up to"
        f" {GLUELESS_DEPTH}, and only {origins[0]} has glue",
        tuple(zones),
        (
            Sample(f"www.{origins[3]} A", answer="192.0.2.63"),
            Sample(f"www.{origins[GLUELESS_DEPTH]} A", "SERVFAIL or NOERROR"),
        ),
    )


_GLUELESS: Final = Ingredient(
    "glueless delegation",
    "glueless.com. is served by a host under org., so its address must be looked up",
    (
        _zone(
            "hosting.org.",
            "www A 192.0.2.41",
            Host("ns1.hosting.org.", ("127.53.4.1",)),
            Host("ns2.hosting.org.", ("127.53.4.2",)),
        ),
        _zone(
            "glueless.com.",
            "www A 192.0.2.42",
            Host("ns1.hosting.org.", ("127.53.4.1",)),
            Host("ns2.hosting.org.", ("127.53.4.2",)),
        ),
    ),
    (Sample("www.glueless.com. A", answer="192.0.2.42"),),
)

_SIBLINGS: Final = Ingredient(
    "sibling glue",
    "sibling.com. is served by ns7.hoster.com. and com. gives its address; for"
    " orphan.com. it does not; sib-a.com. and sib-b.com. are served by each other's"
    " hosts and reachable only by sibling glue",
    (
        _zone(
            "hoster.com.", "www A 192.0.2.43", Host("ns1.hoster.com.", ("127.53.4.3",))
        ),
        _zone(
            "sibling.com.", "www A 192.0.2.44", Host("ns7.hoster.com.", ("127.53.4.4",))
        ),
        _zone(
            "orphan.com.",
            "www A 192.0.2.45",
            Host("ns8.hoster.com.", ("127.53.4.5",), glue=False),
        ),
        _zone("sib-a.com.", "www A 192.0.2.46", Host("ns.sib-b.com.", ("127.53.4.6",))),
        _zone("sib-b.com.", "www A 192.0.2.47", Host("ns.sib-a.com.", ("127.53.4.7",))),
    ),
    (
        Sample("www.sibling.com. A", answer="192.0.2.44"),
        Sample("www.orphan.com. A", answer="192.0.2.45"),
        Sample("www.sib-a.com. A", answer="192.0.2.46"),
    ),
)

_CYCLES: Final = Ingredient(
    "cycles and missing glue",
    "cycle-a.com. and cycle-b.net. are served by each other's hosts, without glue;"
    " bare.com. by a host inside itself, without glue: none can be reached",
    (
        _zone(
            "cycle-a.com.", "www A 192.0.2.48", Host("ns.cycle-b.net.", ("127.53.4.8",))
        ),
        _zone(
            "cycle-b.net.", "www A 192.0.2.49", Host("ns.cycle-a.com.", ("127.53.4.9",))
        ),
        _zone(
            "bare.com.",
            "www A 192.0.2.58",
            Host("ns.bare.com.", ("127.53.4.10",), glue=False),
        ),
    ),
    (
        Sample("www.cycle-a.com. A", "SERVFAIL"),
        Sample("www.bare.com. A", "SERVFAIL"),
    ),
)

_NOWHERE: Final = Ingredient(
    "servers that do not exist",
    f"nowhere.com. is delegated to {NOWHERE_SERVERS} names of example.org. that are not"
    " there: looking them all up is what an attacker wants",
    (
        _zone(
            "nowhere.com.",
            "www A 192.0.2.59",
            *(Host(f"no{each}.example.org.") for each in range(NOWHERE_SERVERS)),
        ),
    ),
    (Sample("www.nowhere.com. A", "SERVFAIL"),),
)

_DISAGREEMENT: Final = Ingredient(
    "child and parent disagree",
    "org. says differs.org. is on ns1; the zone itself says ns2, where nobody listens",
    (
        ZoneSpec(
            "differs.org.",
            (Host("ns1.differs.org.", ("127.53.4.11",)),),
            """ns2 A 127.53.4.12
            www A 192.0.2.48
            other A 192.0.2.49""",
            own_servers=("ns2.differs.org.",),
        ),
    ),
    (
        Sample("www.differs.org. A", answer="192.0.2.48"),
        Sample("other.differs.org. A", answer="192.0.2.49"),
    ),
)

MAZES: Final = (
    _levels(),
    _GLUELESS,
    _glueless_depth(),
    _SIBLINGS,
    _CYCLES,
    _NOWHERE,
    _DISAGREEMENT,
)
