"""What the lab says.

The root delegates four top-level domains, and these delegate ten thousand sites.  Every
second site is signed.  A quarter of the sites use the name servers of a hoster in
another zone, as most of the Internet does; the others bring glue.  The first sites have
many names, so that there are new names to ask for in zones that are known already.
Unsigned sites answer for every other name too, by a wildcard; signed ones do not,
because a validating resolver would make up such answers by itself (RFC 8198).

Everything follows from a site's number: what it is called, who serves it and what its
addresses are.  Nothing expires while a benchmark runs.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

SITES: Final = 10_000
# The first sites, and how many names each of them has.
LARGE_SITES: Final = 500
NAMES_IN_LARGE: Final = 64
NAMES_IN_SMALL: Final = 4
HOSTERS: Final = 40
TOPS: Final = ("com", "net", "org", "info")
TTL: Final = 86400
NEGATIVE_TTL: Final = 3600

# Loopback addresses: what serves the root, the top-level domains and the leaves.
ROOT_ADDRESSES: Final = ("127.54.0.1", "127.54.0.2")
TOP_ADDRESSES: Final = ("127.54.1.1", "127.54.1.2")
LEAF_ADDRESSES: Final = tuple(f"127.54.2.{last}" for last in range(1, 65))


class Record(NamedTuple):
    """One record in presentation form; the owner is absolute."""

    owner: str
    rdtype: str
    rdata: str


class Zone(NamedTuple):
    """A zone's name and its records, the SOA first."""

    name: str
    records: list[Record]
    signed: bool


def site(number: int) -> str:
    """Name a site."""
    return f"site{number:05}.{TOPS[number // 8 % len(TOPS)]}."


def hoster(number: int) -> str:
    """Name a hoster's zone."""
    return f"hoster{number:02}.{TOPS[number // 2 % len(TOPS)]}."


def is_signed(number: int) -> bool:
    """Tell whether a site, or a hoster's zone, is signed."""
    return number % 2 == 0


def is_hosted(number: int) -> bool:
    """Tell whether a site uses a hoster's name servers."""
    return number // 2 % 4 == 0


def host(number: int, index: int) -> str:
    """Name one of a site's hosts, the one with index 0 being www."""
    return f"h{index}.{site(number)}" if index else f"www.{site(number)}"


def names_in(number: int) -> int:
    """Count the hosts of a site."""
    return NAMES_IN_LARGE if number < LARGE_SITES else NAMES_IN_SMALL


def address(number: int, index: int) -> str:
    """Give the address of a host, within the block for benchmarks (RFC 2544)."""
    place = (number * NAMES_IN_LARGE + index) % (1 << 17)
    return f"198.{18 + (place >> 16)}.{place >> 8 & 255}.{place & 255}"


def leaf_zones() -> Iterator[Zone]:
    """Give every zone that the leaf server has: hosters' and sites'."""
    for number in range(HOSTERS):
        records = [*_head(hoster(number), _own_servers(hoster(number)))]
        records += _addresses(hoster(number), number)
        yield Zone(hoster(number), records, is_signed(number))
    for number in range(SITES):
        yield Zone(site(number), [*_site_records(number)], is_signed(number))


def top_zone(top: str, signers: dict[str, str]) -> Zone:
    """Give a top-level domain; `signers` are the DS data of the signed zones in it."""
    name = f"{top}."
    records = [*_head(name, _nic_servers(top))]
    for number in range(HOSTERS):
        zone = hoster(number)
        if zone.endswith(f".{name}"):
            records += _delegation(zone, _own_servers(zone), signers)
            records += _addresses(zone, number)
    for number in range(SITES):
        zone = site(number)
        if zone.endswith(f".{name}"):
            records += _delegation(zone, servers_of(number), signers)
            if not is_hosted(number):
                records += _addresses(zone, number)
    return Zone(name, records, signed=True)


def root_zone(signers: dict[str, str]) -> Zone:
    """Give the root; its own servers' names and those of the domains live in it."""
    records = [*_head(".", _nic_servers("root"))]
    records += _nic_addresses("root", ROOT_ADDRESSES)
    for top in TOPS:
        records += _delegation(f"{top}.", _nic_servers(top), signers)
        records += _nic_addresses(top, TOP_ADDRESSES)
    return Zone(".", records, signed=True)


def hints() -> str:
    """Write the zone file of root servers that every resolver starts from."""
    lines = [f". {TTL} IN NS {server}" for server in _nic_servers("root")]
    lines += [
        f"{record.owner} {TTL} IN A {record.rdata}"
        for record in _nic_addresses("root", ROOT_ADDRESSES)
    ]
    return "\n".join([*lines, ""])


def text_of(zone: Zone) -> str:
    """Write a zone file."""
    lines = [f"{owner} {rdtype} {rdata}" for owner, rdtype, rdata in zone.records]
    return "\n".join([f"$TTL {TTL}", *lines, ""])


def servers_of(number: int) -> tuple[str, ...]:
    """Name the servers of a site."""
    if is_hosted(number):
        return _own_servers(hoster(number // 8 % HOSTERS))
    return _own_servers(site(number))


def _own_servers(zone: str) -> tuple[str, ...]:
    return (f"ns1.{zone}", f"ns2.{zone}")


def _nic_servers(top: str) -> tuple[str, ...]:
    return (f"a.{top}.nic.", f"b.{top}.nic.")


def _nic_addresses(top: str, addresses: tuple[str, ...]) -> Iterator[Record]:
    for server, where in zip(_nic_servers(top), addresses, strict=True):
        yield Record(server, "A", where)


def _addresses(zone: str, number: int) -> Iterator[Record]:
    for offset, server in enumerate(_own_servers(zone)):
        where = LEAF_ADDRESSES[(number + offset) % len(LEAF_ADDRESSES)]
        yield Record(server, "A", where)


def _head(zone: str, servers: tuple[str, ...]) -> Iterator[Record]:
    soa = f"{servers[0]} hostmaster.nic. 1 7200 3600 1209600 {NEGATIVE_TTL}"
    yield Record(zone, "SOA", soa)
    for server in servers:
        yield Record(zone, "NS", server)


def _delegation(
    zone: str, servers: tuple[str, ...], signers: dict[str, str]
) -> Iterator[Record]:
    for server in servers:
        yield Record(zone, "NS", server)
    if zone in signers:
        yield Record(zone, "DS", signers[zone])


def _site_records(number: int) -> Iterator[Record]:
    yield from _head(site(number), servers_of(number))
    if not is_hosted(number):
        yield from _addresses(site(number), number)
    for index in range(names_in(number)):
        yield Record(host(number, index), "A", address(number, index))
        if index % 4 == 0:
            yield Record(host(number, index), "AAAA", f"2001:db8::{number:x}:{index:x}")
    if not is_signed(number):
        yield Record(f"*.{site(number)}", "A", address(number, 0))
