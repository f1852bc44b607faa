"""A batch with everything around it pretended: socket, loop, listener and kernel."""

import socket
from collections.abc import Callable, Sequence
from typing import Any

from resolver.net.batch import Batch, Hot
from resolver.net.door import Door, Meter
from resolver.net.mmsg import Peer
from tests.net.kernel import Datagram, PretendKernel, ipv4


class PretendSocket:
    """A socket for whatever is not done by the two calls."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self.family = family
        self.options: list[tuple[int, int, int]] = []
        self.sent: list[tuple[bytes, list[Any], Any]] = []
        self.refusal: OSError | None = None
        self.closed = False

    def setsockopt(self, *option: int) -> None:
        self.options.append((option[0], option[1], option[2]))

    def fileno(self) -> int:
        return 7

    def getsockname(self) -> tuple[str, int]:
        return "0.0.0.0", 53

    def sendmsg(self, buffers: Any, ancillary: Any, flags: int, address: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((b"".join(buffers), ancillary, address))

    def close(self) -> None:
        self.closed = True


class PretendLoop:
    """Gives the test what the loop would call."""

    def __init__(self) -> None:
        self.readable: Callable[[], None] | None = None
        self.soon: list[tuple[Any, ...]] = []

    def add_reader(self, descriptor: int, callback: Callable[[], None]) -> None:
        self.readable = callback

    def remove_reader(self, descriptor: int) -> None:
        self.readable = None

    def call_soon(self, callback: Any, *arguments: Any) -> None:
        self.soon.append((callback, arguments))


class PretendListener:
    """Remembers what it is brought."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.closing = False
        self.unlooked: list[tuple[bytes, Peer]] = []
        self.unknowns: list[tuple[bytes, Peer]] = []
        self.errors: list[int | None] = []
        self.lost = 0
        self.sent_before: list[int] = []
        self.close_at: bytes | None = None
        self.kernel = PretendKernel()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        raise AssertionError("the loop is pretended: it only notes this call")

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        self.unlooked.append((data, addr))

    def unknown(self, data: bytes, addr: Peer) -> None:
        self.unknowns.append((data, addr))
        self.sent_before.append(len(self.kernel.sent))
        if data == self.close_at:
            self.transport.close()

    def error_received(self, exc: Exception) -> None:
        assert isinstance(exc, OSError)
        self.errors.append(exc.errno)

    def lose(self, count: int) -> None:
        self.lost += count


class QuietListener(PretendListener):
    """One that remembers nothing of a flood."""

    def unknown(self, data: bytes, addr: Peer) -> None:
        pass

    def connection_lost(self, exc: Exception | None) -> None:
        pass


class Stage:
    """A batch with everything around it pretended.

    Known are the bodies that begin with "known"; their reply is the body and "!".
    """

    def __init__(
        self,
        *datagrams: Datagram,
        family: socket.AddressFamily = socket.AF_INET,
        wildcard: bool = False,
    ) -> None:
        self.kernel = PretendKernel(*datagrams)
        self.socket = PretendSocket(family)
        self.loop = PretendLoop()
        self.listener = PretendListener()
        self.listener.kernel = self.kernel
        self.asked: list[tuple[list[bytes], float]] = []
        self.judged: list[str] = []
        self.strangers: set[str] = set()
        self.error: Exception | None = None
        self.meters: dict[str, Meter] = {}
        self.door = Door(self.allowed, lambda host: self.meters.get(host))
        hot = Hot(self.answer_many, self.door, lambda: 1.5, self.kernel.calls)
        sock: Any = self.socket
        loop: Any = self.loop
        self.batch = Batch(sock, self.listener, loop, hot, wildcard=wildcard)

    def answer_many(self, bodies: Sequence[bytes], now: float) -> list[bytes]:
        self.asked.append((list(bodies), now))
        if self.error is not None:
            raise self.error
        return [body + b"!" if body[:5] == b"known" else b"" for body in bodies]

    def allowed(self, host: str) -> bool:
        self.judged.append(host)
        return host not in self.strangers

    def run(self, *datagrams: Datagram) -> list[bytes]:
        """Have the socket readable once; give what was sent."""
        self.kernel.waiting += datagrams
        before = len(self.kernel.sent)
        assert self.loop.readable is not None
        self.loop.readable()
        return [reply.data for reply in self.kernel.sent[before:]]


def known(number: int, name: bytes | None = None, control: bytes = b"") -> Datagram:
    data = number.to_bytes(2, "big") + b"known %d" % number
    return Datagram(data, name or ipv4(), control)


def unknown(number: int, name: bytes | None = None) -> Datagram:
    return Datagram(number.to_bytes(2, "big") + b"what %d" % number, name or ipv4())


def replies(*numbers: int) -> list[bytes]:
    return [known(number).data + b"!" for number in numbers]
