"""Datagrams on a wildcard socket: a reply leaves from the address that was asked.

A socket bound to 0.0.0.0 or :: gets questions for every address of the host, and the
kernel chooses the source of what it sends by the route to the client.  On a host with
more than one address that is often another one than the client asked, and the client
throws the reply away.  So the kernel is asked to tell each datagram's destination
(IP_PKTINFO, ip(7); IPV6_RECVPKTINFO, RFC 3542 section 6.2) and is told the same as
the source of the reply.

Neither asyncio nor uvloop does this, so this is a datagram transport of its own:
`recvmsg` when the socket is readable, `sendmsg` at once, nothing queued.  A datagram
that the kernel does not take is lost, as datagrams may be.

A protocol sees no difference but in the `addr` it is given and gives back: besides
the client's host, which comes first as always, it holds what `sendto` needs.
"""

import asyncio
import socket
import sys
from typing import Any, Final, final

# Whether wildcard sockets of this platform can be served here.  Other systems spell
# the IPv4 part differently (IP_RECVDSTADDR); there the kernel chooses the source.
SUPPORTED: Final = sys.platform == "linux"

# Datagrams taken before other sockets and timers get their turn; libuv takes 32.
BURST: Final = 32
# What fits into a UDP datagram.
MAX_DATAGRAM: Final = 65_535

_IP_PKTINFO: Final = 8  # linux/in.h; Python names it from 3.14
# struct in_pktinfo: interface, address asked, destination in the header; 4 bytes each.
_ASKED_IPV4: Final = slice(4, 8)
# struct in6_pktinfo: address asked, 16 bytes; interface, 4 bytes.
_ASKED_IPV6: Final = slice(0, 16)
_ANY_INTERFACE: Final = bytes(4)
# Room for one of either structure and its header.
_ANCILLARY: Final = socket.CMSG_SPACE(20)

# The client's host, the client's socket address, and the control message that names
# the source of the reply.
_Peer = tuple[str, tuple[Any, ...], list[tuple[int, int, bytes]]]


@final
class PacketInfoTransport(asyncio.DatagramTransport):
    """A datagram transport over a wildcard socket, bound and not blocking.

    It owns the socket.  `connection_made` is called before this returns,
    `connection_lost` in the loop's next round after `close`.  What goes wrong in
    receiving and sending is told to `error_received` and ends nothing.
    """

    def __init__(
        self,
        sock: socket.socket,
        protocol: asyncio.DatagramProtocol,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__({"socket": sock, "sockname": sock.getsockname()})
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            self._source = _source_ipv6
        else:
            sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            self._source = _source_ipv4
        self._socket: Final = sock
        self._protocol: Final = protocol
        self._loop: Final = loop
        self._closing = False
        protocol.connection_made(self)
        loop.add_reader(sock.fileno(), self._receive)

    def sendto(self, data: Any, addr: Any = None) -> None:  # noqa: ANN401 - asyncio's
        """Send a reply to where a datagram came from, from where that was sent to."""
        _, peer, source = addr
        try:
            self._socket.sendmsg((data,), source, 0, peer)
        except OSError as error:
            self._protocol.error_received(error)

    def close(self) -> None:
        """Close the socket; nothing is left to be sent."""
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """Do as `close` does."""
        self.close()

    def is_closing(self) -> bool:
        """Say whether `close` was called."""
        return self._closing

    def _receive(self) -> None:
        for _ in range(BURST):
            try:
                data, ancillary, _, peer = self._socket.recvmsg(
                    MAX_DATAGRAM, _ANCILLARY
                )
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._protocol.error_received(error)
                return
            address: _Peer = (peer[0], peer, self._source(ancillary))
            self._protocol.datagram_received(data, address)
            if self._closing:
                return


def _source_ipv4(
    ancillary: list[tuple[int, int, bytes]],
) -> list[tuple[int, int, bytes]]:
    if not ancillary:
        return []
    # The interface is left open: naming it would overrule the routing table.
    asked = ancillary[0][2][_ASKED_IPV4]
    information = _ANY_INTERFACE + asked + bytes(4)
    return [(socket.IPPROTO_IP, _IP_PKTINFO, information)]


def _source_ipv6(
    ancillary: list[tuple[int, int, bytes]],
) -> list[tuple[int, int, bytes]]:
    if not ancillary:
        return []
    information = ancillary[0][2]
    # A link-local address (fe80::/10) means nothing without its interface.
    if information[0] != 0xFE or information[1] & 0xC0 != 0x80:  # noqa: PLR2004
        information = information[_ASKED_IPV6] + _ANY_INTERFACE
    return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, information)]
