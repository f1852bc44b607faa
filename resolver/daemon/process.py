"""One process that answers: alone, or as one of several.

Start: every listener stands, then readiness is told; the root is primed beside that,
so that the first client need not wait for it.  End: on SIGTERM or SIGINT the
listeners close, open questions get `DRAIN_SECONDS` to end, and that is all.
"""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Sequence
from typing import Any, Final, Protocol, final

import structlog

from resolver.config import Config
from resolver.config.changes import as_running
from resolver.daemon.backing import keep_time, open_backing
from resolver.daemon.build import Company, Core, Stores, World, build
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.counting import counted, remembered
from resolver.daemon.listeners import Listeners
from resolver.daemon.monitor import Monitor
from resolver.daemon.offers import offer
from resolver.daemon.opened import Opened
from resolver.daemon.priming import prime
from resolver.daemon.querylog import QueryLog
from resolver.daemon.reading import Reading, Worker, as_json
from resolver.daemon.reload import adopt, carry_on, forget, is_shared_wrong
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place
from resolver.daemon.subject import Subject
from resolver.daemon.tending import beside_validation
from resolver.daemon.tuning import settle_memory, take_short_turns
from resolver.daemon.world import wall_clock, world_of
from resolver.net.batch import Hot
from resolver.net.connections import Connections
from resolver.net.desk import Desk
from resolver.net.front import Reception
from resolver.net.mmsg import system_calls
from resolver.net.netlink import NetworkWatch, Ways, open_netlink
from resolver.net.waiting import GRACE

log: Final = structlog.get_logger()

# SIGTERM to exit, with all questions answered or given up; service managers wait 90.
DRAIN_SECONDS: Final = 1.5
# Of these, how long clients on TCP have to read what was written to them.
READING_SECONDS: Final = 0.2


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
    opened: Opened | None = None,
) -> None:
    """Answer questions until a signal, or the superior, wants the end.

    `several` processes share the ports; this one is number `worker`.  Sockets that were
    `opened` before are taken where they fit, and the others closed.  Raises OSError, with
    the address in its text,
    when a listener cannot be had, and ValueError for hints without a usable server.
    """
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    if not several:  # a worker leaves Ctrl-C to its supervisor
        loop.add_signal_handler(signal.SIGINT, ended.set)
    superior.begin(ended)
    process = Process(config, place, loop, worker, opened)
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
    if opened is not None:
        opened.close()
    settle_memory()
    take_short_turns()
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
        opened: Opened | None = None,
    ) -> None:
        self._config = config
        self._loop: Final = loop
        self._connections: Final = Connections(loop)
        self._world = self._world_of(config)
        self._backing: Final = open_backing(place, loop)
        self._company: Final = Company(self._backing, worker)
        self._core = build(config, self._world, report, self._tell_limit, self._company)
        self._telling = config.log.queries
        self.subject: Final = Subject(
            config, self._core, self._world.clock, wall_clock, self._backing
        )
        self.commands: Final = Commands(report)
        offer(self.commands, self.subject, self)
        self.commands.add("statistics", self._tell_reading)
        self._desk: Final = Desk(self._reception())
        self._listeners: Final = Listeners(loop, self._connections, self._desk, opened)
        self._several = False
        self._watch: NetworkWatch | None = None
        self._answers = False
        # Resolvers that a reload has replaced: with open questions, and without.
        self._ending: Final[list[Core]] = []
        self._ends: Final[set[asyncio.Task[None]]] = set()
        self._past = Statistics()
        self._replaced: Final = asyncio.Event()
        self._reloading: Final = asyncio.Lock()

    def _world_of(self, config: Config) -> World:
        """Give the real world, clients' connections included."""
        return world_of(config)._replace(idle=self._connections.patience)

    async def open(self, *, several: bool) -> None:
        """Open every listener, or none.  Raises OSError that names the address."""
        self._several = several
        plain = self._config.listen.plain
        await self._listeners.open(plain, self._hot(), several=several)
        self._watch = self._watch_network()
        self._answers = True

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
        front, clock = self._core.front, self._world.clock
        if not self._telling:
            return front
        return QueryLog(front, log, clock, anonymise=self._config.log.anonymise)

    def tell_queries(self, *, wanted: bool) -> None:
        """Tell every client's question from now on, or none any more."""
        self._telling = wanted
        self._turn()

    def _turn(self) -> None:
        """Have the next packet meet what is there now."""
        self._desk.turn_to(self._reception())
        hot = self._hot()
        if hot is not None:
            self._listeners.turn_to(hot)

    async def reload(self, config: Config) -> None:
        """Go on with another configuration, and with what is known.

        The sockets that stay are not touched.  Questions that are open end where they
        began; all others are answered as the new configuration has it, but for what
        has to be forgotten, which this waits for.  Raises what `build` and `open` do:
        then nothing has changed.
        """
        async with self._reloading:
            before, old, old_world = self._config, self._core, self._world
            after = as_running(before, config)
            world = old_world
            if before.recursion.source_addresses != after.recursion.source_addresses:
                world = self._world_of(after)
            core = await self._built(after, world, old.stores)
            plain = after.listen.plain
            await self._listeners.open(plain, self._hot(), several=self._several)
            carry_on(old, core, world)
            self._succeed(after, core, world)
            self._listeners.keep_only(plain)
            self._ending.append(old)
            end = self._loop.create_task(self._end(old, old_world, before, after))
            self._ends.add(end)
            end.add_done_callback(self._ends.discard)
            if self._backing is not None and is_shared_wrong(before, after):
                self._backing.clear()
            adopt(core.stores, after)
            await forget(core.stores, before, after)

    async def _built(self, config: Config, world: World, kept: Stores) -> Core:
        """Build beside answering: a long list of local records takes its time."""
        told = (report, self._tell_limit, self._company)
        try:
            return await asyncio.to_thread(build, config, world, *told, kept)
        except RuntimeError as error:
            if self._answers:
                raise
            raise Refused("it is about to end") from error  # and has no threads left

    def _succeed(self, config: Config, core: Core, world: World) -> None:
        """Have another resolver answer from the next packet on."""
        if config.log.queries != self._config.log.queries:
            self._telling = config.log.queries
        self._config, self._core, self._world = config, core, world
        self.subject.config, self.subject.core = config, core
        self._turn()
        self._replaced.set()

    async def _end(
        self, old: Core, world: World, before: Config, after: Config
    ) -> None:
        """Let the questions of a replaced resolver end, and then what they found out."""
        try:
            await old.front.drain(before.recursion.query_deadline + GRACE)
            async with self._reloading:
                await forget(old.stores, before, after, again=True)
        finally:
            self._ending[:] = [core for core in self._ending if core is not old]
            self._past += counted(old).of_the_past()
            if world is not self._world:
                world.close()

    def beside(self, superior: Superior) -> list[Coroutine[Any, Any, None]]:
        """Give what has to be done beside answering, until it is cancelled."""
        works = [self._tend()]
        if superior.period:
            works.append(self._show_life(superior))
        if self._backing is not None:
            works.append(keep_time(self._backing))
        return works

    async def _tend(self) -> None:
        """Do what each resolver wants done beside answering, until there is another."""
        while True:
            self._replaced.clear()
            works = [prime(self._config, self._core, self._world.clock)]
            validation = self._core.validation
            if validation is not None:
                works += beside_validation(self._config, self._world, validation)
            tasks = [self._loop.create_task(work) for work in works]
            try:
                await self._replaced.wait()
            finally:
                for task in tasks:
                    task.cancel()
            # The files that they hold are for those that come after them.
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> bool:
        """Take no more questions, end the open ones; say whether all were answered."""
        self._answers = False
        self._listeners.close()
        if self._watch is not None:
            self._watch.close()
        fronts = [core.front for core in (self._core, *self._ending)]
        complete = all(
            await asyncio.gather(*(front.drain(DRAIN_SECONDS) for front in fronts))
        )
        for end in self._ends:
            end.cancel()
        await self._connections.close(READING_SECONDS)
        self._world.close()
        if self._backing is not None:
            self._backing.close()
        return complete

    def statistics(self) -> Statistics:
        """Count."""
        connections = self._connections
        mine = Statistics(
            unsent=self._listeners.unsent,
            faults=self._listeners.faults,
            connections=len(connections),
            accepted=connections.accepted,
            refused=connections.refused,
            expired=connections.expired,
            overfull=connections.overfull,
        )
        if self._backing is not None:
            mine += self._backing.statistics()
        parts = [counted(core) for core in (self._core, *self._ending)]
        return sum(parts, self._past + remembered(self._core.stores) + mine)

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

    async def _show_life(self, superior: Superior) -> None:
        while True:
            superior.alive(self.statistics())
            await asyncio.sleep(superior.period)


def _nothing_known(bodies: Sequence[bytes], now: float) -> list[bytes]:
    """Have each datagram looked at, because it is to be told of."""
    del now
    return [b""] * len(bodies)


def report(what: str, error: BaseException) -> None:
    """Log what should never happen."""
    log.error("unexpected_error", what=what, exc_info=error)
