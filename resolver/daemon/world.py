"""The real world, as `build` wants it: clocks, chance, and ways to the servers."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable

from resolver.config import Config
from resolver.daemon.build import World
from resolver.net.lots import Lots
from resolver.net.upstream_tcp import Tcp
from resolver.net.upstream_udp import Udp


def world_of(config: Config) -> World:
    """Give a resolver the real world."""
    lots = Lots()
    udp = Udp(config.recursion.source_addresses, lots)
    tcp = Tcp(config.recursion.source_addresses, lots)

    def close() -> None:
        udp.close()
        tcp.close()

    return World(
        clock_of(config),
        udp,
        tcp,
        lots,
        random.Random(secrets.randbits(64)),  # noqa: S311 - for choices without secrecy
        wall_clock,
        asyncio.create_task,
        close=close,
    )


def clock_of(config: Config) -> Callable[[], float]:
    """Give the clock that ages records."""
    return wall_clock if config.cache.clock == "realtime" else time.monotonic


def wall_clock() -> float:
    """Give the seconds since 1970: to be injected, as every clock is."""
    return time.time()  # noqa: TID251 - see above
