"""The whole examination: look, ask, judge."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from resolver.config import Config
from resolver.daemon.build import World
from resolver.daemon.configured import first_servers
from resolver.daemon.doctor.chance import judge_ports, source_ports
from resolver.daemon.doctor.findings import OK, Finding
from resolver.daemon.doctor.holders import Holder, holders, judge_holders
from resolver.daemon.doctor.interception import CHECK, judge_interception
from resolver.daemon.doctor.reach import judge_reach
from resolver.daemon.doctor.replies import (
    judge_clock,
    judge_edns,
    judge_signatures,
    judge_size,
)
from resolver.daemon.doctor.resolvconf import (
    Names,
    judge_loop,
    judge_resolv_conf,
    read_names,
)
from resolver.daemon.doctor.room import (
    Spot,
    descriptors,
    judge_descriptors,
    judge_spots,
    spots,
)
from resolver.daemon.doctor.sounding import NOBODYS, Heard, Server, chosen, sound
from resolver.ports import Address
from resolver.wire import names as wire_names


class Host(NamedTuple):
    """What this machine says of itself."""

    holders: Sequence[Holder]
    names: Names
    descriptors: tuple[int, int]
    spots: Sequence[Spot]


class Replies(NamedTuple):
    """What the network said: to questions to servers, and to us about ourselves."""

    heard: Sequence[Heard]
    ports: Sequence[int]
    wall: float
    forwarding: bool


def look(config: Config) -> Host:
    """Look at this machine.  Reads files, and takes some milliseconds."""
    ports = {int(text.rpartition(":")[2]) for text in config.listen.plain}
    found = holders(sorted(ports))
    return Host(found, read_names(), descriptors(), spots(config))


async def ask(
    config: Config, world: World, nobodys: Sequence[Address] = NOBODYS
) -> Replies:
    """Ask the network.  Raises ValueError and OSError for hints that cannot be used."""
    delegation = first_servers(config)
    servers = [
        Server(
            wire_names.to_text(server.name) if server.name else str(address), address
        )
        for server in delegation.servers
        for address in server.addresses
    ]
    asked = chosen(servers, world.dice)
    forwarding = delegation.recursive
    heard = await sound(world, asked, nobodys, forwarding=forwarding)
    return Replies(heard, await source_ports(world), world.wall(), forwarding)


async def examine(
    config: Config,
    world: World,
    nobodys: Sequence[Address] = NOBODYS,
    look: Callable[[Config], Host] = look,
    *,
    started: bool = False,
) -> list[Finding]:
    """Examine this host and its network, as a resolver with this configuration has it.

    Takes some seconds where servers are silent.  `started`: it is the resolver itself
    that wants to know, so its port is its own, and whom programs ask is their business.  Raises ValueError and OSError for a
    configuration that no resolver can be built from.
    """
    host = await asyncio.to_thread(look, config)
    return judge(config, host, await ask(config, world, nobodys), started=started)


def judge(
    config: Config, host: Host, replies: Replies, *, started: bool = False
) -> list[Finding]:
    """Judge what was seen and heard: this host first, then the way out and back."""
    listen, recursion = config.listen.plain, config.recursion
    wanted = {"ipv4": recursion.ipv4, "ipv6": recursion.ipv6}
    families = [family for family, used in wanted.items() if used]
    heard = replies.heard
    interception = judge_interception(heard)
    if replies.forwarding:
        seen = "all questions are forwarded: no server of the root was asked"
        interception = Finding(CHECK, OK, (seen,))
    return [
        *([] if started else _before_the_start(host, listen)),
        judge_loop(config, host.names, listen),
        judge_descriptors(*host.descriptors),
        judge_spots(host.spots),
        *judge_reach(heard, families),
        interception,
        judge_edns(heard),
        judge_signatures(heard, validate=config.dnssec.validate),
        judge_size(heard),
        judge_ports(replies.ports),
        judge_clock(heard, replies.wall),
    ]


def _before_the_start(host: Host, listen: Sequence[str]) -> list[Finding]:
    """Judge what is of interest before a resolver is there, not to the resolver."""
    return [
        judge_holders(host.holders, listen),
        judge_resolv_conf(host.names, listen),
    ]
