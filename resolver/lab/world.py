"""The standard box: what its Internet is made of.

Hosts have addresses by their part in the play: 127.53.0 the root, 127.53.1 the top-level
domains, 127.53.2 ordinary zones, 127.53.3 aliases, 127.53.4 delegations and 127.53.8 and 9
misbehaviour.  What the zones themselves say is in addresses for documentation (RFC
5737, RFC 3849), which nobody can mistake for a server of the box.

Names that lead to other names are in `aliases`, delegations that are hard to follow in
`mazes`, and servers that misbehave in `troubles`.
"""

from typing import Final

from resolver.lab.aliases import ALIASES
from resolver.lab.behaviours import Behaviour
from resolver.lab.catalogue import (
    BEHAVIOURS,
    ROOT_ADDRESS,
    ROOT_SERVER,
    VICTIM,
    VICTIM_ADDRESS,
    named,
    slow,
)
from resolver.lab.description import Host, Ingredient, Sample, ZoneSpec
from resolver.lab.mazes import MAZES
from resolver.lab.troubles import troubles

# Sizes of TXT sets, bytes of text: around the limits of UDP, and for TCP only.
BIG_SIZES: Final = (400, 1000, 1400, 4000, 30000)
MANY_ADDRESSES: Final = 120

_TLD_HOSTS: Final = (
    Host("a.gtld-servers.net.", ("127.53.1.1",)),
    Host("b.gtld-servers.net.", ("127.53.1.2",)),
)
_ROOT_HOSTS: Final = (
    Host(ROOT_SERVER, (ROOT_ADDRESS,)),
    Host("b.root-servers.net.", ("127.53.0.2",)),
)
_EXAMPLE_HOSTS: Final = (
    Host("ns1.example.com.", ("127.53.2.1",)),
    Host("ns2.example.com.", ("127.53.2.2",)),
)


def standard(delay: float, *, ipv6: bool) -> tuple[Ingredient, ...]:
    """Describe the standard box; slow servers are `delay` seconds late."""
    behaviours = [slow(delay) if each.name == "slow" else each for each in BEHAVIOURS]
    return (
        *(_TOP, _ORDINARY, _SUBZONE, _WILDCARDS, _NAMES, _TIMES, _BIG),
        *ALIASES,
        *MAZES,
        *((_IPV6,) if ipv6 else ()),
        *_victims_and(behaviours),
    )


def _victims_and(behaviours: list[Behaviour]) -> tuple[Ingredient, ...]:
    victim = Ingredient(
        "victim",
        "the honest zone that the liars lie about",
        (
            ZoneSpec(
                VICTIM,
                (Host(f"ns1.{VICTIM}", ("127.53.2.80",), named("terse")),),
                f"www A {VICTIM_ADDRESS}",
            ),
        ),
        (Sample(f"www.{VICTIM} A", answer=VICTIM_ADDRESS),),
    )
    return (*troubles(behaviours), victim)


_TOP: Final = Ingredient(
    "root and top-level domains",
    "two root servers; com. and net. on two shared servers, org. and arpa. on their own",
    (
        ZoneSpec(".", _ROOT_HOSTS),
        ZoneSpec("root-servers.net.", _ROOT_HOSTS),
        ZoneSpec("com.", _TLD_HOSTS),
        ZoneSpec("net.", _TLD_HOSTS),
        ZoneSpec("gtld-servers.net.", _TLD_HOSTS),
        ZoneSpec("org.", (Host("a0.nic.org.", ("127.53.1.3",)),)),
        ZoneSpec("nic.org.", (Host("a0.nic.org.", ("127.53.1.3",)),)),
        ZoneSpec("arpa.", (Host("ns.arpa.", ("127.53.1.4",)),)),
    ),
    (
        Sample("nothing-here. A", "NXDOMAIN"),
        Sample("nobody-has-this.com. A", "NXDOMAIN"),
        Sample("a.root-servers.net. A", answer=ROOT_ADDRESS),
    ),
)

_ORDINARY: Final = Ingredient(
    "ordinary zones",
    "the usual records of the usual zones, and a reverse zone; example.org. stays"
    " unsigned when the box is signed",
    (
        ZoneSpec(
            "example.com.",
            _EXAMPLE_HOSTS,
            """@ A 192.0.2.1
            @ AAAA 2001:db8::1
            @ MX 10 mail
            @ TXT "v=spf1 mx -all"
            @ CAA 0 issue "ca.example.net"
            www A 192.0.2.2
            www AAAA 2001:db8::2
            mail A 192.0.2.25
            alias CNAME www
            out CNAME www.example.net.
            _sip._tcp SRV 10 5 5060 sip
            sip A 192.0.2.60
            svc HTTPS 1 . alpn=h2 ipv4hint=192.0.2.2
            strange TYPE65280 \\# 4 0a000001
            two A 192.0.2.3
            two A 192.0.2.4""",
        ),
        ZoneSpec(
            "example.net.",
            (Host("ns1.example.net.", ("127.53.2.3",)), _EXAMPLE_HOSTS[0]),
            """www A 192.0.2.5
            mail A 192.0.2.26""",
        ),
        ZoneSpec(
            "example.org.",
            (Host("ns1.example.org.", ("127.53.2.4",)),),
            "www A 192.0.2.6",
            signed=False,
        ),
        ZoneSpec(
            "53.5.in-addr.arpa.",
            (Host("ns1.example.com.", ("127.53.2.1",)),),
            "1.2 PTR www.example.com.",
        ),
    ),
    (
        Sample("www.example.com. A", answer="192.0.2.2"),
        Sample("www.example.com. AAAA", answer="2001:db8::2"),
        Sample("www.example.com. MX"),
        Sample("alias.example.com. A", answer="192.0.2.2"),
        Sample("out.example.com. A", answer="192.0.2.5"),
        Sample("www.example.org. A", answer="192.0.2.6"),
        Sample("missing.example.com. A", "NXDOMAIN"),
        Sample("_sip._tcp.example.com. SRV", answer="10 5 5060 sip.example.com."),
        Sample("strange.example.com. TYPE65280", answer="\\# 4 0a000001"),
        Sample("1.2.53.5.in-addr.arpa. PTR", answer="www.example.com."),
    ),
)

_SUBZONE: Final = Ingredient(
    "parent and child on one server",
    "sub.example.com. is on the servers of example.com., which never refer to it",
    (ZoneSpec("sub.example.com.", _EXAMPLE_HOSTS, "www A 192.0.2.7"),),
    (
        Sample("www.sub.example.com. A", answer="192.0.2.7"),
        Sample("missing.sub.example.com. A", "NXDOMAIN"),
    ),
)

_WILDCARDS: Final = Ingredient(
    "wildcards",
    "*.wild.net. has addresses, so distinct names never run out; *.alias.wild.net. is an"
    " alias; real.wild.net. and the empty name ent.wild.net. are no matter of wildcards",
    (
        ZoneSpec(
            "wild.net.",
            (Host("ns1.wild.net.", ("127.53.2.10",)),),
            """* A 192.0.2.10
            * TXT "anything"
            *.alias CNAME www.example.com.
            real TXT "not by the wildcard"
            below.ent A 192.0.2.11""",
        ),
    ),
    (
        Sample("any-name-at-all.wild.net. A", answer="192.0.2.10"),
        Sample("a.b.c.wild.net. A", answer="192.0.2.10"),
        Sample("any-name.wild.net. AAAA"),
        Sample("any.alias.wild.net. A", answer="192.0.2.2"),
        Sample("real.wild.net. A"),
        Sample("ent.wild.net. A"),
        Sample("other.ent.wild.net. A", "NXDOMAIN"),
    ),
)

_NAMES: Final = Ingredient(
    "empty non-terminals and deep names",
    "names that exist only because of those below them; 40 labels without a cut",
    (
        ZoneSpec(
            "ent.org.",
            (Host("ns1.ent.org.", ("127.53.2.11",)),),
            f"""a.b.c A 192.0.2.12
            {".".join(f"l{number}" for number in range(40))} A 192.0.2.13""",
        ),
    ),
    (
        Sample("a.b.c.ent.org. A", answer="192.0.2.12"),
        Sample("b.c.ent.org. A"),
        Sample("x.c.ent.org. A", "NXDOMAIN"),
        Sample(
            f"{'.'.join(f'l{number}' for number in range(40))}.ent.org. A",
            answer="192.0.2.13",
        ),
    ),
)

_TIMES: Final = Ingredient(
    "times to live",
    "records that live 0, 1, 5 and 604800 seconds",
    (
        ZoneSpec(
            "ttl.org.",
            (Host("ns1.ttl.org.", ("127.53.2.12",)),),
            """zero 0 A 192.0.2.14
            one 1 A 192.0.2.15
            five 5 A 192.0.2.16
            week 604800 A 192.0.2.17""",
        ),
    ),
    (
        Sample("zero.ttl.org. A", answer="192.0.2.14"),
        Sample("week.ttl.org. A", answer="192.0.2.17"),
    ),
)


def _big_text(size: int) -> str:
    """Make TXT records of 100 bytes each, `size` bytes in all."""
    return "\n".join(
        f't{size} TXT "{number:04d}{"x" * 96}"' for number in range(size // 100)
    )


_BIG: Final = Ingredient(
    "big answers",
    f"TXT sets of {', '.join(map(str, BIG_SIZES))} bytes (tSIZE) and"
    f" {MANY_ADDRESSES} addresses (many): beyond 1232 bytes they need TCP",
    (
        ZoneSpec(
            "big.net.",
            (Host("ns1.big.net.", ("127.53.2.13",)),),
            "\n".join(
                [
                    *(_big_text(size) for size in BIG_SIZES),
                    *(f"many A 198.51.100.{each}" for each in range(MANY_ADDRESSES)),
                ]
            ),
        ),
    ),
    (
        *(Sample(f"t{size}.big.net. TXT") for size in BIG_SIZES),
        Sample("many.big.net. A"),
    ),
)


_IPV6: Final = Ingredient(
    "IPv6",
    "six.org. has a server on ::1 only, both.org. one host with both kinds of address",
    (
        ZoneSpec("six.org.", (Host("ns1.six.org.", ("::1",)),), "www A 192.0.2.18"),
        ZoneSpec(
            "both.org.",
            (Host("ns1.both.org.", ("::1", "127.53.2.14")),),
            "www A 192.0.2.19",
        ),
    ),
    (
        Sample("www.six.org. A", answer="192.0.2.18"),
        Sample("www.both.org. A", answer="192.0.2.19"),
    ),
)
