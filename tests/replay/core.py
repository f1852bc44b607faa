"""The resolver that a scenario is played against, and its end.

It is the daemon's own, from `daemon.build`; only the world around it is pretended.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from resolver.config import Config
from resolver.daemon.build import World, build
from resolver.ports import Errand, Note, Resolution
from resolver.wire.message import Question
from tests.replay.upstream import Upstream
from tests.virtual import VirtualLoop


class Front(Protocol):
    """Where clients' packets go in."""

    def known(self, packet: bytes, host: str) -> bytes | None:
        """Give the reply to a datagram from memory, if there is one."""

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - the front's own signature
        send: Callable[[bytes], None],
    ) -> None:
        """Take a packet; `send` gets the reply, or nothing."""


class Surroundings(NamedTuple):
    """What a resolver is built into: time, network, chance, and an ear for errors."""

    loop: VirtualLoop
    upstream: Upstream
    dice: random.Random
    on_error: Callable[[str, BaseException], None]


# Builds a resolver and gives its front; the list collects the diaries of its walks.
Build = Callable[[Config, Surroundings, list[list[Note]]], Front]


def build_daemon(
    config: Config, around: Surroundings, diaries: list[list[Note]]
) -> Front:
    """Build the resolver that people run."""
    world = World(
        around.loop.time,
        around.upstream.udp,
        around.upstream.tcp,
        around.dice.getrandbits,
        around.dice,
    )
    core = build(config, world, around.on_error)
    _watch(core.front._service, diaries)
    return core.front


def _watch(service: Any, diaries: list[list[Note]]) -> None:
    """Keep the diary of every walk that the service starts."""
    lookup = service._lookup

    async def watched(question: Question, errand: Errand) -> Resolution:
        diaries.append(errand.diary)
        found: Resolution = await lookup(question, errand)
        return found

    service._lookup = watched


def receive(
    front: Front,
    packet: bytes,
    host: str,
    send: Callable[[bytes], None],
    *,
    stream: bool,
) -> None:
    """Bring a client's packet, as the listeners do.  For a callback in the loop."""
    reply = None if stream else front.known(packet, host)
    if reply is None:
        front.packet(packet, host, stream, send)
    else:
        send(reply)


def close(loop: VirtualLoop) -> None:
    """End whatever still runs, and the loop."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.settle()
    loop.close()
