"""A reload, from the wish to what is told of it."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from resolver.config import Config, ConfigError, Problem, parse
from resolver.daemon.commands import Commands, Refused
from resolver.daemon.reloading import Reloading, nothing_to_read
from resolver.net.notify import ServiceManager


class Stage:
    """A file, something that it is applied to, and a service manager that listens."""

    def __init__(self, folder: Path) -> None:
        self.file: Config | Exception = Config()
        self.refusal: Exception | None = None
        self.applied: list[Config] = []
        self.applying = 0
        self.most = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(0)
        manager = ServiceManager({"NOTIFY_SOCKET": str(folder / "notify")})
        self.reloading = Reloading(Config(), self.read, self.apply, manager)

    def read(self) -> Config:
        if isinstance(self.file, Exception):
            raise self.file
        return self.file

    async def apply(self, config: Config) -> None:
        self.applying += 1
        self.most = max(self.most, self.applying)
        await asyncio.sleep(0.01)
        self.applying -= 1
        if self.refusal is not None:
            raise self.refusal
        self.applied.append(config)

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(1000).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    one = Stage(tmp_path)
    yield one
    one.close()


async def test_a_reload_tells_what_has_changed_and_what_waits_for_a_restart(
    stage: Stage,
) -> None:
    stage.file = parse('cache.max_ttl = 60\ncache.clock = "realtime"')
    with structlog.testing.capture_logs() as events:
        told = await stage.reloading.run({})
    assert isinstance(told, dict)
    assert [change.split(":")[0] for change in told["changes"]] == ["cache.max_ttl"]
    assert told["after_restart"] == ["cache.clock"]
    assert [event["event"] for event in events] == ["reloaded"]
    [applied] = stage.applied
    assert (applied.cache.max_ttl, applied.cache.clock) == (60, "monotonic")


async def test_the_service_manager_hears_when_it_begins_and_when_it_is_over(
    stage: Stage,
) -> None:
    stage.file = ValueError("nonsense")
    with pytest.raises(Refused):
        await stage.reloading.run({})
    begun, over = stage.heard()
    assert begun.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert int(begun.partition("USEC=")[2]) > 0
    assert over.startswith("READY=1\nSTATUS=Listening on 127.0.0.1:53")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (ConfigError([Problem("x.toml", 3, "cache.size", "is 7")]), "x.toml:3: cache"),
        (OSError(13, "Permission denied"), "Permission denied"),
        (ValueError("no root"), "no root"),
    ],
)
async def test_a_file_that_cannot_be_used_changes_nothing_and_says_why(
    stage: Stage, fault: Exception, told: str
) -> None:
    stage.file = fault
    with (
        structlog.testing.capture_logs() as events,
        pytest.raises(Refused, match=f"nothing has changed: .*{told}"),
    ):
        await stage.reloading.run({})
    assert stage.applied == []
    assert events[0]["event"] == "reload_refused"
    assert told in events[0]["problems"][0]


@pytest.mark.parametrize("refusal", [OSError(98, "in use"), Refused("in use")])
async def test_what_cannot_be_applied_is_compared_with_again_next_time(
    stage: Stage, refusal: Exception
) -> None:
    stage.file, stage.refusal = parse("cache.max_ttl = 60"), refusal
    with pytest.raises(Refused, match="in use"):
        await stage.reloading.run({})
    stage.refusal = None
    told = await stage.reloading.run({})
    assert isinstance(told, dict)
    assert len(told["changes"]) == 1
    again = await stage.reloading.run({})
    assert again == {"changes": [], "after_restart": []}


async def test_a_fault_of_ours_is_told_as_one(stage: Stage) -> None:
    stage.file = KeyError("oops")
    with (
        structlog.testing.capture_logs() as events,
        pytest.raises(Refused, match="the reload failed: KeyError"),
    ):
        await stage.reloading.run({})
    assert [event["event"] for event in events] == ["unexpected_error"]
    assert len(stage.heard()) == 2


async def test_one_reload_comes_after_the_other(stage: Stage) -> None:
    await asyncio.gather(*(stage.reloading.run({}) for _ in range(3)))
    assert (len(stage.applied), stage.most) == (3, 1)


async def test_the_signal_and_the_command_do_the_same(stage: Stage) -> None:
    commands = Commands()
    stage.reloading.begin(commands)
    assert commands.names() == ["reload", "settings"]
    await commands.run("reload", {})
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0.1)
    assert len(stage.applied) == 2
    stage.file = ValueError("nonsense")
    with structlog.testing.capture_logs() as events:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.1)
    assert events[0]["event"] == "reload_refused"
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)


def test_who_was_started_without_a_file_has_nothing_to_read() -> None:
    with pytest.raises(ValueError, match="without --config"):
        nothing_to_read()


async def test_the_configuration_in_effect_is_told_as_a_file_would_say_it() -> None:
    reloading = Reloading(
        parse("cache.max_ttl = 60"), nothing_to_read, apply_nothing, ServiceManager()
    )
    assert await reloading.tell({}) == {"text": "cache.max_ttl = 60\n"}


async def apply_nothing(config: Config) -> None:
    del config


async def test_a_port_that_takes_privileges_again_is_a_reason_to_restart() -> None:
    async def refuse(_: Config) -> None:
        raise PermissionError(13, "Permission denied: 127.0.0.1:53")

    reloading = Reloading(
        Config(),
        lambda: parse('listen.plain = ["127.0.0.1:53"]'),
        refuse,
        ServiceManager(),
    )
    with pytest.raises(Refused, match="given up the right to it: restart"):
        await reloading.run({})
