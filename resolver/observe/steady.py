"""A log whose troubles are not ours: nobody waits for it, and what cannot be told is lost.

Who reads the log may have gone, and the disk that it is on may be full.  Worst is a
reader that is there and does not read, a terminal that was stopped or a program that
hangs: a write to a full pipe waits, and with it would wait every client's question.

So nothing here waits.  Lines go out at once as long as somebody takes them, which costs
no more than an ordinary write.  What nobody takes now waits in memory, in a bounded
queue, and a thread of its own, which is there only then, passes it on.  What does not
fit into the queue is lost and counted, and the number is told when there is room again.

Several processes write to the same pipe, so its descriptor is not ours to make
non-blocking: that would be so for all who share it, a shell included.  A pipe or terminal
is opened once more instead, which gives a descriptor with flags of its own; a socket,
as the journal has it, takes the flag with each call.
"""

import atexit
import os
import select
import socket
import stat
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO, final

import structlog

# Bytes that wait for a reader: some thousand lines, a second of a busy query log.
MAX_WAITING: Final = 1 << 20
# Seconds that the end waits for a reader to take what is left.
PATIENCE: Final = 0.2
# Milliseconds between two looks at whether the reader is still there.
_LOOK: Final = 1000
_POLL: Final = 0.005

# Writes some of the bytes and says how many; raises BlockingIOError if it had to wait.
_Write = Callable[[bytes], int]


@final
class Steady:
    """A stream that never fails, and never has anybody wait for who reads it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream: Final = stream
        # None: what cannot make anybody wait, a file on a disk, is written as it is.
        self._write: _Write | None = _way_around(stream)
        self._lock: Final = threading.Lock()
        self._waiting: Final[deque[bytes]] = deque()
        self._bytes = 0
        self._lost = 0
        self._draining = False
        if self._write is not None:
            atexit.register(self._end)

    def write(self, text: str) -> int:
        """Write, or have it wait, or lose it."""
        if self._write is None:
            try:
                self._stream.write(text)
            except OSError as error:
                self._lose(error)
            return len(text)
        line = text.encode("utf-8", "backslashreplace")
        with self._lock:
            if self._bytes + len(line) > MAX_WAITING:
                self._lost += 1
            else:
                self._waiting.append(line)
                self._bytes += len(line)
            self._pass_on()
            self._see_to_the_rest()
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, or lose it."""
        if self._write is not None:
            return
        try:
            self._stream.flush()
        except OSError as error:
            self._lose(error)

    def _pass_on(self) -> None:
        """Write what is taken now.  Who calls it has the lock."""
        while self._waiting and self._write is not None:
            line = self._waiting[0]
            try:
                sent = self._write(line)
            except BlockingIOError:
                return
            except BrokenPipeError as error:
                self._lose(error)
                return
            except OSError:
                sent = len(line)
            self._bytes -= sent
            if sent == len(line):
                self._waiting.popleft()
            else:
                self._waiting[0] = line[sent:]

    def _see_to_the_rest(self) -> None:
        """Have a thread wait, if something has to.  Who calls it has the lock."""
        if not self._waiting or self._draining:
            return
        thread = threading.Thread(target=self._drain, name="log", daemon=True)
        with suppress(RuntimeError):  # no thread can be had: the next line tries again
            thread.start()
            self._draining = True

    def _drain(self) -> None:
        """Pass on what waits whenever somebody takes it, until nothing waits."""
        room = select.poll()
        room.register(self._stream.fileno(), select.POLLOUT)
        while True:
            room.poll(_LOOK)
            with self._lock:
                before = self._bytes
                self._pass_on()
                if not self._waiting or self._write is None:
                    self._draining = False
                    break
                is_stuck = self._bytes == before
            if is_stuck:
                time.sleep(_POLL)  # room for less than the line that is next
        self._tell_lost()

    def _tell_lost(self) -> None:
        """Say how many lines are missing, as soon as that can be read.

        Only for the thread that drains: who writes holds structlog's lock already.
        """
        if not self._lost:
            return
        with self._lock:
            if self._waiting:
                return
            lost, self._lost = self._lost, 0
        if lost:
            log = structlog.get_logger()  # as it is set up now
            log.warning("log_lines_lost", lines=lost)

    def _lose(self, error: OSError) -> None:
        """Write to nowhere from now on where nobody will ever read it.

        The descriptor is exchanged, since Python would try once more at its end, and
        then exit with an error.
        """
        if isinstance(error, BrokenPipeError):
            self._write = None
            self._waiting.clear()
            self._lost = 0
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def _end(self) -> None:
        """Give a reader that is only slow the time to take the last lines."""
        patience = time.monotonic() + PATIENCE
        while self._waiting and self._write is not None:
            with self._lock:
                self._pass_on()
            if time.monotonic() > patience:
                return
            time.sleep(_POLL)


def _way_around(stream: TextIO) -> _Write | None:
    """Find a way to write that never waits, where an ordinary write may."""
    try:
        descriptor = stream.fileno()
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return None  # it is no file at all
    if stat.S_ISSOCK(mode):
        sock = socket.socket(fileno=os.dup(descriptor))
        return lambda data: sock.send(data, socket.MSG_DONTWAIT)
    if not stat.S_ISFIFO(mode) and not os.isatty(descriptor):
        return None
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        again = os.open(f"/proc/self/fd/{descriptor}", flags)
    except OSError:
        # Another user's pipe, or no /proc: then ask first.  Between the question and
        # the write another process may take the room, but hardly ever does.
        return lambda data: _write_if_ready(descriptor, data)
    return lambda data: os.write(again, data)


def _write_if_ready(descriptor: int, data: bytes) -> int:
    """Write what can be written without waiting."""
    room = select.poll()
    room.register(descriptor, select.POLLOUT)
    if not room.poll(0):
        raise BlockingIOError
    return os.write(descriptor, data[: select.PIPE_BUF])
