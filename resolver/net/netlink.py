"""Hear from the kernel when our way to the servers has changed.

Linux tells of links, addresses and routes over a netlink socket (rtnetlink(7)).  It tells
of far more than matters: every IPv6 router repeats itself, and containers come and go.
So a message only means that it is time to look, a moment later, since changes come in
bursts; and what is looked at is the address that a packet to the root's servers would
leave from.  Asking for that sends nothing.

Where there is no netlink, on other systems and in some sandboxes, nobody is told, and
the first answer after a silence has to do (`cache.reach`).
"""

import asyncio
import errno
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final, final

# linux/rtnetlink.h: the groups of messages about links, addresses and routes.
_LINK, _IPV4_ADDRESS, _IPV4_ROUTE = 0x1, 0x10, 0x40
_IPV6_ADDRESS, _IPV6_ROUTE = 0x100, 0x400
GROUPS: Final = _LINK | _IPV4_ADDRESS | _IPV4_ROUTE | _IPV6_ADDRESS | _IPV6_ROUTE
# RTM_NEWLINK and RTM_DELLINK, the same of addresses, and of routes.
CHANGES: Final = frozenset((16, 17, 20, 21, 24, 25))
# The header of a message, in the machine's byte order: length, type, flags, sequence
# number, sender; netlink(7).  Messages begin at multiples of four.
_HEADER: Final = struct.Struct("=IHHII")
# Bytes; the kernel's largest, and messages that are cut short are no loss.
_LARGEST: Final = 32_768
# Messages read before the loop has its turn again.
READ_AT_ONCE: Final = 64

# Seconds between the first message of a burst and the look at what has changed.
SETTLED_AFTER: Final = 0.5
# Where packets would go: a.root-servers.net.  Any address out there would do.
OUTWARD: Final = (
    (socket.AF_INET, "198.41.0.4"),
    (socket.AF_INET6, "2001:503:ba3e::2:30"),
)

Ways = tuple[str, ...]


def open_netlink() -> socket.socket:
    """Open a socket that tells of changes.  Raises OSError where there is no such thing."""
    if sys.platform != "linux":
        raise OSError(errno.EAFNOSUPPORT, "no netlink on this system")
    kind = socket.SOCK_RAW | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
    opened = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
    try:
        opened.bind((0, GROUPS))
    except OSError:
        opened.close()
        raise
    return opened


def ways_out() -> Ways:
    """Give the addresses that packets to far servers leave from; "" where none can."""
    return tuple(_way_out(family, host) for family, host in OUTWARD)


def _way_out(family: int, host: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as outward:
            outward.connect((host, 53))
            name: str = outward.getsockname()[0]
            return name
    except OSError:
        return ""


def tells_of_change(packet: bytes) -> bool:
    """Say whether any message in a datagram is about a link, an address or a route."""
    start = 0
    while len(packet) - start >= _HEADER.size:
        length, kind, _, _, _ = _HEADER.unpack_from(packet, start)
        if kind in CHANGES:
            return True
        if length < _HEADER.size:
            return False  # malformed
        start += (length + 3) & ~3
    return False


@final
class NetworkWatch:
    """Calls `changed`, with the new ways out, when they are not what they were.

    Owns the socket `opened`; `look` gives the ways out.
    """

    __slots__ = ("_changed", "_look", "_loop", "_opened", "_timer", "_ways")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: socket.socket,
        changed: Callable[[Ways], None],
        look: Callable[[], Ways] = ways_out,
    ) -> None:
        self._loop: Final = loop
        self._opened: Final = opened
        self._changed: Final = changed
        self._look: Final = look
        self._ways = look()
        self._timer: asyncio.TimerHandle | None = None
        loop.add_reader(opened.fileno(), self._read)

    def close(self) -> None:
        """Watch no more."""
        self._loop.remove_reader(self._opened.fileno())
        self._opened.close()
        if self._timer is not None:
            self._timer.cancel()

    def _read(self) -> None:
        for _ in range(READ_AT_ONCE):
            try:
                packet, (sender, _) = self._opened.recvfrom(_LARGEST)
            except BlockingIOError:
                return
            except OSError:
                # ENOBUFS: there was more to tell than the socket holds.
                self._look_soon()
                return
            # Other processes can send here, too; the kernel's number is 0.
            if sender == 0 and tells_of_change(packet):
                self._look_soon()

    def _look_soon(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(SETTLED_AFTER, self._look_now)

    def _look_now(self) -> None:
        self._timer = None
        ways = self._look()
        if ways != self._ways:
            self._ways = ways
            self._changed(ways)
