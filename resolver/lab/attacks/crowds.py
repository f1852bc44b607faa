"""Clients who wait: for many answers at one moment, or with a connection half used."""

import asyncio
from collections.abc import Callable
from typing import Final, final

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.grounds import TRUTH, attacker, box_of, victim
from resolver.lab.attacks.stage import BANDIT, CLIENT, Build, Stage, packet_of
from resolver.lab.behaviours import Answering, Behaviour, Sent
from resolver.net.connections import Connections
from resolver.net.tcp import TcpConnection

# Seconds for which the zone of DNSBomb holds its answers back; with more, questions are
# asked again before.
HELD_BACK: Final = 0.35
# Questions in the bomb's name, with the victim for their source, over that time.
BOMB: Final = 5_000
# Seconds that are one moment to who is hit, and the replies that may reach him in one:
# as many as may wait for one host.
MOMENT: Final = 0.02
MOST_AT_ONCE: Final = 500

# Hosts that hold connections, and what each tries to hold.
IDLERS: Final = 64
EACH: Final = 64
# Connections that the resolver may have open.
MOST_CONNECTIONS: Final = 2048
# Seconds between two bytes that an idler sends, and for which they do it.
TRICKLE: Final = 0.4
# Seconds in which an honest client gets a connection and an answer.
PATIENCE: Final = 1.5
HONEST: Final = 10


async def dnsbomb(build: Build) -> Verdict:
    """Gather answers for a forged source, and release them all at once."""
    loop = asyncio.get_running_loop()
    release = loop.time()

    def left() -> float:
        return max(0.0, release - loop.time())

    stage = Stage(build, box_of(victim(), attacker(f"* A {TRUTH}", _until(left))))
    await stage.ask("www.attacker.com. A")
    stage.begin()
    release = loop.time() + HELD_BACK
    arrivals: list[tuple[float, int]] = []

    def arrived(replied: asyncio.Future[bytes]) -> None:
        arrivals.append((loop.time(), len(replied.result())))

    waiting = []
    for number in range(BOMB):
        replied = stage.send(f"b{number}.attacker.com. A", BANDIT)
        replied.add_done_callback(arrived)
        waiting.append(replied)
        await asyncio.sleep(HELD_BACK / BOMB)
    await asyncio.gather(*waiting)
    pulse = _largest_pulse(arrivals)
    return Verdict(
        stage.cost,
        f"{pulse} replies in one moment, {MOST_AT_ONCE} at most",
        pulse <= MOST_AT_ONCE and not stage.errors,
    )


def _until(left: Callable[[], float]) -> Behaviour:
    """Answer when the seconds that are left have passed."""

    def wrap(inner: Answering) -> Answering:
        return lambda asked: tuple(Sent(each.content, left()) for each in inner(asked))

    return Behaviour("gathers", "answers everything at one moment", wrap)


def _largest_pulse(arrivals: list[tuple[float, int]]) -> int:
    """Count the replies in the fullest moment."""
    times = sorted(when for when, size in arrivals if size)
    largest = first = 0
    for last, when in enumerate(times):
        while when - times[first] > MOMENT:
            first += 1
        largest = max(largest, last + 1 - first)
    return largest


async def slow_loris(build: Build) -> Verdict:
    """Hold every connection there is, and send a byte now and then."""
    stage = Stage(build, box_of(victim(records=f"* A {TRUTH}")))
    await stage.ask("www.victim.net. A")
    stage.begin()
    table = Connections(asyncio.get_running_loop())
    idlers = asyncio.get_running_loop().create_task(_trickle(stage, table))
    answered = 0
    for number in range(HONEST):
        await asyncio.sleep(PATIENCE)
        answered += await _has_answer(stage, table, f"h{number}.victim.net. A")
    idlers.cancel()
    most = len(table)
    await table.close(0)
    return Verdict(
        stage.cost,
        f"{answered} of {HONEST} honest clients answered, {most} connections open",
        answered == HONEST and most <= MOST_CONNECTIONS and not stage.errors,
    )


async def _trickle(stage: Stage, table: Connections) -> None:
    """Keep as many connections as are to be had, each with half a question in it."""
    held: list[_Line] = []
    frame = _frame("x.victim.net. A")
    while True:
        held = [line for line in held if line.is_open]
        mine: dict[str, int] = {}
        for line in held:
            mine[line.host] = mine.get(line.host, 0) + 1
            line.trickle(frame)
        for number in range(IDLERS):
            host = f"10.9.{number}.1"
            for _ in range(EACH - mine.get(host, 0)):
                line = _Line(stage, table, host)
                if not line.is_open:
                    break
                held.append(line)
        await asyncio.sleep(TRICKLE)


async def _has_answer(stage: Stage, table: Connections, text: str) -> bool:
    """Ask as a client who tries again when he is turned away."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    while loop.time() < until:
        line = _Line(stage, table, CLIENT)
        if line.is_open:
            stage.questions += 1
            line.send(_frame(text))
            await asyncio.sleep(0.2)
            return bool(line.written)
        await asyncio.sleep(0.05)
    return False


def _frame(text: str) -> bytes:
    packet = packet_of(text)
    return len(packet).to_bytes(2, "big") + packet


@final
class _Line(asyncio.Transport):
    """A connection without a socket: our end of it, and the client."""

    def __init__(self, stage: Stage, table: Connections, host: str) -> None:
        super().__init__({"peername": (host, 4242)})
        self.host: Final = host
        self.written = b""
        self.is_open = True
        self._sent = 0
        self._connection: Final = TcpConnection(stage.reception, table)
        self._connection.connection_made(self)

    def send(self, data: bytes) -> None:
        """Have the client send bytes."""
        self._connection.data_received(data)

    def trickle(self, frame: bytes) -> None:
        """Have the client send one byte more, never the last."""
        if self._sent < len(frame) - 1:
            self.send(frame[self._sent : self._sent + 1])
            self._sent += 1

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take a reply."""
        self.written += bytes(data)

    def close(self) -> None:
        """End it."""
        if self.is_open:
            self.is_open = False
            loop = asyncio.get_running_loop()
            loop.call_soon(self._connection.connection_lost, None)

    def abort(self) -> None:
        """End it at once: nothing is kept back here."""
        self.close()

    def get_write_buffer_size(self) -> int:
        """Say that everything is read."""
        return 0

    def set_write_buffer_limits(
        self, high: int | None = None, low: int | None = None
    ) -> None:
        """Have no limits: everything is read at once."""

    def pause_reading(self) -> None:
        """Do nothing: what comes is handed over by the client."""

    def resume_reading(self) -> None:
        """Do nothing, as above."""

    def is_reading(self) -> bool:
        """Say yes."""
        return True
