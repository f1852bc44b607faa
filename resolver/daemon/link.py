"""What supervisor and worker say to each other, over a pair of connected sockets.

First the supervisor hands over the assignment: which worker this is, and the
configuration as it was read.  From then on the worker speaks, a line of JSON each
time: that it is ready, every second that it is alive and what it has counted, and how it
ended.  The supervisor may send orders, commands by name, each with a number; the worker
says, in any order, what has come of each; that waits until the supervisor reads.  When
the supervisor is gone, whatever has ended it, the socket ends, and the worker does, too.
"""

import asyncio
import faulthandler
import json
import pickle
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol, final

from resolver.config import Config
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place

# Seconds between two signs of life.
BEAT: Final = 1.0

# Bytes of one line that a worker says: a part of its cache, in one case.
MAX_LINE: Final = 8 << 20
# Bytes that a worker keeps for a supervisor that does not read.
MAX_UNSENT: Final = 4 * MAX_LINE

READY: Final = "ready"
ALIVE: Final = "alive"
STOPPED: Final = "stopped"
FAILED: Final = "failed"
DONE: Final = "done"
REFUSED: Final = "refused"

# On this signal a worker says where it is.
SHOW_STACK: Final = signal.SIGUSR2

_LENGTH: Final = 4  # bytes in front of what the supervisor says
_PIECE: Final = 65_536  # bytes taken from the socket at once


class Assignment(NamedTuple):
    """What a worker is to do.  `config` is its share of what was configured.

    `sockets` are the numbers of open ones that it has inherited.
    """

    worker: int
    config: Config
    place: Place | None
    sockets: tuple[int, ...] = ()


class Order(NamedTuple):
    """A command that a worker is to carry out; `number` is for the reply."""

    number: int
    name: str
    arguments: Mapping[str, object]


class Commanded(Protocol):
    """What orders are for: a process with commands, and another configuration."""

    @property
    def commands(self) -> Commands:
        """What it can be told to do."""

    async def reload(self, config: Config) -> None:
        """Go on with another configuration, or change nothing and raise."""


class Told(NamedTuple):
    """What a worker has said: one of the words above, and what belongs to it.

    `complete`: it has stopped, and every question had ended.  `number` and `text` are
    those of the error that it failed with; `number` is 0 if that was no OSError.  Of an
    order `number` is its own, and `text` says why it was refused.
    """

    word: str
    statistics: Statistics = Statistics()
    complete: bool = False
    number: int = 0
    text: str = ""
    result: object = None


def pack(message: Assignment | Order) -> bytes:
    """Write what a supervisor says as it is sent."""
    packed = pickle.dumps(message)
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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._input: Final = bytearray()
        self._unsent: Final = bytearray()
        self._commands: Commands | None = None
        self._obeying: Final[set[asyncio.Task[None]]] = set()

    def begin(self, ended: asyncio.Event) -> None:
        """Take orders, and watch for the end of the supervisor, which is ours as well."""
        self._ours.settimeout(0)
        loop = self._loop = asyncio.get_running_loop()

        def hear() -> None:
            with suppress(BlockingIOError):
                try:
                    received = self._ours.recv(_PIECE)
                except ConnectionError:
                    received = b""
                self._input.extend(received)
                self._obey_all(loop)
                if not received:
                    loop.remove_reader(self._ours)
                    self.orphaned = True
                    ended.set()

        loop.add_reader(self._ours, hear)

    def tell_stack_on(self, number: int) -> None:
        """Write the stacks of all threads on a signal, whatever hangs, and then go on.

        Python's fault handler does that without Python.  Its lines are no JSON, which
        is how the supervisor knows them.
        """
        faulthandler.register(number, self._ours, all_threads=True)

    async def meet(self, process: Commanded) -> None:
        """Hear whom orders are for."""

        async def reload(arguments: Arguments) -> object:
            config = arguments["config"]
            assert isinstance(config, Config)  # noqa: S101 - the supervisor has read it
            try:
                await process.reload(config)
            except (OSError, ValueError) as error:
                raise Refused(str(error)) from error
            return None

        process.commands.add("reload", reload)
        self._commands = process.commands

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

    def _obey_all(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to carry out all orders that are here whole."""
        data = self._input
        while len(data) >= _LENGTH:
            end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
            if len(data) < end:
                return
            # From the process that started this one: see `receive`.
            order: Order = pickle.loads(bytes(data[_LENGTH:end]))  # noqa: S301 - as above
            del data[:end]
            task = loop.create_task(self._obey(order))
            self._obeying.add(task)
            task.add_done_callback(self._obeying.discard)

    async def _obey(self, order: Order) -> None:
        """Carry out an order, and say what has come of it."""
        assert self._commands is not None  # noqa: S101 - orders are for who is ready
        try:
            result = await self._commands.run(order.name, order.arguments)
        except Refused as refusal:
            self._say(Told(REFUSED, number=order.number, text=str(refusal)))
        else:
            self._say(Told(DONE, number=order.number, result=result))

    def _say(self, told: Told) -> None:
        """Say something; of what is said every second only what need not wait.

        The next sign of life says all that this one would have.
        """
        if told.word == ALIVE and self._unsent:
            return
        line = write_line(told)
        if len(line) > MAX_LINE:
            text = f"the answer is larger than {MAX_LINE} bytes"
            line = write_line(Told(REFUSED, number=told.number, text=text))
        if len(self._unsent) + len(line) > MAX_UNSENT:
            return  # a supervisor that does not listen is not worth waiting for
        waiting = bool(self._unsent)
        self._unsent.extend(line)
        if not waiting:
            self._flush()

    def _flush(self) -> None:
        """Send what the supervisor takes now, and the rest when it does."""
        try:
            del self._unsent[: self._ours.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()  # there is nobody any more
        if self._loop is None or self._loop.is_closed():
            return  # before the beginning, or after the end: that was all
        if self._unsent:
            self._loop.add_writer(self._ours, self._flush)
        else:
            self._loop.remove_writer(self._ours)
