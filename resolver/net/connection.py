"""One TCP connection to a server, with any number of questions on their way over it.

Replies come in any order and are told apart by the id (RFC 7766 section 6.2.1), so two
questions with the same id cannot be on it together.  A message with the id of a question
goes through that question's sieve; whatever is not a reply is passed over, up to a
number of bytes.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, final

from resolver.net.upstream_udp import reason
from resolver.ports import Address, Broken, Silence

# Bytes read from one connection without a reply among them: the longest message, its
# length, and as much again.
MAX_BYTES: Final = 2 * (2 + 65535)
# Bytes per read.
READ_SIZE: Final = 65536

_LENGTH: Final = 2  # bytes before each message, RFC 1035 section 4.2.2
_ID: Final = 2  # bytes, at the beginning of each message

Accept = Callable[[bytes], bool]


@final
class Connection:
    """A connection, from the connecting on.

    `opened` has begun to connect to `server`.  `on_end` is called when the connection has
    ended, by whatever; its socket is closed then.  `replies` counts them, `retired` is for
    the owner: no more questions.
    """

    __slots__ = (
        "_connected",
        "_descriptor",
        "_left",
        "_on_end",
        "_opened",
        "_received",
        "_unsent",
        "_waits",
        "loop",
        "replies",
        "retired",
        "server",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: socket.socket,
        server: Address,
        on_end: "Callable[[Connection], None]",
    ) -> None:
        self.server: Final = server
        self.replies = 0
        self.retired = False
        self.loop: Final = loop
        self._opened: Final = opened
        self._descriptor: Final = opened.fileno()
        self._on_end: Final = on_end
        self._connected = False
        self._unsent = bytearray()
        self._received = bytearray()
        self._left = MAX_BYTES
        self._waits: Final[dict[bytes, tuple[Accept, asyncio.Future[bytes]]]] = {}
        # Once there is a connection, it can be written to.
        loop.add_writer(self._descriptor, self._step, self._write)

    @property
    def questions(self) -> int:
        """Say how many questions are on their way."""
        return len(self._waits)

    def has_room_for(self, packet: bytes) -> bool:
        """Say whether a question's id can be told from those on their way."""
        return packet[:_ID] not in self._waits

    def put(
        self, packet: bytes, accept: Accept, waiting: asyncio.Future[bytes]
    ) -> None:
        """Send a question; its reply, or `Silence`, ends the wait."""
        self._waits[packet[:_ID]] = accept, waiting
        self._unsent += len(packet).to_bytes(_LENGTH, "big") + packet
        if self._connected:
            self._step(self._write)

    def take_off(self, packet: bytes) -> None:
        """Expect no reply to a question any more."""
        self._waits.pop(packet[:_ID], None)

    def end(self, silence: Silence | None = None) -> None:
        """Close; those who wait are told why."""
        if self._opened.fileno() < 0:
            return
        if not self.loop.is_closed():
            self.loop.remove_writer(self._descriptor)
            self.loop.remove_reader(self._descriptor)
        self._opened.close()
        self._on_end(self)
        for _, waiting in self._waits.values():
            if not waiting.done() and silence is not None:
                waiting.set_exception(type(silence)(str(silence)))

    def _step(self, move: Callable[[], None]) -> None:
        """Make a move; what goes wrong ends the connection."""
        try:
            move()
        except BlockingIOError:
            pass  # not ready after all
        except OSError as error:
            self.end(Broken(reason(error.errno)))
        except Silence as silence:
            self.end(silence)

    def _write(self) -> None:
        """Send what is unsent, once there is a connection."""
        if not self._connected:
            number = self._opened.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number:
                raise Broken(reason(number))
            self._connected = True
            self.loop.add_reader(self._descriptor, self._step, self._read)
        if self._unsent:
            del self._unsent[: self._opened.send(self._unsent)]
        if self._unsent:
            self.loop.add_writer(self._descriptor, self._step, self._write)
        else:
            self.loop.remove_writer(self._descriptor)

    def _read(self) -> None:
        """Gather bytes, and deliver each message that has become whole."""
        read = self._opened.recv(READ_SIZE)
        if not read:
            raise Broken("connection closed")
        self._left -= len(read)
        self._received += read
        while (message := self._next_message()) is not None:
            self._deliver(message)
        if self._left <= 0:
            raise Silence("too many bytes")

    def _next_message(self) -> bytes | None:
        """Cut a whole message off what was gathered."""
        received = self._received
        end = _LENGTH + int.from_bytes(received[:_LENGTH], "big")
        if len(received) < end:
            return None
        message = bytes(received[_LENGTH:end])
        del received[:end]
        return message

    def _deliver(self, message: bytes) -> None:
        """Give a message to the question that it may be the reply to."""
        accept, waiting = self._waits.get(message[:_ID], (None, None))
        if accept is None or waiting is None or waiting.done():
            return
        try:
            if accept(message):
                waiting.set_result(message)
                self.replies += 1
                self._left = MAX_BYTES
        except Exception as error:  # a fault in accept() is for the asker to see
            waiting.set_exception(error)
