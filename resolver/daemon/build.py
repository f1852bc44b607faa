"""Introduce the rooms to each other.

`build` takes a configuration and what reaches outside, a clock, two transports,
random bits and dice, and makes a resolver.  The daemon hands it real ones; tests, the
replay player and the lab hand it pretend ones, and get the same resolver.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from resolver.cache.failures import Failures
from resolver.cache.infra import Servers
from resolver.cache.rrsets import RRsetCache
from resolver.cache.zones import Delegation, ZoneCache
from resolver.config import Cache, Config
from resolver.daemon.configured import (
    addresses_of,
    configured_zones,
    hints,
    identity_of,
    local_names,
    zone_name,
)
from resolver.daemon.recording import recorder_of
from resolver.daemon.sharing import Backing, Sharing
from resolver.daemon.trust import Validation, validation_of
from resolver.dnssec.crypto import Crypto
from resolver.hot.replies import Replies
from resolver.net.door import Door
from resolver.net.exchange import Exchange, Transport
from resolver.net.front import Front
from resolver.net.watch import Patience
from resolver.observe.recorder import Recorder
from resolver.policy.aliases import LocalAliases
from resolver.policy.local import LocalNames
from resolver.policy.networks import Networks
from resolver.policy.rates import Rates
from resolver.policy.rebinding import Rebinding
from resolver.policy.sentinel import Sentinel
from resolver.ports import Dice, Lookup, Recall
from resolver.service import Manners, Query, Service
from resolver.walk.ages import Ages, Staleness
from resolver.walk.beside import Begin
from resolver.walk.cuts import Cuts
from resolver.walk.memory import Memory
from resolver.walk.root import Root
from resolver.walk.walk import Walk
from resolver.wire import names

# How `[cache] size` is shared out.  Record sets come first: they also serve what the
# encoded replies do not (other EDNS profiles, aliases, walks).
RRSETS_SHARE: Final = 0.55
REPLIES_SHARE: Final = 0.35
# The rest, each divided by what an entry costs (measured in `cache`).
ZONES_SHARE: Final = 0.06
SERVERS_SHARE: Final = 0.02
FAILURES_SHARE: Final = 0.01
ABSENCES_SHARE: Final = 0.01
ZONE_BYTES: Final = 2_000
SERVER_BYTES: Final = 900
FAILURE_BYTES: Final = 700
# Seconds for which a server name without an address is not looked up again, doubled as
# for failures; Unbound 5 for answers that do not say.
ABSENCE_TTL: Final = 5.0


class World(NamedTuple):
    """What a resolver reaches the outside through.

    `clock` gives seconds on the clock that ages records; `random_bits(n)` n bits that
    nobody can guess; `dice` chance for choices that need no secrecy; `wall` the time in
    seconds since 1970, for signatures; `begin` starts something beside a walk; `crypto`
    stands in for the real algorithms.  `close` lets go of what the transports keep open.
    `idle` gives the seconds that a client's connection may be idle, where there are any.
    """

    clock: Callable[[], float]
    udp: Transport
    tcp: Transport
    random_bits: Callable[[int], int]
    dice: Dice
    wall: Callable[[], float]
    begin: Begin | None = None
    crypto: Crypto | None = None
    close: Callable[[], None] = lambda: None
    idle: Callable[[], float] | None = None


class Stores(NamedTuple):
    """Everything that is remembered."""

    rrsets: RRsetCache
    zones: ZoneCache
    servers: Servers
    failures: Failures
    absences: Failures
    replies: Replies


class Core(NamedTuple):
    """A resolver without sockets.

    `rates` is None where nobody is limited, `validation` where nothing is checked,
    `recorder` where nothing is put on record.
    """

    front: Front[Query]
    door: Door
    rates: Rates | None
    service: Service
    root: Root
    stores: Stores
    exchange: Exchange
    walk: Walk
    validation: Validation | None = None
    recorder: Recorder | None = None


class Company(NamedTuple):
    """The processes that a resolver is one of.

    `backing` is the store that they share, `worker` the number that it has among them.
    """

    backing: Backing | None = None
    worker: int = 0


ALONE: Final = Company()


def _tell_nobody(network: str) -> None:
    """Keep to oneself that a network asks too often."""


def build(
    config: Config,
    world: World,
    on_error: Callable[[str, BaseException], None],
    on_limit: Callable[[str], None] = _tell_nobody,
    company: Company = ALONE,
    kept: Stores | None = None,
) -> Core:
    """Put a resolver together.

    `on_error` is told of what should never happen, `on_limit` of a network that asks
    too often.  `kept` is what another resolver has remembered.  Raises ValueError for a
    hints file that names no usable server, and OSError for one that cannot be read.
    """
    stores = _stores(config) if kept is None else kept
    configured = configured_zones(config)
    zones = frozenset(zone.zone for zone in configured)
    local = local_names(config, zones)
    memory = Memory(stores.rrsets, zones, local.answer)
    walk, parts = _walk(config, world, stores, memory, configured)
    allowed = Networks(config.access.allow).contains
    ages = Ages(memory, stores.rrsets, stores.failures, _staleness(config.cache))
    recall: Recall = ages
    lookup: Lookup = walk.resolve
    backing = company.backing
    if backing is not None:
        apart, validating = zones - {names.ROOT}, config.dnssec.validate
        recall = sharing = Sharing(
            ages, lookup, stores.rrsets, backing, apart=apart, validating=validating
        )
        lookup = sharing.resolve
    root, exchange, validation = parts
    if validation is not None and config.dnssec.root_key_sentinel:
        recall = sentinel = Sentinel(validation.root_tags, recall, lookup)
        lookup = sentinel.resolve
    recall, lookup = _screened(config, local, zones, (recall, lookup))
    told = (recall, ages)
    manners = _manners(config, world)
    service = Service(lookup, told, local, stores.replies, allowed, manners)
    rates = _rates(config, on_limit)
    door = Door(allowed) if rates is None else Door(allowed, rates.bucket)
    patience = _patience(config)
    front = Front(service, stores.replies, world.clock, door, patience, on_error)
    core = Core(front, door, rates, service, root, stores, exchange, walk, validation)
    return _watched(core, config, world, company.worker)


def _watched(core: Core, config: Config, world: World, worker: int) -> Core:
    """Put on record what goes wrong, if that is wanted."""
    reach = core.stores.servers.reach
    recorder = recorder_of(config, world.wall, reach, worker)
    if recorder is not None:
        core.front.show(recorder.watch)
    return core._replace(recorder=recorder)


def _screened(
    config: Config,
    local: LocalNames,
    zones: frozenset[bytes],
    behind: tuple[Recall, Lookup],
) -> tuple[Recall, Lookup]:
    """Put before memory and walk what the configuration has a say in."""
    recall, lookup = behind
    if config.rebinding.remove:
        recall = screened = _rebinding(config, zones, recall, lookup)
        lookup = screened.resolve
    if local.has_aliases:
        recall = aliases = LocalAliases(local, recall, lookup)
        lookup = aliases.resolve
    return recall, lookup


def _rates(config: Config, on_limit: Callable[[str], None]) -> Rates | None:
    access = config.access
    if not access.rate_limit:
        return None
    exempt = access.rate_limit_exempt
    return Rates(access.rate_limit, access.rate_limit_slip, exempt, on_limit)


def _stores(config: Config) -> Stores:
    cache = config.cache
    room = _room(cache.size * FAILURES_SHARE, FAILURE_BYTES)
    failures = Failures(room, cache.failure_ttl)
    room = _room(cache.size * ABSENCES_SHARE, FAILURE_BYTES)
    absences = Failures(room, ABSENCE_TTL)

    def forget() -> None:
        failures.clear()
        absences.clear()

    return Stores(
        RRsetCache(
            int(cache.size * RRSETS_SHARE),
            min_ttl=cache.min_ttl,
            max_ttl=cache.max_ttl,
            max_negative_ttl=cache.max_negative_ttl,
        ),
        ZoneCache(_room(cache.size * ZONES_SHARE, ZONE_BYTES)),
        Servers(_room(cache.size * SERVERS_SHARE, SERVER_BYTES), forget),
        failures,
        absences,
        Replies(int(cache.size * REPLIES_SHARE)),
    )


def _walk(
    config: Config,
    world: World,
    stores: Stores,
    memory: Memory,
    configured: tuple[Delegation, ...],
) -> tuple[Walk, tuple[Root, Exchange, Validation | None]]:
    recursion, addresses = config.recursion, addresses_of(config)
    exchange = _exchange(config, world, stores)
    root = Root(
        hints(recursion.root_hints, addresses),
        exchange,
        (stores.zones, stores.servers),
        addresses,
        world.dice,
        prime=recursion.prime,
    )
    walk = Walk(
        exchange,
        Cuts(stores.zones, root, addresses, configured),
        (memory, stores.servers, stores.failures, stores.absences),
        addresses,
        world.dice,
        world.begin,
        minimise=recursion.minimise_qname,
    )
    validation = None
    if config.dnssec.validate:
        validation = validation_of(
            config.dnssec, walk.doubt.fetch, world.wall, world.crypto
        )
        walk.doubt.consult(validation.validator, validation.denials)
    return walk, (root, exchange, validation)


def _staleness(cache: Cache) -> Staleness | None:
    """Say how old answers may be, None: they may not."""
    if not cache.serve_stale:
        return None
    return Staleness(cache.stale_max_age, cache.stale_answer_ttl)


def _manners(config: Config, world: World) -> Manners:
    """Say how old answers are treated, and what is told beside answers."""
    impatient, renew = not config.cache.stale_wait, config.recursion.prefetch
    return Manners(impatient, renew, identity_of(config), world.idle)


def _patience(config: Config) -> Patience:
    """Say how long clients wait."""
    deadline, cache = config.recursion.query_deadline, config.cache
    if not cache.serve_stale or not cache.stale_wait:
        return Patience(deadline)
    return Patience(deadline, cache.stale_wait)


def _room(share: float, entry: int) -> int:
    return max(1000, int(share) // entry)


def _exchange(config: Config, world: World, stores: Stores) -> Exchange:
    recursion = config.recursion
    return Exchange(
        stores.servers,
        world.udp,
        world.tcp,
        world.clock,
        world.random_bits,
        recursion.edns_buffer,
        dnssec=config.dnssec.validate,
        randomise_case=recursion.randomise_case,
        cookies=recursion.cookies and _has_one_source(recursion.source_addresses),
    )


def _has_one_source(addresses: tuple[str, ...]) -> bool:
    """Say whether servers see one address of each family: a cookie holds for one."""
    ipv6 = sum(":" in address for address in addresses)
    return max(ipv6, len(addresses) - ipv6) <= 1


def _rebinding(
    config: Config, zones: frozenset[bytes], recall: Recall, lookup: Lookup
) -> Rebinding:
    """Put the filter of private addresses before memory and walk.

    A zone that the configuration points somewhere is trusted, but not the root: who
    forwards everything still has the whole Internet behind that.
    """
    trusted = zones - {names.ROOT} | set(map(zone_name, config.rebinding.trusted))
    networks = Networks(config.rebinding.networks)
    return Rebinding(networks, trusted, recall, lookup)
