"""A resolver, its clients and its Internet, in virtual time.

The resolver is a whole one.  Who builds it is not known here, for this room stands
beside the daemon's; the stage is handed a builder.  Clients bring packets to the
reception, as listeners do; the transports end in a box (`lab.box`), a round trip away.
The CPU time is that of the process, less what the servers took for their replies.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple, final

from resolver.config import Config
from resolver.lab.box import Box
from resolver.lab.pretend import ROUND_TRIP
from resolver.lab.virtual import VirtualLoop
from resolver.net.exchange import Transport
from resolver.net.front import Reception
from resolver.ports import Address, Dice, Silence
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.presentation import name_from_text, rdata_text, type_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query

# A client who means no harm, and one who does (RFC 5737).
CLIENT: Final = "192.0.2.200"
BANDIT: Final = "192.0.2.66"
# Bytes that a cache of the stage may take, unless the attack is about that.
CACHE: Final = 16_000_000
# What the resolver's clock on the wall shows, and when zones that are signed were; in
# seconds since 1970.
WALL: Final = 1_800_000_000.0

Accept = Callable[[bytes], bool]
# Somebody between us and the servers: from a query over UDP, and what tells whether a
# reply is taken, he gives the reply that was taken, or None.
Intruder = Callable[[bytes, Accept], bytes | None]


class Cost(NamedTuple):
    """What happened while an attack was played.

    `questions` came from clients; `packets` were sent to servers, `worst` of them for
    one question that was asked alone; `received` are bytes from servers, `sent` bytes
    to clients; `cpu` is in seconds.  `turn` is the longest that it did nothing else, in
    seconds: so long somebody whose answer is cached has to wait.
    """

    questions: int
    packets: int
    worst: int
    received: int
    sent: int
    cpu: float
    turn: float = 0.0

    @property
    def amplification(self) -> float:
        """Say how many packets to servers each packet of a client has made."""
        return self.packets / max(1, self.questions)


class Outside(NamedTuple):
    """What a resolver reaches the outside through, as the daemon's `World` has it."""

    clock: Callable[[], float]
    udp: Transport
    tcp: Transport
    random_bits: Callable[[int], int]
    dice: Dice
    wall: Callable[[], float]


# Builds a resolver and gives its reception.  The last argument is told of what should
# never happen.
Build = Callable[[Config, Outside, Callable[[str, BaseException], None]], Reception]


@final
class Stage:
    """One resolver among clients and servers.  Belongs to the loop that runs.

    `box` may be replaced: then the Internet has changed.  `errors` is what the resolver
    has reported of itself; there should be none.
    """

    def __init__(
        self,
        build: Build,
        box: Box,
        *,
        cache: int = CACHE,
        intruder: Intruder | None = None,
    ) -> None:
        self.box = box
        self.intruder: Final = intruder
        self.errors: Final[list[str]] = []
        self.servers_cpu = 0.0
        self._loop: Final = asyncio.get_running_loop()
        chance = random.Random(1)  # noqa: S311 - every play is to be the same
        outside = Outside(
            self._loop.time,
            _Way(self, tcp=False),
            _Way(self, tcp=True),
            chance.getrandbits,
            chance,
            lambda: WALL,
        )
        with tempfile.NamedTemporaryFile("w", suffix=".hints") as hints:
            hints.write(box.hints_text)
            hints.flush()
            config = _config(hints.name, cache, box.anchor_text.strip())
            self.reception: Final = build(config, outside, self._report)
        self.begin()

    def begin(self) -> None:
        """Count from here on: what was before was only to get there."""
        self.questions = 0
        self._sent = 0
        self._worst = 0
        self.packets = 0
        self.received = 0
        self._cpu = self._own_cpu()
        if isinstance(self._loop, VirtualLoop):
            self._loop.watch_turns(self._own_cpu)

    @property
    def cost(self) -> Cost:
        """Say what has happened since `begin`."""
        return Cost(
            self.questions,
            self.packets,
            self._worst,
            self.received,
            self._sent,
            self._own_cpu() - self._cpu,
            self._loop.longest_turn if isinstance(self._loop, VirtualLoop) else 0.0,
        )

    def _own_cpu(self) -> float:
        """Count the seconds that this process has worked, but not as a server."""
        return time.process_time() - self.servers_cpu

    async def ask(self, text: str, host: str = CLIENT) -> Message | None:
        """Ask "name type" and wait; None is no reply.  Nobody else should ask meanwhile."""
        before = self.packets
        reply = await self.send(text, host)
        self._worst = max(self._worst, self.packets - before)
        return read(reply) if reply else None

    def send(
        self, text: str, host: str = CLIENT, *, stream: bool = False
    ) -> asyncio.Future[bytes]:
        """Send a question; no bytes at all come back where no reply does."""
        self.questions += 1
        packet = packet_of(text, self.questions & 0xFFFF)
        replied: asyncio.Future[bytes] = self._loop.create_future()
        known = None if stream else self.reception.known(packet, host)
        if known is None:
            self.reception.packet(packet, host, stream, replied.set_result)
        else:
            replied.set_result(known)
        replied.add_done_callback(self._count)
        return replied

    def _count(self, replied: asyncio.Future[bytes]) -> None:
        if not replied.cancelled():
            self._sent += len(replied.result())

    def _report(self, what: str, error: BaseException) -> None:
        self.errors.append(f"{what}: {error!r}")


@final
class _Way:
    """A transport to the servers of a stage; implements `net.exchange.Transport`."""

    def __init__(self, stage: Stage, *, tcp: bool) -> None:
        self._stage: Final = stage
        self._tcp: Final = tcp
        # A connection takes a round trip to make.
        self._travel: Final = ROUND_TRIP * (2 if tcp else 1)

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - the seam's word
        accept: Accept,
        /,
    ) -> bytes:
        """Send a packet to a server; give the first reply that is accepted."""
        stage = self._stage
        stage.packets += 1
        waited = 0.0
        if not self._tcp and stage.intruder is not None:
            taken = stage.intruder(packet, accept)
            if taken is not None:
                return taken
        for after, reply in self._replies(server, packet):
            arrives = self._travel + after
            if arrives > timeout:
                break
            await asyncio.sleep(arrives - waited)
            waited = arrives
            stage.received += len(reply)
            if not reply and self._tcp:
                raise Silence("connection closed")
            if accept(reply):
                return reply
        await asyncio.sleep(timeout - waited)
        raise Silence("timeout")

    def _replies(
        self, server: Address, packet: bytes
    ) -> tuple[tuple[float, bytes], ...]:
        """Have the server answer, at its own expense."""
        stage = self._stage
        begun = time.process_time()
        try:
            return stage.box.replies_to(server.host, packet, tcp=self._tcp)
        finally:
            stage.servers_cpu += time.process_time() - begun


def packet_of(text: str, number: int = 1) -> bytes:
    """Write a client's packet that asks "name type"."""
    name, rdtype = text.split()
    question = Question(name_from_text(name), type_from_text(rdtype))
    return write_query(number, question, flags=types.RD, edns=Edns(1232))


def data_of(reply: Message | None) -> tuple[str, ...]:
    """Write the data of the last record set of an answer; nothing where there is none."""
    if reply is None or reply.rcode != types.NOERROR or not reply.answer:
        return ()
    last = reply.answer[-1]
    return tuple(rdata_text(last.rdtype, rdata) for rdata in last.rdatas)


def _config(hints: str, cache: int, anchor: str) -> Config:
    """Configure what the stage is about; everything else has its default.

    Without an anchor nothing is validated.
    """
    config = Config()
    return replace(
        config,
        access=replace(config.access, allow=("0.0.0.0/0", "::/0")),
        recursion=replace(config.recursion, root_hints=hints, never_ask=()),
        cache=replace(config.cache, size=cache),
        dnssec=replace(config.dnssec, validate=bool(anchor), trust_anchors=(anchor,)),
    )
