"""Give the resolver sockets, signals and a service manager, and take them away again.

Start: every listener stands, then readiness is told; the root is primed beside that,
so that the first client need not wait for it.  End: on SIGTERM or SIGINT the
listeners close, open questions get `DRAIN_SECONDS` to end, and the process exits 0.
"""

import asyncio
import random
import secrets
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

import structlog

from resolver.config import Config, split_address
from resolver.daemon.build import Core, World, build
from resolver.daemon.querylog import QueryLog
from resolver.net.front import Reception
from resolver.net.notify import ServiceManager
from resolver.net.tcp import listen_tcp
from resolver.net.udp import listen_udp
from resolver.net.upstream_tcp import Tcp
from resolver.net.upstream_udp import Udp
from resolver.ports import Errand, Resolution, Spent
from resolver.wire.message import Question

log: Final = structlog.get_logger()

# SIGTERM to exit, with all questions answered or given up; service managers wait 90.
DRAIN_SECONDS: Final = 1.5

_Result = TypeVar("_Result")


class Listener(Protocol):
    """Something that takes packets until it is closed."""

    def close(self) -> None:
        """Take no more."""


def serve(config: Config) -> int:
    """Answer questions until SIGTERM or SIGINT; give the exit status.

    Blocks.  Raises OSError, with the address in its text, when a listener cannot be
    had, and ValueError for hints without a usable server.
    """
    _run(_serve(config))
    return 0


def ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
    """Resolve one question in this process; the errand's diary is the trace.

    Blocks.  Failures are resolutions with SERVFAIL.
    """
    return _run(_ask_once(config, question))


def _run(main: Coroutine[Any, Any, _Result]) -> _Result:
    """Run on uvloop where it is installed, on asyncio's own loop elsewhere."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Give the best event loop that is installed."""
    try:
        import uvloop  # noqa: PLC0415 - optional: there is none for every platform
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
    world = _world(config)
    core = build(config, world, _on_error)
    errand = Errand(world.clock, world.clock() + config.recursion.query_deadline)
    return await core.service.answer(question, errand), errand


async def _serve(config: Config) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    world = _world(config)
    core = build(config, world, _on_error)
    manager = ServiceManager()
    reception: Reception = core.front
    if config.log.queries:
        reception = QueryLog(core.front, log, world.clock)
    listeners = await _listen(config, reception, loop)
    listening = ", ".join(config.listen.plain)
    log.info("ready", listen=listening, loop=type(loop).__module__, python=_python())
    manager.ready(f"Listening on {listening}")
    beside = [loop.create_task(_prime(config, core))]
    if manager.watchdog_seconds:
        beside.append(loop.create_task(_pat_watchdog(manager)))
    await ended.wait()
    manager.stopping()
    for listener in listeners:
        listener.close()
    complete = await core.front.drain(DRAIN_SECONDS)
    for task in beside:
        task.cancel()
    log.info("stopped", every_question_ended=complete)


async def _listen(
    config: Config, reception: Reception, loop: asyncio.AbstractEventLoop
) -> list[Listener]:
    """Open every listener, or none.  Raises OSError that names the address."""
    listeners: list[Listener] = []
    try:
        for text in config.listen.plain:
            host, port = split_address(text)
            try:
                listeners.append(await listen_udp(host, port, reception, loop))
                listeners.append(await listen_tcp(host, port, reception, loop))
            except OSError as error:
                raise OSError(error.errno, f"{error.strerror}: {text}") from error
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


async def _prime(config: Config, core: Core) -> None:
    """Learn who serves the root before a client has to wait for it (RFC 9609)."""
    now = clock_of(config)
    errand = Errand(now, now() + config.recursion.query_deadline)
    try:
        await core.root.delegation(errand)
    except Spent as spent:
        log.warning("root_not_primed", reason=str(spent))


async def _pat_watchdog(manager: ServiceManager) -> None:
    while True:
        manager.alive()
        await asyncio.sleep(manager.watchdog_seconds)


def _world(config: Config) -> World:
    return World(
        clock_of(config),
        Udp(config.recursion.source_addresses),
        Tcp(config.recursion.source_addresses),
        secrets.randbits,
        random.Random(secrets.randbits(64)),  # noqa: S311 - for choices without secrecy
    )


def clock_of(config: Config) -> Callable[[], float]:
    """Give the clock that ages records."""
    if config.cache.clock == "realtime":
        return time.time  # noqa: TID251 - the clock to be injected everywhere else
    return time.monotonic


def _on_error(what: str, error: BaseException) -> None:
    log.error("unexpected_error", what=what, exc_info=error)


def _python() -> str:
    return f"{sys.implementation.name} {sys.version.split()[0]}"
