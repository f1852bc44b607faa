"""Zones that live on when they have been taken back, or reach for what is not theirs."""

import asyncio
from typing import Final

import dns.rrset
from dns.message import Message

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.grounds import (
    ATTACKER_SERVER,
    LIE,
    TRUTH,
    attacker,
    box_of,
    victim,
)
from resolver.lab.attacks.stage import Build, Stage, data_of
from resolver.lab.behaviours import Asked, Behaviour, edits
from resolver.lab.description import DELEGATION_TTL
from resolver.wire import types

# Seconds between two questions that keep a ghost alive: more often than any of its
# records expires.
HAUNTING: Final = 1_800
# Names that are asked for while somebody reaches for the victim.
ROUNDS: Final = 20

_YEAR: Final = 31_536_000


async def ghost_domain(build: Build) -> Verdict:
    """Take a delegation back, while its zone names itself anew in every reply."""
    stage = Stage(build, box_of(attacker(f"* A {LIE}", _names_itself("attacker.com."))))
    await stage.ask("www.attacker.com. A")
    # The parent lets it go; its own server does not.
    gone = box_of()
    gone.servers[ATTACKER_SERVER] = stage.box.servers[ATTACKER_SERVER]
    stage.box = gone
    lived = 0
    while lived <= 2 * DELEGATION_TTL:
        reply = await stage.ask(f"h{lived}.attacker.com. A")
        if reply is not None and reply.rcode == types.NXDOMAIN:
            break
        await stage.ask("attacker.com. NS")
        await asyncio.sleep(HAUNTING)
        lived += HAUNTING
    return Verdict(
        stage.cost,
        f"gone after {lived / 3600:g} h, {DELEGATION_TTL / 3600:g} at most",
        lived <= DELEGATION_TTL and not stage.errors,
    )


async def promiscuous_ns(build: Build) -> Verdict:
    """Add a delegation of somebody else's zone, and its glue, to good answers."""
    stage = Stage(
        build,
        box_of(
            victim(records=f"* A {TRUTH}"),
            attacker(f"* A {LIE}", _reaches_for("victim.net.", "net.", ".")),
        ),
    )
    taken = 0
    for number in range(ROUNDS):
        await stage.ask(f"r{number}.attacker.com. A")
        for name in (f"r{number}.victim.net. A", "www.victim.net. A"):
            taken += data_of(await stage.ask(name)) != (TRUTH,)
        nameserver = await stage.ask("ns1.victim.net. A")
        taken += ATTACKER_SERVER in data_of(nameserver)
    return Verdict(
        stage.cost,
        f"{taken} of {3 * ROUNDS} answers were the attacker's",
        not taken and not stage.errors,
    )


def _names_itself(zone: str) -> Behaviour:
    """Add the zone's own NS set and its server's address to every reply."""

    def edit(reply: Message, _asked: Asked) -> None:
        reply.authority[:] = [_record(zone, "NS", f"ns1.{zone}")]
        reply.additional[:] = [_record(f"ns1.{zone}", "A", ATTACKER_SERVER)]

    return Behaviour(
        "names-itself", "names its own servers in every reply", edits(edit)
    )


def _reaches_for(*zones: str) -> Behaviour:
    """Say in every reply that other zones are served here."""

    def edit(reply: Message, _asked: Asked) -> None:
        for zone in zones:
            reply.authority.append(_record(zone, "NS", "ns1.victim.net."))
        reply.additional[:] = [
            _record("ns1.victim.net.", "A", ATTACKER_SERVER),
            _record("www.victim.net.", "A", LIE),
        ]

    return Behaviour("reaches", "claims the zones of others", edits(edit))


def _record(name: str, rdtype: str, data: str) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, _YEAR, "IN", rdtype, data)
