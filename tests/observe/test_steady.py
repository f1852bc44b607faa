import atexit
import errno
import io
import json
import os
import pty
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import structlog

from resolver.observe import steady
from resolver.observe.logs import configure_logging
from resolver.observe.steady import MAX_WAITING, Steady

LINE: Final = "x" * 99 + "\n"
# Lines that neither a pipe nor what waits beside it has room for.
TOO_MANY: Final = 2 * MAX_WAITING // len(LINE)
# Seconds, for what takes a moment.
PATIENCE: Final = 10.0


class Broken(io.StringIO):
    """A stream that fails, over a descriptor of its own."""

    def __init__(self, number: int, descriptor: int) -> None:
        super().__init__()
        self.number = number
        self.descriptor = descriptor

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))

    def flush(self) -> None:
        raise OSError(self.number, os.strerror(self.number))

    def fileno(self) -> int:
        return self.descriptor


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_log_that_cannot_be_written_is_lost_and_nothing_else(
    number: int, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("wb") as file:
        one = Steady(Broken(number, file.fileno()))
        assert one.write("an event") == len("an event")
        one.flush()
        assert stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def is_nowhere(descriptor: int) -> bool:
    return os.fstat(descriptor).st_rdev == Path(os.devnull).stat().st_rdev


def test_where_nobody_will_ever_read_nothing_is_written_any_more() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        one = Steady(stream)
        assert one.write(LINE) == len(LINE)
        os.close(reading)
        one.write(LINE)
        assert is_nowhere(writing)
        one.write(LINE)
        one.flush()


class Ends:
    """Something between a writer and a reader that holds only so much."""

    def __init__(self, kind: str) -> None:
        if kind == "pipe":
            self.reading, writing = os.pipe()
        elif kind == "terminal":
            self.reading, writing = pty.openpty()
        else:
            ours, theirs = socket.socketpair()
            self.reading, writing = ours.detach(), theirs.detach()
        self.stream: Final = os.fdopen(writing, "w")

    def read(self, size: int) -> str:
        """Read so many characters, whatever stands for the end of a line there."""
        text = ""
        while len(text) < size:
            text += os.read(self.reading, 65_536).decode().replace("\r", "")
        return text

    def close(self) -> None:
        self.stream.close()
        os.close(self.reading)


@pytest.fixture(params=["pipe", "socket", "terminal", "pipe of another"])
def ends(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ends]:
    kind, _, others = request.param.partition(" of ")
    if others:
        real = os.open

        def refusing(path: str, flags: int, mode: int = 0o777) -> int:
            if str(path).startswith("/proc/self/fd/"):
                raise PermissionError
            return real(path, flags, mode)

        monkeypatch.setattr(os, "open", refusing)
    one = Ends(kind)
    yield one
    one.close()


def drained() -> None:
    """Wait for the thread that passes on what waits."""
    until = time.monotonic() + PATIENCE
    while any(it.name == "log" for it in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_nobody_waits_for_a_reader_and_all_that_had_room_is_read_later(
    ends: Ends,
) -> None:
    one = Steady(ends.stream)
    lines = [f"{number} {LINE}" for number in range(MAX_WAITING // 2 // len(LINE))]
    started = time.monotonic()
    for line in lines:
        one.write(line)
    assert time.monotonic() - started < PATIENCE / 2
    assert ends.read(sum(map(len, lines))) == "".join(lines)
    drained()
    one.write("the end\n")
    assert ends.read(8) == "the end\n"


def test_the_flags_of_a_stream_that_others_have_too_stay(ends: Ends) -> None:
    Steady(ends.stream).write(LINE)
    assert os.get_blocking(ends.stream.fileno())


def test_what_had_no_room_is_counted_and_told_when_there_is_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pipe = Ends("pipe")
    monkeypatch.setattr(sys, "stderr", pipe.stream)
    configure_logging("info", "json")
    log = structlog.get_logger()
    for number in range(TOO_MANY):
        log.info("query", number=number, text=LINE)
    text = ""
    while '"log_lines_lost"' not in text:
        text += os.read(pipe.reading, 1 << 20).decode()
    events = [json.loads(line) for line in text.splitlines()]
    drained()
    *queries, told = events
    assert [it["number"] for it in queries] == list(range(len(queries)))
    assert told["lines"] == TOO_MANY - len(queries) > 0
    pipe.close()


def test_the_reader_that_goes_while_lines_wait_leaves_no_thread() -> None:
    pipe = Ends("pipe")
    one = Steady(pipe.stream)
    for _ in range(TOO_MANY):
        one.write(LINE)
    os.close(pipe.reading)
    drained()
    assert is_nowhere(pipe.stream.fileno())
    pipe.stream.close()


def test_the_end_waits_a_moment_for_a_slow_reader_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: list[object] = []
    monkeypatch.setattr(atexit, "register", ends.append)
    pipe = Ends("pipe")
    one = Steady(pipe.stream)
    for _ in range(TOO_MANY):
        one.write(LINE)
    [end] = ends
    started = time.monotonic()
    assert callable(end)
    end()
    assert steady.PATIENCE <= time.monotonic() - started < PATIENCE
    os.close(pipe.reading)
    drained()
    pipe.stream.close()


def test_who_writes_does_not_write_about_what_was_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has structlog's lock, for which it would wait for ever."""
    told: list[object] = []
    monkeypatch.setattr(structlog, "get_logger", lambda: told.append(1))
    pipe = Ends("pipe")
    one = Steady(pipe.stream)
    one._lost, one._draining = 3, True
    one.write(LINE)
    assert pipe.read(len(LINE)) == LINE
    assert told == []
    pipe.close()
