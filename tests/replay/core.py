"""The resolver that a scenario is played against, and its end.

It is the daemon's own, from `daemon.build`; only the world around it is pretended.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from resolver.config import Config
from resolver.daemon.build import World, build
from resolver.daemon.follow import Follower
from resolver.dnssec.crypto import Crypto
from resolver.ports import Errand, Note, Resolution
from resolver.service import Query, Service
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
    """What a resolver is built into: time, network, chance, and an ear for errors.

    `wall` is the time by which signatures are judged, `crypto` what judges them; `idle`
    the seconds that connections may be idle, None where clients are not told.
    """

    loop: VirtualLoop
    upstream: Upstream
    dice: random.Random
    on_error: Callable[[str, BaseException], None]
    wall: Callable[[], float]
    crypto: Crypto | None
    tasks: list[asyncio.Task[None]]  # what runs beside; a loop holds tasks weakly
    idle: float | None = None


# Builds a resolver and gives its front; the list collects the diaries of its walks.
Build = Callable[[Config, Surroundings, list[list[Note]]], Front]


def build_daemon(
    config: Config, around: Surroundings, diaries: list[list[Note]]
) -> Front:
    """Build the resolver that people run."""
    idle = around.idle
    world = World(
        around.loop.time,
        around.upstream.udp,
        around.upstream.tcp,
        around.dice.getrandbits,
        around.dice,
        around.wall,
        None,
        around.crypto,
        idle=None if idle is None else lambda: idle,
    )
    core = build(config, world, around.on_error)
    if core.validation is not None and config.dnssec.follow_anchor_rollovers:
        path = config.dnssec.anchor_state
        follower = Follower(
            core.validation, path, around.loop.time, around.wall, around.dice
        )
        around.tasks.append(around.loop.create_task(follower.run()))
    front: Any = core.front
    front._walks._service = Watched(core.service, diaries)
    return core.front


class Watched:
    """Stands before the service and keeps the diary of every walk that it starts."""

    def __init__(self, service: Service, diaries: list[list[Note]]) -> None:
        self.late = service.late
        self._resolve = service.resolve
        self._diaries = diaries

    async def resolve(self, query: Query, errand: Errand) -> Resolution:
        diary: list[Note] = []
        self._diaries.append(diary)
        try:
            return await self._resolve(query, errand)
        finally:
            diary.extend(errand.diary)


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
