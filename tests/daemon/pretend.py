"""A worker without a process: it lives, speaks and dies as the test says."""

import asyncio
import pickle
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from resolver.daemon.child import Child
from resolver.daemon.link import ALIVE, BEAT, READY, Assignment, Order, Told, write_line
from resolver.daemon.statistics import Statistics

if TYPE_CHECKING:
    import subprocess


class PretendProcess:
    """What `subprocess.Popen` is to a `Child`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.signals: list[signal.Signals] = []
        # Whether it ends when it is told to.
        self.obedient = True
        self.statistics = Statistics()
        self.reader = asyncio.StreamReader()
        self.writer = PretendWriter()

    def poll(self) -> int | None:
        return self.returncode

    def terminate(self) -> None:
        self.signals.append(signal.SIGTERM)
        if self.obedient:
            self.end(0)

    def send_signal(self, number: signal.Signals) -> None:
        self.signals.append(number)

    def kill(self) -> None:
        self.signals.append(signal.SIGKILL)
        self.end(-signal.SIGKILL)

    def end(self, status: int) -> None:
        self.returncode = status
        self.hang_up()

    def hang_up(self) -> None:
        if not self.reader.at_eof():
            self.reader.feed_eof()

    def say(self, told: Told) -> None:
        if self.returncode is None:
            self.reader.feed_data(write_line(told))

    def orders(self) -> list[Order]:
        """What it was told to do."""
        found, data = [], bytes(self.writer.written)
        while data:
            size = int.from_bytes(data[:4], "big")
            found.append(pickle.loads(data[4 : 4 + size]))
            data = data[4 + size :]
        return found

    def beat(self) -> None:
        """Give a sign of life."""
        self.say(Told(ALIVE, self.statistics))


class PretendWriter:
    """What `asyncio.StreamWriter` is to a `Child`."""

    def __init__(self) -> None:
        self.closed = False
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.closed

    def orders(self) -> list[Order]:
        """What was ordered until now."""
        found: list[Order] = []
        while self.written:
            size = int.from_bytes(self.written[:4], "big")
            found.append(pickle.loads(self.written[4 : 4 + size]))
            self.written = self.written[4 + size :]
        return found

    def close(self) -> None:
        self.closed = True


def pretend_child(
    number: int, pid: int, hear: Callable[[Child], None]
) -> tuple[Child, PretendProcess]:
    process = PretendProcess(pid)
    writer = cast("asyncio.StreamWriter", process.writer)
    child = Child(
        number,
        cast("subprocess.Popen[bytes]", process),
        (process.reader, writer),
        hear,
    )
    return child, process


class Nursery:
    """Starts pretend workers; implements `supervisor.Start`.

    `started` has every process there ever was, `failing` the number of starts that are
    to fail from now on.
    """

    def __init__(self) -> None:
        self.started: list[tuple[float, PretendProcess]] = []
        self.assignments: list[Assignment] = []
        self.failing = 0
        self.ready_after = 0.3
        self.beating = True

    async def start(
        self, assignment: Assignment, hear: Callable[[Child], None]
    ) -> Child:
        if self.failing:
            self.failing -= 1
            raise OSError(11, "Resource temporarily unavailable")
        loop = asyncio.get_running_loop()
        self.assignments.append(assignment)
        pid = 100 + len(self.started)
        child, process = pretend_child(assignment.worker, pid, hear)
        self.started.append((loop.time(), process))
        if self.ready_after:
            loop.call_later(self.ready_after, process.say, Told(READY))
        loop.call_later(BEAT, self._beat, process)
        return child

    @property
    def newest(self) -> PretendProcess:
        return self.started[-1][1]

    def _beat(self, process: PretendProcess) -> None:
        if self.beating and process.returncode is None:
            process.beat()
            asyncio.get_running_loop().call_later(BEAT, self._beat, process)
