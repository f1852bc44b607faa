"""Names that lead to other names: CNAME and DNAME, in chains and in circles.

The two ends of a chain are on different servers, so that no server can follow it alone.
"""

from typing import Final

from resolver.lab.description import Host, Ingredient, Sample, ZoneSpec

# How long the chains of aliases are; resolvers follow 8 to 13 links.
CHAIN_LENGTH: Final = 24


def _chains() -> Ingredient:
    """Chain aliases between two zones: `cN` is N links away from an address."""
    links: list[list[str]] = [["c0 A 192.0.2.30"], ["c0 A 192.0.2.30"]]
    origins = ("chain-a.com.", "chain-b.net.")
    for number in range(1, CHAIN_LENGTH + 1):
        for side in (0, 1):
            links[side].append(f"c{number} CNAME c{number - 1}.{origins[1 - side]}")
    return Ingredient(
        "chains of aliases",
        f"c1 to c{CHAIN_LENGTH} of chain-a.com. and chain-b.net. are as many links, from"
        " one zone to the other and back, away from an address; resolvers follow about 11",
        (
            ZoneSpec(
                origins[0],
                (Host("ns1.chain-a.com.", ("127.53.3.1",)),),
                "\n".join(links[0]),
            ),
            ZoneSpec(
                origins[1],
                (Host("ns1.chain-b.net.", ("127.53.3.2",)),),
                "\n".join(links[1]),
            ),
        ),
        (
            Sample("c1.chain-a.com. A", answer="192.0.2.30"),
            Sample("c8.chain-a.com. A", answer="192.0.2.30"),
            Sample(f"c{CHAIN_LENGTH}.chain-b.net. A", "SERVFAIL"),
        ),
    )


_DNAMES: Final = Ingredient(
    "DNAME",
    "d.dname-a.org. is redirected to d.dname-b.net., dd.dname-b.net. there and back"
    " again; moved.com. as a whole to example.com.; long.dname-a.org. makes names too long",
    (
        ZoneSpec(
            "dname-a.org.",
            (Host("ns1.dname-a.org.", ("127.53.3.3",)),),
            f"""d DNAME d.dname-b.net.
            back A 192.0.2.32
            long DNAME {"x" * 60}.{"y" * 60}.{"z" * 60}.dname-b.net.""",
        ),
        ZoneSpec(
            "dname-b.net.",
            (Host("ns1.dname-b.net.", ("127.53.3.4",)),),
            """www.d A 192.0.2.31
            alias.d CNAME www.d
            dd DNAME dname-a.org.""",
        ),
        ZoneSpec(
            "moved.com.",
            (Host("ns1.dname-a.org.", ("127.53.3.3",)),),
            "@ DNAME example.com.",
        ),
    ),
    (
        Sample("www.d.dname-a.org. A", answer="192.0.2.31"),
        Sample("alias.d.dname-a.org. A", answer="192.0.2.31"),
        Sample("back.dd.dname-b.net. A", answer="192.0.2.32"),
        Sample("www.moved.com. A", answer="192.0.2.2"),
        Sample("missing.moved.com. A", "NXDOMAIN"),
        Sample(f"{'w' * 60}.long.dname-a.org. A", "YXDOMAIN"),
    ),
)

_LOOPS: Final = Ingredient(
    "loops of aliases",
    "self.loop-a.com. is an alias of itself, x and y of each other in one zone, far of"
    " far.loop-b.net. and back; grow.loop-a.com. is a DNAME that grows for ever",
    (
        ZoneSpec(
            "loop-a.com.",
            (Host("ns1.loop-a.com.", ("127.53.3.6",)),),
            """self CNAME self
            x CNAME y
            y CNAME x
            far CNAME far.loop-b.net.
            grow DNAME x.grow""",
        ),
        ZoneSpec(
            "loop-b.net.",
            (Host("ns1.loop-b.net.", ("127.53.3.7",)),),
            "far CNAME far.loop-a.com.",
        ),
    ),
    (
        Sample("self.loop-a.com. A", "SERVFAIL"),
        Sample("x.loop-a.com. A", "SERVFAIL"),
        Sample("far.loop-a.com. A", "SERVFAIL"),
        Sample("www.grow.loop-a.com. A", "SERVFAIL or YXDOMAIN"),
    ),
)


ALIASES: Final = (_chains(), _DNAMES, _LOOPS)
