"""What differs between two configurations, and what follows from it.

A resolver that runs takes over nearly every setting with what it remembers (`reload`).
What a change makes wrong is forgotten, and no more; `Wrong` names that.  The few that a
running process cannot change are told, and wait for a restart.

The table below is the whole of it: a setting that is not there, nor its table, makes
encoded replies wrong, which are made again from what is known in a few microseconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from resolver.config.declared import declared
from resolver.config.names import Forward, Stub
from resolver.config.tables import Config

# What a setting makes wrong, from the least to the most.
NOTHING: Final = "nothing is forgotten"
REPLIES: Final = "encoded replies are made again"
ROOM: Final = "what is known moves to a cache of another size"
NAMES: Final = "encoded replies that name these are made again"
LIVES: Final = "what was to be kept for longer, or was kept longer, is forgotten"
BELOW: Final = "what is known of these zones and below them is forgotten"
DELEGATIONS: Final = "all delegations, and what failed, are forgotten"
EVERYTHING: Final = "everything known is forgotten"
RESTART: Final = "takes a restart"

_EFFECTS: Final[Mapping[str, str]] = {
    "listen": NOTHING,
    "listen.batch": RESTART,
    "access": NOTHING,
    "server": RESTART,
    "server.nsid": NOTHING,
    "server.identity": NOTHING,
    "server.version": NOTHING,
    "log": RESTART,
    "log.queries": NOTHING,
    "log.anonymise": NOTHING,
    "metrics": RESTART,
    "control": RESTART,
    "recorder": NOTHING,
    "recursion.root_hints": EVERYTHING,
    "recursion.server_port": EVERYTHING,
    "recursion.never_ask": DELEGATIONS,
    "recursion.ipv4": DELEGATIONS,
    "recursion.ipv6": DELEGATIONS,
    "recursion.source_addresses": DELEGATIONS,
    "recursion.minimise_qname": NOTHING,
    "recursion.randomise_case": NOTHING,
    "recursion.cookies": NOTHING,
    "recursion.edns_buffer": NOTHING,
    "recursion.prefetch": NOTHING,
    "recursion.prime": NOTHING,
    "recursion.query_deadline": NOTHING,
    "cache.failure_ttl": NOTHING,
    "cache.size": ROOM,
    "cache.min_ttl": LIVES,
    "cache.max_ttl": LIVES,
    "cache.max_negative_ttl": LIVES,
    "cache.shared_path": RESTART,
    "cache.clock": RESTART,
    "dnssec.validate": EVERYTHING,
    "dnssec.trust_anchors": EVERYTHING,
    "dnssec.accept_sha1": EVERYTHING,
    "dnssec.signature_skew": EVERYTHING,
    "dnssec.negative_trust_anchors": BELOW,
    "local": NAMES,
    "forward": BELOW,
    "stub": BELOW,
}


class Change(NamedTuple):
    """A setting that differs: its values as a file has them, and what follows."""

    setting: str
    before: str
    after: str
    effect: str

    def __str__(self) -> str:
        """Write it on a line."""
        return f"{self.setting}: {self.before} -> {self.after}: {self.effect}"


class Wrong(NamedTuple):
    """What changes make wrong.  `below` are zones as they are written."""

    effects: frozenset[str]
    below: tuple[str, ...]


def changes(before: Config, after: Config) -> list[Change]:
    """List what differs, in the order of the declarations."""
    return [
        *_settings(before, after),
        *_tables("forward", before.forward, after.forward),
        *_tables("stub", before.stub, after.stub),
    ]


def wrong(before: Config, after: Config) -> Wrong:
    """Say what is not right any more once the second is in effect."""
    effects = {change.effect for change in changes(before, after)}
    zones = {
        *_differing(_by_zone(before.forward), _by_zone(after.forward)),
        *_differing(_by_zone(before.stub), _by_zone(after.stub)),
        *set(before.dnssec.negative_trust_anchors).symmetric_difference(
            after.dnssec.negative_trust_anchors
        ),
    }
    return Wrong(frozenset(effects - {NOTHING, RESTART}), tuple(sorted(zones)))


def as_running(before: Config, after: Config) -> Config:
    """Give the second with the settings of the first that only a restart changes."""
    kept = {
        tuple(change.setting.split("."))
        for change in changes(before, after)
        if change.effect == RESTART
    }
    for table, name in kept:
        value = getattr(getattr(before, table), name)
        after = _with(after, table, name, value)
    return after


def _with(config: Config, table: str, name: str, value: object) -> Config:
    changed = replace(getattr(config, table), **{name: value})
    return replace(config, **{table: changed})


def _settings(before: Config, after: Config) -> Iterator[Change]:
    for table in declared().values():
        if table.many:
            continue
        for setting in table.settings.values():
            old = getattr(getattr(before, table.name), setting.name)
            new = getattr(getattr(after, table.name), setting.name)
            if old != new:
                path = f"{table.name}.{setting.name}"
                write = setting.kind.write
                yield Change(path, write(old), write(new), _effect(path, old, new))


def _effect(path: str, old: object, new: object) -> str:
    if path == "server.workers" and 1 not in {old, new}:
        return NOTHING  # a supervisor is there, and starts or ends some
    return _EFFECTS.get(path) or _EFFECTS.get(path.partition(".")[0], REPLIES)


def _tables(
    name: str, before: tuple[Forward | Stub, ...], after: tuple[Forward | Stub, ...]
) -> Iterator[Change]:
    old, new = _by_zone(before), _by_zone(after)
    for zone in _differing(old, new):
        was, will_be = _shown(old.get(zone)), _shown(new.get(zone))
        yield Change(f'{name} "{zone}"', was, will_be, _EFFECTS[name])


def _by_zone(tables: tuple[Forward | Stub, ...]) -> dict[str, Forward | Stub]:
    return {table.zone: table for table in tables}


def _differing(
    old: Mapping[str, Forward | Stub], new: Mapping[str, Forward | Stub]
) -> list[str]:
    return [zone for zone in {**old, **new} if old.get(zone) != new.get(zone)]


def _shown(table: Forward | Stub | None) -> str:
    if table is None:
        return "none"
    servers = ", ".join(table.servers) or "no servers"
    return f"{servers}, first" if table.first else servers
