"""What supervisor and worker say to each other, over a pair of connected sockets.

First the supervisor hands over the assignment: which worker this is, and the
configuration as it was read.  From then on only the worker speaks, a line of JSON each
time: that it is ready, every second that it is alive and what it has counted, and how it
ended.  The supervisor says nothing more; it is enough that it is there.  When it is not,
whatever has ended it, the socket ends, and the worker does, too.
"""

import asyncio
import json
import pickle
import socket
from contextlib import suppress
from typing import Any, Final, NamedTuple, final

from resolver.config import Config
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place

# Seconds between two signs of life.
BEAT: Final = 1.0

READY: Final = "ready"
ALIVE: Final = "alive"
STOPPED: Final = "stopped"
FAILED: Final = "failed"

_LENGTH: Final = 4  # bytes in front of an assignment


class Assignment(NamedTuple):
    """What a worker is to do.  `config` is its share of what was configured."""

    worker: int
    config: Config
    place: Place | None


class Told(NamedTuple):
    """What a worker has said: one of the words above, and what belongs to it.

    `complete`: it has stopped, and every question had ended.  `number` and `text` are
    those of the error that it failed with; `number` is 0 if that was no OSError.
    """

    word: str
    statistics: Statistics = Statistics()
    complete: bool = False
    number: int = 0
    text: str = ""


def pack(assignment: Assignment) -> bytes:
    """Write an assignment as it is sent."""
    packed = pickle.dumps(assignment)
    return len(packed).to_bytes(_LENGTH, "big") + packed


def receive(ours: socket.socket) -> Assignment | None:
    """Wait for the assignment; None if the supervisor is gone."""
    with ours.makefile("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH), "big")
        packed = stream.read(length)
    if not length or len(packed) < length:
        return None
    # From the process that started this one, over a socket that has no name.
    assignment: Assignment = pickle.loads(packed)  # noqa: S301 - see above
    return assignment


def write_line(told: Told) -> bytes:
    """Write what a worker says."""
    said: dict[str, Any] = told._asdict()
    statistics = told.statistics
    said["statistics"] = {**statistics.plain(), "labelled": statistics.labelled}
    return json.dumps(said).encode() + b"\n"


def read_line(line: bytes) -> Told | None:
    """Read what a worker says; None for what it cannot have meant."""
    try:
        said = json.loads(line)
        return Told(**said | {"statistics": Statistics(**said["statistics"])})
    except (ValueError, TypeError, KeyError):
        return None


@final
class Link:
    """The worker's end; implements `process.Superior`.

    `orphaned`: the supervisor is gone.
    """

    def __init__(self, ours: socket.socket) -> None:
        self._ours: Final = ours
        self.period: Final = BEAT
        self.orphaned = False

    def begin(self, ended: asyncio.Event) -> None:
        """Watch for the end of the supervisor, which is ours as well."""
        self._ours.settimeout(0)
        loop = asyncio.get_running_loop()

        def hear() -> None:
            with suppress(BlockingIOError):
                try:
                    gone = not self._ours.recv(1)
                except ConnectionError:
                    gone = True
                if gone:
                    loop.remove_reader(self._ours)
                    self.orphaned = True
                    ended.set()

        loop.add_reader(self._ours, hear)

    def ready(self, status: str) -> None:
        """Say that questions are answered from now on."""
        del status  # the supervisor knows where we listen
        self._say(Told(READY))

    def alive(self, statistics: Statistics) -> None:
        """Give a sign of life."""
        self._say(Told(ALIVE, statistics))

    def stopping(self) -> None:
        """Say nothing: it was the supervisor who wanted it."""

    def stopped(self, statistics: Statistics, *, complete: bool) -> None:
        """Say that this is the end."""
        self._say(Told(STOPPED, statistics, complete))

    def failed(self, error: OSError | ValueError) -> None:
        """Say why there is no worker."""
        number = error.errno or 0 if isinstance(error, OSError) else 0
        text = error.strerror if isinstance(error, OSError) else None
        self._say(Told(FAILED, number=number, text=text or str(error)))

    def _say(self, told: Told) -> None:
        # A supervisor that does not listen is not worth waiting for, and the next sign
        # of life says all that this one would have.
        with suppress(OSError):
            self._ours.send(write_line(told))
