"""A worker as its supervisor sees it: a process at the other end of a socket."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Final, final

from resolver.daemon.commands import Arguments, Refused
from resolver.daemon.launch import command
from resolver.daemon.link import (
    ALIVE,
    BEAT,
    DONE,
    FAILED,
    MAX_LINE,
    READY,
    REFUSED,
    SHOW_STACK,
    STOPPED,
    Assignment,
    Order,
    Told,
    pack,
    read_line,
)
from resolver.daemon.statistics import Statistics

# Seconds that a worker may take to start, on a machine that is very busy starting.
LONGEST_START: Final = 30.0
# Seconds that a worker may say nothing before it is ended; ten of its heart-beats.
LONGEST_SILENCE: Final = 10 * BEAT
# Seconds after which it is not well, though it may come back.
UNWELL: Final = 5 * BEAT
# Seconds for a process to end when its socket has.
LONGEST_END: Final = 2.0
_POLL: Final = 0.01
# Seconds for a worker that hangs to say where.
LONGEST_STACK: Final = 0.5
# Seconds for a worker to carry out an order.
LONGEST_ORDER: Final = 30.0

# What a process dies of that has read a damaged file through its memory.
BAD_MEMORY: Final = frozenset((signal.SIGBUS, signal.SIGSEGV))
# Only the supervisor speaks to the service manager.
_NOT_FOR_WORKERS: Final = frozenset(("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"))


class Gone(Refused):
    """A worker has ended, or says nothing: its successor may know more."""


@final
class Child:
    """A running worker.

    `ready` is set when it answers questions.  `failure` is what it said when it could
    not start.  `statistics` is what it counted last.  `stack` is where it hung, if it did.
    """

    def __init__(
        self,
        number: int,
        process: subprocess.Popen[bytes],
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        hear: Callable[["Child"], None],
    ) -> None:
        self.number: Final = number
        self._process: Final = process
        self._reader, self._writer = streams
        self._hear: Final = hear
        self._heard_at = asyncio.get_running_loop().time()
        self.ready = False
        self._stopped: Told | None = None
        self.failure: Told | None = None
        self.statistics = Statistics()
        self.stack: Final[list[str]] = []
        self._numbers: Final = itertools.count(1)
        self._orders: Final[dict[int, asyncio.Future[Told]]] = {}

    @classmethod
    async def start(
        cls, assignment: Assignment, hear: Callable[["Child"], None]
    ) -> "Child":
        """Start a worker; `hear` is called when it says that it is ready.

        Raises OSError if there can be no process.
        """
        process, ours = _spawn(assignment.sockets)
        streams = await asyncio.open_connection(sock=ours, limit=MAX_LINE)
        streams[1].write(pack(assignment))
        return cls(assignment.worker, process, streams, hear)

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def complete(self) -> bool:
        """Say whether every question that the worker had was ended, not cut off."""
        return not self.ready if self._stopped is None else self._stopped.complete

    @property
    def bad_memory(self) -> bool:
        """Say whether the worker has died of a bad access to memory."""
        return -(self._process.returncode or 0) in BAD_MEMORY

    def is_well(self) -> bool:
        """Say whether the worker answers, as far as one can tell."""
        if not self.ready or self._process.poll() is not None:
            return False
        return asyncio.get_running_loop().time() - self._heard_at < UNWELL

    async def live(self) -> str:
        """Listen to the worker until it has ended, and say what it has died of."""
        silent = False
        try:
            while line := await self._line():
                self._take(line)
        except TimeoutError:
            silent = True
            await self._hear_stack()
            self._process.kill()
        except (OSError, ValueError):
            pass  # the end, or a line too long to be meant: an end, too
        self._writer.close()
        for order in self._orders.values():
            if not order.done():
                order.set_exception(Gone(f"worker {self.number} has ended"))
        status = await self._reap()
        reason = f"exit status {status}" if status >= 0 else _signal(-status)
        return f"silence, then {reason}" if silent else reason

    async def order(self, name: str, arguments: Arguments) -> object:
        """Have the worker carry out a command, and give its result.

        Raises `Refused` with its reason, or `Gone`: it has ended, or takes too long.
        """
        if not self.ready or self._writer.is_closing():
            raise Gone(f"worker {self.number} is not ready")
        number = next(self._numbers)
        told: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._orders[number] = told
        self._writer.write(pack(Order(number, name, arguments)))
        try:
            async with asyncio.timeout(LONGEST_ORDER):
                outcome = await told
        except TimeoutError:
            raise Gone(f"worker {self.number} did not say what came of it") from None
        finally:
            del self._orders[number]
        if outcome.word == REFUSED:
            raise Refused(outcome.text)
        return outcome.result

    def stop(self) -> None:
        """Have the worker end when its questions have."""
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.kill()

    async def _hear_stack(self) -> None:
        """Ask one that hangs where it does."""
        self._process.send_signal(SHOW_STACK)
        with suppress(TimeoutError, OSError, ValueError):
            async with asyncio.timeout(LONGEST_STACK):
                while line := await self._reader.readline():
                    if read_line(line) is None:
                        self.stack.append(line.decode(errors="replace").rstrip())

    async def _line(self) -> bytes:
        async with asyncio.timeout(LONGEST_SILENCE if self.ready else LONGEST_START):
            return await self._reader.readline()

    def _take(self, line: bytes) -> None:
        told = read_line(line)
        if told is None:
            return
        self._heard_at = asyncio.get_running_loop().time()
        if told.word in {ALIVE, STOPPED}:
            self.statistics = told.statistics
        if told.word == READY:
            self.ready = True
            self._hear(self)
        elif told.word == STOPPED:
            self._stopped = told
        elif told.word == FAILED:
            self.failure = told
        elif told.word in {DONE, REFUSED} and told.number in self._orders:
            order = self._orders[told.number]
            if not order.done():
                order.set_result(told)

    async def _reap(self) -> int:
        """Wait for the process, which has let go of its socket."""
        loop = asyncio.get_running_loop()
        patience = loop.time() + LONGEST_END
        while (status := self._process.poll()) is None:
            if loop.time() > patience:
                self._process.kill()
            await asyncio.sleep(_POLL)
        return status


def _spawn(sockets: tuple[int, ...]) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start the process, and give our end of the sockets between us."""
    ours, theirs = socket.socketpair()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_FOR_WORKERS
    }
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command("resolver.daemon.worker", "main", str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), *sockets),
                env=environment,
            )
        except BaseException:
            ours.close()
            raise
    return process, ours


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
