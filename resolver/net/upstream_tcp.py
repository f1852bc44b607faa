"""Send a question to a server over TCP and wait for the reply.

For what did not fit into a datagram, or was in doubt there (RFC 7766).  A connection
costs a round trip before the question can leave, so it is kept and used again, and
several questions may be on their way over it at once (section 6.2.1).

A server may close a connection whenever it likes, and some do after each reply.  So a
question that is lost with a connection which has worked before is asked again, once, on
a connection that nobody else uses.

What a server can make us hold is bounded: the questions on one connection, the bytes
that come without a reply among them (see `connection`), the connections that wait idle,
and for how long.  A connection on which a question was given up may be dead and gets no
more; it is closed when the others on it have ended.

All of it hangs on a future and a timer for each question; no task and no stream.
"""

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable
from typing import Final, final

from resolver.net.connection import Accept, Connection
from resolver.net.exchange import Unreachable
from resolver.net.upstream_udp import Sources, give_up, reason
from resolver.ports import Address, Broken, Silence

# Questions on their way over one connection; as many as we let a client have.
MAX_QUESTIONS: Final = 32
# Idle connections that are kept; PowerDNS 100 in each thread, Unbound 10.  The one that
# has been idle for longest makes room.
MAX_IDLE: Final = 100
# Seconds for which each is kept; PowerDNS 5, Unbound 60.  Servers keep them for 30
# (BIND), 10 (Knot) or 3 (NSD under load); it is better to be the first to close.
IDLE_SECONDS: Final = 5.0
# Seconds by which timers may go off early: uvloop's have whole milliseconds.
_GRAIN: Final = 0.002

_UNDER_WAY: Final = frozenset((0, errno.EINPROGRESS))


@final
class Tcp:
    """TCP towards servers; implements `exchange.Transport`.

    `source_addresses` as for `Udp`.  The port is the kernel's choice: a forger of TCP
    would have to guess the sequence number too.  Works in one loop until that, or this,
    is closed, then in the next.
    """

    __slots__ = ("_idle", "_loop", "_shared", "_sources", "_sweep")

    def __init__(
        self,
        source_addresses: tuple[str, ...] = (),
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._sources: Final = Sources(source_addresses, random_bits)
        self._loop: asyncio.AbstractEventLoop | None = None
        # Those that more questions may be put on.
        self._shared: Final[dict[Address, list[Connection]]] = {}
        # Those of them without a question: whose, and since when; the oldest first.
        self._idle: Final[dict[Connection, float]] = {}
        self._sweep: asyncio.TimerHandle | None = None

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - keeping time is a transport's work
        accept: Accept,
        /,
    ) -> bytes:
        """Send a packet and wait for an accepted reply; see `exchange.Transport`."""
        loop = self._enter()
        until = loop.time() + timeout
        connection = self._find(server, packet) or self._connect(loop, server)
        try:
            return await self._put(connection, packet, until, accept)
        except Broken:
            if not connection.replies or self._loop is not loop:
                raise
        connection = self._connect(loop, server, alone=True)
        return await self._put(connection, packet, until, accept)

    def close(self) -> None:
        """Close every connection.  Questions that still wait get no reply."""
        for connections in list(self._shared.values()):
            for connection in list(connections):
                connection.end(Silence("connection closed"))
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._loop = None

    def __len__(self) -> int:
        """Count the connections that more questions may be put on."""
        return sum(map(len, self._shared.values()))

    def _enter(self) -> asyncio.AbstractEventLoop:
        """Give the loop to work in; the first question of each chooses it."""
        loop = self._loop
        if loop is None or loop.is_closed():
            self.close()
            loop = self._loop = asyncio.get_running_loop()
        return loop

    def _find(self, server: Address, packet: bytes) -> Connection | None:
        """Find a connection that a question may be put on."""
        for connection in self._shared.get(server, ()):
            if connection.questions < MAX_QUESTIONS and connection.has_room_for(packet):
                return connection
        return None

    def _connect(
        self, loop: asyncio.AbstractEventLoop, server: Address, *, alone: bool = False
    ) -> Connection:
        """Begin to connect; only who is not `alone` shares the connection."""
        opened = _open(server, self._sources.host(server))
        connection = Connection(loop, opened, server, self._forget)
        if alone:
            connection.retired = True
        else:
            self._shared.setdefault(server, []).append(connection)
        return connection

    async def _put(
        self, connection: Connection, packet: bytes, until: float, accept: Accept
    ) -> bytes:
        """Put a question on a connection and wait for its reply."""
        loop = connection.loop
        waiting: asyncio.Future[bytes] = loop.create_future()
        timer = loop.call_at(until, give_up, waiting)
        self._idle.pop(connection, None)
        try:
            connection.put(packet, accept, waiting)
            return await waiting
        finally:
            timer.cancel()
            connection.take_off(packet)
            self._settle(connection, replied=_has_reply(waiting))

    def _settle(self, connection: Connection, *, replied: bool) -> None:
        """Keep or close a connection, now that a question on it is over."""
        if not replied:
            connection.retired = True
            self._forget(connection)
        if connection.questions:
            return
        if connection.retired:
            connection.end()
            return
        while len(self._idle) >= MAX_IDLE:
            next(iter(self._idle)).end()
        self._idle[connection] = connection.loop.time()
        if self._sweep is None:
            self._sweep = connection.loop.call_later(IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        """Close the connections whose time is up, and see when the next one's is."""
        self._sweep = None
        if self._loop is None:
            return
        now = self._loop.time()
        for connection, since in list(self._idle.items()):
            left = since + IDLE_SECONDS - now
            if left > _GRAIN:
                self._sweep = self._loop.call_later(left, self._end_idle)
                return
            connection.end()

    def _forget(self, connection: Connection) -> None:
        """Put no more questions on a connection."""
        self._idle.pop(connection, None)
        shared = self._shared.get(connection.server)
        if shared is not None and connection in shared:
            shared.remove(connection)
            if not shared:
                del self._shared[connection.server]


def _has_reply(waiting: asyncio.Future[bytes]) -> bool:
    return waiting.done() and not waiting.cancelled() and waiting.exception() is None


def _open(server: Address, source: str) -> socket.socket:
    """Open a socket and begin to connect it."""
    family = socket.AF_INET6 if server.is_ipv6 else socket.AF_INET
    try:
        opened = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(reason(error.errno)) from error
    number = _begin(opened, server, source)
    if number in _UNDER_WAY:
        return opened
    opened.close()
    raise Unreachable(reason(number))


def _begin(opened: socket.socket, server: Address, source: str) -> int | None:
    """Begin to connect, and give the system's error number."""
    try:
        opened.settimeout(0)
        # Questions are small, and each shall leave at once.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            opened.bind((source, 0))
        return opened.connect_ex((server.host, server.port))
    except OSError as error:
        return error.errno
