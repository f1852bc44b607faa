"""Questions that come over TCP (RFC 7766).

A connection is cheap for a client and dear for us, so every one lives within limits,
and it is always clear whose turn it is.

*Ours*, while questions are in flight.  At most `in_flight` of one connection are; the
next ones stay where they are, in the input, and reading is paused, so that the client
meets TCP's own flow control.  Replies leave as they are ready, in any order (RFC 7766
section 6.2.1.1).

*The client's*, otherwise.  It has `idle` seconds from our last reply to send a whole
question, or to read what was written; bytes that trickle in or out buy no time.  One
that does not read is not read from either, and has its questions back in its own
buffers.  The more connections are open, the shorter our patience, so that a table full
of idlers empties itself in a second.

How many connections there may be, and how much they may hold together, is told in
`connections`.

A frame too short for a DNS header cannot be answered, and tells that the client has
lost its place in the stream: whatever follows is not looked at, what was asked before
is answered, and the connection closed.  A client that closes its sending side is
treated in the same way.

The hot room is not asked: its replies are cut to what a datagram may hold.  Streams
are few, and the service knows the same answers.
"""

import asyncio
import socket
from typing import Final, cast, final

from resolver.net.connections import Connections
from resolver.net.crowd import LOOPBACK, Network, network_of
from resolver.net.front import Reception

# Bytes that may wait for a client to read them before we stop taking its questions
# (asyncio's own default) ...
HIGH_WATER: Final = 64 * 1024
# ... and before it is given up: four of the longest messages.
MAX_UNREAD: Final = 256 * 1024
# Connections the kernel holds for us to accept; Unbound 256.
BACKLOG: Final = 256

_PREFIX: Final = 2  # RFC 1035 section 4.2.2: the message's length comes first
_HEADER: Final = 12  # RFC 1035 section 4.1.1


@final
class TcpConnection(asyncio.Protocol):
    """One client's connection."""

    __slots__ = (
        "_closing",
        "_connections",
        "_ended",
        "_front",
        "_host",
        "_in_flight",
        "_input",
        "_network",
        "_since",
        "_taking",
        "_transport",
        "_writable",
    )

    def __init__(self, front: Reception, connections: Connections) -> None:
        self._front: Final = front
        self._connections: Final = connections
        self._transport: asyncio.Transport | None = None
        self._host = ""
        self._network: Network = LOOPBACK
        self._input: Final = bytearray()
        self._in_flight = 0
        self._since = 0.0  # when it became the client's turn
        self._taking = False  # inside `_take`
        self._ended = False  # the client's questions are over
        self._writable = True
        self._closing = False

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or end at once when there is no room for another connection."""
        stream = cast("asyncio.Transport", transport)
        peer = stream.get_extra_info("peername")
        if not peer:  # it has gone already
            stream.abort()
            return
        self._host = peer[0]
        self._network = network_of(self._host)
        if not self._connections.admit(self, self._network):
            stream.abort()
            return
        self._transport = stream
        self._since = self._connections.loop.time()
        stream.set_write_buffer_limits(high=HIGH_WATER)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """End.  Replies that are still to come are thrown away."""
        if self._transport is not None:
            self._transport = None
            self._input.clear()
            self._connections.leave(self, self._network)

    def data_received(self, data: bytes) -> None:
        """Take the questions that are now complete."""
        if not self._ended:
            self._input.extend(data)
            self._take()

    def eof_received(self) -> bool:
        """Keep the connection: the client asks no more, but may still be reading."""
        self._ended = True
        self._take()
        return True

    def pause_writing(self) -> None:
        """Take no more from a client that does not read: it is its turn."""
        self._writable = False

    def resume_writing(self) -> None:
        """Go on with a client that reads again."""
        self._writable = True
        self._since = self._connections.loop.time()
        self._take()

    # What the table of connections calls.

    def is_late(self, now: float, patience: float) -> bool:
        """Say whether the client has kept us waiting longer than `patience`."""
        ours = self._in_flight > 0 and self._writable
        return not ours and now - self._since >= patience

    def held(self) -> int:
        """Give the bytes that are kept here for the client: unasked, or unread."""
        if self._transport is None:
            return 0
        return len(self._input) + self._transport.get_write_buffer_size()

    def give_up(self) -> None:
        """End the connection of a client that is late."""
        if self._closing or not self._writable:
            self.abort()  # it has had its time to read
        else:
            self.close()

    def close(self) -> None:
        """End the connection when the client has read what was written."""
        if self._transport is not None and not self._closing:
            self._closing = True
            self._since = self._connections.loop.time()
            self._transport.close()

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._closing = True
            self._transport.abort()

    # Questions and replies.

    def _take(self) -> None:
        """Bring questions to the reception, as many as may be in flight."""
        if self._taking:
            return  # a reply was given at once; the loop below goes on
        self._taking = True
        limit = self._connections.limits.in_flight
        try:
            for _ in range(limit):
                question = self._next() if self._has_room(limit) else None
                if question is None:
                    break
                self._in_flight += 1
                self._front.packet(question, self._host, stream=True, send=self._reply)
            else:
                # However much a client sends at once, others get their turn.
                self._connections.loop.call_soon(self._take)
        finally:
            self._taking = False
        self._settle(limit)

    def _next(self) -> bytes | None:
        """Cut the next whole message off the input."""
        data = self._input
        if not self._has_frame():
            return None
        end = _PREFIX + int.from_bytes(data[:_PREFIX], "big")
        message = bytes(data[_PREFIX:end])
        if len(message) < _HEADER:
            self._ended = True
            data.clear()
            return None
        del data[:end]
        return message

    def _settle(self, limit: int) -> None:
        """Read on, wait or close, whichever it is time for."""
        if self._transport is None:
            return
        if self._ended or self._has_frame() or not self._has_room(limit):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
        if self._ended and not self._in_flight and not self._has_frame():
            self.close()

    def _has_room(self, limit: int) -> bool:
        return self._writable and not self._closing and self._in_flight < limit

    def _has_frame(self) -> bool:
        data = self._input
        if len(data) < _PREFIX:
            return False
        return len(data) >= _PREFIX + int.from_bytes(data[:_PREFIX], "big")

    def _reply(self, reply: bytes) -> None:
        self._in_flight -= 1
        try:
            if reply:
                self._write(reply)
        finally:
            self._take()

    def _write(self, reply: bytes) -> None:
        if self._transport is None or self._closing:
            return
        if self._writable:
            self._since = self._connections.loop.time()
        elif self._transport.get_write_buffer_size() > MAX_UNREAD:
            self.abort()
            return
        # One write: a prefix that travels alone costs a packet (RFC 7766 section 8).
        self._transport.write(len(reply).to_bytes(_PREFIX, "big") + reply)


@final
class TcpListener:
    """A listening socket; `close` ends the listening, not the connections."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server: Final = server
        host, port = server.sockets[0].getsockname()[:2]
        self.address: Final[tuple[str, int]] = (host, port)

    def close(self) -> None:
        """Accept no more connections."""
        self._server.close()


async def listen_tcp(  # noqa: PLR0913 - a listener has these parts
    host: str,
    port: int,
    front: Reception,
    loop: asyncio.AbstractEventLoop,
    connections: Connections | None = None,
    *,
    reuse_port: bool = False,
    sock: socket.socket | None = None,
) -> TcpListener:
    """Listen for connections on an IP address until `close` is called on the result.

    `connections` is the table that the listeners of a process share, with its limits;
    without one the listener has its own.  An IPv6 address is served for IPv6 only.
    `reuse_port` lets several processes share the port (SO_REUSEPORT).  `sock` is open at
    that address already, if somebody was so kind.  Raises OSError when the address
    cannot be had.
    """
    table = Connections(loop) if connections is None else connections
    if sock is None:
        sock = bound_socket(host, port, reuse_port=reuse_port)
    server = await loop.create_server(
        lambda: TcpConnection(front, table), sock=sock, backlog=BACKLOG
    )
    return TcpListener(server)


def bound_socket(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    """Open a socket for streams.  Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)  # asyncio: sockets never block
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((host, port))
        sock.listen(BACKLOG)  # here, where a port that is taken can be told of
    except OSError:
        sock.close()
        raise
    return sock
