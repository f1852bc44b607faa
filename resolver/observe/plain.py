"""The facts of notes in plain form: what objects in a diary say beyond their own words.

A walk writes down what it has in its hands, a delegation or a whole reply, because that
costs nothing.  Whoever reads a diary wants to know little of it: that a zone's servers
are forwarders, that a zone and its parent name different servers.  It is looked for here,
once somebody reads, and never for the diaries that are thrown away.
"""

from collections.abc import Iterable
from typing import Final

from resolver.cache.zones import Delegation
from resolver.ports import Note
from resolver.walk.addresses import MAX_SERVERS
from resolver.wire import names, types
from resolver.wire.message import Message, RRset

FORWARDERS: Final = "forwarders"
# How the text about two NS sets begins.
DISAGREE: Final = "the zone and its parent disagree on its servers: "
# Servers that are named of each side.
_NAMED: Final = 3


def plain(note: Note) -> tuple[object, ...]:
    """Give the facts of a note, without those that say nothing."""
    match note.kind, note.facts:
        case "zone", (zone, Delegation(recursive=recursive)):
            return (zone, FORWARDERS) if recursive else (zone,)
        case "verdict", (outcome, Delegation() as delegation, Message() as reply):
            text = disagreement(delegation, reply)
            return (outcome, text) if text else (outcome,)
        case "reply", (server, rcode, seconds, size, ""):
            return (server, rcode, seconds, size)
        case _, facts:
            return facts


def disagreement(delegation: Delegation, reply: Message) -> str:
    """Say how the NS set in a zone's own reply differs from that of its parent.

    "" where they agree, or nothing is known.  Of a delegation at most `MAX_SERVERS`
    names are kept: what the zone has beyond so many is no difference.
    """
    zone, servers, _, recursive, _ = delegation
    if recursive or zone == names.ROOT or not reply.flags & types.AA:
        return ""
    own = _own_servers(zone, (*reply.authority, *reply.answer))
    above = {server.name for server in servers if server.name}
    if not own or not above:
        return ""
    whole = len(servers) < MAX_SERVERS
    sides = (
        ("the parent names", above - own),
        ("the zone itself", own - above if whole else set[bytes]()),
    )
    told = [f"{who} {_listed(names_)}" for who, names_ in sides if names_]
    return DISAGREE + ", ".join(told) if told else ""


def _own_servers(zone: bytes, rrsets: Iterable[RRset]) -> set[bytes]:
    for rrset in rrsets:
        if rrset.rdtype == types.NS and rrset.name == zone:
            return {rdata.lower() for rdata in rrset.rdatas}
    return set()


def _listed(servers: set[bytes]) -> str:
    few = " and ".join(map(names.to_text, sorted(servers)[:_NAMED]))
    more = len(servers) - _NAMED
    return f"{few} and {more} more" if more > 0 else few
