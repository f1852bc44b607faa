"""A resolver over the lab behind a control socket, in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from resolver.daemon.commands import Arguments, Commands
from resolver.daemon.control import ControlSocket
from resolver.daemon.health import summary
from resolver.daemon.offers import offer
from resolver.daemon.statistics import Statistics
from tests.daemon.subjects import Asked


class Host:
    """The process around it."""

    def __init__(self) -> None:
        self.told: list[bool] = []

    def statistics(self) -> Statistics:
        return Statistics(walks=1234, hot=7, cache_sets=3, cache_bytes=2_500_000)

    def tell_queries(self, *, wanted: bool) -> None:
        self.told.append(wanted)


def commands_of(one: Asked, host: Host) -> Commands:
    commands = Commands()
    offer(commands, one.subject, host)

    async def status(_: Arguments) -> object:
        health = await commands.run("health", {})
        return summary(one.subject.config, {0: health}, 1, 7300.0)

    commands.add("status", status)
    return commands


@contextlib.contextmanager
def listening(path: Path, commands: Commands) -> Iterator[None]:
    begun, loop = threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def work() -> None:
        control = ControlSocket(str(path), commands.run)
        await control.open()
        begun.set()
        await ended.wait()
        control.close()
        for _ in range(10):  # what was accepted last has to be closed
            await asyncio.sleep(0.001)

    def run() -> None:
        loop.run_until_complete(work())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert begun.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
