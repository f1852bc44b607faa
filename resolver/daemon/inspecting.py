"""Looking at what is remembered: `resolver cache get`, `servers` and `zones`.

To look changes nothing: no entry counts as used, and nobody is asked.  Record data goes
out as it is on the wire; to make text of it is for who has asked, who has time.

Times are seconds from now: `left` until something is no longer believed, below zero where
it has expired and is only kept for hard times; None where it does not end.
"""

import math
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from resolver.beliefs import security_name
from resolver.cache import manners
from resolver.cache.failures import Failures
from resolver.cache.infra import DOWN_AFTER, Facts
from resolver.cache.rrsets import (
    EVERY_TYPE,
    RANK_ADDITIONAL,
    RANK_ANSWER,
    RANK_AUTHORITATIVE,
    RANK_AUTHORITY,
    Entry,
)
from resolver.cache.zones import Delegation, NameServer
from resolver.config import split_address
from resolver.daemon.asked import name_of, told_set, type_of
from resolver.daemon.commands import Arguments
from resolver.daemon.subject import Subject
from resolver.ports import Address
from resolver.wire import names, types

RANKS: Final = {
    RANK_ADDITIONAL: "additional",
    RANK_AUTHORITY: "authority",
    RANK_ANSWER: "answer",
    RANK_AUTHORITATIVE: "authoritative",
}
_FAULTS: Final = {
    manners.PLAIN: "no EDNS",
    manners.LOSES_CASE: "loses case",
    manners.DENIES_COOKIES: "refuses cookies",
    manners.FORGETS_COOKIES: "forgets cookies",
    manners.DEAF_TO_UDP: "silent over UDP",
    manners.DEAF_TO_TCP: "silent over TCP",
}
# Delegations that `zones` lists; the rest is counted.
MAX_LISTED: Final = 10_000


async def cache_get(subject: Subject, arguments: Arguments) -> dict[str, object]:
    """Tell what is known about `name`, of `type` only if there is one."""
    name, rdtype = name_of(arguments), type_of(arguments)
    now, core = subject.clock(), subject.core
    entries = core.stores.rrsets.at(name)
    if rdtype is not None:
        wanted = {rdtype, types.CNAME, EVERY_TYPE}
        entries = [it for it in entries if it.rdtype in wanted]
    trust = None
    if core.validation is not None:
        held = core.validation.chain.known(name, now)
        if held is not None:
            trust = {
                "security": security_name(held.security),
                "left": _left(held.expires, now),
                "text": str(held.text),
            }
    delegation = core.stores.zones.get(name, now)
    return {
        "name": names.to_text(name),
        "entries": [told_entry(it, now) for it in entries],
        "failures": _failures(core.stores.failures, name, now),
        "delegation": None if delegation is None else _delegation(delegation, now),
        "trust": trust,
    }


def told_entry(entry: Entry, now: float) -> dict[str, object]:
    """Write an entry of the cache down."""
    found, learned, expires = entry.past
    nothing = ""
    if found.rrset is None:
        nothing = "NXDOMAIN" if found.rcode == types.NXDOMAIN else "NODATA"
    rrset = found.rrset or found.soa
    return {
        "type": None if entry.rdtype == EVERY_TYPE else entry.rdtype,
        "nothing": nothing,
        "set": None if rrset is None else told_set(rrset),
        "proofs": [told_set(it) for it in found.proofs],
        "left": _left(expires, now),
        "ttl": round(expires - learned),
        "rank": RANKS.get(found.rank, str(found.rank)),
        "security": security_name(found.security),
    }


async def servers(subject: Subject, arguments: Arguments) -> dict[str, object]:
    """Tell who is asked about `name`, and what is known about each of them."""
    name = name_of(arguments)
    now, stores = subject.clock(), subject.core.stores
    configured = _configured(subject, name)
    learnt = stores.zones.closest(name, now)
    if configured is not None and (learnt is None or learnt.zone != configured[0]):
        zone, kind, addresses = configured
        told = [_server(subject, NameServer(b"", addresses), zone, now)]
        return {
            "zone": names.to_text(zone),
            "kind": kind,
            "left": None,
            "servers": told,
        }
    if learnt is None:
        return {"zone": ".", "kind": "not learnt yet", "left": None, "servers": []}
    return {
        "zone": names.to_text(learnt.zone),
        "kind": "learnt",
        "left": _left(learnt.expires, now),
        "servers": [_server(subject, it, learnt.zone, now) for it in learnt.servers],
    }


async def zones(subject: Subject, arguments: Arguments) -> dict[str, object]:
    """Tell which zones are configured, and how many have been learnt."""
    del arguments
    config, now = subject.config, subject.clock()
    learnt = subject.core.stores.zones.fresh(now)
    told: list[dict[str, object]] = [
        {
            "zone": _dotted(it.zone),
            "kind": kind,
            "servers": list(it.servers),
            "first": it.first,
        }
        for kind, tables in (("forward", config.forward), ("stub", config.stub))
        for it in tables
    ]
    for text in config.local.zones:
        zone, kind = text.split()
        told.append({"zone": _dotted(zone), "kind": f"local {kind}", "servers": []})
    return {
        "configured": told,
        "learnt": len(learnt),
        "names": [names.to_text(it.zone) for it in learnt[:MAX_LISTED]],
    }


def _configured(
    subject: Subject, name: bytes
) -> tuple[bytes, str, tuple[Address, ...]] | None:
    """Find the closest forward or stub zone that a name is in."""
    config = subject.config
    found: tuple[bytes, str, tuple[Address, ...]] | None = None
    for kind, tables in (("forward", config.forward), ("stub", config.stub)):
        for table in tables:
            zone = names.from_text(table.zone)
            deeper = found is None or len(zone) > len(found[0])
            if table.servers and deeper and names.is_below(name, zone):
                addresses = [Address(*split_address(it)) for it in table.servers]
                found = (zone, kind, tuple(addresses))
    return found


def _delegation(delegation: Delegation, now: float) -> dict[str, object]:
    return {
        "zone": names.to_text(delegation.zone),
        "left": _left(delegation.expires, now),
        "servers": [
            {
                "name": names.to_text(it.name) if it.name else "",
                "addresses": [str(address) for address in it.addresses],
            }
            for it in delegation.servers
        ],
    }


def _server(
    subject: Subject, server: NameServer, zone: bytes, now: float
) -> dict[str, object]:
    addresses = server.addresses or _looked_up(subject, server.name, now)
    return {
        "name": names.to_text(server.name) if server.name else "",
        "addresses": [_address(subject, it, zone, now) for it in addresses],
    }


def _looked_up(subject: Subject, name: bytes, now: float) -> tuple[Address, ...]:
    """Find the addresses of a server in the cache, where the delegation had none."""
    port = subject.config.recursion.server_port
    found: list[Address] = []
    for entry in subject.core.stores.rrsets.at(name):
        rrset = entry.past.found.rrset
        if rrset is not None and now < entry.past.expires:
            if entry.rdtype == types.A:
                found += [
                    Address(str(IPv4Address(data)), port) for data in rrset.rdatas
                ]
            elif entry.rdtype == types.AAAA:
                found += [
                    Address(str(IPv6Address(data)), port) for data in rrset.rdatas
                ]
    return tuple(found)


def _address(
    subject: Subject, address: Address, zone: bytes, now: float
) -> dict[str, object]:
    facts = subject.core.stores.servers.known(address, now)
    told: dict[str, object] = {"address": str(address), "state": "unknown"}
    if facts is None:
        return told | dict.fromkeys(("rtt", "variation", "timeout", "heard"))
    faults = facts.manners.faults(now)
    return told | {
        "state": _state(facts, zone, now),
        "rtt": facts.rtt if facts.rtt >= 0 else None,
        "variation": facts.variation,
        "timeout": facts.timeout(),
        "heard": round(now - facts.updated, 3),
        "silences": facts.silences,
        "open": facts.manners.open,
        "cookie": len(facts.manners.cookie) > manners.CLIENT_COOKIE,
        "faults": [text for bit, text in _FAULTS.items() if faults & bit],
        "lame_for": [names.to_text(it) for it, until in _lame(facts) if now < until],
    }


def _state(facts: Facts, zone: bytes, now: float) -> str:
    if facts.is_lame(zone, now):
        return "lame"
    if facts.silences >= DOWN_AFTER:
        return "down"
    if facts.silences:
        return "silent"
    return "answers" if facts.rtt >= 0 else "unknown"


def _lame(facts: Facts) -> list[tuple[bytes, float]]:
    return [] if facts.lame is None else list(facts.lame.items())


def _failures(failures: Failures, name: bytes, now: float) -> list[dict[str, object]]:
    return [
        {
            "type": rdtype,
            "text": it.text,
            "ede": it.ede,
            "left": _left(it.expires, now),
        }
        for rdtype, it in failures.at(name, now)
    ]


def _left(expires: float, now: float) -> float | None:
    return None if math.isinf(expires) else round(expires - now, 3)


def _dotted(zone: str) -> str:
    return zone if zone.endswith(".") else f"{zone}."
