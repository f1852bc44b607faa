"""The kernel's side of recvmmsg and sendmmsg, pretended, after the man pages.

The structures are those of <bits/types/struct_msghdr.h> and recvmmsg(2), declared with
ctypes: a second opinion on what `resolver.net.mmsg` lays out by hand.
"""

import ctypes
import errno
import socket
from ctypes import POINTER, c_char, c_int, c_size_t, c_uint, c_void_p
from typing import Any, NamedTuple

from resolver.net.mmsg import Calls

IP_PKTINFO = 8


def structure(kind: str, /, **fields: Any) -> Any:
    """Declare a structure of C."""
    return type(kind, (ctypes.Structure,), {"_fields_": list(fields.items())})


IoVec = structure("iovec", base=c_void_p, length=c_size_t)
MessageHeader = structure(
    "msghdr",
    name=c_void_p,
    name_length=c_uint,
    pieces=POINTER(IoVec),
    piece_count=c_size_t,
    control=c_void_p,
    control_length=c_size_t,
    flags=c_int,
)
ManyMessageHeader = structure("mmsghdr", header=MessageHeader, length=c_uint)
ControlHeader = structure("cmsghdr", length=c_size_t, level=c_int, type=c_int)


class Datagram(NamedTuple):
    """What comes or goes: the other side's address, and a control message or none."""

    data: bytes
    name: bytes
    control: bytes = b""


def ipv4(host: str = "192.0.2.7", port: int = 4242) -> bytes:
    """Encode struct sockaddr_in."""
    family = int(socket.AF_INET).to_bytes(2, "little")
    return family + port.to_bytes(2, "big") + socket.inet_aton(host) + bytes(8)


def ipv6(host: str = "2001:db8::7", port: int = 4242, scope: int = 0) -> bytes:
    """Encode struct sockaddr_in6."""
    return b"".join(
        (
            int(socket.AF_INET6).to_bytes(2, "little"),
            port.to_bytes(2, "big"),
            bytes(4),
            socket.inet_pton(socket.AF_INET6, host),
            scope.to_bytes(4, "little"),
        )
    )


def control(level: int, kind: int, information: bytes) -> bytes:
    """Encode struct cmsghdr with its data, padded to eight bytes."""
    length = ctypes.sizeof(ControlHeader) + len(information)
    head = bytes(ControlHeader(length, level, kind))
    return (head + information).ljust((length + 7) & -8, b"\0")


def asked_ipv4(host: str, interface: int = 3) -> bytes:
    """Say as the kernel does which IPv4 address was asked."""
    address = socket.inet_aton(host)
    information = interface.to_bytes(4, "little") + address + address
    return control(socket.IPPROTO_IP, IP_PKTINFO, information)


def asked_ipv6(host: str, interface: int = 3) -> bytes:
    """Say as the kernel does which IPv6 address was asked."""
    address = socket.inet_pton(socket.AF_INET6, host)
    information = address + interface.to_bytes(4, "little")
    return control(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, information)


class PretendKernel:
    """Delivers datagrams and takes replies, as a test wants it.

    Each number in `answers` is what the next sendmmsg does: take so many at most, or
    fail with a negative error number.  Each in `troubles` is what the next recvmmsg
    gives instead of datagrams.
    """

    def __init__(self, *datagrams: Datagram) -> None:
        self.waiting = list(datagrams)
        self.answers: list[int] = []
        self.troubles: list[int] = []
        self.sent: list[Datagram] = []
        self.received = 0  # calls
        self.calls = Calls(self.receive, self.send)

    def receive(self, descriptor: int, headers: int, count: int) -> int:
        self.received += 1
        if self.troubles:
            return self.troubles.pop(0)
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        table = (ManyMessageHeader * count).from_address(headers)
        for datagram, row in zip(taken, table, strict=False):
            deliver(datagram, row)
        return len(taken) or -errno.EAGAIN

    def send(self, descriptor: int, headers: int, count: int) -> int:
        assert count > 0, "the kernel would do nothing, and be asked again"
        answer = self.answers.pop(0) if self.answers else count
        if answer < 0:
            return answer
        table = (ManyMessageHeader * count).from_address(headers)
        self.sent += [collect(row.header) for row in table[:answer]]
        return min(answer, count)


def deliver(datagram: Datagram, row: Any) -> None:
    header = row.header
    assert header.name_length >= len(datagram.name)
    ctypes.memmove(header.name, datagram.name, len(datagram.name))
    header.name_length = len(datagram.name)
    rest = datagram.data
    for piece in header.pieces[: header.piece_count]:
        ctypes.memmove(piece.base, rest, min(len(rest), piece.length))
        rest = rest[piece.length :]
    assert not rest, "a datagram was cut off"
    assert header.control_length >= len(datagram.control)
    if datagram.control:
        ctypes.memmove(header.control, datagram.control, len(datagram.control))
    header.control_length = len(datagram.control)
    row.length = len(datagram.data)


def collect(header: Any) -> Datagram:
    pieces = header.pieces[: header.piece_count]
    return Datagram(
        b"".join(read(piece.base, piece.length) for piece in pieces),
        read(header.name, header.name_length),
        read(header.control, header.control_length),
    )


def read(address: int | None, length: int) -> bytes:
    if not length:
        return b""
    assert address is not None
    return bytes((c_char * length).from_address(address))
