"""Sockets that were opened before anything else: by the service manager, or by root.

A service manager can open the sockets itself and hand them over (sd_listen_fds(3)), so
that questions wait in them while this program starts, and it needs no right to port 53.
They are found by address: each has to be one of `[listen] plain`.  And a program that is
to be less than root soon opens its sockets while it may.
"""

import os
import socket
from collections.abc import Iterable, MutableMapping
from typing import Final, final

import structlog

from resolver.config import split_address
from resolver.net import tcp, udp

log: Final = structlog.get_logger()

_FIRST: Final = 3  # SD_LISTEN_FDS_START
_VARIABLES: Final = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")
_KINDS: Final = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)

_Key = tuple[int, str, int]  # kind, host, port


def inherited(
    environment: MutableMapping[str, str] = os.environ, first: int = _FIRST
) -> list[socket.socket]:
    """Take over the sockets that the service manager has opened for this process.

    What started processes are told of them is removed from the environment.
    """
    told = [environment.pop(name, "") for name in _VARIABLES]
    pid, count, _ = told
    if pid != str(os.getpid()) or not count.isdecimal():
        return []
    return from_descriptors(range(first, first + int(count)))


def from_descriptors(descriptors: Iterable[int]) -> list[socket.socket]:
    """Make sockets of descriptors, which no started process gets by accident."""
    found = []
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - as the function has it
        sock = socket.socket(fileno=descriptor)
        sock.settimeout(0)
        found.append(sock)
    return found


@final
class Opened:
    """Open sockets, until somebody listens on them."""

    def __init__(self, sockets: Iterable[socket.socket] = ()) -> None:
        """Take open sockets; raises OSError for one that nobody should listen on."""
        self._sockets: Final[dict[_Key, socket.socket]] = {}
        for sock in sockets:
            if sock.family not in _FAMILIES or sock.type not in _KINDS:
                log.warning("socket_not_used", name=str(sock.getsockname()))
                sock.close()
                continue
            host, port = sock.getsockname()[:2]
            _refuse_both_families(sock, host, port)
            self._sockets[sock.type, host, port] = sock

    def bind(self, addresses: Iterable[str], *, several: bool) -> None:
        """Open those that are not open.  Raises OSError that names the address."""
        for text in addresses:
            host, port = split_address(text)
            for kind, module in zip(_KINDS, (udp, tcp), strict=True):
                if (kind, host, port) in self._sockets:
                    continue
                try:
                    sock = module.bound_socket(host, port, reuse_port=several)
                except OSError as error:
                    raise OSError(error.errno, f"{error.strerror}: {text}") from error
                self._sockets[kind, host, port] = sock

    def take(self, text: str) -> tuple[socket.socket | None, socket.socket | None]:
        """Give the sockets for an address, for datagrams and for streams, if open."""
        host, port = split_address(text)
        datagrams, streams = (
            self._sockets.pop((kind, host, port), None) for kind in _KINDS
        )
        return datagrams, streams

    def lacking(self, addresses: Iterable[str]) -> list[str]:
        """List the addresses that are not wholly open."""
        return [
            text
            for text in addresses
            if any((kind, *split_address(text)) not in self._sockets for kind in _KINDS)
        ]

    def descriptors(self) -> tuple[int, ...]:
        """Give the numbers of all, for processes that are to have them as well."""
        return tuple(sock.fileno() for sock in self._sockets.values())

    def close(self) -> None:
        """Close those that nobody has taken, and tell of them."""
        for kind, host, port in self._sockets:
            shown = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
            log.warning("socket_not_used", name=f"{shown} {host} port {port}")
        for sock in self._sockets.values():
            sock.close()
        self._sockets.clear()


def _refuse_both_families(sock: socket.socket, host: str, port: int) -> None:
    """See that a socket for IPv6 is for nothing else: access is by real addresses."""
    if sock.family != socket.AF_INET6:
        return
    if not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
        raise OSError(
            f"the socket for [{host}]:{port} takes IPv4 as well: it needs"
            " BindIPv6Only=ipv6-only in its .socket unit"
        )
