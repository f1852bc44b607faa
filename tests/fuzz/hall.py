"""Everything between the kernel and the walk, real, with both of these pretended.

One hall has a reception with its service and hot room, a batch of datagrams, and TCP
connections.  `judge` says whether a reply may leave for a packet.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, Final, Self

import dns.exception
import dns.flags
import dns.message

from resolver.hot.replies import Replies
from resolver.net.batch import Batch, Hot
from resolver.net.connections import Connections
from resolver.net.door import Door
from resolver.net.front import Front
from resolver.net.tcp import TcpConnection
from resolver.net.udp import UdpListener
from resolver.net.watch import Patience
from resolver.policy.local import LocalNames
from resolver.ports import Errand, Resolution
from resolver.service import Manners, Query, Service
from resolver.wire import types
from resolver.wire.errors import EDE_NO_REACHABLE_AUTHORITY, EDE_STALE_ANSWER
from resolver.wire.message import Question, RRset
from tests.net.batches import PretendLoop, PretendSocket
from tests.net.kernel import Datagram, PretendKernel, ipv4
from tests.net.reception import frame
from tests.net.streams import PretendTransport
from tests.virtual import VirtualLoop

CLIENT: Final = "192.0.2.7"
STRANGER: Final = "198.51.100.66"
# Bytes of a datagram, without EDNS and with it (RFC 1035, DNS flag day 2020).
PLAIN, MOST = 512, 1232
_QR, _TC = 0x80, 0x02


async def walk(question: Question, errand: Errand) -> Resolution:
    """Find something at once, another thing for every name."""
    name = question.name
    soa = name + name + bytes(20)
    match sum(name) % 5:
        case 0:
            rdatas = tuple(bytes((192, 0, 2, number)) for number in range(200))
            return Resolution(types.NOERROR, (RRset(name, types.A, 300, rdatas),))
        case 1:
            authority = (RRset(name, types.SOA, 300, (soa,)),)
            return Resolution(types.NXDOMAIN, authority=authority)
        case 2:
            reason = "ns1.example.net (192.0.2.1) and 2 others did not reply"
            return Resolution(
                types.SERVFAIL, ede=((EDE_NO_REACHABLE_AUTHORITY, reason),)
            )
        case _:
            rrset = RRset(name, types.A, 300, (b"\xc0\x00\x02\x01",), (bytes(60),))
            return Resolution(types.NOERROR, (rrset,))


class Forgetful:
    """A memory that knows nothing, but something old of half the names that fail."""

    def whole(self, question: Question, now: float) -> Resolution | None:
        return None

    def stale(self, question: Question, now: float) -> Resolution | None:
        if sum(question.name) % 10 != 7:
            return None
        rdatas = tuple(bytes((192, 0, 2, number)) for number in range(25))
        rrset = RRset(question.name, types.A, 30, rdatas)
        ede = ((EDE_STALE_ANSWER, "expired 2 h 5 min ago"),)
        return Resolution(types.NOERROR, (rrset,), ede=ede)

    def failing(self, question: Question, now: float) -> None:
        return None

    def ending(self, question: Question, known: Resolution, now: float) -> None:
        return None


class Hall:
    """See the module.  `errors` are what was reported as what should not happen."""

    def __init__(self, *, remembers: bool = True) -> None:
        self.loop: Final = VirtualLoop()
        self.errors: list[tuple[str, BaseException]] = []
        self.slowest = 0.0
        replies = Replies(10_000_000 if remembers else 0)
        self.replies: Final = replies

        def allowed(host: str) -> bool:
            return host != STRANGER

        local = LocalNames((), special_use=True)
        memory = (Forgetful(), Forgetful())
        manners = Manners(renew=True)
        service = Service(walk, memory, local, replies, allowed, manners)
        self.front: Final[Front[Query]] = Front(
            service, replies, self.now, Door(allowed), Patience(8.0), self._error
        )
        self.kernel: Final = PretendKernel()
        self._socket: Final = PretendSocket(socket.AF_INET)
        self._poll: Final = PretendLoop()
        hot = Hot(replies.answer_many, Door(allowed), self.now, self.kernel.calls)
        sock: Any = self._socket
        poll: Any = self._poll
        Batch(sock, UdpListener(self.front), poll, hot, wildcard=False)

    def now(self) -> float:
        return self.loop.time()

    def _error(self, what: str, error: BaseException) -> None:
        self.errors.append((what, error))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()

    def datagram(self, packet: bytes, host: str = CLIENT) -> list[bytes]:
        """Bring a datagram by itself; give the replies, of which b"" is none."""
        replies: list[bytes] = []

        def bring() -> None:
            reply = self.front.known(packet, host)
            if reply is None:
                self.front.packet(packet, host, stream=False, send=replies.append)
            else:
                replies.append(reply)

        self._run(bring)
        return replies

    def batch(self, packets: list[bytes], host: str = CLIENT) -> list[bytes]:
        """Bring datagrams as a batch; give what was sent, in any order."""
        del self.kernel.sent[:], self._socket.sent[:]
        self.kernel.waiting += [Datagram(packet, ipv4(host)) for packet in packets]

        def bring() -> None:
            while self.kernel.waiting:
                assert self._poll.readable is not None
                self._poll.readable()

        self._run(bring)
        sent = [reply.data for reply in self.kernel.sent]
        return sent + [data for data, _, _ in self._socket.sent]

    def stream(self, pieces: list[bytes], host: str = CLIENT) -> tuple[bytes, str]:
        """Bring bytes over TCP; give what came back, and how it ended."""
        transport = PretendTransport(host)

        def bring() -> None:
            connection = TcpConnection(self.front, Connections(self.loop))
            transport.protocol = connection
            connection.connection_made(transport)
            for piece in pieces:
                if transport.is_reading() and transport.end == "open":
                    connection.data_received(piece)
            if transport.end == "open":
                connection.eof_received()

        self._run(bring)
        return transport.written, transport.end

    def _run(self, bring: Callable[[], None]) -> None:
        trouble: list[BaseException] = []

        def guarded() -> None:
            try:
                bring()
            except Exception as error:
                trouble.append(error)

        started = time.perf_counter()
        self.loop.call_soon(guarded)
        self.loop.settle()
        self.slowest = max(self.slowest, time.perf_counter() - started)
        assert trouble == []
        assert self.errors == []
        assert asyncio.all_tasks(self.loop) == set()
        assert self.front.waiting == 0


def judge(packet: bytes, reply: bytes, *, stream: bool = False) -> None:
    """Fail if a reply, b"" for none, may not leave for this packet."""
    if len(packet) < 12 or packet[2] & _QR:
        assert reply == b"", "who answers responses makes loops"
    if not reply:
        return
    assert reply[:2] == packet[:2], "another id"
    assert reply[2] & _QR, "a query is no reply"
    assert (reply[2] ^ packet[2]) & 0x78 == 0, "another opcode"
    said = dns.message.from_wire(reply)
    assert not said.flags & dns.flags.AD, "nothing was validated"
    if stream:
        assert not reply[2] & _TC, "there is room"
        return
    assert len(reply) <= room(packet)


def room(packet: bytes) -> int:
    """Give the bytes of the largest datagram that may answer this one."""
    try:
        asked = dns.message.from_wire(packet, ignore_trailing=True)
    except dns.exception.DNSException:
        return PLAIN
    return PLAIN if asked.edns < 0 else max(PLAIN, min(asked.payload, MOST))


def judge_stream(sent: bytes, heard: bytes) -> None:
    """Fail if these replies may not come back for these questions."""
    asked: dict[bytes, list[bytes]] = {}
    for packet in frames(sent):
        asked.setdefault(packet[:2], []).append(packet)
    whole = list(frames(heard))
    assert b"".join(map(frame, whole)) == heard, "a piece of a frame"
    for reply in whole:
        packets = asked[reply[:2]]
        fitting = [packet for packet in packets if fits(packet, reply)]
        assert fitting, "nobody asked that"
        packets.remove(fitting[0])


def fits(packet: bytes, reply: bytes) -> bool:
    """Whether a reply on a stream can be that to this packet."""
    try:
        judge(packet, reply, stream=True)
    except AssertionError:
        return False
    return bool(reply)


def frames(data: bytes) -> list[bytes]:
    """Cut the whole frames off a stream."""
    found = []
    while len(data) >= 2:
        end = 2 + int.from_bytes(data[:2], "big")
        if end > len(data):
            break
        found.append(data[2:end])
        data = data[end:]
    return found
