"""The daemon as a process of its own, on loopback, over the lab."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from resolver.config import Config, Server
from resolver.daemon.serve import self_checked
from resolver.lab.demo import free_port
from resolver.wire import types
from resolver.wire.writer import query as write_query
from tests.daemon.running import Internet, ask, daemon
from tests.walk.pretend import question


def alone(port: int) -> str:
    return f'[listen]\nplain = ["127.0.0.1:{port}"]\n[log]\nformat = "json"\n'


def test_it_answers_on_udp_and_tcp_and_ends_at_once_when_told(tmp_path: Path) -> None:
    port = free_port()
    with daemon(tmp_path, alone(port)) as one:
        assert ask(port, "localhost. A").rcode == types.NOERROR
        assert ask(port, "localhost. A", stream=True).rcode == types.NOERROR
        assert one.stop() < 2
    assert one.process.returncode == 0
    told = [event.get("event") for event in one.events]
    assert told[0] == "ready"
    assert told[-1] == "stopped"
    assert one.told("statistics")[-1]["at_once"] == 2


def test_every_query_is_told_when_the_configuration_says_so(tmp_path: Path) -> None:
    port = free_port()
    with daemon(tmp_path, alone(port) + "queries = true\n") as one:
        ask(port, "localhost. A")
    [told] = one.told("query")
    assert told["question"] == "localhost. A"
    assert told["rcode"] == "NOERROR"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_service_manager_hears_of_readiness_life_and_the_end(
    tmp_path: Path, workers: int
) -> None:
    port = free_port()
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(5)
        environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "200000"}
        config = alone(port) + f"[server]\nworkers = {workers}\n"
        with daemon(tmp_path, config, environment):
            assert manager.recv(1000).startswith(b"READY=1\n")
            assert ask(port, "localhost. A").rcode == types.NOERROR
            assert manager.recv(1000) == b"WATCHDOG=1"
            assert manager.recv(1000) == b"WATCHDOG=1"
        told = {manager.recv(1000)}
        while b"STOPPING=1" not in told:
            told.add(manager.recv(1000))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_address_in_use_is_named_and_the_status_is_1(
    tmp_path: Path, workers: int
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        # Whoever else has it would not mind to share it.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        path = tmp_path / "resolver.toml"
        path.write_text(alone(port) + f"[server]\nworkers = {workers}\n")
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
            alone(port) + "[[forward]]\nzone = '.'\n"
            f'servers = ["127.0.0.1:{silent.getsockname()[1]}"]\n'
        )
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with daemon(tmp_path, config) as one, client:
            client.connect(("127.0.0.1", port))
            client.send(write_query(77, question("x.com. A"), flags=types.RD))
            silent.settimeout(5)
            silent.recv(1000)
            assert one.stop() < 3
        assert one.process.returncode == 0


def test_a_restart_begins_with_what_was_known(
    tmp_path: Path, internet: Internet
) -> None:
    port = free_port()
    kept = tmp_path / "kept.mdb"
    config = internet.config(port, f'cache.shared_path = "{kept}"')
    names = ("www.example.com. A", "nowhere.example.com. A", "www.example.com. MX")
    with daemon(tmp_path, config):
        first = [ask(port, name) for name in names]
    asked = len(internet.asked)
    time.sleep(1.0)
    with daemon(tmp_path, config) as again:
        second = [ask(port, name) for name in names]
    assert len(internet.asked) == asked
    assert again.told("statistics")[-1]["shared_hits"] == len(names)
    for before, after in zip(first, second, strict=True):
        assert after.rcode == before.rcode
        [old] = before.answer + before.authority
        [new] = after.answer + after.authority
        assert new.rdatas == old.rdatas
        assert old.ttl - 60 < new.ttl < old.ttl


def test_a_damaged_file_is_set_aside_and_begun_anew(
    tmp_path: Path, internet: Internet
) -> None:
    port = free_port()
    kept = tmp_path / "kept.mdb"
    kept.write_bytes(b"not what it was" * 1000)
    kept.chmod(0o600)
    config = internet.config(port, f'cache.shared_path = "{kept}"')
    with daemon(tmp_path, config) as one:
        assert ask(port, "www.example.com. A").rcode == types.NOERROR
    [told] = one.told("shared_cache_set_aside")
    assert told["level"] == "warning"
    assert Path(told["to"]).read_bytes().startswith(b"not what it was")
    assert one.told("statistics")[-1]["shared_kept"] > 0
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_used_is_told_and_does_not_stop_it(
    tmp_path: Path, internet: Internet
) -> None:
    port = free_port()
    nowhere = tmp_path / "nowhere" / "kept.mdb"
    config = internet.config(port, f'cache.shared_path = "{nowhere}"')
    with daemon(tmp_path, config) as one:
        assert ask(port, "www.example.com. A").rcode == types.NOERROR
    [told] = one.told("no_shared_cache")
    assert "nowhere" in told["reason"]


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_start_looks_at_host_and_network_beside_answering(
    *, wanted: bool
) -> None:
    told = []

    async def check_self(config: Config, world: object) -> None:
        told.append("looking")
        try:
            await asyncio.sleep(60)
        finally:
            told.append("given up")

    async def answer() -> None:
        await asyncio.sleep(0)
        told.append("answering")
        await asyncio.sleep(0)

    config = Config(server=Server(self_check=wanted))
    await self_checked(config, answer(), check_self)
    await asyncio.sleep(0)
    looked = ["looking", "answering", "given up"]
    assert told == (looked if wanted else ["answering"])


def test_a_start_that_is_not_to_look_does_not(tmp_path: Path) -> None:
    port = free_port()
    with daemon(tmp_path, alone(port) + "[server]\nself_check = false\n") as one:
        assert ask(port, "localhost. A").rcode == types.NOERROR
    assert not one.told("self_checked")
