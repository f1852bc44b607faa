"""The tables that treat some names differently: where they are asked, what they become.

How tables are declared is told in `tables`.
"""

from dataclasses import dataclass
from typing import Annotated

from resolver.config import kinds
from resolver.config.marks import Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A zone whose questions go to other resolvers.  Repeat the table for more."""

    zone: Annotated[str, kinds.NAME, 'The zone; "." forwards everything.']
    servers: Annotated[
        tuple[str, ...],
        kinds.SERVER,
        "The resolvers to ask.  An empty list: questions about this zone are not"
        " forwarded, although those about a zone above it are.",
    ]
    first: Annotated[
        Switch, "When none of them helps, do as if this table were not there."
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """A zone whose authoritative servers are given here.  Repeat the table for more."""

    zone: Annotated[str, kinds.NAME, "The zone."]
    servers: Annotated[tuple[str, ...], kinds.SERVER, "Its servers."]
    first: Annotated[
        Switch, "When none of them helps, do as if this table were not there."
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What is answered here without asking anyone."""

    records: Annotated[
        tuple[str, ...],
        kinds.RECORD,
        "Records in zone-file form, each a text of its own.  A name that is here has no"
        " other types, and *.NAME is for all names below NAME that are not here.",
    ] = ()
    zones: Annotated[
        tuple[str, ...],
        kinds.LOCAL_ZONE,
        "What becomes of other names in a zone.  static: they do not exist.  redirect:"
        " they have the zone's own records.  transparent: they are resolved as usual,"
        " and with typetransparent so are other types of the names that are here."
        "  To block: nxdomain, nodata, refuse, or null for the addresses 0.0.0.0 and ::.",
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebinding:
    """Names of strangers with addresses in your network."""

    remove: Annotated[
        Switch,
        "Take addresses in these networks out of answers, and SVCB and HTTPS records"
        " with hints to them: a web page must not reach into your network (DNS"
        " rebinding).  Local records, and zones that are forwarded or stubs (but for"
        ' "."), may have them.',
    ] = False
    networks: Annotated[
        tuple[str, ...],
        kinds.NETWORK,
        "The networks.  Block lists for mail answer from 127.0.0.0/8.",
    ] = (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::/127",
        "fc00::/7",
        "fe80::/10",
    )
    trusted: Annotated[
        tuple[str, ...],
        kinds.NAME,
        "Other names at and below which such addresses are right.",
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dns64:
    """IPv6 addresses made for hosts that have IPv4 only (RFC 6147)."""

    prefix: Annotated[
        str, kinds.DNS64_PREFIX, "Prefix of the translator.  Empty: switched off."
    ] = ""
