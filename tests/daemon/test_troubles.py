"""Faults injected into a running program: none of them ends it or leaves a mess."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from resolver.lab.demo import free_port
from tests.daemon.running import (
    PATIENCE,
    Internet,
    answers,
    daemon,
    wait_until,
)

NAME = "www.example.com. A"


@contextlib.contextmanager
def started(
    file: Path,
    stderr: int | IO[bytes],
    beforehand: Callable[[], None] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program whose log is somewhere else."""
    process = subprocess.Popen(
        [sys.executable, "-m", "resolver", "serve", "--config", str(file)],
        stderr=stderr,
        preexec_fn=beforehand,  # noqa: PLW1509 - one call, and no threads in it
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def configured(internet: Internet, folder: Path, *more: str) -> tuple[Path, int]:
    file, port = folder / "resolver.toml", free_port()
    file.write_text(internet.config(port, "log.queries = true", *more))
    return file, port


@pytest.mark.parametrize("workers", [1, 2])
def test_it_answers_when_the_reader_of_its_log_has_gone(
    internet: Internet, tmp_path: Path, workers: int
) -> None:
    count = f"server.workers = {workers}"
    file, port = configured(internet, tmp_path, count)
    reading, writing = os.pipe()
    with started(file, writing) as process:
        os.close(writing)
        wait_until(lambda: answers(port, NAME), "an answer")
        os.close(reading)
        for _ in range(20):
            assert answers(port, NAME)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert answers(port, NAME)
    assert process.returncode == 0


def test_it_answers_when_the_disk_of_its_log_is_full(
    internet: Internet, tmp_path: Path
) -> None:
    file, port = configured(internet, tmp_path)
    with Path("/dev/full").open("wb") as full, started(file, full) as process:
        wait_until(lambda: answers(port, NAME), "an answer")
        for _ in range(20):
            assert answers(port, NAME)
        assert process.poll() is None


def test_it_answers_when_the_disk_of_its_shared_store_is_full(
    internet: Internet, tmp_path: Path
) -> None:
    kept = f'cache.shared_path = "{tmp_path / "kept.mdb"}"'
    file, port = configured(internet, tmp_path, kept)

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    with (
        (tmp_path / "log").open("wb") as log,
        started(file, log, small_files) as process,
    ):
        wait_until(lambda: answers(port, NAME), "an answer")
        for number in range(50):
            answers(port, f"x{number}.example.com. A")
        assert answers(port, NAME)
        assert process.poll() is None
    assert process.returncode == 0
    # What is there is whole, or nothing that the next start would trip over.
    file.write_text(internet.config(port, kept))
    with daemon(tmp_path, file.read_text()):
        assert answers(port, NAME)


def test_a_folder_that_cannot_be_written_is_told_and_no_reason_to_stop(
    internet: Internet, tmp_path: Path
) -> None:
    nowhere = f'dnssec.anchor_state = "{tmp_path / "nowhere" / "anchors"}"'
    port = free_port()
    with daemon(tmp_path, internet.config(port, nowhere)) as one:
        assert answers(port, NAME)
        [told] = one.told("state_not_writable")
    assert told["setting"] == "dnssec.anchor_state"
    assert "is no folder" in told["reason"]


def test_a_stopped_worker_is_replaced_and_the_others_answer_meanwhile(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    with daemon(tmp_path, internet.config(port, "server.workers = 2")) as one:
        wait_until(lambda: answers(port, NAME), "an answer")
        stopped = one.workers()[0]
        os.kill(stopped, signal.SIGSTOP)
        ended = one.wait_for("worker_ended")
        assert ended["reason"] == "silence, then SIGKILL"
        one.wait_for("worker_replaced")
        assert stopped not in one.workers()
        for _ in range(20):
            assert answers(port, NAME)


HANGING = """
import signal

def hang_here(*_):
    while True:
        pass

signal.signal(signal.SIGWINCH, hang_here)
"""


def test_a_worker_that_hangs_is_replaced_and_where_it_hung_is_told(
    internet: Internet, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(HANGING)
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    port = free_port()
    config = internet.config(port, "server.workers = 2")
    with daemon(tmp_path, config, {"PYTHONPATH": path}) as one:
        wait_until(lambda: answers(port, NAME), "an answer")
        hanging = one.workers()[0]
        os.kill(hanging, signal.SIGWINCH)
        told = one.wait_for("worker_hung")
        assert told["pid"] == hanging
        assert any("in hang_here" in line for line in told["stack"])
        assert any("worker.py" in line for line in told["stack"])
        one.wait_for("worker_replaced")
        assert one.told("worker_ended")[0]["reason"] == "silence, then SIGKILL"
        assert hanging not in one.workers()


def test_a_worker_that_is_being_started_when_the_end_comes_is_no_orphan(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    with daemon(tmp_path, internet.config(port, "server.workers = 2")) as one:
        for worker in one.workers():
            os.kill(worker, signal.SIGKILL)
        one.wait_for("worker_ended")
        time.sleep(0.1)
        one.stop()
        assert one.process.returncode == 0
    assert one.workers() == []


def test_signals_in_quick_succession_are_reloads_one_after_the_other(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    with daemon(tmp_path, internet.config(port, "server.workers = 2")) as one:
        for _ in range(10):
            one.process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        assert one.wait_for("reloaded")
        wait_until(lambda: answers(port, NAME), "an answer")
        one.process.send_signal(signal.SIGHUP)
        one.process.send_signal(signal.SIGTERM)
        one.process.wait(PATIENCE)
    assert one.process.returncode == 0


def test_a_worker_that_dies_during_a_reload_comes_back_with_the_new_configuration(
    internet: Internet, tmp_path: Path
) -> None:
    port = free_port()
    config = internet.config(port, "server.workers = 2")
    local = 'local.records = ["printer.test. 60 A 192.0.2.80"]'
    with daemon(tmp_path, config) as one:
        wait_until(lambda: answers(port, NAME), "an answer")
        one.path.write_text(f"{config}\n{local}")
        second = max(one.workers())
        one.process.send_signal(signal.SIGHUP)
        os.kill(second, signal.SIGKILL)
        one.wait_for("reloaded")
        one.wait_for("worker_replaced")
        for _ in range(20):
            wait_until(lambda: answers(port, "printer.test. A"), "an answer", 1.0)
