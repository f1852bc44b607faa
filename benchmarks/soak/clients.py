"""Those who ask: as many kinds of question as there are ways through a resolver.

A client over UDP is a stub resolver: it waits for five seconds, asks once more, waits
for five more, and then has not been answered.
"""

import asyncio
import random
from collections import Counter
from typing import Final

from benchmarks.soak.internet import ZONES, origin
from resolver.wire import types
from resolver.wire.message import Edns, Question
from resolver.wire.presentation import name_from_text, type_from_text
from resolver.wire.writer import query as write_query

# Questions a second, and seconds between two handfuls of them.
RATE: Final = 250
STEP: Final = 0.02
# Sockets, so that ids do not run out.
SOCKETS: Final = 8
# Seconds that a client waits for a reply, and how often it asks.
PATIENCE: Final = 5.0
TRIES: Final = 2
# The share of questions that come over TCP.
STREAMS: Final = 0.02

# How often each kind is asked for, in a hundred.
KINDS: Final = {
    "cached": 45,
    "cold": 25,
    "missing": 8,
    "no type": 7,
    "alias": 10,
    "big": 3,
    "deep": 2,
}


class Clients:
    """Asks at a steady rate.

    `outcomes` counts (kind, what came back): a response code, or "unanswered".  While
    `excused` is set, nobody could do better than to fail, and what fails is counted as
    "excused".  `asked` counts questions, and `open` those that wait for their reply.
    """

    def __init__(self, port: int) -> None:
        self.outcomes: Final[Counter[tuple[str, str]]] = Counter()
        self.asked = 0
        self.excused = False
        self._port: Final = port
        self._chance: Final = random.Random(2)
        self._sockets: Final[list[_Socket]] = []
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    @property
    def open(self) -> int:
        """Count the questions that wait."""
        return len(self._tasks)

    async def begin(self) -> None:
        """Open the sockets."""
        loop = asyncio.get_running_loop()
        for _ in range(SOCKETS):
            _, one = await loop.create_datagram_endpoint(
                _Socket, remote_addr=("127.0.0.1", self._port)
            )
            self._sockets.append(one)

    async def ask_for(self, seconds: float) -> None:
        """Ask at the steady rate for so long."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        before = self.asked
        while (passed := loop.time() - started) < seconds:
            for _ in range(int(passed * RATE) - (self.asked - before)):
                self._ask()
            await asyncio.sleep(STEP)

    async def end(self) -> None:
        """Wait for what is open, and close the sockets."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=PATIENCE * TRIES + 1)
        for one in self._sockets:
            one.close()

    def _ask(self) -> None:
        self.asked += 1
        kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        packet = self._packet(kind)
        over_tcp = self._chance.random() < STREAMS
        work = (
            self._over_tcp(kind, packet) if over_tcp else self._over_udp(kind, packet)
        )
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _packet(self, kind: str) -> bytes:
        zone = origin(self._chance.randrange(ZONES))
        name, rdtype = {
            "cached": (f"www.{zone}", "A"),
            "cold": (f"n{self.asked}.{zone}", "A"),
            "missing": (f"x{self.asked}.below.{zone}", "A"),
            "no type": (f"mail.{zone}", "MX"),
            "alias": (f"chain.{zone}", "A"),
            "big": (f"big.{zone}", "TXT"),
            "deep": (f"a.b.c.deep.{zone}", "AAAA"),
        }[kind]
        question = Question(name_from_text(name), type_from_text(rdtype))
        edns = Edns(1232) if self._chance.random() < 0.7 else None
        return write_query(self.asked & 0xFFFF, question, flags=types.RD, edns=edns)

    async def _over_udp(self, kind: str, packet: bytes) -> None:
        link = self._sockets[self.asked % SOCKETS]
        for _ in range(TRIES):
            reply = await link.ask(packet)
            if reply is not None:
                self._count(kind, reply)
                return
        self.outcomes[kind, "unanswered"] += 1

    async def _over_tcp(self, kind: str, packet: bytes) -> None:
        reply = b""
        try:
            async with asyncio.timeout(PATIENCE * TRIES):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                writer.write(len(packet).to_bytes(2, "big") + packet)
                size = int.from_bytes(await reader.readexactly(2), "big")
                reply = await reader.readexactly(size)
                writer.close()
                await writer.wait_closed()
        except (OSError, EOFError, TimeoutError):
            pass
        if reply:
            self._count(kind, reply)
        else:
            self.outcomes[kind, "unanswered"] += 1

    def _count(self, kind: str, reply: bytes) -> None:
        rcode = reply[3] & 15
        fails = rcode == types.SERVFAIL and self.excused
        self.outcomes[kind, "excused" if fails else types.rcode_name(rcode)] += 1


class _Socket(asyncio.DatagramProtocol):
    """A client's socket, and the questions open on it by their ids."""

    def __init__(self) -> None:
        self._waiting: Final[dict[bytes, asyncio.Future[bytes]]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's
        waiting = self._waiting.get(data[:2])
        if waiting is not None and not waiting.done():
            waiting.set_result(data)

    async def ask(self, packet: bytes) -> bytes | None:
        assert self._transport is not None
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[packet[:2]] = waiting
        self._transport.sendto(packet)
        try:
            async with asyncio.timeout(PATIENCE):
                reply: bytes = await waiting
                return reply
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(packet[:2], None)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
