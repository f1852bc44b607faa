"""Send a question to a server over UDP and wait for the reply.

Every question has a socket of its own, on a port drawn from all that are not
privileged, and *connected*: the kernel then drops whatever comes from elsewhere, and
tells of ICMP errors.  Together with the id this is what a forger has to guess (RFC
5452 section 9).  We draw the port rather than let the kernel do it: its range is less
than half as wide (Linux: 28,232 ports against 64,510) and its choice could once be
predicted (CVE-2020-16166).

Nearly all the time that this takes is the kernel's: socket, bind, connect, send,
receive, close.  What is ours to save is the loop's bookkeeping for a descriptor that
lives for one packet.  So on Linux the sockets of all questions stand behind one epoll
descriptor, and the loop knows only that; elsewhere `loop.add_reader` serves.  Time
limits share a timer (`alarms`), and the sockets are of the class below Python's own,
which has all that is needed and is half as dear to make and to close.  CPU
microseconds per question and reply, NSD on another core, 16 questions at a time,
medians, CPython 3.11 (one at a time, each reply wakes a sleeping core: twice that):

                  uvloop   asyncio
    epoll           17.1      27.0
    add_reader      24.4      36.8

One future per question, no task, no exception where all goes well.
"""

import _socket
import asyncio
import errno
import os
import secrets
import select
import socket
from collections.abc import Callable
from typing import Final, Protocol, final

from resolver.net.alarms import Alarms
from resolver.net.exchange import Unreachable
from resolver.ports import Address, Silence

# Ports to draw from: all that need no privilege (RFC 6335 section 6) but two whose
# packets middleboxes mistake, for RoCE and memcached; PowerDNS avoids the same.  Ports
# in use, such as our listeners', are refused by the kernel.
LOWEST_PORT: Final = 1024
AVOIDED_PORTS: Final = frozenset((4791, 11211))
# Draws before we believe that no port is to be had.
MAX_DRAWS: Final = 64
# Bytes; no datagram is larger.  Measured: no dearer than a small buffer.
MAX_DATAGRAM: Final = 65535
# Replies taken in before the loop has its turn again.
READY_AT_ONCE: Final = 64

# linux/in.h and linux/in6.h; Python has no names for them.  OMIT: never set DF, and
# believe no path MTU that an ICMP message tells, for anybody can forge one.
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_OMIT: Final = 5
# Not Final, that the tests of a compiled build can set it.
_IS_LINUX = hasattr(select, "epoll")
# Sockets are born non-blocking where the system can do that.
_NONBLOCK: Final = getattr(socket, "SOCK_NONBLOCK", 0)
_KIND: Final = socket.SOCK_DGRAM | _NONBLOCK
# The class below `socket.socket`, which has all that is needed here.
Socket = _socket.socket

# Where nothing is configured.  In figures, for "" is looked up by getaddrinfo().
_ANY_IPV4: Final = "0.0.0.0"  # noqa: S104 - towards servers; the socket is connected
_ANY_IPV6: Final = "::"

_REASONS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.ENETUNREACH: "network unreachable",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ETIMEDOUT: "timeout",
}
# The port is in use, or closed to us by a policy of this host.
_PORT_TAKEN: Final = frozenset((errno.EADDRINUSE, errno.EACCES))


def reason(number: int | None) -> str:
    """Say for a diary what an error number of the system means."""
    if number is None:
        return "socket error"
    return _REASONS.get(number) or os.strerror(number).lower()


def give_up(waiting: asyncio.Future[bytes]) -> None:
    """End a wait in which nothing acceptable came."""
    if not waiting.done():
        waiting.set_exception(Silence("timeout"))


@final
class Sources:
    """Where questions leave from: the addresses configured, and ports."""

    __slots__ = ("_ipv4", "_ipv6", "_random_bits")

    def __init__(
        self, addresses: tuple[str, ...], random_bits: Callable[[int], int]
    ) -> None:
        self._ipv4: Final = [host for host in addresses if ":" not in host]
        self._ipv6: Final = [host for host in addresses if ":" in host]
        self._random_bits: Final = random_bits

    def host(self, server: Address) -> str:
        """Draw an address of the server's family; "" where none is configured."""
        hosts = self._ipv6 if server.is_ipv6 else self._ipv4
        if not hosts:
            return ""
        # 16 bits more than needed leave a bias below 1 in 65,536.
        return hosts[self._random_bits(16 + len(hosts).bit_length()) % len(hosts)]

    def port(self) -> int:
        """Draw a port."""
        while True:
            port = self._random_bits(16)
            if port >= LOWEST_PORT and port not in AVOIDED_PORTS:
                return port


@final
class Udp:
    """UDP towards servers; implements `exchange.Transport`.

    `source_addresses` are IP addresses of this host: questions leave from one of the
    server's family, drawn anew each time.  `random_bits(n)` gives an unguessable
    number of n bits.  Works in one loop until that, or this, is closed, then in the
    next; it does not ask which loop runs, for that is a system call each time.
    """

    __slots__ = ("_alarms", "_loop", "_sources", "_watch")

    def __init__(
        self,
        source_addresses: tuple[str, ...] = (),
        random_bits: Callable[[int], int] = secrets.randbits,
    ) -> None:
        self._sources: Final = Sources(source_addresses, random_bits)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: _Watch
        self._alarms: Alarms

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - keeping time is a transport's work
        accept: Callable[[bytes], bool],
        /,
    ) -> bytes:
        """Send a packet and wait for an accepted reply; see `exchange.Transport`."""
        loop = self._loop
        if loop is None or loop.is_closed():
            loop = self._enter()
        watch, alarms = self._watch, self._alarms
        connected = _send(server, packet, self._sources)
        waiting: asyncio.Future[bytes] = loop.create_future()
        alarm = alarms.set(waiting, timeout)
        descriptor = connected.fileno()
        try:
            watch.add(descriptor, connected, accept, waiting)
            return await waiting
        finally:
            alarms.call_off(waiting, alarm)
            watch.remove(descriptor)
            connected.close()

    def close(self) -> None:
        """Let go of the loop.  Questions that still wait will get no reply."""
        if self._loop is not None:
            self._watch.close()
            if not self._loop.is_closed():
                self._alarms.close()
        self._loop = None

    def _enter(self) -> asyncio.AbstractEventLoop:
        """Begin to work in the running loop; the first question of each does so."""
        self.close()
        loop = self._loop = asyncio.get_running_loop()
        self._watch = _EpollWatch(loop) if _IS_LINUX else _LoopWatch(loop)
        self._alarms = Alarms(loop, give_up)
        return loop


def _send(server: Address, packet: bytes, sources: Sources) -> Socket:
    """Send a packet from a new socket, and give the socket."""
    is_ipv6 = server.is_ipv6
    try:
        connected = Socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, _KIND)
    except OSError as error:
        raise Unreachable(reason(error.errno)) from error
    try:
        if not _NONBLOCK:
            connected.settimeout(0)
        if _IS_LINUX:
            _ignore_path_mtu(connected, is_ipv6=is_ipv6)
        host = sources.host(server) or (_ANY_IPV6 if is_ipv6 else _ANY_IPV4)
        _bind(connected, host, sources)
        connected.connect(server)
        connected.send(packet)
    except OSError as error:
        connected.close()
        raise Unreachable(reason(error.errno)) from error
    return connected


def _ignore_path_mtu(opened: Socket, *, is_ipv6: bool) -> None:
    try:
        if is_ipv6:
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_OMIT)
        else:
            opened.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_OMIT)
    except OSError:
        pass  # a kernel that imitates Linux but does not know it; nothing depends on it


def _bind(opened: Socket, host: str, sources: Sources) -> None:
    """Bind to a port that is free, drawing again where one is not."""
    for _ in range(MAX_DRAWS):
        try:
            opened.bind((host, sources.port()))
        except OSError as error:
            if error.errno not in _PORT_TAKEN:
                raise
        else:
            return
    raise OSError(errno.EADDRINUSE, "no free port")


def _receive(
    connected: Socket,
    accept: Callable[[bytes], bool],
    waiting: asyncio.Future[bytes],
) -> None:
    """Take in one datagram, and end the wait if it is the reply."""
    if waiting.done():
        return
    try:
        packet = connected.recv(MAX_DATAGRAM)
        if accept(packet):
            waiting.set_result(packet)
    except BlockingIOError:
        pass  # the kernel found the checksum wrong only now
    except OSError as error:
        waiting.set_exception(Silence(reason(error.errno)))
    except Exception as error:  # a fault in accept() is for the asker to see
        waiting.set_exception(error)


class _Watch(Protocol):
    """Calls `_receive` for each socket that has something to read."""

    def add(
        self,
        descriptor: int,
        connected: Socket,
        accept: Callable[[bytes], bool],
        waiting: asyncio.Future[bytes],
    ) -> None:
        """Watch a socket."""

    def remove(self, descriptor: int) -> None:
        """Stop watching, whether it was watched or not; the socket is closed next."""

    def close(self) -> None:
        """Stop watching anything."""


@final
class _EpollWatch:
    """All sockets behind one descriptor.  The kernel forgets those that are closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._watched: dict[
            int,
            tuple[Socket, Callable[[bytes], bool], asyncio.Future[bytes]],
        ] = {}
        loop.add_reader(self._epoll.fileno(), self._receive_all)

    def add(
        self,
        descriptor: int,
        connected: Socket,
        accept: Callable[[bytes], bool],
        waiting: asyncio.Future[bytes],
    ) -> None:
        self._epoll.register(descriptor, select.EPOLLIN)
        self._watched[descriptor] = (connected, accept, waiting)

    def remove(self, descriptor: int) -> None:
        self._watched.pop(descriptor, None)

    def close(self) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(self._epoll.fileno())
        self._epoll.close()

    def _receive_all(self) -> None:
        for descriptor, _ in self._epoll.poll(0, READY_AT_ONCE):
            watched = self._watched.get(descriptor)
            if watched is not None:
                _receive(*watched)


@final
class _LoopWatch:
    """Each socket known to the loop, where there is no epoll."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def add(
        self,
        descriptor: int,
        connected: Socket,
        accept: Callable[[bytes], bool],
        waiting: asyncio.Future[bytes],
    ) -> None:
        self._loop.add_reader(descriptor, _receive, connected, accept, waiting)

    def remove(self, descriptor: int) -> None:
        if not self._loop.is_closed():
            self._loop.remove_reader(descriptor)

    def close(self) -> None:
        """Nothing is held: each question removes its own socket."""
