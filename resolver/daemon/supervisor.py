"""Several processes that answer, and the one that watches them.

The supervisor answers nothing.  It starts the workers, each with sockets of its own on
the same ports (SO_REUSEPORT: the kernel deals the questions out), and listens to them.

One that dies takes the questions with it that it was working on, nothing else: the kernel
deals the next ones to the others.  It is replaced at once, and if that happens again
and again, after a pause that doubles.  One that says nothing for a long time is ended and
replaced like one that has died.

The service manager hears that we are ready when every worker is, and that we are well as
long as every worker is.  When the supervisor ends, the workers do; whatever the reason.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Final, final

import structlog

from resolver.config import Config, split_address
from resolver.config.build import kind_of_build
from resolver.daemon.child import Child, Gone
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.control import open_control
from resolver.daemon.fleet import Fleet
from resolver.daemon.health import summary
from resolver.daemon.link import Assignment, Told
from resolver.daemon.monitor import Monitor
from resolver.daemon.opened import Opened
from resolver.daemon.process import report
from resolver.daemon.reading import Reading, Worker
from resolver.daemon.reloading import Reloading, Reread, nothing_to_read
from resolver.daemon.shares import count_of_workers, share_of
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place, make_sure
from resolver.net.notify import ServiceManager

log: Final = structlog.get_logger()

# Seconds until a worker is replaced, first and at most.
FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 30.0
# Seconds of life after which the death of a worker is the first again.
LONG_LIFE: Final = 60.0
# Seconds for the workers to end by themselves: they need `process.DRAIN_SECONDS`.
PATIENCE: Final = 3.0
# Seconds until it is looked again whether all are well, after one was not.
LOOK_AGAIN: Final = 0.1

# Starts a worker, and says whom to tell when it is ready; see `Child.start`.
Start = Callable[[Assignment, Callable[[Child], None]], Awaitable[Child]]


@final
class Supervisor:
    """Keeps as many workers alive as are configured.

    `config` is what was configured for all, `place` where their store is, if they have
    one.  `start` starts one of them, `reread` reads the configuration again.  `opened`
    are sockets that all of them are to have.
    """

    def __init__(
        self,
        config: Config,
        place: Place | None,
        manager: ServiceManager,
        start: Start = Child.start,
        reread: Reread = nothing_to_read,
        opened: Opened | None = None,
    ) -> None:
        self._start: Final = start
        self._count = count_of_workers(config)
        self._share = share_of(config, place, self._count)
        self._place: Final = place
        self._manager: Final = manager
        self._opened: Final = Opened() if opened is None else opened
        self._children: Final[dict[int, Child]] = {}
        self._ended: Final = asyncio.Event()
        self._once_ready: Final = asyncio.Event()
        self._replaced = 0
        self._begun = 0.0
        # What the workers have counted that are no more.
        self._past = Statistics()
        self._complete = True
        # Workers to be replaced, one after the other, though they are well.
        self._outdated: Final[list[Child]] = []
        self.commands: Final = Commands(report)
        self._fleet: Final = Fleet(self._children, self.commands)
        self._greeting: Final[set[asyncio.Task[None]]] = set()
        self._tending: Final[dict[int, asyncio.Task[None]]] = {}
        self._reloading: Final = Reloading(config, reread, self._apply, manager)

    async def run(self) -> None:
        """Have questions answered until SIGTERM or SIGINT.

        Raises OSError, with the address in its text, or ValueError, if a worker cannot
        start at the beginning.
        """
        see_that_ports_are_free(self._opened.lacking(self._share.listen.plain))
        loop = asyncio.get_running_loop()
        monitor = Monitor(self._reloading.config, self, loop.time, report)
        await monitor.open()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)
        loop.add_signal_handler(signal.SIGUSR1, self.tell_statistics)
        self._begun = loop.time()
        self.commands.add("status", self._status)
        self._reloading.begin(self.commands)
        control = await open_control(self._reloading.config.control, self._fleet.run)
        self._tend_all()
        patting = loop.create_task(self._pat_watchdog())
        await self._ended.wait()
        if control is not None:
            control.close()
        self._reloading.end()
        self._manager.stopping()
        tending = list(self._tending.values())
        await self._stop(tending)
        patting.cancel()
        monitor.close()
        failures = [failure for task in tending if (failure := task.exception())]
        if failures:
            raise failures[0]
        self.tell_statistics()
        log.info("stopped", every_question_ended=self._complete)

    @property
    def statistics(self) -> Statistics:
        """Add up what the workers count."""
        return sum((child.statistics for child in self._children.values()), self._past)

    def reading(self) -> Reading:
        """Read all that can be read; see `reading.Observed`."""
        workers = [
            Worker(str(child.number), child.pid, child.is_well())
            for child in self._children.values()
        ]
        ours = Worker("supervisor", os.getpid(), answers=False)
        return Reading(self.statistics, (ours, *workers), self._count, self._replaced)

    def tell_statistics(self) -> None:
        """Log the counters."""
        log.info("statistics", workers=self._count, **self.statistics.plain())

    async def _status(self, arguments: Arguments) -> object:
        """Tell how all workers are, those included that do not say."""
        del arguments
        loop = asyncio.get_running_loop()
        try:
            healths = await self._fleet.everywhere("health", {})
        except Refused:
            healths = {}
        config = self._reloading.config
        return summary(config, healths, self._count, loop.time() - self._begun)

    async def _apply(self, config: Config) -> None:
        """Have one worker after the other go on with another configuration.

        If the first cannot, nothing has changed.  Another one that cannot is replaced.
        """
        await self._once_ready.wait()
        count = count_of_workers(config)
        share = share_of(config, self._place, count)
        there = self._share.listen.plain
        see_that_ports_are_free([it for it in share.listen.plain if it not in there])
        before, self._share = self._share, share
        applied = 0
        for child in self._fleet.ready():
            if child.number > count:
                continue  # it is to end
            try:
                await child.order("reload", {"config": share})
                applied += 1
            except Gone:
                child.stop()  # whoever comes after it has the new one
            except Refused as refusal:
                if not applied:
                    self._share = before
                    raise
                number = child.number
                log.warning("worker_not_reloaded", worker=number, reason=str(refusal))
                child.stop()
        self._count = count
        for number, child in self._children.items():
            if number > count or not child.ready:
                child.stop()
        self._tend_all()

    def _tend_all(self) -> None:
        """Begin to tend the workers that nobody tends yet."""
        loop = asyncio.get_running_loop()

        def over(number: int, task: asyncio.Task[None]) -> None:
            if number <= self._count or self._ended.is_set():
                self._ended.set()
            elif not task.cancelled() and not task.exception():
                del self._tending[number]  # a reload wanted fewer

        for number in range(1, self._count + 1):
            if number not in self._tending:
                task = loop.create_task(self._tend(number))
                task.add_done_callback(partial(over, number))
                self._tending[number] = task

    async def _tend(self, number: int) -> None:
        """Keep one worker alive."""
        loop = asyncio.get_running_loop()
        pause = 0.0
        while not self._ended.is_set() and number <= self._count:
            started = loop.time()
            reason = await self._lifetime(number)
            if self._ended.is_set() or number > self._count:
                return
            self._replaced += 1
            lived_long = loop.time() - started >= LONG_LIFE
            pause = FIRST_PAUSE if lived_long or not pause else pause * 2
            pause = min(pause, LONGEST_PAUSE)
            log.error("worker_ended", worker=number, reason=reason, again_in=pause)
            await self._sleep(pause)

    async def _lifetime(self, number: int) -> str:
        """Start a worker, and say what it has died of."""
        sockets = self._opened.descriptors()
        assignment = Assignment(number, self._share, self._place, sockets)
        try:
            child = await self._start(assignment, self._hear)
        except OSError as error:
            if self._once_ready.is_set():
                return str(error)
            raise
        self._children[number] = child
        if self._ended.is_set():
            child.stop()
        reason = await child.live()
        if child.stack:
            log.error("worker_hung", worker=number, pid=child.pid, stack=child.stack)
        del self._children[number]
        self._past += child.statistics.of_the_past()
        if self._ended.is_set() or number > self._count:
            self._complete &= child.complete
        elif not self._once_ready.is_set():
            raise _failure(child.failure, f"worker {number}: {reason}")
        elif child.bad_memory:
            await self._doubt_the_store()
        return reason if child.failure is None else child.failure.text

    def _hear(self, child: Child) -> None:
        """Take note that a worker is ready."""
        greeting = asyncio.get_running_loop().create_task(self._fleet.greet(child))
        self._greeting.add(greeting)
        greeting.add_done_callback(self._greeting.discard)
        if not self._once_ready.is_set():
            ready = [each for each in self._children.values() if each.ready]
            if len(ready) == self._count:
                self._once_ready.set()
                listening = ", ".join(self._share.listen.plain)
                log.info(
                    "ready",
                    listen=listening,
                    workers=self._count,
                    build=kind_of_build(),
                )
                self._manager.ready(f"Listening on {listening}")
            return
        log.info("worker_replaced", worker=child.number, pid=child.pid)
        while self._outdated:
            outdated = self._outdated.pop()
            if outdated in self._children.values():
                outdated.stop()
                return

    async def _doubt_the_store(self) -> None:
        """Look at the file that workers read through their memory, if one died of that.

        If it had to be set aside, the other workers still have it, and are replaced.
        """
        if self._place is None:
            return
        try:
            if await asyncio.to_thread(make_sure, self._place):
                self._outdated[:] = self._children.values()
        except OSError as error:
            log.warning("no_shared_cache", path=self._place.path, reason=str(error))

    async def _stop(self, tending: list[asyncio.Task[None]]) -> None:
        """End all workers."""
        for child in self._children.values():
            child.stop()
        _, late = await asyncio.wait(tending, timeout=PATIENCE)
        for child in self._children.values():
            child.kill()
        if late:
            await asyncio.wait(late)

    async def _pat_watchdog(self) -> None:
        while self._manager.watchdog_seconds:
            if self._all_are_well():
                self._manager.alive()
                await asyncio.sleep(self._manager.watchdog_seconds)
            else:
                await asyncio.sleep(LOOK_AGAIN)

    def _all_are_well(self) -> bool:
        children = self._children.values()
        return len(children) == self._count and all(
            child.is_well() for child in children
        )

    async def _sleep(self, seconds: float) -> None:
        """Sleep, but not longer than until the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return


def _failure(told: Told | None, otherwise: str) -> OSError | ValueError:
    """Make the error that a worker could not start for our own."""
    if told is None:
        return ValueError(f"{otherwise}, before it was ready")
    return OSError(told.number, told.text) if told.number else ValueError(told.text)


def see_that_ports_are_free(addresses: Iterable[str]) -> None:
    """Raise OSError, with the address in its text, unless every address can be had.

    The workers could not tell: what shares a port with them may be another program of
    ours.
    """
    for text in addresses:
        host, port = split_address(text)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            try:
                with socket.socket(family, kind) as probe:
                    if family == socket.AF_INET6:
                        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    if kind == socket.SOCK_STREAM:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((host, port))
            except OSError as error:
                raise OSError(error.errno, f"{error.strerror}: {text}") from error
