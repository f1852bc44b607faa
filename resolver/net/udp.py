"""Questions that come in datagrams.

The protocol is what stands between the socket and the reception, and it is thin: the
hot room's reply goes out in the same call that brought the packet, everything else is
the reception's to think about.  What a packet says is nobody's business here.

Sending never waits and never fails: a datagram that the kernel does not take now (a
full buffer, a firewall, a client that has gone) is counted and forgotten, as one lost
on the way would be, and the client asks again.  Queueing them instead would turn a
short congestion into memory and into replies that come too late.

Between the protocol and the socket is one of three transports.  `batch` is the fast one:
it answers by itself what the hot room knows, and brings only the rest here.  Where the
system has no calls for it, or the configuration does not want it, a socket bound to one
address has asyncio's own transport, and a wildcard socket the one in `pktinfo`, so that
a reply leaves from the address that was asked.
"""

import asyncio
import ipaddress
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, cast, final

from resolver.net import pktinfo
from resolver.net.batch import Batch, Hot
from resolver.net.front import Reception

# Bytes of questions that the kernel keeps while this process is busy: a burst of
# about a thousand.  The kernel may grant less.  Unbound `so-rcvbuf`: the system's
# 200 kB, 1 MB recommended.
RECEIVE_BUFFER: Final = 1 << 20
# Bytes of replies that the kernel keeps: what waits for neighbours that do not resolve
# must not fill it up, or others' replies are lost.  Unbound `so-sndbuf`: 4 MB.
SEND_BUFFER: Final = 1 << 20

# From linux/in.h and linux/in6.h; Python does not name them.
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_OMIT: Final = 5

_Sendto = Callable[[bytes, Any], object]


@final
class UdpListener(asyncio.DatagramProtocol):
    """Feeds the datagrams of one socket to the reception, and the replies back.

    `unsent` counts replies that were not sent because the kernel's buffer was full,
    `faults` the errors that it told of, in receiving and in sending.
    """

    def __init__(self, front: Reception, *, shared: bool = False) -> None:
        self._shared: Final = shared  # other processes listen at the same port
        self._front: Final = front
        self._transport: asyncio.DatagramTransport | None = None
        # Not a flag that is looked at for each packet: while nothing may be sent,
        # sending is another function.
        self._sendto: _Sendto = self._lose
        self._owed = 0  # replies that the reception has not given yet
        self._closing = False
        self.unsent = 0
        self.faults = 0

    @property
    def closing(self) -> bool:
        """Whether `close` was called, and no more questions are taken."""
        return self._closing

    @property
    def address(self) -> tuple[str, int]:
        """The address and port listened on."""
        assert self._transport is not None  # noqa: S101 - made by listen_udp only
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    def close(self) -> None:
        """Take no more questions; the socket is closed with the last reply."""
        if isinstance(self._transport, Batch) and not self._closing:
            self._transport.last_call(shared=self._shared)
        self._closing = True
        self._close_when_done()

    def turn_to(self, hot: Hot) -> None:
        """Answer batches with something else from now on, if they come in batches."""
        if isinstance(self._transport, Batch):
            self._transport.turn_to(hot)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (asyncio)."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._sendto = self._transport.sendto

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """End (asyncio)."""
        self._sendto = self._lose

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Answer a datagram now, or let the reception answer it later (asyncio)."""
        if self._closing:
            return
        reply = self._front.known(data, addr[0])
        if reply:
            self._sendto(reply, addr)
        elif reply is None:
            self.unknown(data, addr)

    def unknown(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Let the reception answer a datagram that the hot room does not know."""
        if self._closing:
            return
        self._owed += 1
        self._front.packet(data, addr[0], stream=False, send=partial(self._reply, addr))

    def lose(self, count: int) -> None:
        """Count replies that the kernel had no room for."""
        self.unsent += count

    def error_received(self, exc: Exception) -> None:  # noqa: ARG002 - asyncio's
        """Count what the kernel complains of; it ends nothing (asyncio)."""
        self.faults += 1

    def pause_writing(self) -> None:
        """Lose replies: the transport would only queue them (asyncio)."""
        self._sendto = self._lose

    def resume_writing(self) -> None:
        """Send again (asyncio)."""
        if self._transport is not None:
            self._sendto = self._transport.sendto

    def _reply(self, addr: tuple[Any, ...], reply: bytes) -> None:
        self._owed -= 1
        if reply:
            self._sendto(reply, addr)
        if self._closing:
            self._close_when_done()

    def _close_when_done(self) -> None:
        if not self._owed and self._transport is not None:
            self._transport.close()

    def _lose(self, reply: bytes, addr: tuple[Any, ...]) -> None:  # noqa: ARG002 - as sendto
        self.unsent += 1


async def listen_udp(  # noqa: PLR0913 - a listener has these parts
    host: str,
    port: int,
    front: Reception,
    loop: asyncio.AbstractEventLoop,
    *,
    reuse_port: bool = False,
    hot: Hot | None = None,
    sock: socket.socket | None = None,
) -> UdpListener:
    """Listen for datagrams on an IP address until `close` is called on the result.

    An IPv6 address is served for IPv6 only.  `reuse_port` lets several processes
    share the port (SO_REUSEPORT).  With `hot`, datagrams are taken and answered in
    batches; the replies are the same.  `sock` is open at that address already, if
    somebody was so kind.  Raises OSError when the address cannot be had.
    """
    if sock is None:
        sock = bound_socket(host, port, reuse_port=reuse_port)
    else:
        _furnish(sock)
    listener = UdpListener(front, shared=reuse_port)
    wildcard = ipaddress.ip_address(sock.getsockname()[0]).is_unspecified
    if hot is not None:
        Batch(sock, listener, loop, hot, wildcard=wildcard)
    elif wildcard and pktinfo.SUPPORTED:
        pktinfo.PacketInfoTransport(sock, listener, loop)
    else:
        await loop.create_datagram_endpoint(lambda: listener, sock=sock)
    return listener


def bound_socket(host: str, port: int, *, reuse_port: bool) -> socket.socket:
    """Open a socket for datagrams.  Raises OSError."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST
    )[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(0)  # asyncio: sockets never block
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _furnish(sock)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def _furnish(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    _ignore_path_mtu(sock)


def _ignore_path_mtu(sock: socket.socket) -> None:
    """Believe no ICMP message about the size of packets.

    They are easily forged, and would make the kernel fragment replies, whose later
    fragments can then be forged too (RFC 9715 tells how; Unbound and NSD do the same).
    """
    if sys.platform == "linux":
        with suppress(OSError):  # a kernel without it serves all the same
            if sock.family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_OMIT)
            else:
                sock.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_OMIT)
