"""Many datagrams in one system call, in memory that is laid out once.

recvmmsg(2) fills an array of message headers, sendmmsg(2) sends one.  Python has
neither, so they are called through ctypes, and the arrays are plain memory: nothing is
packed, parsed or allocated for a single datagram.  What differs from one batch to the
next, lengths and addresses, is a column of a table, and a column is a strided
`memoryview`, read or written in one go.

A slot is a row of these tables.  The reply to the datagram in a slot leaves from the
same slot: its header points to the same socket address, the same id, and on a wildcard
socket to the same control message, which the kernel filled with the address that was
asked and now takes as the source.  None of that is ever copied or looked at.

A datagram comes in three pieces: its id; 255 bytes more; the rest, with so much room
that nothing is ever cut off.  In front of the second piece lies a byte for its length,
so that it is what `struct` calls a Pascal string, and one `unpack_from` takes out the
bodies of a whole batch.  A reply leaves in two pieces: the id where it lies, and the
rest.

The layout is that of 64-bit Linux, little-endian, the same for glibc and musl.
"""

import ctypes
import errno
import mmap
import socket
import sys
from array import array
from collections.abc import Callable, Hashable, Sequence
from itertools import accumulate
from struct import Struct
from typing import Any, Final, NamedTuple, final

# Datagrams in a batch.  Beyond that a batch's own cost, 10 us, hardly counts.
SLOTS: Final = 64
# What the second piece of a datagram holds.
SHORT: Final = 255

_ID: Final = 2
# Room for the third piece, and for a reply: no datagram is larger.
_LONG: Final = 65_536

# struct mmsghdr has eight words of 64 bits: the socket address, its length, the
# pieces, how many, the control message, its length, flags, the datagram's length.
_HEADER: Final = 64
_CONTROL_SIZE: Final = 5  # which word
_LENGTH: Final = 56  # which byte
# struct iovec has two: address and length.
_PIECE: Final = 16
# Room for struct sockaddr_in (family, port, address) or sockaddr_in6 (family, port,
# flow, address, scope), and their sizes.
_SOCKADDR: Final = 32
_SOCKADDR_SIZE: Final = {False: 16, True: 28}
# Room for a control message: length, level and type in 16 bytes, then in_pktinfo
# (interface, address asked, destination) or in6_pktinfo (address asked, interface).
_MESSAGE: Final = 64
_MESSAGE_SIZE: Final = {False: socket.CMSG_SPACE(12), True: socket.CMSG_SPACE(20)}
_INFORMATION: Final = 16

_PORT: Final = Struct("!H")
_FLOW: Final = Struct("!I")
_SCOPE: Final = Struct("=I")
_MESSAGE_HEADER: Final = Struct("=Qii")

# A table to translate lengths with: what they are without the id.
_WITHOUT_ID: Final = bytes((0, 0, *range(254)))
# Take out so many Pascal strings.
_TAKE: Final = tuple(
    Struct(f"{SHORT + 1}p" * count).unpack_from for count in range(SLOTS + 1)
)

# Descriptor, address of the first header, how many; gives how many were done, or the
# negative error number.
Call = Callable[[int, int, int], int]

# The client's host, its socket address, and the control message that names the source
# of a reply.
Peer = tuple[str, tuple[Any, ...], list[tuple[int, int, bytes]]]


class Calls(NamedTuple):
    """The two system calls.  They never wait."""

    receive: Call
    send: Call


def system_calls(library: Any = None) -> Calls | None:  # noqa: ANN401 - ctypes's
    """Give the system calls, or None where there are none, or none as known here.

    `library` is the C library, if it is not to be this process's own.
    """
    if sys.platform != "linux" or (sys.byteorder, sys.maxsize) != ("little", 2**63 - 1):
        return None
    library = library or ctypes.CDLL(None, use_errno=True)
    try:
        receive_many, send_many = library.recvmmsg, library.sendmmsg
    except AttributeError:
        return None
    pointer, number = ctypes.c_void_p, ctypes.c_int
    receive_many.argtypes = (number, pointer, ctypes.c_uint, number, pointer)
    send_many.argtypes = (number, pointer, ctypes.c_uint, number)
    flags, last_error = int(socket.MSG_DONTWAIT), ctypes.get_errno

    def receive(descriptor: int, headers: int, count: int) -> int:
        done: int = receive_many(descriptor, headers, count, flags, None)
        return done if done >= 0 else -last_error()

    def send(descriptor: int, headers: int, count: int) -> int:
        done: int = send_many(descriptor, headers, count, flags)
        return done if done >= 0 else -last_error()

    # An old kernel, or a sandbox in front of it, objects to more than the descriptor.
    works = receive(-1, 0, 1) == send(-1, 0, 1) == -errno.EBADF
    return Calls(receive, send) if works else None


@final
class _Table:
    """Memory with a row for each slot, which does not move.

    Pages that are never touched cost nothing.  `bytes`, `halves` and `words` show all
    of it in units of 1, 4 and 8 bytes.
    """

    __slots__ = ("_map", "bytes", "halves", "rows", "words")

    def __init__(self, row: int) -> None:
        size = SLOTS * row
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self._map: Final = mmap.mmap(-1, size, flags=flags)
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        self.rows: Final = array("L", range(address, address + size, row))
        self.bytes: Final = memoryview(self._map)
        self.halves: Final = self.bytes.cast("I")
        self.words: Final = self.bytes.cast("L")

    def set_columns(self, *columns: "array[int]") -> None:
        """Set the first words of each row."""
        width = len(self.words) // SLOTS
        for place, column in enumerate(columns):
            self.words[place::width] = column


@final
class Slots:
    """Memory for a batch of datagrams of one socket, and for their replies.

    With `wildcard` the kernel is expected to tell which address was asked.  Methods
    with a count or an index speak of the datagrams received last.
    """

    def __init__(
        self, descriptor: int, calls: Calls, *, ipv6: bool, wildcard: bool
    ) -> None:
        self._descriptor: Final = descriptor
        self._calls: Final = calls
        self._ipv6: Final = ipv6
        self._wildcard: Final = wildcard
        self._names: Final = _Table(_SOCKADDR)
        self._messages: Final = _Table(_MESSAGE)
        self._ids: Final = _Table(_ID)
        self._short: Final = _Table(1 + SHORT)
        self._long: Final = _Table(_LONG)
        self._replies: Final = _Table(_LONG)
        self._pieces_in: Final = _Table(3 * _PIECE)
        self._pieces_out: Final = _Table(2 * _PIECE)
        self._in: Final = _Table(_HEADER)
        self._out: Final = _Table(_HEADER)
        self._point()
        # The columns that change.
        self._lengths: Final = (
            self._in.bytes[_LENGTH::_HEADER],
            self._in.bytes[_LENGTH + 1 :: _HEADER],
        )
        self._short_lengths: Final = self._short.bytes[:: 1 + SHORT]
        self._reply_rows: Final = self._pieces_out.words[2::4]
        self._reply_lengths: Final = self._pieces_out.words[3::4]

    def _point(self) -> None:
        """Have the headers point to their pieces, and those to the memory for them."""
        ids, two = self._ids.rows, _same(_ID)
        behind_length = array("L", [row + 1 for row in self._short.rows])
        self._pieces_in.set_columns(
            *(ids, two),
            *(behind_length, _same(SHORT)),
            *(self._long.rows, _same(_LONG)),
        )
        self._pieces_out.set_columns(ids, two)
        messages = (self._messages.rows, _same(_MESSAGE_SIZE[self._ipv6]))
        for headers, pieces, count in (
            (self._in, self._pieces_in, 3),
            (self._out, self._pieces_out, 2),
        ):
            headers.set_columns(
                *(self._names.rows, _same(_SOCKADDR_SIZE[self._ipv6])),
                *(pieces.rows, _same(count)),
                *(messages if self._wildcard else ()),
            )

    def receive(self) -> int:
        """Take what has come, at most `SLOTS` datagrams.

        Gives how many, or the negative error number; EAGAIN where there are none.
        """
        count = self._calls.receive(self._descriptor, self._in.rows[0], SLOTS)
        if self._wildcard and count > 0:
            self._aim(count)
        return count

    def bodies(self, count: int) -> tuple[bytes, ...]:
        """Give the first datagrams without their ids.

        Of those that are too long for it (see `long`) only some piece.
        """
        lengths = self._lengths[0][:count].tobytes()
        self._short_lengths[:count] = lengths.translate(_WITHOUT_ID)
        return _TAKE[count](self._short.bytes)

    def long(self, count: int) -> list[int]:
        """Say which of the first datagrams are not whole in `bodies`."""
        high = self._lengths[1][:count].tobytes()
        if high == bytes(count):
            return []
        return [index for index, byte in enumerate(high) if byte]

    def hosts(self, count: int) -> Sequence[Hashable]:
        """Give the addresses of the first senders, as something to compare."""
        if not self._ipv6:
            return self._names.halves[1 : 8 * count : 8].tolist()
        words, end = self._names.words, 4 * count
        return list(zip(words[1:end:4].tolist(), words[2:end:4].tolist(), strict=True))

    def datagram(self, index: int) -> bytes:
        """Give a whole datagram."""
        short, long = index * (1 + SHORT) + 1, index * _LONG
        length = self._in.halves[(index * _HEADER + _LENGTH) // 4]
        pieces = (
            self._ids.bytes[index * _ID : (index + 1) * _ID],
            self._short.bytes[short : short + SHORT],
            self._long.bytes[long : long + max(0, length - _ID - SHORT)],
        )
        return b"".join(pieces)[:length]

    def host(self, index: int) -> str:
        """Give the address of a sender as text."""
        name = self._names.bytes[index * _SOCKADDR : (index + 1) * _SOCKADDR]
        if self._ipv6:
            return socket.inet_ntop(socket.AF_INET6, name[8:24])
        return socket.inet_ntop(socket.AF_INET, name[4:8])

    def peer(self, index: int) -> Peer:
        """Say where a datagram came from and where it was sent to."""
        host = self.host(index)
        name = self._names.bytes[index * _SOCKADDR : (index + 1) * _SOCKADDR]
        (port,) = _PORT.unpack_from(name, 2)
        if self._ipv6:
            flow, scope = _FLOW.unpack_from(name, 4)[0], _SCOPE.unpack_from(name, 24)[0]
            return host, (host, port, flow, scope), self._source(index)
        return host, (host, port), self._source(index)

    def _source(self, index: int) -> list[tuple[int, int, bytes]]:
        if not self._out.words[index * 8 + _CONTROL_SIZE]:
            return []
        start = index * _MESSAGE
        message = self._messages.bytes[start : start + _MESSAGE]
        size, level, kind = _MESSAGE_HEADER.unpack_from(message)
        return [(level, kind, message[_INFORMATION:size].tobytes())]

    def fill(self, replies: Sequence[bytes]) -> None:
        """Put the replies, without ids, into the first slots."""
        count = len(replies)
        whole = b"".join(replies)
        self._replies.bytes[: len(whole)] = whole
        lengths = list(map(len, replies))
        rows = list(accumulate(lengths, initial=self._replies.rows[0]))
        self._reply_rows[:count] = array("L", rows[:count])
        self._reply_lengths[:count] = array("L", lengths)

    def send(self, start: int, end: int) -> int:
        """Send the replies in the slots from `start` on, those from `end` on not.

        Gives how many were sent, or the negative error number if the first was not.
        """
        return self._calls.send(self._descriptor, self._out.rows[start], end - start)

    def _aim(self, count: int) -> None:
        """Make sources of the addresses asked.

        The interface is left open: naming it would overrule the routing table.
        """
        end = count * 8
        told = self._in.words[_CONTROL_SIZE:end:8]
        self._out.words[_CONTROL_SIZE:end:8] = told
        told[:] = _same(_MESSAGE_SIZE[self._ipv6])[:count]
        interfaces = self._messages.halves[8 if self._ipv6 else 4 : count * 16 : 16]
        local = self._link_local(count) if self._ipv6 else []
        named = [interfaces[index] for index in local]
        interfaces[:] = _NOTHING[:count]
        for index, interface in zip(local, named, strict=True):
            interfaces[index] = interface

    def _link_local(self, count: int) -> list[int]:
        """Say which were sent to fe80::/10: that means nothing without an interface."""
        asked = self._messages.bytes[_INFORMATION : count * _MESSAGE : _MESSAGE]
        if 0xFE not in asked.tobytes():  # noqa: PLR2004 - of fe80::/10
            return []
        words = self._messages.bytes.cast("H")[_INFORMATION // 2 :: _MESSAGE // 2]
        return [
            index
            for index, word in enumerate(words[:count].tolist())
            if word & 0xC0FF == 0x80FE  # noqa: PLR2004 - fe80::/10, little-endian
        ]


_NOTHING: Final = memoryview(array("I", bytes(4 * SLOTS)))


def _same(value: int) -> "array[int]":
    """Give a column with the same word in each row."""
    return array("L", [value]) * SLOTS
