"""A running server: where it may run, what it has cost so far, and its end.

Every process gets a session of its own, so that its children count with it and end
with it, and asks the kernel to be killed when we are: even SIGKILL leaves nothing
behind.  CPU time, user and system together, comes from the kernel's clock of each
process, in nanoseconds.  `/proc` rounds the same figure to ticks of 10 ms, which is too
rough for runs of a second; it is good enough to tell how much of it was the kernel's.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
# Seconds that a server has to end by itself.
PATIENCE: Final = 5.0
POLL: Final = 0.01
# Where servers live that an ordinary user's PATH does not name.
SYSTEM_FOLDERS: Final = ("/usr/sbin", "/sbin")
TOP: Final = Path(__file__).parents[1]


class Broken(Exception):
    """Something did not work as it must.  The argument says what, for people."""


class Stat(NamedTuple):
    """The part of /proc/PID/stat that matters here."""

    pid: int
    session: int
    system: float
    memory: int
    zombie: bool


def parse_stat(text: str) -> Stat:
    """Read /proc/PID/stat; the command's name may hold anything, even blanks."""
    # proc(5): the field after the name is number 3, the state.
    fields = text.rpartition(")")[2].split()
    return Stat(
        pid=int(text.partition(" ")[0]),
        session=int(fields[3]),
        system=int(fields[12]) / TICKS,
        memory=int(fields[21]) * PAGE,
        zombie=fields[0] in {"Z", "X"},
    )


def cpu_clock(pid: int) -> float:
    """Read the clock that counts a process's CPU seconds; 0 if it is gone."""
    clock = ctypes.c_int()
    if ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock)):
        return 0.0
    try:
        return time.clock_gettime(clock.value)
    except OSError:
        return 0.0


class Process:
    """A server and its children."""

    def __init__(
        self, command: Sequence[str], folder: Path, cores: Sequence[int]
    ) -> None:
        """Start it in a folder, where its output goes to the file `output`."""
        self.output: Final = folder / "output"
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                pinned(command, cores),
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The server's own process, which leads its session."""
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def must_run(self) -> None:
        """Raise Broken if it has ended, with what it said last."""
        if not self.is_running():
            status = self._process.returncode
            raise Broken(f"ended with status {status}: {self.last_words()}")

    def cpu(self) -> float:
        """Give the CPU seconds used so far."""
        return sum(cpu_clock(stat.pid) for stat in self._stats())

    def system_cpu(self) -> float:
        """Give the part of it that was spent in the kernel."""
        return sum(stat.system for stat in self._stats())

    def memory(self) -> int:
        """Give the resident bytes."""
        return sum(stat.memory for stat in self._stats())

    def stop(self) -> None:
        """End it, kindly if it lets us, and wait until all of it has gone."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._signal(signal.SIGKILL)
        self._process.wait()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and any(self._stats()):
            time.sleep(POLL)

    def last_words(self) -> str:
        """Give the end of what it printed, to say why it failed."""
        lines = self.output.read_text("utf-8", "replace").strip().splitlines()
        return " | ".join(lines[-3:]) or "no output"

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _stats(self) -> Iterator[Stat]:
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                stat = parse_stat(path.read_text("utf-8", "replace"))
                if stat.session == self._process.pid and not stat.zombie:
                    yield stat


def pinned(command: Sequence[str], cores: Sequence[int]) -> list[str]:
    """Give the command that runs another on some cores, and not longer than us."""
    where = ",".join(map(str, cores))
    mortal = ("setpriv", "--pdeathsig", "KILL", "--")
    return [*mortal, "taskset", "--cpu-list", where, *command]


def environment() -> dict[str, str]:
    """Give the environment of servers: a compiled build if one is named, this checkout."""
    kept = dict(os.environ)
    paths = [path] if (path := kept.get("PYTHONPATH")) else []
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PYTHONPATH"] = os.pathsep.join([*paths, str(TOP)])
    kept["PATH"] = search_path()
    return kept


def search_path() -> str:
    """Give PATH with the folders of servers."""
    return os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
