"""The supervisor over pretended workers, in virtual time."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog

from resolver.config import Config, Listen, Server
from resolver.daemon import supervisor
from resolver.daemon.link import FAILED, READY, STOPPED, Told
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place
from resolver.daemon.supervisor import (
    FIRST_PAUSE,
    LONG_LIFE,
    LONGEST_PAUSE,
    PATIENCE,
    Supervisor,
    see_that_ports_are_free,
)
from resolver.lab.demo import free_port
from resolver.net.notify import ServiceManager
from tests import virtual
from tests.daemon.pretend import Nursery

Story = Callable[[Supervisor, Nursery], Coroutine[Any, Any, None]]


class Run(NamedTuple):
    """What a supervisor has logged, and how long its end took."""

    events: list[dict[str, Any]]
    ending: float

    def told(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]


class Manager:
    """A service manager that wants to hear of us."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(0)
        self.service = ServiceManager(
            {
                "NOTIFY_SOCKET": str(folder / "notify"),
                "WATCHDOG_USEC": str(int(seconds * 2e6)),
            }
        )

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(1000).decode().splitlines()[0])
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    one = Manager(tmp_path, 10.0)
    yield one
    one.close()


def supervised(
    story: Story, manager: Manager, count: int = 2, place: Place | None = None
) -> Run:
    """Tell the story while a supervisor runs, and then end it."""
    nursery = Nursery()
    listen = Listen(plain=(f"127.0.0.1:{free_port()}",))
    config = Config(listen=listen, server=Server(workers=count))

    async def run() -> float:
        loop = asyncio.get_running_loop()
        one = Supervisor(config, place, manager.service, nursery.start)
        running = asyncio.ensure_future(one.run())
        telling = asyncio.ensure_future(story(one, nursery))
        await asyncio.wait([running, telling], return_when=asyncio.FIRST_COMPLETED)
        told = loop.time()
        if telling.done() and not running.done():
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            telling.cancel()
        try:
            await running
        finally:
            await asyncio.wait([telling])
        if not telling.cancelled():
            telling.result()
        return loop.time() - told

    with structlog.testing.capture_logs() as events:
        ending = virtual.run(run())
    return Run([dict(event) for event in events], ending)


def test_readiness_is_told_when_every_worker_is_ready(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        nursery.ready_after = 0.0
        await asyncio.sleep(0.1)
        assert [each.worker for each in nursery.assignments] == [1, 2]
        nursery.started[0][1].say(Told(READY))
        await asyncio.sleep(0.1)
        assert manager.heard() == []
        nursery.started[1][1].say(Told(READY))
        await asyncio.sleep(0.1)
        assert manager.heard()[0] == "READY=1"

    run = supervised(story, manager)
    assert [event["workers"] for event in run.told("ready")] == [2]
    assert [event["event"] for event in run.events][-2:] == ["statistics", "stopped"]
    assert manager.heard()[-1] == "STOPPING=1"


def test_one_that_dies_is_replaced_at_once(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(5)
        died = asyncio.get_running_loop().time()
        nursery.started[0][1].end(-signal.SIGKILL)
        await asyncio.sleep(1)
        assert len(nursery.started) == 3
        assert nursery.started[2][0] - died < 0.2
        assert nursery.assignments[2].worker == 1

    run = supervised(story, manager)
    [ended] = run.told("worker_ended")
    assert (ended["worker"], ended["reason"]) == (1, "SIGKILL")
    assert ended["log_level"] == "error"
    [replaced] = run.told("worker_replaced")
    assert (replaced["worker"], replaced["pid"]) == (1, 102)
    assert len(run.told("ready")) == 1


def test_one_that_dies_again_and_again_is_waited_for_longer_and_longer(
    manager: Manager,
) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        nursery.ready_after = 0.0
        for _ in range(12):
            nursery.newest.end(1)
            await asyncio.sleep(LONGEST_PAUSE + 1)
        nursery.newest.say(Told(READY))
        await asyncio.sleep(LONG_LIFE)
        nursery.newest.end(1)
        await asyncio.sleep(1)

    run = supervised(story, manager)
    pauses = [event["again_in"] for event in run.told("worker_ended")]
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[11] == LONGEST_PAUSE
    assert pauses[12] == FIRST_PAUSE


def test_the_end_does_not_wait_for_a_pause(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        nursery.ready_after = 0.0
        for _ in range(9):
            nursery.newest.end(1)
            await asyncio.sleep(13)
        nursery.newest.end(1)
        await asyncio.sleep(1)

    assert supervised(story, manager).ending < 0.1


def test_a_process_that_cannot_be_had_is_tried_again(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        nursery.failing = 2
        nursery.newest.end(1)
        await asyncio.sleep(2)
        assert len(nursery.started) == 3

    run = supervised(story, manager)
    reasons = [event["reason"] for event in run.told("worker_ended")]
    assert reasons == [
        "exit status 1",
        "[Errno 11] Resource temporarily unavailable",
        "[Errno 11] Resource temporarily unavailable",
    ]


def test_one_that_cannot_start_at_the_beginning_is_the_end(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(0.1)
        process = nursery.started[1][1]
        process.say(Told(FAILED, number=98, text="Address already in use: x"))
        process.end(1)
        await asyncio.sleep(1)
        assert nursery.started[0][1].signals == [signal.SIGTERM]
        await asyncio.sleep(100)

    with pytest.raises(OSError, match="Address already in use: x") as raised:
        supervised(story, manager)
    assert raised.value.errno == 98
    assert "READY=1" not in manager.heard()


def test_wrong_hints_are_no_error_of_the_system(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(0.1)
        for _, process in nursery.started:
            process.say(Told(FAILED, text="root_hints: no server"))
            process.end(1)
        await asyncio.sleep(100)

    with pytest.raises(ValueError, match="root_hints: no server"):
        supervised(story, manager)


def test_one_that_dies_at_the_beginning_without_a_word_is_the_end(
    manager: Manager,
) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(0.1)
        nursery.newest.end(-signal.SIGABRT)
        await asyncio.sleep(100)

    with pytest.raises(ValueError, match="worker 2: SIGABRT, before it was ready"):
        supervised(story, manager)


def test_no_process_at_the_beginning_is_the_end(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        nursery.failing = 1
        await asyncio.sleep(100)

    with pytest.raises(OSError, match="temporarily unavailable"):
        supervised(story, manager)


def test_it_can_be_told_to_end_before_it_is_ready(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        nursery.ready_after = 0.0
        await asyncio.sleep(0.1)

    run = supervised(story, manager)
    assert run.told("stopped")[0]["every_question_ended"] is True


def test_workers_that_do_not_end_are_ended(manager: Manager) -> None:
    ended: list[list[signal.Signals]] = []

    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        nursery.newest.obedient = False
        ended.append(nursery.started[0][1].signals)
        ended.append(nursery.newest.signals)

    run = supervised(story, manager)
    assert ended == [[signal.SIGTERM], [signal.SIGTERM, signal.SIGKILL]]
    assert run.told("stopped")[0]["every_question_ended"] is False
    assert run.ending == pytest.approx(PATIENCE, abs=0.1)


def test_what_all_have_counted_is_added_up(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        for _, process in nursery.started:
            process.statistics = Statistics(walks=5, waiting=2)
        await asyncio.sleep(2)
        assert one.statistics == Statistics(walks=10, waiting=4)
        nursery.started[0][1].end(-signal.SIGKILL)
        await asyncio.sleep(1)
        # Of the dead, what has happened; nobody waits for it any more.
        assert one.statistics == Statistics(walks=10, waiting=2)
        os.kill(os.getpid(), signal.SIGUSR1)
        await asyncio.sleep(0.1)
        last = Told(STOPPED, Statistics(walks=6), complete=True)
        for _, process in nursery.started:
            process.say(last)

    events = supervised(story, manager).told("statistics")
    assert [event["walks"] for event in events] == [10, 5 + 6 + 6]


def test_the_watchdog_is_patted_while_all_are_well(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(25)
        assert manager.heard() == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
        nursery.ready_after = 0.0
        nursery.newest.end(1)
        await asyncio.sleep(25)
        assert manager.heard() == []
        nursery.newest.say(Told(READY))
        await asyncio.sleep(0.2)
        assert manager.heard() == ["WATCHDOG=1"]

    supervised(story, manager)


def test_silent_workers_keep_the_watchdog_from_being_patted(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        assert manager.heard() == ["READY=1", "WATCHDOG=1"]
        nursery.beating = False
        await asyncio.sleep(9.5)
        assert manager.heard() == []

    supervised(story, manager)


def test_a_damaged_store_is_taken_from_all_one_after_the_other(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place("/nowhere/cache.mdb", 1000, passing=False)
    looked: list[Place] = []

    def damaged(place: Place) -> bool:
        looked.append(place)
        return True

    async def at_once(function: Callable[[Place], bool], argument: Place) -> bool:
        return function(argument)

    monkeypatch.setattr(supervisor, "make_sure", damaged)
    monkeypatch.setattr(asyncio, "to_thread", at_once)

    async def story(one: Supervisor, nursery: Nursery) -> None:
        await asyncio.sleep(1)
        nursery.started[0][1].end(-signal.SIGBUS)
        await asyncio.sleep(0.2)
        assert len(nursery.started) == 4
        assert nursery.started[1][1].returncode is None
        await asyncio.sleep(5)
        assert len(nursery.started) == 6
        assert [each.worker for each in nursery.assignments[3:]] == [1, 3, 2]
        assert [process.returncode for _, process in nursery.started[:3]] == [
            -signal.SIGBUS,
            0,
            0,
        ]

    supervised(story, manager, 3, place)
    assert looked == [place]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_that_somebody_has_is_named_though_he_would_share_it(
    kind: socket.SocketKind, host: str
) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind((host, free_port()))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        config = Config(listen=Listen(plain=(text,)))
        with pytest.raises(OSError, match="in use") as raised:
            see_that_ports_are_free(config.listen.plain)
    assert text in str(raised.value)
    see_that_ports_are_free(config.listen.plain)


def test_a_worker_that_is_missing_shows_in_the_status(manager: Manager) -> None:
    async def story(one: Supervisor, nursery: Nursery) -> None:
        nursery.ready_after = 0.0
        await asyncio.sleep(0.1)
        found: Any = await one.commands.run("status", {})
        assert found["state"] == "degraded"
        assert found["problems"] == ["0 of 2 workers answer"]
        assert found["workers"] == []

    supervised(story, manager)
