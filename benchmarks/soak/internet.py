"""An Internet in poor health, on loopback: losses, dead servers, an outage."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

from resolver.lab.behaviours import HONEST, Behaviour
from resolver.lab.box import Box, Packet, Server
from resolver.lab.catalogue import named
from resolver.lab.description import Host, Ingredient, ZoneSpec
from resolver.lab.sockets import Answers, running

ZONES: Final = 40
# The share of replies over UDP that are lost.
LOSS: Final = 0.01
# One server in so many is dead: half of those say nothing, the others refuse.
DEAD_EVERY: Final = 20
# Seconds that everything is away.
OUTAGE: Final = 3.0
# Times to live, seconds: short, so that everything is asked for again and again.
TTL: Final = 5

_TLD: Final = (Host("a.gtld-servers.net.", ("127.53.1.1",)),)
_ROOT: Final = (Host("a.root-servers.net.", ("127.53.0.1",)),)


def origin(number: int) -> str:
    """Name a zone."""
    return f"z{number % ZONES}.{('com', 'net')[number % 2]}."


def box_of(generation: int) -> Box:
    """Describe the Internet as it is before and after the outage."""
    zones = [ZoneSpec(".", _ROOT), ZoneSpec("root-servers.net.", _ROOT)]
    zones += [ZoneSpec(top, _TLD) for top in ("com.", "net.", "gtld-servers.net.")]
    zones += [_zone(number, generation) for number in range(ZONES)]
    return Box((Ingredient("soak", "an Internet in poor health", tuple(zones)),))


def _zone(number: int, generation: int) -> ZoneSpec:
    own = origin(number)
    hosts = tuple(
        Host(
            f"ns{which}.{own}",
            (f"127.53.{2 + which}.{number + 1}",),
            _behaviour(number, which),
        )
        for which in (1, 2)
    )
    address = f"192.0.2.{generation}"
    text = "\n".join(f'big TXT "{each}{"x" * 200}"' for each in range(15))
    return ZoneSpec(
        own,
        hosts,
        f"""* {TTL} A {address}
        www {TTL} A {address}
        mail {TTL} A {address}
        a.b.c.deep {TTL} A {address}
        alias {TTL} CNAME www.{origin(number + 1)}
        chain {TTL} CNAME alias.{origin(number + 2)}
        none.below {TTL} A {address}
        {text}""",
    )


def _behaviour(number: int, which: int) -> Behaviour:
    """Say how a server behaves: one zone in ten has one that is dead."""
    if which == 1 and number % (DEAD_EVERY // 2) == 1:
        return named("silent" if number % DEAD_EVERY == 1 else "dead")
    return HONEST


class Lossy:
    """A server, some of whose replies are lost."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self.udp: Final = server.udp
        self.tcp: Final = server.tcp
        self._server: Final = server
        self._chance: Final = chance

    def replies_to(self, packet: bytes, *, tcp: bool) -> Sequence[Packet]:
        """Answer, or not."""
        if not tcp and self._chance.random() < LOSS:
            return ()
        return self._server.replies_to(packet, tcp=tcp)


class Internet:
    """The servers, running; `outage` has them go away and come back changed."""

    def __init__(self) -> None:
        self.port = 0
        self.generation = 1
        self.box = box_of(self.generation)
        self._stack = AsyncExitStack()
        self._chance: Final = random.Random(1)

    async def open(self) -> None:
        """Listen on every server's address."""
        found = await self._stack.enter_async_context(
            running(self._servers(), self.port)
        )
        self.port = found.port

    async def close(self) -> None:
        """Listen no more."""
        await self._stack.aclose()

    async def outage(self) -> None:
        """Go away for a while, and come back with other addresses in all zones."""
        await self.close()
        await asyncio.sleep(OUTAGE)
        self.generation += 1
        self.box = box_of(self.generation)
        await self.open()

    def _servers(self) -> Mapping[str, Answers]:
        return {
            host: Lossy(server, self._chance)
            for host, server in self.box.servers.items()
        }
