"""The daemon as processes of its own, on loopback, and the lab for it to ask."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from resolver.lab.box import Box, Packet, Server
from resolver.lab.sockets import running
from resolver.wire import types
from resolver.wire.message import Message
from resolver.wire.reader import question_of, read
from resolver.wire.writer import query as write_query
from tests.walk.pretend import question

# Seconds: a machine that does other things as well gets many times what is needed.
PATIENCE: Final = 15.0
POLL: Final = 0.01


def wait_until(true: Callable[[], bool], what: str, within: float = PATIENCE) -> float:
    """Wait, and say how long it took."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < within, f"not within {within} s: {what}"
        time.sleep(POLL)
    return time.monotonic() - started


def ask(port: int, text: str, *, stream: bool = False, within: float = 5.0) -> Message:
    packet = write_query(77, question(text), flags=types.RD)
    if stream:
        with socket.create_connection(("127.0.0.1", port), within) as connection:
            connection.sendall(len(packet).to_bytes(2, "big") + packet)
            size = int.from_bytes(connection.recv(2), "big")
            return read(connection.recv(size, socket.MSG_WAITALL))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(within)
        one.connect(("127.0.0.1", port))
        one.send(packet)
        return read(one.recv(4096))


def answers(port: int, text: str) -> bool:
    """Whether there is an answer soon; a refused or lost packet is none."""
    try:
        return ask(port, text, within=0.2).rcode == types.NOERROR
    except OSError:
        return False


def unchecked(config: str) -> str:
    """Have a configuration not look at the network, unless it says what it wants."""
    if "self_check" in config:
        return config
    if "[server]" in config:
        return config.replace("[server]", "[server]\nself_check = false", 1)
    return f"server.self_check = false\n{config}"


class Daemon:
    """`resolver serve`, from its start until `stop`."""

    def __init__(
        self, folder: Path, config: str, environment: dict[str, str] | None = None
    ) -> None:
        self.path: Final = folder / "resolver.toml"
        self.path.write_text(unchecked(config))
        self.process: Final = subprocess.Popen(
            [sys.executable, "-m", "resolver", "serve", "--config", str(self.path)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | _quick(folder) | (environment or {}),
        )
        # Whether what it tells is read; a pipe that nobody reads is full some time.
        self.heeded: Final = threading.Event()
        self.heeded.set()
        self.events: Final[list[dict[str, Any]]] = []
        self._reading: Final = threading.Thread(target=self._read)
        self._reading.start()

    def wait_for(self, event: str, count: int = 1) -> dict[str, Any]:
        """Wait until an event has been told so many times; give the last of them."""
        wait_until(
            lambda: len(self.told(event)) >= count or self.process.poll() is not None,
            event,
        )
        assert len(self.told(event)) >= count, self.events
        return self.told(event)[count - 1]

    def reload(self, config: str, event: str = "reloaded") -> dict[str, Any]:
        """Give it another configuration, and wait for what it says to that."""
        self.path.write_text(config)
        count = len(self.told(event))
        self.process.send_signal(signal.SIGHUP)
        both = ("reloaded", "reload_refused")
        before = sum(len(self.told(each)) for each in both) - len(self.told(event))
        wait_until(
            lambda: sum(len(self.told(each)) for each in both) > before + count, event
        )
        assert len(self.told(event)) == count + 1, self.events
        return self.told(event)[count]

    def told(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each.get("event") == event]

    def workers(self) -> list[int]:
        """The processes that it has started and that are still there."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[1]) == self.process.pid and fields[0] != "Z":
                    found.append(int(stat.parent.name))
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """End it, and say how many seconds that took."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(PATIENCE)
        took = time.monotonic() - started
        self._reading.join(PATIENCE)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return took

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.heeded.wait()
            is_event = line.startswith("{")
            self.events.append(json.loads(line) if is_event else {"text": line})


def _quick(folder: Path) -> dict[str, str]:
    """Have the program compiled once for all tests, whatever the environment says.

    And have a runtime folder of its own, with its control socket.
    """
    kept = folder.parent / "compiled"
    return {
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(kept),
        "RUNTIME_DIRECTORY": str(folder),
    }


@contextlib.contextmanager
def daemon(
    folder: Path, config: str, environment: dict[str, str] | None = None
) -> Iterator[Daemon]:
    """Start `resolver serve`, wait until it is ready, and end it with SIGTERM."""
    one = Daemon(folder, config, environment)
    try:
        one.wait_for("ready")
        yield one
    finally:
        one.stop()


class _Counted:
    """A server of the lab that remembers what it was asked."""

    def __init__(
        self, server: Server, asked: list[str], reached: threading.Event
    ) -> None:
        self.udp: Final = server.udp
        self.tcp: Final = server.tcp
        self._server: Final = server
        self._asked: Final = asked
        self._reached: Final = reached

    def replies_to(self, packet: bytes, *, tcp: bool) -> Sequence[Packet]:
        self._asked.append(str(question_of(packet)[0]))
        if not self._reached.is_set():
            return ()
        return self._server.replies_to(packet, tcp=tcp)


class Internet:
    """The lab on loopback, in a thread, and the questions that it was asked."""

    def __init__(self, box: Box, folder: Path) -> None:
        self._box: Final = box
        self.folder: Final = folder
        self.asked: Final[list[str]] = []
        # Whether anybody there answers.
        self.reached: Final = threading.Event()
        self.reached.set()
        self.port = 0

    def config(self, port: int, *more: str) -> str:
        """Settings for a resolver that uses it; `more` are lines `table.name = ...`."""
        hints = self.folder / "lab.hints"
        hints.write_text(self._box.hints_text)
        return "\n".join(
            (
                f'listen.plain = ["127.0.0.1:{port}"]',
                'log.format = "json"',
                f'recursion.root_hints = "{hints}"',
                f"recursion.server_port = {self.port}",
                "recursion.never_ask = []",
                "recursion.prime = false",
                "dnssec.validate = false",
                *more,
            )
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        begun, ended = threading.Event(), asyncio.Event()
        loop = asyncio.new_event_loop()

        async def run() -> None:
            servers = {
                host: _Counted(server, self.asked, self.reached)
                for host, server in self._box.servers.items()
            }
            async with running(servers, 0) as found:
                self.port = found.port
                begun.set()
                await ended.wait()

        def work() -> None:
            loop.run_until_complete(run())
            loop.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            assert begun.wait(PATIENCE)
            yield
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join(PATIENCE)
