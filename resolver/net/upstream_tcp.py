"""Send a question to a server over TCP and wait for the reply.

For what did not fit into a datagram (RFC 7766).  One connection per question: connect,
send the query behind its two-byte length, read such frames until one is accepted,
close.  All of it hangs on one future and one timer, and a `_Conversation` moves on
whenever the loop finds the socket ready; no task and no stream.

What the server can make us hold is bounded: one frame being gathered, `MAX_BYTES` in
all from one connection, and the time that the caller gives.
"""

import asyncio
import errno
import secrets
import socket
from collections.abc import Callable
from typing import Final, final

from resolver.net.exchange import Unreachable
from resolver.net.upstream_udp import Sources, give_up, reason
from resolver.ports import Address, Silence

# Bytes read from one connection: the longest message, its length, and as much again
# for messages that are not the reply.
MAX_BYTES: Final = 2 * (2 + 65535)
# Bytes per read.
READ_SIZE: Final = 65536

_UNDER_WAY: Final = frozenset((0, errno.EINPROGRESS))
_LENGTH: Final = 2  # bytes before each message, RFC 1035 section 4.2.2


@final
class Tcp:
    """TCP towards servers; implements `exchange.Transport`.

    `source_addresses` as for `Udp`.  The port is the kernel's choice: a forger of TCP
    would have to guess the sequence number too.
    """

    __slots__ = ("_sources",)

    def __init__(
        self,
        source_addresses: tuple[str, ...] = (),
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._sources = Sources(source_addresses, random_bits)

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - keeping time is a transport's work
        accept: Callable[[bytes], bool],
        /,
    ) -> bytes:
        """Send a packet and wait for an accepted reply; see `exchange.Transport`."""
        loop = asyncio.get_running_loop()
        opened = _connect(server, self._sources.host(server))
        waiting: asyncio.Future[bytes] = loop.create_future()
        conversation = _Conversation(loop, opened, packet, accept, waiting)
        timer = loop.call_later(timeout, give_up, waiting)
        try:
            conversation.start()
            return await waiting
        finally:
            timer.cancel()
            conversation.stop()
            opened.close()


def _connect(server: Address, source: str) -> socket.socket:
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
        if source:
            opened.bind((source, 0))
        return opened.connect_ex((server.host, server.port))
    except OSError as error:
        return error.errno


@final
class _Conversation:
    """One question on one connection, from the connecting to the reply."""

    __slots__ = (
        "_accept",
        "_descriptor",
        "_left",
        "_loop",
        "_opened",
        "_received",
        "_unsent",
        "_waiting",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: socket.socket,
        packet: bytes,
        accept: Callable[[bytes], bool],
        waiting: asyncio.Future[bytes],
    ) -> None:
        self._loop = loop
        self._opened = opened
        self._descriptor = opened.fileno()
        self._unsent = len(packet).to_bytes(_LENGTH, "big") + packet
        self._received = bytearray()
        self._left = MAX_BYTES
        self._accept = accept
        self._waiting = waiting

    def start(self) -> None:
        """Wait for the connection, which shows in that it can be written to."""
        self._loop.add_writer(self._descriptor, self._step, self._write)

    def stop(self) -> None:
        """Leave the loop; the socket is closed next."""
        self._loop.remove_writer(self._descriptor)
        self._loop.remove_reader(self._descriptor)

    def _step(self, move: Callable[[], None]) -> None:
        """Make a move, and end the wait with whatever goes wrong."""
        if self._waiting.done():
            return
        try:
            move()
        except BlockingIOError:
            pass  # not ready after all
        except OSError as error:
            self._waiting.set_exception(Silence(reason(error.errno)))
        except Exception as error:  # also a fault in accept() is for the asker
            self._waiting.set_exception(error)

    def _write(self) -> None:
        """Send the query, or what is left of it, and then turn to reading.

        When the connecting has failed, sending says why.
        """
        self._unsent = self._unsent[self._opened.send(self._unsent) :]
        if not self._unsent:
            self._loop.remove_writer(self._descriptor)
            self._loop.add_reader(self._descriptor, self._step, self._read)

    def _read(self) -> None:
        """Gather bytes, and try each message that has become whole."""
        read = self._opened.recv(READ_SIZE)
        if not read:
            raise Silence("connection closed")
        self._left -= len(read)
        self._received += read
        while (frame := self._next_frame()) is not None:
            if self._accept(frame):
                self._waiting.set_result(frame)
                return
        if self._left <= 0:
            raise Silence("too many bytes")

    def _next_frame(self) -> bytes | None:
        """Cut a whole message off what was gathered."""
        received = self._received
        end = _LENGTH + int.from_bytes(received[:_LENGTH], "big")
        if len(received) < end:
            return None
        frame = bytes(received[_LENGTH:end])
        del received[:end]
        return frame
