"""Several workers and their supervisor, as processes of their own, over the lab."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver.cli.control import Connection
from resolver.lab.demo import free_port
from resolver.wire import types
from tests.daemon.running import (
    Daemon,
    Internet,
    answers,
    ask,
    daemon,
    wait_until,
)

NAME = "www.example.com. A"
# Seconds after which what one worker has found out is there for the others.
SOON = 0.2


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def two(
    internet: Internet, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Daemon]:
    """Two workers, for all tests that leave two behind."""
    folder = tmp_path_factory.mktemp("two")
    config = internet.config(port, "server.workers = 2")
    with daemon(folder, config, {"RUNTIME_DIRECTORY": str(folder)}) as one:
        yield one


def statistics(one: Daemon) -> dict[str, int]:
    """What the workers have counted until now."""
    time.sleep(1.1)  # they tell it every second
    count = len(one.told("statistics"))
    one.process.send_signal(signal.SIGUSR1)
    return one.wait_for("statistics", count + 1)


def test_what_one_worker_has_found_out_the_others_need_not_ask_for(
    two: Daemon, port: int, internet: Internet
) -> None:
    ask(port, NAME)
    asked = len(internet.asked)
    time.sleep(SOON)
    # Each question is a client of its own: the kernel deals them out.
    for _ in range(20):
        assert ask(port, NAME).rcode == types.NOERROR
        assert ask(port, NAME, stream=True).rcode == types.NOERROR
    assert len(internet.asked) == asked
    counted = statistics(two)
    assert counted["workers"] == 2
    assert counted["walks"] == 1
    assert counted["shared_hits"] == 1
    assert counted["hot"] + counted["at_once"] >= 40


def test_one_that_is_killed_is_replaced_while_the_others_answer(
    two: Daemon, port: int, internet: Internet
) -> None:
    assert answers(port, NAME)
    asked = len(internet.asked)
    before = two.workers()
    killed = before[0]
    os.kill(killed, signal.SIGKILL)
    started = time.monotonic()
    wait_until(lambda: answers(port, NAME), "an answer", within=1.0)
    ended = two.wait_for("worker_ended")
    assert ended["reason"] == "SIGKILL"
    assert ended["again_in"] + (time.monotonic() - started) < 1.0
    replaced = two.wait_for("worker_replaced")
    assert replaced["worker"] == ended["worker"]
    assert replaced["pid"] not in before
    assert set(two.workers()) == {*before, replaced["pid"]} - {killed}
    for _ in range(20):
        assert ask(port, NAME).rcode == types.NOERROR
    assert len(internet.asked) == asked


def test_all_of_them_end_when_told(internet: Internet, tmp_path: Path) -> None:
    port = free_port()
    config = internet.config(port, "server.workers = 2")
    with daemon(tmp_path, config, {"RUNTIME_DIRECTORY": str(tmp_path)}) as one:
        workers = one.workers()
        assert len(workers) == 2
        assert len(list(tmp_path.glob("resolver-shared-*/cache.mdb"))) == 1
        assert one.stop(signal.SIGINT) < 2
    assert one.process.returncode == 0
    assert not any(map(alive, workers))
    assert list(tmp_path.glob("resolver-shared-*")) == []
    assert one.events[-1]["event"] == "stopped"
    assert one.events[-1]["every_question_ended"] is True
    assert one.told("worker_ended") == []


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2][1] != "Z"
    except OSError:
        return False


def test_they_do_not_outlive_their_supervisor(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    config = internet.config(port, "server.workers = 2")
    with daemon(tmp_path, config, {"RUNTIME_DIRECTORY": str(tmp_path)}) as one:
        workers = one.workers()
        one.process.kill()
        wait_until(lambda: not any(map(alive, workers)), "the end", within=2.0)
    assert list(tmp_path.glob("resolver-shared-*")) == []


def test_a_worker_that_read_a_damaged_file_is_not_left_with_it(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    kept = tmp_path / "kept.mdb"
    more = ("server.workers = 2", f'cache.shared_path = "{kept}"')
    with daemon(tmp_path, internet.config(port, *more)) as one:
        ask(port, NAME)
        before = one.workers()
        with kept.open("r+b") as file:
            file.write(bytes(20_000))
        os.kill(before[0], signal.SIGSEGV)
        one.wait_for("shared_cache_set_aside")
        # The one that died, and then the other, which still had the file.
        one.wait_for("worker_replaced", 2)
        assert not set(one.workers()) & set(before)
        assert ask(port, NAME).rcode == types.NOERROR
    assert [told["reason"] for told in one.told("worker_ended")] == [
        "SIGSEGV",
        "exit status 0",
    ]


def control(folder: Path, command: str, **arguments: object) -> Any:
    with Connection([str(folder / "control.sock")]) as connection:
        return connection.run(command, arguments)


def test_all_workers_are_told_over_one_socket(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    more = ("server.workers = 2",)
    with daemon(tmp_path, internet.config(port, *more)) as one:
        for _ in range(20):
            assert ask(port, NAME).rcode == types.NOERROR
        status = control(tmp_path, "status")
        assert status["state"] == "healthy"
        assert sorted(it["pid"] for it in status["workers"]) == sorted(one.workers())
        counted = control(tmp_path, "statistics")
        counters = counted["counters"]
        assert counters["hot"] + counters["at_once"] + counters["walks"] == 20
        time.sleep(SOON)
        flushed = control(tmp_path, "flush", name="com.", subtree=True)
        assert flushed["records"] >= 1
        assert flushed["shared"] == 1
        assert control(tmp_path, "cache-get", name="www.example.com.")["entries"] == []
        asked = len(internet.asked)
        assert ask(port, NAME).rcode == types.NOERROR
        assert len(internet.asked) > asked


def test_a_worker_that_replaces_another_is_told_what_that_was(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    with daemon(tmp_path, internet.config(port, "server.workers = 2")) as one:
        control(tmp_path, "set-log", queries=True)
        for pid in one.workers():
            os.kill(pid, signal.SIGKILL)
        one.wait_for("worker_replaced", 2)
        one.wait_for("log_switched", 4)
        ask(port, "localhost. A")
        assert one.wait_for("query")["question"] == "localhost. A"
        assert control(tmp_path, "status")["state"] == "healthy"
    assert not (tmp_path / "control.sock").exists()


def test_a_second_one_at_the_same_named_socket_does_not_begin(
    internet: Internet, tmp_path: Path
) -> None:
    path = tmp_path / "named.sock"
    more = (f'control.path = "{path}"', "server.workers = 2")
    with daemon(tmp_path, internet.config(free_port(), *more)) as first:
        for workers in (1, 2):
            config = tmp_path / "second.toml"
            more = (f'control.path = "{path}"', f"server.workers = {workers}")
            config.write_text(internet.config(free_port(), *more))
            second = subprocess.run(
                [sys.executable, "-m", "resolver", "serve", "--config", str(config)],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert second.returncode == 1
            assert "another resolver is running" in second.stderr
        first.process.kill()
        first.process.wait(10)
    assert path.exists()
    with daemon(tmp_path, internet.config(free_port(), *more)):
        with Connection([str(path)]) as connection:
            status: Any = connection.run("status")
        assert status["state"] == "healthy"
