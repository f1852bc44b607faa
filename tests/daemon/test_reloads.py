"""Reloads of a running program: under load, and what each of them changes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.lab.demo import free_port
from resolver.wire import types
from tests.daemon.load import Outcome
from tests.daemon.running import (
    Daemon,
    Internet,
    answers,
    ask,
    daemon,
    wait_until,
)

NAMES = ("www.example.com. A", "example.com. A", "example.com. NS")
# Questions in a second while a test runs, beside seven others on two cores; the figures
# of a quiet machine are in CONTRIBUTING or the notes, not here.
KNOWN, NEW = 1000, 50
# Seconds that no answer may take; the bound for a quiet machine is 0.05.
SLOWEST = 0.5

LOCAL = 'local.records = ["printer.test. 60 A 192.0.2.80"]'


class Load:
    def __init__(self, port: int, seconds: float) -> None:
        command = [sys.executable, "-m", "tests.daemon.load", str(port), str(seconds)]
        self._process = subprocess.Popen(
            [*command, str(KNOWN), str(NEW), *NAMES], stdout=subprocess.PIPE, text=True
        )

    def outcome(self) -> Outcome:
        said, _ = self._process.communicate(timeout=60)
        asked, lost, failed, slowest, gap = said.split()
        return Outcome(int(asked), int(lost), int(failed), float(slowest), float(gap))


@contextlib.contextmanager
def serving(
    internet: Internet, folder: Path, *more: str
) -> Iterator[tuple[Daemon, int]]:
    port = free_port()
    with daemon(folder, config(internet, port, *more)) as one:
        yield one, port


def config(internet: Internet, port: int, *more: str) -> str:
    return internet.config(port, "access.rate_limit = 0", *more)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_question_is_lost_or_late_while_the_configuration_changes(
    internet: Internet, tmp_path: Path, workers: int
) -> None:
    count = f"server.workers = {workers}"
    with serving(internet, tmp_path, count) as (one, port):
        for name in NAMES:
            ask(port, name)
        load = Load(port, 5.0)
        time.sleep(1.0)
        for number in range(5):
            ttl = f"cache.max_ttl = {80_000 + number}"
            told = one.reload(config(internet, port, count, LOCAL, ttl))
            assert told["changes"][0].startswith("cache.max_ttl: ")
            time.sleep(0.5)
        outcome = load.outcome()
    assert outcome.asked > 5 * KNOWN
    assert (outcome.lost, outcome.failed) == (0, 0)
    assert outcome.slowest < SLOWEST


def is_known(internet: Internet, port: int) -> bool:
    asked = len(internet.asked)
    for _ in range(8):
        ask(port, NAMES[0], stream=True)
    return len(internet.asked) == asked


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_known_stays_and_what_is_new_is_in_effect_at_once(
    internet: Internet, tmp_path: Path, workers: int
) -> None:
    count = f"server.workers = {workers}"
    with serving(internet, tmp_path, count) as (one, port):
        wait_until(lambda: is_known(internet, port), "every worker knows it")
        asked = len(internet.asked)
        assert ask(port, "printer.test. A").rcode == types.NXDOMAIN
        one.reload(config(internet, port, count, LOCAL))
        for _ in range(8):
            reply = ask(port, "printer.test. A")
            assert [rrset.rdatas for rrset in reply.answer] == [(b"\xc0\0\x02\x50",)]
            assert ask(port, NAMES[0], stream=True).rcode == types.NOERROR
        assert not [it for it in internet.asked[asked:] if it.startswith("www.example")]
        one.reload(config(internet, port, count))
        assert ask(port, "printer.test. A").rcode == types.NXDOMAIN


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_cannot_be_used_changes_nothing_and_is_told_of_with_its_line(
    internet: Internet, tmp_path: Path, workers: int
) -> None:
    count = f"server.workers = {workers}"
    with serving(internet, tmp_path, count) as (one, port):
        told = one.reload('cache.size = "much"\ncache.tll = 3', "reload_refused")
        assert any(f"{one.path}:1: cache.size" in it for it in told["problems"])
        assert any(f"{one.path}:2: cache.tll" in it for it in told["problems"])
        assert answers(port, NAMES[0])
        one.path.unlink()
        one.process.send_signal(signal.SIGHUP)
        told = one.wait_for("reload_refused", 2)
        assert "No such file" in told["problems"][0]
        assert answers(port, NAMES[0])
        assert one.reload(config(internet, port, count, LOCAL))
        assert answers(port, "printer.test. A")


@pytest.mark.parametrize("workers", [1, 2])
def test_addresses_are_opened_and_closed_and_a_taken_one_changes_nothing(
    internet: Internet, tmp_path: Path, workers: int
) -> None:
    count, other, taken = f"server.workers = {workers}", free_port(), free_port()
    with serving(internet, tmp_path, count) as (one, port):
        both = f'listen.plain = ["127.0.0.1:{port}", "127.0.0.1:{other}"]'
        plain = config(internet, port, count)
        listen = plain.splitlines()[0]
        one.reload(plain.replace(listen, both))
        assert answers(port, NAMES[0])
        assert answers(other, NAMES[0])
        one.reload(plain.replace(str(port), str(other)))
        assert answers(other, NAMES[0])
        wait_until(lambda: not answers(port, NAMES[0]), "a closed port")
        folder = tmp_path / "other"
        folder.mkdir()
        with daemon(folder, config(internet, taken)):
            told = one.reload(plain.replace(str(port), str(taken)), "reload_refused")
            assert f"127.0.0.1:{taken}" in told["problems"][0]
            assert answers(other, NAMES[0])


def test_workers_are_started_and_ended_and_each_has_the_new_configuration(
    internet: Internet, tmp_path: Path
) -> None:
    with serving(internet, tmp_path, "server.workers = 2") as (one, port):
        before = set(one.workers())
        one.reload(config(internet, port, "server.workers = 3", LOCAL))
        wait_until(lambda: len(one.workers()) == 3, "three workers")
        assert before < set(one.workers())
        for _ in range(20):
            assert answers(port, "printer.test. A")
        one.reload(config(internet, port, "server.workers = 2"))
        wait_until(lambda: set(one.workers()) == before, "two workers")
        assert answers(port, NAMES[0])
        # One that is replaced later has what is configured now.
        one.reload(config(internet, port, "server.workers = 2", LOCAL))
        os.kill(min(before), signal.SIGKILL)
        one.wait_for("worker_replaced")
        for _ in range(20):
            assert answers(port, "printer.test. A")
    assert one.process.returncode == 0
    assert one.events[-1]["every_question_ended"] is True


def test_a_killed_worker_is_back_within_a_second_under_load(
    internet: Internet, tmp_path: Path
) -> None:
    with serving(internet, tmp_path, "server.workers = 2") as (one, port):
        for name in NAMES:
            ask(port, name)
        load = Load(port, 5.0)
        time.sleep(1.0)
        killed = one.workers()[0]
        started = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        one.wait_for("worker_replaced")
        took = time.monotonic() - started
        outcome = load.outcome()
    # Lost is what waited in the socket of the one that died.
    assert outcome.lost < outcome.asked / 100
    assert outcome.failed == 0
    assert outcome.longest_gap < 1.0
    assert took < 5.0  # on a busy machine; the other one answers meanwhile
