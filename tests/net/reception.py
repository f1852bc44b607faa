"""What the tests of the listeners share: a pretend service, loops and a clock."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple

import pytest
import uvloop

from resolver.net.door import Door, Meter
from resolver.net.front import Front
from resolver.net.watch import NEVER, Patience
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question

HEADER: Final = bytes(10)  # what follows a packet's id


def packet(name: str, number: int = 1) -> bytes:
    """Make a packet: id, the rest of a header, and a word for the pretend service."""
    return number.to_bytes(2, "big") + HEADER + name.encode()


def frame(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


def answered(word: str, number: int = 1) -> bytes:
    return frame(packet(word, number) + b" answered")


def resolved(word: str, number: int = 1) -> bytes:
    return frame(packet(word, number) + b" NOERROR")


class Asked(NamedTuple):
    packet: bytes
    question: Question
    key: bytes
    reply: bytes = b""
    ahead: int = 0


# Not an answer: looking for it raises.
CRASH: Final = Resolution(types.NOTIMP)


class PretendService:
    """Knows what to do from the word behind the header.

    "renew ..." has an old reply and is to be renewed, "now ..." is answered at once, "silence" never, "crash" raises; everything else is
    resolved when the test says so, identical words together.
    """

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.streams: list[bool] = []
        self.hosts: list[str] = []
        self.lates: list[Asked] = []
        self.old: Resolution | None = None
        self.unencodable: Resolution | None = None
        self._open: dict[bytes, asyncio.Future[Resolution]] = {}

    def receive(
        self, packet: bytes, host: str, *, stream: bool, now: float
    ) -> bytes | Asked | None:
        self.streams.append(stream)
        self.hosts.append(host)
        word = packet[12:]
        if word.startswith(b"now"):
            return packet + b" answered"
        if word.startswith(b"crash"):
            raise RuntimeError("cannot be received")
        if not word or word.startswith(b"silence"):
            return None
        reply = packet + b" old" if word.startswith(b"renew") else b""
        ahead = 3 if reply else 0
        question = Question(b"\x01" + word[:1] + b"\x00", types.A)
        return Asked(packet, question, word, reply, ahead)

    def late(self, query: Asked, now: float) -> Resolution | None:
        self.lates.append(query)
        if self.old is CRASH:
            raise RuntimeError("cannot be looked up")
        return self.old

    async def resolve(self, query: Asked, errand: Errand) -> Resolution:
        self.errands.append(errand)
        return await self.asked(query.key)

    def compose(self, query: Asked, resolution: Resolution, now: float) -> bytes:
        if resolution is self.unencodable:
            raise ValueError("cannot be encoded")
        rcode = types.rcode_name(resolution.rcode).encode()
        return query.packet + b" " + rcode

    def asked(self, word: bytes) -> asyncio.Future[Resolution]:
        """Give what the walk of a word waits for."""
        if word not in self._open:
            self._open[word] = asyncio.get_running_loop().create_future()
        return self._open[word]

    def answer(self, word: str, rcode: int = types.NOERROR) -> None:
        """End the walk of a word; the next one with it is a new walk."""
        future = self.asked(word.encode())
        del self._open[word.encode()]
        future.set_result(Resolution(rcode))

    def fail(self, word: str, error: BaseException) -> None:
        """Break the walk of a word."""
        future = self.asked(word.encode())
        del self._open[word.encode()]
        future.set_exception(error)


class PretendReplies:
    """A hot room that knows the packets a test put into it."""

    def __init__(self) -> None:
        self.known: dict[bytes, bytes] = {}
        self.asked: list[tuple[bytes, float]] = []
        self.error: Exception | None = None

    def answer(self, packet: bytes, now: float) -> bytes | None:
        self.asked.append((packet, now))
        if self.error is not None:
            raise self.error
        return self.known.get(packet[2:])


class Stage:
    """A front with pretend neighbours, all of them at hand."""

    def __init__(
        self, *, query_deadline: float = 8.0, late_after: float = NEVER
    ) -> None:
        self.now = 100.0
        self.service: Final = PretendService()
        self.replies: Final = PretendReplies()
        self.errors: list[tuple[str, BaseException]] = []
        self.allowed: Callable[[str], bool] = lambda host: True
        self.meters: dict[str, Meter] = {}
        self.door: Final = Door(lambda host: self.allowed(host), self.meter)
        self.front: Final[Front[Asked]] = Front(
            self.service,
            self.replies,
            lambda: self.now,
            self.door,
            Patience(query_deadline, late_after),
            lambda what, error: self.errors.append((what, error)),
        )

    def meter(self, host: str) -> Meter | None:
        return self.meters.get(host)


class PretendMeter:
    """Lets so many questions through; every second one of the rest slips."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.taken: list[tuple[int, float]] = []
        self.over = 0

    def take(self, count: int, now: float) -> int:
        self.taken.append((count, now))
        granted = min(count, self.tokens)
        self.tokens -= granted
        return granted

    def slips(self) -> bool:
        self.over += 1
        return self.over % 2 == 0


CLIENT: Final = "192.0.2.7"


def ask(
    stage: Stage,
    word: str,
    *,
    host: str = CLIENT,
    stream: bool = False,
    number: int = 1,
) -> list[bytes]:
    """Bring a packet; what comes back is in the list as soon as it comes."""
    replies: list[bytes] = []
    stage.front.packet(packet(word, number), host, stream, replies.append)
    return replies


async def end(stage: Stage, *words: str) -> None:
    await settle()
    for word in words:
        stage.service.answer(word)
    await settle()


async def settle() -> None:
    """Let everything that is ready run; no time passes."""
    for _ in range(10):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what the kernel has to bring; fails after five seconds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - nobody here hears the kernel's news
            await asyncio.sleep(0.001)


def _run_on_asyncio(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(story)


def _run_on_uvloop(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story)


Run = Callable[[Coroutine[Any, Any, None]], None]

# For a fixture: each story is run on both loops that the program can be run on.
on_both_loops = pytest.mark.parametrize(
    "run", [_run_on_asyncio, _run_on_uvloop], ids=["asyncio", "uvloop"]
)
