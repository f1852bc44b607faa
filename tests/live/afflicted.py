"""A resolver that faults are injected into, who asks it meanwhile, and the verdict.

It keeps all that it can keep: trust anchors that it follows, a shared store, a control
socket.  Its files are copies of those that another one left behind, so it begins warm,
and anything that it has to find out again is seen at the servers of the lab.
"""

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import lmdb

from resolver.cli.control import Connection
from resolver.daemon import anchorfile
from resolver.daemon.storage import FileTurn, Place, make_sure
from resolver.lab.demo import free_port
from resolver.wire import types
from resolver.wire.reader import read
from resolver.wire.writer import query
from tests.daemon.running import Daemon, Internet, answers, ask, unchecked, wait_until
from tests.walk.pretend import question

# What is asked for all the time, and known from the beginning.
KNOWN: Final = "www.example.com. A"
# What is asked for once in a while, and never known: it exists whatever the number.
NEW: Final = "n{}.wild.net. A"
# Seconds between two questions, and how many of them are for what is known.
PAUSE: Final = 0.004
KNOWN_IN_A_ROW: Final = 8
# Seconds without any answer that are no interruption on a machine that does much else.
LONGEST_GAP: Final = 2.0

# Files that may lie in the folder of one that has ended.
FILES: Final = frozenset(
    ("resolver.toml", "anchors", "anchors.lock", "kept.mdb", "kept.mdb-lock")
)
_TOLD: Final = frozenset(("warning", "error"))
_numbers: Final = iter(range(random.randrange(10**6), 10**9))


class Asked(NamedTuple):
    at: float
    known: bool
    rcode: int | None


class Stream:
    """A client that asks one question after the other, each from a port of its own."""

    def __init__(self, port: int) -> None:
        self._port: Final = port
        self._ended: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._run)
        self.asked: Final[list[Asked]] = []
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def longest_gap(self) -> float:
        """Say for how long nobody got an answer to what is known."""
        times = [it.at for it in self.asked if it.known and it.rcode == types.NOERROR]
        assert times
        return max(
            (after - before for before, after in itertools.pairwise(times)),
            default=0.0,
        )

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(PAUSE):
            number += 1
            is_known = number % (KNOWN_IN_A_ROW + 1) != 0
            text = KNOWN if is_known else new_name()
            rcode = self._ask(text)
            self.asked.append(Asked(time.monotonic(), is_known, rcode))

    def _ask(self, text: str) -> int | None:
        packet = query(99, question(text), flags=types.RD)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(0.1)
            one.connect(("127.0.0.1", self._port))
            try:
                one.send(packet)
                return read(one.recv(4096)).rcode
            except OSError:
                return None


def new_name() -> str:
    return NEW.format(next(_numbers))


class Patient:
    """Files, a port, and the resolver that is there at the time."""

    def __init__(self, internet: Internet, folder: Path, workers: int = 1) -> None:
        self.internet: Final = internet
        self.folder: Final = folder
        self.workers: Final = workers
        self.port = free_port()
        self.anchors: Final = folder / "anchors"
        self.kept: Final = folder / "kept.mdb"
        self.socket: Final = folder / "control.sock"
        self.settings: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}
        self.daemon: Daemon
        self.stream: Stream
        # Names of ours in the folder that a fault leaves there, and why that is right.
        self.left: set[str] = set()

    def config(self, *more: str, workers: int = 0) -> str:
        hints = self.internet.folder / "lab.hints"
        anchor = self.internet.folder / "lab.anchor"
        return "\n".join(
            (
                f'listen.plain = ["127.0.0.1:{self.port}"]',
                f"server.workers = {workers or self.workers}",
                'log.format = "json"',
                "access.rate_limit = 0",
                f'recursion.root_hints = "{hints}"',
                f"recursion.server_port = {self.internet.port}",
                "recursion.never_ask = []",
                "dnssec.aggressive_nsec = false",
                f'dnssec.trust_anchors = ["{anchor}"]',
                *self._places(more),
                *more,
            )
        )

    def _places(self, more: tuple[str, ...]) -> list[str]:
        """Say where things are kept, unless that is what the fault is about."""
        places = {
            "dnssec.anchor_state": self.anchors,
            "cache.shared_path": self.kept,
            "control.path": self.socket,
        }
        return [
            f'{setting} = "{place}"'
            for setting, place in places.items()
            if not any(line.startswith(setting) for line in more)
        ]

    def begin(self, *more: str, workers: int = 0) -> None:
        """Start it, as configured with more settings."""
        text = self.config(*self.settings, *more, workers=workers)
        self.daemon = Daemon(self.folder, text, self.environment)

    @contextlib.contextmanager
    def living(self, *more: str, workers: int = 0) -> Iterator[None]:
        """Have it run, and be asked all the time; ends with it."""
        self.begin(*more, workers=workers)
        try:
            self.daemon.wait_for("ready")
            self.stream = Stream(self.port)
            try:
                yield
            finally:
                self.stream.stop()
        finally:
            self.daemon.heeded.set()
            self.end()

    def end(self) -> int:
        """End it, unless it has ended, and give its exit status."""
        self.daemon.stop()
        return self.daemon.process.returncode

    def rewrite(self, text: str) -> None:
        """Give it another configuration, without a word."""
        self.daemon.path.write_text(unchecked(text))

    def signal(self, number: signal.Signals) -> None:
        self.daemon.process.send_signal(number)

    def run(self, command: str, **arguments: object) -> Any:
        """Have the control socket's command carried out."""
        with Connection([str(self.socket)]) as connection:
            return connection.run(command, arguments)

    def has_ended(self) -> bool:
        return self.daemon.process.poll() is not None

    def answers_known(self) -> bool:
        return answers(self.port, KNOWN)

    def answers_new(self) -> bool:
        return answers(self.port, new_name())

    def is_mended(self) -> None:
        """What is known and what is not is answered again, and it says it is well."""
        wait_until(self.answers_known, "an answer that is known")
        wait_until(self.answers_new, "an answer that is new")
        for _ in range(4 * self.workers):
            assert ask(self.port, KNOWN).rcode == types.NOERROR

    def zombies(self) -> list[int]:
        """List children that have ended and nobody has asked about."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, parent = stat.read_text().rpartition(")")[2].split()[:2]
                if int(parent) == self.daemon.process.pid and state == "Z":
                    found.append(int(stat.parent.name))
        return found

    def processes(self) -> list[int]:
        """List what is left of it: processes with its runtime folder."""
        mark = f"RUNTIME_DIRECTORY={self.folder}\0".encode()
        found = []
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in environment.read_bytes():
                    found.append(int(environment.parent.name))
        return found

    def complaints(self) -> set[str]:
        """Name the warnings and errors that it has told."""
        told = {it["event"] for it in self.daemon.events if it.get("level") in _TOLD}
        return told | {it["text"] for it in self.daemon.events if "text" in it}

    def asked_again(self, since: int) -> bool:
        """Say whether servers were asked for what was known from the beginning."""
        return any(it.lower().startswith("www.") for it in self.internet.asked[since:])

    def examine(self) -> None:
        """Nothing is left that should not be, and what is left is whole."""
        wait_until(lambda: self.processes() == [], "no process is left", 3.0)
        there = {it.name for it in self.folder.iterdir() if it.is_file()}
        there |= {it.name for it in self.folder.glob("resolver-shared-*")}
        assert there - FILES - self.left == set()
        if self.anchors.exists():
            assert anchorfile.read(str(self.anchors))
        if self.kept.exists():
            assert not make_sure(Place(str(self.kept), 1 << 40, passing=False))
            turn = FileTurn(str(self.kept))
            assert turn.take()
            turn.close()
            assert readers(self.kept) == 0


def readers(path: Path) -> int:
    """Count the slots of readers that are taken in a store."""
    environment = lmdb.open(str(path), subdir=False, readonly=True, max_dbs=3)
    try:
        return sum(
            line.strip()[:1].isdigit() for line in environment.readers().splitlines()
        )
    finally:
        environment.close()


def storm(port: int, count: int, name: str = "") -> None:
    """Ask for many new names at once, or for one again and again; wait for nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", port))
        for number in range(count):
            packet = query(number, question(name or new_name()), flags=types.RD)
            with contextlib.suppress(OSError):
                one.send(packet)
            if number % 50 == 49:
                time.sleep(0.01)


def donor(internet: Internet, folder: Path, anchor: str) -> Path:
    """Have a resolver leave files behind: anchors, and a store with what is known."""
    (internet.folder / "lab.anchor").write_text(anchor)
    internet.config(0)  # writes the hints
    one = Patient(internet, folder)
    with one.living():
        one.is_mended()
        wait_until(one.anchors.exists, "the anchors are kept")
        wait_until(lambda: one.run("statistics") is not None, "it can be asked")
        time.sleep(0.1)  # until what was found out is written down
    assert one.daemon.process.returncode == 0
    return folder


def patient(internet: Internet, donor: Path, folder: Path, workers: int) -> Patient:
    """Begin with the files of another."""
    for name in ("anchors", "kept.mdb"):
        shutil.copy2(donor / name, folder / name)
    return Patient(internet, folder, workers)


def customised(one: Patient, code: str) -> None:
    """Have every Python process of it run some code first."""
    (one.folder / "custom").mkdir(exist_ok=True)
    (one.folder / "custom" / "sitecustomize.py").write_text(code)
    path = (str(one.folder / "custom"), os.environ.get("PYTHONPATH", ""))
    one.environment["PYTHONPATH"] = os.pathsep.join(path)


def serve_once(one: Patient, *more: str) -> subprocess.CompletedProcess[str]:
    """Start it in vain; give what it says."""
    path = one.folder / "resolver.toml"
    path.write_text(unchecked(one.config(*more)))
    return subprocess.run(
        [sys.executable, "-m", "resolver", "serve", "--config", str(path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=os.environ | {"RUNTIME_DIRECTORY": str(one.folder)},
    )
