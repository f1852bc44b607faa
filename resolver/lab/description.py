"""How the box is described: hosts, zones, ingredients.

A description says only what is special about a zone.  The rest follows from it, as it
would between registries and operators: the parent's NS set and DS, the hosts'
addresses in the zone that holds their names, and glue in the parent where a host
lies below it.  A host elsewhere gets no glue, because its registry has none to give:
so a glueless delegation is simply one to a host under another TLD.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dns.name
import dns.zone
from dns.name import Name

from resolver.lab.behaviours import HONEST, Behaviour
from resolver.lab.sign import PLAIN, Key, Signing, sign
from resolver.lab.zones import Zone

# Times to live, as they are out there: delegations a day or two, the rest an hour, and
# five minutes for "no such name".
DELEGATION_TTL: Final = 86400
TTL: Final = 3600
NEGATIVE_TTL: Final = 300


@dataclass(frozen=True, slots=True)
class Host:
    """A name server of a zone: its name, and where and how it answers.

    Without addresses it is a name that leads nowhere.  `glue` is False where the
    delegation lacks what it should have.
    """

    name: str
    addresses: tuple[str, ...] = ()
    behaviour: Behaviour = HONEST
    glue: bool = True


@dataclass(frozen=True, slots=True)
class ZoneSpec:
    """A zone: its name, its servers and its records in zone-file form.

    `own_servers` are the names of the zone's own NS set where it differs from what the
    parent says.  A zone with `signed` False stays unsigned in a signed box; in what way
    others are signed, `signing` says.
    """

    origin: str
    hosts: tuple[Host, ...]
    records: str = ""
    own_servers: tuple[str, ...] = ()
    signed: bool = True
    signing: Signing = PLAIN


@dataclass(frozen=True, slots=True)
class Sample:
    """A question to put to a resolver that uses the box, and what is right.

    `rcode` is a response code, or several joined by "or" where good resolvers differ;
    `answer` is the data of the last record of the answer, or empty for anything.
    """

    question: str
    rcode: str = "NOERROR"
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.question}  ->  {self.rcode} {self.answer}".rstrip()


@dataclass(frozen=True, slots=True)
class Ingredient:
    """Something that the box has to show."""

    name: str
    text: str
    zones: tuple[ZoneSpec, ...] = ()
    samples: tuple[Sample, ...] = ()


def build_zones(
    specs: Sequence[ZoneSpec], keys: dict[str, Key], now: float
) -> list[Zone]:
    """Make all zones of a description; those with a key are signed."""
    origins = {dns.name.from_text(spec.origin): spec for spec in specs}
    if len(origins) < len(specs):
        raise ValueError("a zone is described twice")
    lines: dict[str, list[str]] = {spec.origin: _basics(spec) for spec in specs}
    for spec in specs:
        above = _enclosing(dns.name.from_text(spec.origin), origins, strictly=True)
        if above is not None:
            lines[above.origin] += _delegation(spec, keys.get(spec.origin))
        for host in spec.hosts:
            name = dns.name.from_text(host.name)
            home = _enclosing(name, origins)
            for each in {home.origin if home else ".", *_glue_zones(host, spec, above)}:
                lines[each] += _addresses(host)
    return [_make(spec, lines[spec.origin], keys, now) for spec in specs]


def _basics(spec: ZoneSpec) -> list[str]:
    """Start a zone: defaults, SOA, its own NS set, and what it describes."""
    servers = spec.own_servers or tuple(host.name for host in spec.hosts)
    numbers = f"1 7200 1800 1209600 {NEGATIVE_TTL}"
    soa = f"@ SOA {spec.hosts[0].name} hostmaster.{spec.origin.lstrip('.')} {numbers}"
    return [
        f"$TTL {TTL}",
        soa.replace("hostmaster. ", "hostmaster.example.com. "),
        *(f"@ {DELEGATION_TTL} NS {server}" for server in servers),
        *(line.strip() for line in spec.records.splitlines()),
    ]


def _delegation(spec: ZoneSpec, key: Key | None) -> list[str]:
    """Say in the parent who serves the zone, and with which key it is signed."""
    lines = [f"{spec.origin} {DELEGATION_TTL} NS {host.name}" for host in spec.hosts]
    if key is not None:
        lines += [
            f"{spec.origin} {TTL} DS {key.ds(spec.origin, kind)}"
            for kind in spec.signing.fault.ds
        ]
    return lines


def _glue_zones(host: Host, spec: ZoneSpec, above: ZoneSpec | None) -> list[str]:
    """Name the zone that has to hold glue for a host, if there is one."""
    if above is None:
        return [spec.origin]  # the root says where its own servers are
    name = dns.name.from_text(host.name)
    below = name.is_subdomain(dns.name.from_text(above.origin))
    return [above.origin] if below and host.glue else []


def _addresses(host: Host) -> list[str]:
    return [
        f"{host.name} {DELEGATION_TTL} {'AAAA' if ':' in address else 'A'} {address}"
        for address in host.addresses
    ]


def _enclosing(
    name: Name, origins: dict[Name, ZoneSpec], *, strictly: bool = False
) -> ZoneSpec | None:
    """Find the deepest described zone at or above a name."""
    if strictly:
        if name == dns.name.root:
            return None
        name = name.parent()
    while name not in origins:
        if name == dns.name.root:
            return None
        name = name.parent()
    return origins[name]


def _make(spec: ZoneSpec, lines: list[str], keys: dict[str, Key], now: float) -> Zone:
    content = dns.zone.from_text("\n".join(lines), origin=spec.origin, relativize=False)
    if spec.origin in keys and not spec.signing.fault.plain:
        sign(content, keys[spec.origin], now, spec.signing)
    return Zone(content)
