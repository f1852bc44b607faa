"""The sockets that a process listens on, and how they change while it runs.

Each address has two, for datagrams and for streams.  All of them bring packets to one
desk.  A reload opens what is new first, and closes what is no longer wanted only when
that went well; what stays is not touched, so that no packet in its buffers is lost.
"""

import asyncio
from collections.abc import Collection
from typing import Final, final

from resolver.config import split_address
from resolver.daemon.opened import Opened
from resolver.net.batch import Hot
from resolver.net.connections import Connections
from resolver.net.front import Reception
from resolver.net.tcp import TcpListener, listen_tcp
from resolver.net.udp import UdpListener, listen_udp


@final
class Listeners:
    """The listeners of one process; `several` share their ports with other processes.

    Sockets that were `opened` before are taken where they fit.

    `unsent` and `faults` are counted over all that there have been.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connections: Connections,
        reception: Reception,
        opened: Opened | None = None,
    ) -> None:
        self._loop: Final = loop
        self._connections: Final = connections
        self._reception: Final = reception
        self._opened: Final = Opened() if opened is None else opened
        self._open: Final[dict[str, tuple[UdpListener, TcpListener]]] = {}
        self._closed: Final[list[UdpListener]] = []

    async def open(
        self, addresses: Collection[str], hot: Hot | None, *, several: bool
    ) -> None:
        """Open those that are not open yet, or none of them.

        Raises OSError that names the address.
        """
        new = [text for text in addresses if text not in self._open]
        for text in new:
            try:
                self._open[text] = await self._listen(text, hot, several=several)
            except OSError as error:
                self.close(new)
                raise OSError(error.errno, f"{error.strerror}: {text}") from error

    def turn_to(self, hot: Hot) -> None:
        """Answer batches of datagrams with something else from now on."""
        for datagrams, _ in self._open.values():
            datagrams.turn_to(hot)

    def keep_only(self, addresses: Collection[str]) -> None:
        """Close all others; what was asked there is still answered."""
        self.close([text for text in self._open if text not in addresses])

    def close(self, addresses: Collection[str] | None = None) -> None:
        """Close some, or all: they take no more questions, and answer the open ones."""
        for text in list(self._open if addresses is None else addresses):
            pair = self._open.pop(text, None)
            if pair is not None:
                datagrams, streams = pair
                datagrams.close()
                streams.close()
                self._closed.append(datagrams)

    @property
    def unsent(self) -> int:
        """Count the replies that the kernel did not take."""
        return sum(listener.unsent for listener in self._datagrams())

    @property
    def faults(self) -> int:
        """Count the errors that the kernel told of."""
        return sum(listener.faults for listener in self._datagrams())

    def _datagrams(self) -> list[UdpListener]:
        return [*self._closed, *(datagrams for datagrams, _ in self._open.values())]

    async def _listen(
        self, text: str, hot: Hot | None, *, several: bool
    ) -> tuple[UdpListener, TcpListener]:
        host, port = split_address(text)
        reception, loop = self._reception, self._loop
        for_datagrams, for_streams = self._opened.take(text)
        datagrams = await listen_udp(
            host,
            port,
            reception,
            loop,
            reuse_port=several,
            hot=hot,
            sock=for_datagrams,
        )
        try:
            streams = await listen_tcp(
                host,
                port,
                reception,
                loop,
                self._connections,
                reuse_port=several,
                sock=for_streams,
            )
        except OSError:
            datagrams.close()
            raise
        return datagrams, streams
