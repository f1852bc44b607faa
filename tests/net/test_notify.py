import os
import socket
from pathlib import Path

from resolver.net.notify import ServiceManager


def test_without_a_manager_nothing_is_sent_and_nothing_fails() -> None:
    manager = ServiceManager({})
    manager.ready("listening")
    assert manager.watchdog_seconds == 0


def test_readiness_signs_of_life_and_the_end_are_told(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        manager = ServiceManager({"NOTIFY_SOCKET": path})
        manager.ready("listening on 127.0.0.1:53")
        manager.alive()
        manager.stopping()
        told = [listener.recv(1000) for _ in range(3)]
    assert told == [
        b"READY=1\nSTATUS=listening on 127.0.0.1:53",
        b"WATCHDOG=1",
        b"STOPPING=1",
    ]


def test_an_abstract_address_is_understood() -> None:
    name = f"resolver-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        ServiceManager({"NOTIFY_SOCKET": "@" + name}).alive()
        assert listener.recv(1000) == b"WATCHDOG=1"


def test_a_manager_that_is_gone_does_no_harm(tmp_path: Path) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    manager.ready("listening")
    assert manager.watchdog_seconds == 0


def test_the_watchdog_is_patted_twice_per_period() -> None:
    assert ServiceManager({"WATCHDOG_USEC": "10000000"}).watchdog_seconds == 5.0


def test_a_watchdog_meant_for_another_process_is_not_ours() -> None:
    environment = {"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}
    assert ServiceManager(environment).watchdog_seconds == 0


def test_an_unreadable_watchdog_period_counts_as_none() -> None:
    assert ServiceManager({"WATCHDOG_USEC": "soon"}).watchdog_seconds == 0
