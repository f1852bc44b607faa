"""One process that answers: alone, or as one of several.

Start: every listener stands, then readiness is told; the root is primed beside that,
so that the first client need not wait for it.  End: on SIGTERM or SIGINT the
listeners close, open questions get `DRAIN_SECONDS` to end, and that is all.
"""

import asyncio
import os
import random
import secrets
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol, final

import structlog

from resolver.cache.shared import Damaged, open_store
from resolver.config import Config, split_address
from resolver.daemon.build import World, build
from resolver.daemon.commands import Arguments, Commands
from resolver.daemon.counting import counted, remembered
from resolver.daemon.monitor import Monitor
from resolver.daemon.offers import offer
from resolver.daemon.querylog import QueryLog
from resolver.daemon.readiness import has_been_answered
from resolver.daemon.reading import Reading, Worker, as_json
from resolver.daemon.sharing import Backing
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import FileTurn, Place
from resolver.daemon.subject import Subject
from resolver.daemon.tending import beside_validation
from resolver.daemon.tuning import settle_memory
from resolver.net.batch import Hot
from resolver.net.connections import Connections
from resolver.net.desk import Desk
from resolver.net.front import Reception
from resolver.net.lots import Lots
from resolver.net.mmsg import system_calls
from resolver.net.netlink import NetworkWatch, Ways, open_netlink
from resolver.net.tcp import TcpListener, listen_tcp
from resolver.net.udp import UdpListener, listen_udp
from resolver.net.upstream_tcp import Tcp
from resolver.net.upstream_udp import Udp
from resolver.ports import Errand, Spent
from resolver.walk.root import PRIMING, PRIMING_RETRY

log: Final = structlog.get_logger()

# SIGTERM to exit, with all questions answered or given up; service managers wait 90.
DRAIN_SECONDS: Final = 1.5
# Of these, how long clients on TCP have to read what was written to them.
READING_SECONDS: Final = 0.2
# Seconds between telling the shared store what time it is, so that it notices when the
# clock is set back.
KEEP_TIME: Final = 10.0


class Superior(Protocol):
    """Who wants to know how this process is: a service manager, or the supervisor.

    `period` is the seconds between two signs of life, 0 if none are wanted.
    """

    @property
    def period(self) -> float:
        """See the class."""

    def begin(self, ended: asyncio.Event) -> None:
        """Begin; `ended` may be set when the superior wants the end."""

    async def meet(self, process: "Process") -> None:
        """Hear which process it is that can be told something.

        Raises OSError if it cannot be told anything though it should be.
        """

    def ready(self, status: str) -> None:
        """Hear that questions are answered from now on."""

    def alive(self, statistics: Statistics) -> None:
        """Hear a sign of life."""

    def stopping(self) -> None:
        """Hear that no new questions are taken."""

    def stopped(self, statistics: Statistics, *, complete: bool) -> None:
        """Hear that all is over, and whether every question had ended."""


async def answer(
    config: Config,
    place: Place | None,
    superior: Superior,
    *,
    several: bool,
    worker: int = 0,
) -> None:
    """Answer questions until a signal, or the superior, wants the end.

    `several` processes share the ports; this one is number `worker`.  Raises OSError, with the address in its text,
    when a listener cannot be had, and ValueError for hints without a usable server.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    if not several:  # a worker leaves Ctrl-C to its supervisor
        loop.add_signal_handler(signal.SIGINT, ended.set)
    superior.begin(ended)
    process = Process(config, place, loop, worker)
    monitor = None if several else Monitor(config, process, time.monotonic, report)
    if monitor is not None:
        await monitor.open()
    loop.add_signal_handler(signal.SIGUSR1, process.tell_statistics)
    await process.open(several=several)
    try:
        await superior.meet(process)
    except OSError:
        await process.close()
        raise
    settle_memory()
    superior.ready(f"Listening on {', '.join(config.listen.plain)}")
    beside = [loop.create_task(work) for work in process.beside(superior)]
    await ended.wait()
    superior.stopping()
    complete = await process.close()
    if monitor is not None:
        monitor.close()
    for task in beside:
        task.cancel()
    superior.stopped(process.statistics(), complete=complete)


@final
class Process:
    """A resolver with sockets."""

    def __init__(
        self,
        config: Config,
        place: Place | None,
        loop: asyncio.AbstractEventLoop,
        worker: int = 0,
    ) -> None:
        self._config: Final = config
        self._loop: Final = loop
        self._world: Final = world_of(config)
        self._backing: Final = open_backing(place, loop)
        self._core: Final = build(
            config, self._world, report, self._backing, self._tell_limit, worker
        )
        self._telling = config.log.queries
        self._desk: Final = Desk(self._reception())
        self.subject: Final = Subject(
            config, self._core, self._world.clock, wall_clock, self._backing
        )
        self.commands: Final = Commands(report)
        offer(self.commands, self.subject, self)
        self.commands.add("statistics", self._tell_reading)
        self._connections: Final = Connections(loop)
        self._datagrams: Final[list[UdpListener]] = []
        self._streams: Final[list[TcpListener]] = []
        self._watch: NetworkWatch | None = None
        self._answers = False

    async def open(self, *, several: bool) -> None:
        """Open every listener, or none.  Raises OSError that names the address."""
        for text in self._config.listen.plain:
            try:
                await self._listen(text, self._desk, several=several)
            except OSError as error:
                self._close_listeners()
                raise OSError(error.errno, f"{error.strerror}: {text}") from error
        self._watch = self._watch_network()
        self._answers = True

    async def _listen(self, text: str, reception: Reception, *, several: bool) -> None:
        host, port = split_address(text)
        self._datagrams.append(
            await listen_udp(
                host, port, reception, self._loop, reuse_port=several, hot=self._hot()
            )
        )
        self._streams.append(
            await listen_tcp(
                host, port, reception, self._loop, self._connections, reuse_port=several
            )
        )

    def _hot(self) -> Hot | None:
        """Give what batches of datagrams are answered with; None: one by one."""
        calls = system_calls() if self._config.listen.batch else None
        if calls is None:
            return None
        known = self._core.stores.replies.answer_many
        answer_many = _nothing_known if self._telling else known
        return Hot(answer_many, self._core.door, self._world.clock, calls)

    def _reception(self) -> Reception:
        """Give whom the listeners bring packets to."""
        if not self._telling:
            return self._core.front
        anonymise = self._config.log.anonymise
        return QueryLog(self._core.front, log, self._world.clock, anonymise=anonymise)

    def tell_queries(self, *, wanted: bool) -> None:
        """Tell every client's question from now on, or none any more."""
        self._telling = wanted
        self._desk.turn_to(self._reception())
        hot = self._hot()
        if hot is not None:
            for listener in self._datagrams:
                listener.turn_to(hot)

    def beside(self, superior: Superior) -> list[Coroutine[Any, Any, None]]:
        """Give what has to be done beside answering, until it is cancelled."""
        works = [self._prime()]
        if superior.period:
            works.append(self._show_life(superior))
        if self._backing is not None:
            works.append(_keep_time(self._backing))
        if self._core.validation is not None:
            works += beside_validation(self._config, self._world, self._core.validation)
        return works

    async def close(self) -> bool:
        """Take no more questions, end the open ones; say whether all were answered."""
        self._answers = False
        self._close_listeners()
        if self._watch is not None:
            self._watch.close()
        complete = await self._core.front.drain(DRAIN_SECONDS)
        await self._connections.close(READING_SECONDS)
        self._world.close()
        if self._backing is not None:
            self._backing.close()
        return complete

    def statistics(self) -> Statistics:
        """Count."""
        connections, datagrams = self._connections, self._datagrams
        mine = Statistics(
            unsent=sum(listener.unsent for listener in datagrams),
            faults=sum(listener.faults for listener in datagrams),
            connections=len(connections),
            accepted=connections.accepted,
            refused=connections.refused,
            expired=connections.expired,
            overfull=connections.overfull,
        )
        if self._backing is not None:
            mine += self._backing.statistics()
        return counted(self._core) + remembered(self._core.stores) + mine

    def reading(self) -> Reading:
        """Read all that can be read; see `reading.Observed`."""
        return Reading(self.statistics(), (Worker("1", os.getpid(), self._answers),))

    async def _tell_reading(self, arguments: Arguments) -> object:
        """Do what the command `statistics` asks for."""
        del arguments  # there is nothing to choose
        return as_json(self.reading())

    def tell_statistics(self) -> None:
        """Log the counters."""
        log.info("statistics", **self.statistics().plain())

    def _tell_limit(self, network: str) -> None:
        limit = self._config.access.rate_limit
        log.warning("rate_limited", network=network, rate_limit=limit)

    def _watch_network(self) -> NetworkWatch | None:
        """Hear when our way to the servers changes, where the system can tell."""
        try:
            return NetworkWatch(self._loop, open_netlink(), self._network_changed)
        except OSError as error:
            log.debug("no_network_watch", reason=str(error))
            return None

    def _network_changed(self, ways: Ways) -> None:
        """Forget how servers did on the old way, and what failed on it."""
        log.info("network_changed", leaving_from=[way for way in ways if way])
        self._core.stores.servers.reset()

    def _close_listeners(self) -> None:
        for datagrams in self._datagrams:
            datagrams.close()
        for streams in self._streams:
            streams.close()

    async def _prime(self) -> None:
        """Learn who serves the root before a client has to wait for it (RFC 9609)."""
        while True:
            # Who looks at /ready may not let a client come before somebody was reached.
            if await self._reach() or not self._config.metrics.listen:
                return
            await asyncio.sleep(PRIMING_RETRY)

    async def _reach(self) -> bool:
        """Ask the root, or whom it is forwarded to; say whether a server has answered."""
        now, core = self._world.clock, self._core
        errand = Errand(now, now() + self._config.recursion.query_deadline)
        try:
            if any(zone.zone == "." for zone in self._config.forward):
                await core.service.answer(PRIMING, errand)
            else:
                await core.root.delegation(errand)
        except Spent as spent:
            log.warning("root_not_primed", reason=str(spent))
        answered = has_been_answered(core.exchange.counts.told("upstream"))
        return answered or not self._config.recursion.prime

    async def _show_life(self, superior: Superior) -> None:
        while True:
            superior.alive(self.statistics())
            await asyncio.sleep(superior.period)


def _nothing_known(bodies: Sequence[bytes], now: float) -> list[bytes]:
    """Have each datagram looked at, because it is to be told of."""
    del now
    return [b""] * len(bodies)


async def _keep_time(backing: Backing) -> None:
    while True:
        await asyncio.sleep(KEEP_TIME)
        backing.commit()


def open_backing(
    place: Place | None, loop: asyncio.AbstractEventLoop
) -> Backing | None:
    """Open the shared store; None where there is none, or none can be had."""
    if place is None:
        return None
    try:
        store = open_store(place.path, place.capacity)
        turn = FileTurn(place.path)
    except (Damaged, OSError) as error:
        log.warning("no_shared_cache", path=place.path, reason=str(error))
        return None
    return Backing(store, turn, wall_clock, loop.call_later)


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


def report(what: str, error: BaseException) -> None:
    """Log what should never happen."""
    log.error("unexpected_error", what=what, exc_info=error)
