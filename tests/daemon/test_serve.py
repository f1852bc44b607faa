"""The daemon as a process of its own, on loopback, over the lab."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from resolver.config import Cache, Config
from resolver.daemon.serve import clock_of, loop_factory
from resolver.wire import types
from resolver.wire.message import Message
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query
from tests.walk.pretend import question


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def event_of(line: str) -> dict[str, object]:
    told: dict[str, object]
    told = json.loads(line) if line.startswith("{") else {"text": line}
    return told


@contextmanager
def daemon(
    folder: Path, config: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], list[dict[str, object]]]]:
    """Start `resolver serve`, wait until it is ready, and end it with SIGTERM."""
    path = folder / "resolver.toml"
    # The root is not asked about: its servers are on the other side of loopback.
    path.write_text(config + "[recursion]\nprime = false\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "resolver", "serve", "--config", str(path)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    )
    events: list[dict[str, object]] = []
    assert process.stderr is not None
    told = map(event_of, process.stderr)
    try:
        for event in told:
            events.append(event)
            if event.get("event") == "ready":
                break
        yield process, events
    finally:
        process.send_signal(signal.SIGTERM)
        events.extend(told)
        process.wait(5)
        process.stderr.close()


def ask(port: int, text: str, *, stream: bool = False) -> Message:
    packet = write_query(77, question(text), flags=types.RD)
    if stream:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(len(packet).to_bytes(2, "big") + packet)
            size = int.from_bytes(connection.recv(2), "big")
            return read(connection.recv(size, socket.MSG_WAITALL))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(5)
        one.connect(("127.0.0.1", port))
        one.send(packet)
        return read(one.recv(4096))


def test_it_answers_on_udp_and_tcp_and_ends_at_once_when_told(tmp_path: Path) -> None:
    port = free_port()
    config = f'[listen]\nplain = ["127.0.0.1:{port}"]\n[log]\nformat = "json"\n'
    with daemon(tmp_path, config) as (process, events):
        assert ask(port, "localhost. A").rcode == types.NOERROR
        assert ask(port, "localhost. A", stream=True).rcode == types.NOERROR
        ended = time.monotonic()
    assert process.returncode == 0
    assert time.monotonic() - ended < 2
    told = [event.get("event") for event in events]
    assert told[0] == "ready"
    assert told[-1] == "stopped"


def test_every_query_is_told_when_the_configuration_says_so(tmp_path: Path) -> None:
    port = free_port()
    config = (
        f'[listen]\nplain = ["127.0.0.1:{port}"]\n'
        '[log]\nformat = "json"\nqueries = true\n'
    )
    with daemon(tmp_path, config) as (_, events):
        ask(port, "localhost. A")
    [told] = [event for event in events if event.get("event") == "query"]
    assert told["question"] == "localhost. A"
    assert told["rcode"] == "NOERROR"


def test_a_service_manager_hears_of_readiness_life_and_the_end(tmp_path: Path) -> None:
    port = free_port()
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(5)
        environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}
        config = f'[listen]\nplain = ["127.0.0.1:{port}"]\n'
        with daemon(tmp_path, config, environment):
            assert manager.recv(1000).startswith(b"READY=1\n")
            assert manager.recv(1000) == b"WATCHDOG=1"
            assert manager.recv(1000) == b"WATCHDOG=1"
        told = {manager.recv(1000)}
        while b"STOPPING=1" not in told:
            told.add(manager.recv(1000))


def test_an_address_in_use_is_named_and_the_status_is_1(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        path = tmp_path / "resolver.toml"
        path.write_text(f'[listen]\nplain = ["127.0.0.1:{port}"]\n')
        done = subprocess.run(
            [sys.executable, "-m", "resolver", "serve", "--config", str(path)],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_open_questions_end_before_the_process_does(tmp_path: Path) -> None:
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = free_port()
    with silent:
        silent.bind(("127.0.0.1", 0))
        config = (
            f'[listen]\nplain = ["127.0.0.1:{port}"]\n'
            f'[[forward]]\nzone = "."\nservers = ["127.0.0.1:{silent.getsockname()[1]}"]\n'
        )
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with daemon(tmp_path, config) as (process, _), client:
            client.connect(("127.0.0.1", port))
            client.send(write_query(77, question("x.com. A"), flags=types.RD))
            silent.settimeout(5)
            silent.recv(1000)
            ended = time.monotonic()
        assert process.returncode == 0
        assert time.monotonic() - ended < 3


def test_the_clock_that_ages_records_can_be_chosen() -> None:
    assert abs(clock_of(Config())() - time.monotonic()) < 1
    wall = Config(cache=Cache(clock="realtime"))
    assert abs(clock_of(wall)() - time.time()) < 1  # noqa: TID251 - what is tested


def test_it_runs_on_the_standard_loop_where_uvloop_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is asyncio.new_event_loop
