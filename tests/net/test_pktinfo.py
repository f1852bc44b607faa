"""The transport of wildcard sockets, with the kernel's part pretended or on loopback."""

import asyncio
import socket
from typing import Any

import pytest

from resolver.net.pktinfo import BURST, PacketInfoTransport

IP_PKTINFO = 8


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes, and remembers what it was told."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.received: list[bytes] = []
        self.errors: list[Exception] = []
        self.lost = False
        self.close_at: bytes | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def datagram_received(self, data: bytes, addr: Any) -> None:
        assert self.transport is not None
        self.received.append(data)
        if data == self.close_at:
            self.transport.close()
        else:
            self.transport.sendto(data, addr)

    def error_received(self, exc: Exception) -> None:
        self.errors.append(exc)


class PretendSocket:
    """A wildcard socket whose kernel is a list; exceptions in it are raised."""

    def __init__(self, family: socket.AddressFamily, datagrams: list[Any]) -> None:
        self.family = family
        self.datagrams = datagrams
        self.options: list[tuple[int, int, int]] = []
        self.sent: list[tuple[bytes, list[Any], Any]] = []
        self.refusal: OSError | None = None

    def setsockopt(self, *option: int) -> None:
        self.options.append((option[0], option[1], option[2]))

    def fileno(self) -> int:
        return 7

    def getsockname(self) -> tuple[str, int]:
        return "0.0.0.0", 53

    def recvmsg(self, size: int, ancillary: int) -> Any:
        if not self.datagrams:
            raise BlockingIOError
        datagram = self.datagrams.pop(0)
        if isinstance(datagram, OSError):
            raise datagram
        return datagram

    def sendmsg(self, buffers: Any, ancillary: Any, flags: int, address: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((b"".join(buffers), ancillary, address))

    def close(self) -> None:
        pass


class PretendLoop:
    """Gives the test what the loop would call."""

    def __init__(self) -> None:
        self.readable: Any = None
        self.soon: list[Any] = []

    def add_reader(self, fd: int, callback: Any) -> None:
        self.readable = callback

    def remove_reader(self, fd: int) -> None:
        self.readable = None

    def call_soon(self, callback: Any, *arguments: Any) -> None:
        self.soon.append((callback, arguments))


def start(
    datagrams: list[Any], family: socket.AddressFamily = socket.AF_INET
) -> tuple[Echo, PretendSocket, PretendLoop]:
    echo, sock, loop = Echo(), PretendSocket(family, datagrams), PretendLoop()
    PacketInfoTransport(sock, echo, loop)  # type: ignore[arg-type]
    return echo, sock, loop


def ipv4(data: bytes, asked: str) -> Any:
    """Make what recvmsg gives for a datagram: struct in_pktinfo, from interface 3."""
    broadcast = socket.inet_aton("255.255.255.255")
    information = b"\x03\x00\x00\x00" + socket.inet_aton(asked) + broadcast
    return (
        data,
        [(socket.IPPROTO_IP, IP_PKTINFO, information)],
        0,
        ("192.0.2.7", 4242),
    )


def ipv6(data: bytes, asked: str) -> Any:
    information = socket.inet_pton(socket.AF_INET6, asked) + b"\x03\x00\x00\x00"
    ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, information)]
    return data, ancillary, 0, ("2001:db8::7", 4242, 0, 3)


def test_an_ipv4_reply_names_the_address_asked_and_no_interface() -> None:
    _, sock, loop = start([ipv4(b"a", "198.51.100.2")])
    assert sock.options == [(socket.IPPROTO_IP, IP_PKTINFO, 1)]
    loop.readable()
    source = bytes(4) + socket.inet_aton("198.51.100.2") + bytes(4)
    ancillary = [(socket.IPPROTO_IP, IP_PKTINFO, source)]
    assert sock.sent == [(b"a", ancillary, ("192.0.2.7", 4242))]


def test_an_ipv6_reply_names_the_address_asked_and_no_interface() -> None:
    _, sock, loop = start([ipv6(b"a", "2001:db8::53")], socket.AF_INET6)
    assert sock.options == [(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)]
    loop.readable()
    source = socket.inet_pton(socket.AF_INET6, "2001:db8::53") + bytes(4)
    ancillary = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source)]
    assert sock.sent == [(b"a", ancillary, ("2001:db8::7", 4242, 0, 3))]


@pytest.mark.parametrize("asked", ["fe80::53", "febf::53"])
def test_a_reply_from_a_link_local_address_names_its_interface(asked: str) -> None:
    _, sock, loop = start([ipv6(b"a", asked)], socket.AF_INET6)
    loop.readable()
    [(_, [(_, _, source)], _)] = sock.sent
    assert source == socket.inet_pton(socket.AF_INET6, asked) + b"\x03\x00\x00\x00"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_without_the_kernels_word_the_kernel_chooses(
    family: socket.AddressFamily,
) -> None:
    _, sock, loop = start([(b"a", [], 0, ("192.0.2.7", 4242))], family)
    loop.readable()
    assert sock.sent == [(b"a", [], ("192.0.2.7", 4242))]


def test_one_socket_takes_a_bounded_number_of_datagrams_in_a_turn() -> None:
    echo, sock, loop = start([ipv4(b"a", "198.51.100.2")] * (BURST + 1))
    loop.readable()
    assert len(echo.received) == BURST
    loop.readable()
    assert len(echo.received) == BURST + 1
    assert len(sock.sent) == BURST + 1


def test_errors_of_receiving_and_sending_are_told_and_end_nothing() -> None:
    refused = ConnectionRefusedError()
    echo, sock, loop = start(
        [refused, ipv4(b"a", "198.51.100.2"), ipv4(b"b", "198.51.100.2")]
    )
    loop.readable()
    assert (echo.errors, echo.received) == ([refused], [])
    sock.refusal = BlockingIOError()
    loop.readable()
    assert echo.received == [b"a", b"b"]
    assert echo.errors == [refused, sock.refusal, sock.refusal]
    sock.refusal = None
    sock.datagrams.append(ipv4(b"c", "198.51.100.2"))
    loop.readable()
    assert [data for data, _, _ in sock.sent] == [b"c"]


def test_nothing_is_read_after_close() -> None:
    echo, sock, loop = start([ipv4(word, "198.51.100.2") for word in (b"a", b"b")])
    echo.close_at = b"a"
    loop.readable()
    assert echo.received == [b"a"]
    assert loop.readable is None
    assert echo.transport is not None
    assert echo.transport.is_closing()
    echo.transport.abort()
    assert loop.soon == [(echo.connection_lost, (None,))], "told once"
    assert sock.sent == []


async def test_the_socket_is_closed_and_the_protocol_told() -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(0)
    sock.bind(("0.0.0.0", 0))
    echo = Echo()
    transport = PacketInfoTransport(sock, echo, asyncio.get_running_loop())
    assert transport.get_extra_info("sockname") == sock.getsockname()
    assert not transport.is_closing()
    transport.close()
    await asyncio.sleep(0)
    assert echo.lost
    assert sock.fileno() == -1
