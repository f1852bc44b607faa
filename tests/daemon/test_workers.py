"""Several workers and their supervisor, as processes of their own, over the lab."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

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
