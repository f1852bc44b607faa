"""A pretend network below an exchange: transports that are scripts, in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from itertools import count
from typing import Any

from resolver.cache.infra import Servers
from resolver.net.exchange import Exchange
from resolver.ports import Address, Errand, Silence
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.reader import read
from resolver.wire.writer import write
from tests.virtual import VirtualLoop

SERVER = Address("192.0.2.1")
NAME = b"\x03www\x07example\x00"
QUESTION = Question(NAME, types.A)
ANSWER = RRset(NAME, types.A, 60, (b"\xc0\x00\x02\x07",))

# What comes back for a query, and how many seconds after the one before.
Arrival = tuple[float, bytes | Silence]
Step = Callable[[bytes], Sequence[Arrival]]


class Script:
    """A transport that plays one step per packet and keeps the packets."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.packets: list[bytes] = []
        self.timeouts: list[float] = []
        self.ended = 0

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - a transport keeps time
        accept: Callable[[bytes], bool],
        /,
    ) -> bytes:
        self.packets.append(packet)
        self.timeouts.append(timeout)
        step = self.steps.pop(0)
        try:
            async with asyncio.timeout(timeout):
                for delay, what in step(packet):
                    await asyncio.sleep(delay)
                    if isinstance(what, Silence):
                        raise what
                    if accept(what):
                        return what
                await asyncio.sleep(timeout + 1)
        except TimeoutError:
            raise Silence("timeout") from None
        finally:
            self.ended += 1
        raise AssertionError("a timeout that does not end the wait")


class World:
    """An exchange with its scripts, in virtual time."""

    def __init__(
        self,
        udp: Sequence[Step] = (),
        tcp: Sequence[Step] = (),
        *,
        randomise_case: bool = False,
        cookies: bool = False,
        dnssec: bool = False,
        random_bits: Callable[[int], int] | None = None,
    ) -> None:
        self.loop = VirtualLoop(start=0.0)
        self.udp = Script(*udp)
        self.tcp = Script(*tcp)
        self.servers = Servers(100)
        ids = count(1)
        self.exchange = Exchange(
            self.servers,
            self.udp,
            self.tcp,
            self.loop.time,
            random_bits or (lambda _bits: next(ids)),
            randomise_case=randomise_case,
            cookies=cookies,
            dnssec=dnssec,
        )

    def errand(self, deadline: float = 8.0) -> Errand:
        return Errand(self.loop.time, self.loop.time() + deadline)

    def run(self, story: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            outcome = runner.run(story)
        assert self.exchange._flights == {}
        assert not self.udp.steps, "the script was not played to its end"
        assert not self.tcp.steps
        return outcome

    def ask(self, errand: Errand | None = None, question: Question = QUESTION) -> Any:
        return self.run(self.exchange(SERVER, question, errand or self.errand()))


def answer(
    rcode: int = types.NOERROR,
    flags: int = types.QR | types.AA,
    delay: float = 0.03,
    edns: Edns | None = None,
) -> Step:
    """A good reply to whatever is asked."""

    def step(packet: bytes) -> list[Arrival]:
        asked = read(packet)
        assert asked.question is not None
        records = (ANSWER,) if rcode == types.NOERROR else ()
        message = Message(asked.id, flags, asked.question, rcode, records, edns=edns)
        wire = packet[12 : 16 + len(asked.question.name)]
        return [(delay, write(message, question_wire=wire))]

    return step


def silence(reason: str = "timeout", delay: float = 60.0) -> Step:
    return lambda _packet: [(delay, Silence(reason))]


def kinds(errand: Errand) -> list[str]:
    return [note.kind for note in errand.diary]
