"""The control socket, over real ones."""

import asyncio
import grp
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import structlog

from resolver.config import Control, control_path
from resolver.config.meeting import MAX_REPLY, MAX_REQUEST
from resolver.daemon import control as module
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.control import (
    MAX_CONNECTIONS,
    ControlSocket,
    InUse,
    make_place,
    open_control,
)


async def echo(arguments: Arguments) -> object:
    return dict(arguments)


async def never(arguments: Arguments) -> object:
    await asyncio.sleep(3600)
    raise AssertionError


async def refuse(arguments: Arguments) -> object:
    raise Refused("not today")


async def much(arguments: Arguments) -> object:
    return "x" * MAX_REPLY


async def fail(arguments: Arguments) -> object:
    raise RuntimeError


@pytest.fixture
def commands() -> Commands:
    found = Commands()
    for handler in (echo, never, refuse, much, fail):
        found.add(handler.__name__, handler)
    return found


@pytest.fixture
async def path(tmp_path: Path, commands: Commands) -> AsyncIterator[str]:
    one = ControlSocket(str(tmp_path / "c"), commands.run)
    await one.open()
    yield one.path
    one.close()
    for _ in range(10):  # what was accepted last has to be closed
        await asyncio.sleep(0.001)


async def said(path: str, *lines: bytes) -> list[Any]:
    """Say some lines over one connection, and hear as many replies, or the end."""
    reader, writer = await asyncio.open_unix_connection(path, limit=2 * MAX_REPLY)
    found: list[Any] = []
    async with asyncio.timeout(10):
        for line in lines:
            writer.write(line)
            reply = await reader.readline()
            found.append(json.loads(reply) if reply else None)
    writer.close()
    return found


def request(command: str, **arguments: object) -> bytes:
    said = {"version": 1, "command": command, "arguments": arguments}
    return json.dumps(said).encode() + b"\n"


async def test_requests_are_answered_in_turn(path: str) -> None:
    assert await said(path, request("echo", a=1), request("refuse"), b"\n") == [
        {"version": 1, "result": {"a": 1}},
        {"version": 1, "refused": "not today"},
        {"version": 1, "refused": "a request is one JSON object on a line"},
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[]\n", "one JSON object"),
        (b"{\n", "one JSON object"),
        (b"[" * 100_000 + b"\n", "one JSON object"),
        (b"\xff\n", "one JSON object"),
        (b"{}\n", "version 1"),
        (b'{"version": 2, "command": "echo"}\n', "version 1"),
        (b'{"version": 1}\n', '"command"'),
        (b'{"version": 1, "command": "echo", "arguments": []}\n', '"arguments"'),
        (request("other"), "no command other"),
        (request("fail"), "a fault in fail"),
        (request("much"), "larger than"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_the_connection_goes_on(
    path: str, line: bytes, reason: str
) -> None:
    first, second = await said(path, line, request("echo"))
    assert reason in first["refused"]
    assert second == {"version": 1, "result": {}}


async def test_a_request_without_end_ends_the_connection(path: str) -> None:
    reader, writer = await asyncio.open_unix_connection(path)
    async with asyncio.timeout(10):
        with suppress(ConnectionError):
            writer.write(b"x" * 3 * MAX_REQUEST)
            await writer.drain()
            assert await reader.read() == b""
    writer.close()
    assert await said(path, request("echo")) == [{"version": 1, "result": {}}]


async def test_a_command_has_its_time(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.05)
    (reply,) = await said(path, request("never"))
    assert "more than 0.05 seconds" in reply["refused"]


async def test_who_says_nothing_is_hung_up_on(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    reader, writer = await asyncio.open_unix_connection(path)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


async def test_there_are_only_so_many_connections(path: str) -> None:
    first = [await asyncio.open_unix_connection(path) for _ in range(MAX_CONNECTIONS)]
    reader, writer = await asyncio.open_unix_connection(path)
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    for _, one in [*first, (reader, writer)]:
        one.close()
    await asyncio.sleep(0.05)
    assert await said(path, request("echo")) == [{"version": 1, "result": {}}]


async def test_only_its_user_may_open_it_and_it_is_gone_in_the_end(
    tmp_path: Path, commands: Commands
) -> None:
    path = tmp_path / "new" / "c"
    one = ControlSocket(str(path), commands.run)
    await one.open()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o022 == 0
    one.close()
    one.close()
    assert not path.exists()


async def test_a_group_may_be_let_in(tmp_path: Path, commands: Commands) -> None:
    path = tmp_path / "c"
    group = grp.getgrgid(os.getegid()).gr_name
    one = ControlSocket(str(path), commands.run)
    await one.open(group)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    one.close()
    with pytest.raises(OSError, match="no group nobody-has-this"):
        await one.open("nobody-has-this")
    assert not path.exists()


async def test_what_a_killed_one_has_left_is_replaced(
    tmp_path: Path, commands: Commands
) -> None:
    path = tmp_path / "c"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    assert path.exists()
    one = ControlSocket(str(path), commands.run)
    await one.open()
    assert await said(str(path), request("echo")) == [{"version": 1, "result": {}}]
    one.close()


async def test_the_socket_of_one_that_runs_is_left_alone(
    path: str, commands: Commands
) -> None:
    with pytest.raises(InUse, match="another resolver is running"):
        await ControlSocket(path, commands.run).open()
    assert await said(path, request("echo")) == [{"version": 1, "result": {}}]


async def test_what_is_no_socket_is_left_alone(
    tmp_path: Path, commands: Commands
) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(OSError, match="something else than a socket"):
        await ControlSocket(str(path), commands.run).open()
    assert path.read_text() == "data"


@pytest.mark.parametrize("path", ["/no/such/folder/c", "/" + "x" * 200])
async def test_a_place_that_cannot_be_is_named(path: str, commands: Commands) -> None:
    with pytest.raises(OSError, match=path):
        await ControlSocket(path, commands.run).open()


async def test_a_named_place_is_insisted_on_and_a_usual_one_is_not(
    path: str, commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert await open_control(Control(path=""), commands.run) is None
    with pytest.raises(InUse):
        await open_control(Control(path=path), commands.run)
    opened = await open_control(Control(path=str(tmp_path / "d")), commands.run)
    assert opened is not None
    opened.close()
    monkeypatch.setattr(module, "control_path", lambda _: path)
    with structlog.testing.capture_logs() as events:
        assert await open_control(Control(), commands.run) is None
    assert [it["event"] for it in events] == ["no_control"]


async def test_a_folder_that_others_have_a_hand_in_will_not_do(
    tmp_path: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    one = ControlSocket(str(folder / "c"), commands.run)
    with pytest.raises(OSError, match="everybody can write"):
        await one.open()
    folder.chmod(0o1777)
    await one.open()
    one.close()
    folder.chmod(0o700)
    mine = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: mine + 1)
    if mine:
        with pytest.raises(OSError, match="somebody else's"):
            await one.open()


@pytest.fixture
def no_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", "")
    monkeypatch.delenv("RUNTIME_DIRECTORY")


@pytest.mark.usefixtures("no_manager")
def test_root_makes_the_folder_for_who_it_becomes(tmp_path: Path) -> None:
    folder, user, group = tmp_path / "resolver", os.geteuid(), os.getegid()
    make_place("/else/where.sock", user, group, str(folder))
    make_place("", user, group, str(folder))
    assert not folder.exists()
    make_place("auto", user, group, str(folder))
    assert folder.stat().st_uid == user
    assert control_path("auto") == f"{folder}/control.sock"


@pytest.mark.usefixtures("no_manager")
def test_a_folder_that_cannot_be_made_leaves_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    make_place("auto", os.geteuid(), os.getegid(), str(tmp_path / "file" / "resolver"))
    assert "RUNTIME_DIRECTORY" not in os.environ
