"""A worker's own part; what it does with others is in test_workers.py."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from structlog.typing import EventDict

from resolver.config import Config, Listen, Log, Recursion
from resolver.daemon.launch import command
from resolver.daemon.link import FAILED, READY, Assignment, Told, pack, read_line
from resolver.daemon.storage import Place
from resolver.daemon.worker import name_events
from resolver.lab.demo import free_port


def config(port: int, level: str = "info") -> Config:
    return Config(
        listen=Listen(plain=(f"127.0.0.1:{port}",)),
        recursion=Recursion(prime=False),
        log=Log(format="json", level=level),
    )


@contextmanager
def worker() -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """Start one, and hold the supervisor's end."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = subprocess.Popen(
                command("resolver.daemon.worker", "main", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stderr=subprocess.PIPE,
                text=True,
            )
        ours.settimeout(15)
        yield process, ours
        process.kill()
        process.communicate()


def line(ours: socket.socket) -> Told | None:
    with ours.makefile("rb") as stream:
        return read_line(stream.readline())


def test_without_an_assignment_it_ends() -> None:
    with worker() as (process, ours):
        ours.close()
        _, said = process.communicate(timeout=15)
    assert (process.returncode, said) == (0, "")


def test_it_leaves_a_ctrl_c_to_its_supervisor_and_ends_without_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "resolver-shared-x"
    folder.mkdir()
    place = Place(str(folder / "cache.mdb"), 1_000_000, passing=True)
    with worker() as (process, ours):
        ours.sendall(pack(Assignment(2, config(free_port()), place)))
        assert line(ours) == Told(READY)
        assert Path(place.path).is_file()
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGUSR1)
        assert process.stderr is not None
        told = json.loads(process.stderr.readline())
        ours.close()
        assert process.wait(2) == 0
        assert process.stderr.read() == ""
    assert (told["event"], told["worker"]) == ("statistics", 2)
    assert not folder.exists()


def test_it_says_why_it_cannot_start() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with worker() as (process, ours):
            ours.sendall(pack(Assignment(1, config(port), None)))
            told = line(ours)
            _, said = process.communicate(timeout=15)
    assert told is not None
    assert told.word == FAILED
    assert f"127.0.0.1:{port}" in told.text
    assert (process.returncode, said) == (1, "")


@pytest.mark.usefixtures("logging_as_before")
def test_its_events_have_its_number() -> None:
    seen: list[dict[str, object]] = []

    def keep(_: object, __: str, event: EventDict) -> EventDict:
        seen.append(dict(event))
        raise structlog.DropEvent

    structlog.configure(processors=[keep])
    name_events(7)
    structlog.get_logger().info("something", about="it")
    assert seen == [{"event": "something", "about": "it", "worker": 7}]
