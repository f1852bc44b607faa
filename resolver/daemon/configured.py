"""What a configuration says of the name space: where walks begin, zones, local names."""

from pathlib import Path
from typing import Final

from resolver.cache.zones import Delegation, NameServer
from resolver.config import Config, split_address
from resolver.config.kinds import identifier
from resolver.policy.identity import Identity
from resolver.policy.local import LocalNames
from resolver.policy.networks import NO_SERVERS, Networks
from resolver.ports import Address
from resolver.walk.addresses import Addresses
from resolver.walk.root import NEVER, hints_delegation, read_hints
from resolver.wire import names
from resolver.wire.message import RRset

BUILT_IN_HINTS: Final = Path(__file__).parent.parent / "data" / "root.hints"


def addresses_of(config: Config) -> Addresses:
    """Say which addresses may be asked, and at which port."""
    recursion = config.recursion
    never = Networks(recursion.never_ask + NO_SERVERS)
    return Addresses(
        lambda host: not never.contains(host),
        recursion.server_port,
        ipv4=recursion.ipv4,
        ipv6=recursion.ipv6,
    )


def hints(path: str, addresses: Addresses) -> Delegation:
    """Read the root hints: the file that the configuration names, or our own."""
    try:
        if path:
            records = _records(Path(path).read_text("utf-8"))
        else:
            records = read_hints(BUILT_IN_HINTS.read_text("utf-8"))
        return hints_delegation(records, addresses)
    except ValueError as error:
        where = path or "the built-in root hints"
        raise ValueError(f"recursion.root_hints: {where}: {error}") from error


def identity_of(config: Config) -> Identity:
    """Say what is told of this server to those who ask for it."""
    server = config.server
    return Identity(
        identifier(server.nsid), server.identity.encode(), server.version.encode()
    )


def _records(text: str) -> list[RRset]:
    """Read records in zone-file form."""
    if not text:
        return []
    # Loaded only where something needs it: it brings all of dnspython along, which
    # takes longer than the rest of a start.
    from resolver.wire.presentation import rrsets_from_text  # noqa: PLC0415

    return rrsets_from_text(text)


def zone_name(text: str) -> bytes:
    """Read a name as people write it."""
    from resolver.wire.presentation import name_from_text  # noqa: PLC0415 - as above

    return name_from_text(text)


def local_names(config: Config, configured: frozenset[bytes]) -> LocalNames:
    """Give what is answered here; `configured` are the zones of `configured_zones`."""
    kinds = dict(text.split() for text in config.local.zones)
    return LocalNames(
        tuple(_records("\n".join(config.local.records))),
        zones={zone_name(zone): kind for zone, kind in kinds.items()},
        special_use=config.recursion.special_use_names,
        configured=tuple(configured),
    )


def local_differences(one: Config, other: Config) -> set[bytes]:
    """List the names of the local records and zones that two configurations have not both.

    What a wildcard is below stands for it.
    """
    records, others = _by_owner(one), _by_owner(other)
    owners = {
        owner
        for owner, rdtype in {**records, **others}
        if records.get((owner, rdtype)) != others.get((owner, rdtype))
    }
    zones = set(one.local.zones).symmetric_difference(other.local.zones)
    found = owners | {zone_name(text.split()[0]) for text in zones}
    return {names.parent(name) if name.startswith(b"\x01*") else name for name in found}


def _by_owner(config: Config) -> dict[tuple[bytes, int], RRset]:
    found = _records("\n".join(config.local.records))
    return {(rrset.name.lower(), rrset.rdtype): rrset for rrset in found}


def configured_zones(config: Config) -> tuple[Delegation, ...]:
    """Turn forward and stub zones into delegations that never expire."""
    return tuple(
        Delegation(
            zone_name(zone.zone),
            (NameServer(b"", _server_addresses(zone.servers)),) if zone.servers else (),
            NEVER,
            recursive=recursive,
            first=zone.first,
        )
        for tables, recursive in ((config.forward, True), (config.stub, False))
        for zone in tables
    )


def _server_addresses(texts: tuple[str, ...]) -> tuple[Address, ...]:
    return tuple(Address(*split_address(text)) for text in texts)


def first_servers(config: Config) -> Delegation:
    """Give the servers that a walk which knows nothing begins at: without sockets.

    Those of the root, or those that everything is forwarded to.  Raises as `build`.
    """
    for zone in configured_zones(config):
        if zone.zone == names.ROOT:
            return zone
    return hints(config.recursion.root_hints, addresses_of(config))
