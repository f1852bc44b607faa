"""The box on loopback: one UDP and one TCP socket for each server, all on one port.

Linux answers for the whole of 127.0.0.0/8 without being asked, so the servers need no
addresses to be configured and, on a port above 1023, no privileges.  This room is for
tests and demonstrations: asyncio's own protocols and streams are fast enough.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, Protocol, final

# How long a TCP connection may say nothing, seconds (RFC 7766 section 6.2.3 wants
# seconds rather than minutes).
TCP_IDLE: Final = 10.0
# Ports tried when any will do; one that is free on one address may be taken on another.
PORT_TRIES: Final = 20


class Answers(Protocol):
    """What a server of the box offers to its sockets."""

    @property
    def udp(self) -> bool:
        """Say whether there is a UDP socket."""

    @property
    def tcp(self) -> bool:
        """Say whether there is a TCP socket."""

    def replies_to(self, packet: bytes, *, tcp: bool) -> Sequence[tuple[float, bytes]]:
        """Give what leaves the server, in order: when, seconds from now, and what."""


class Running:
    """A box that runs: the port of all its servers."""

    def __init__(self, port: int, left_out: tuple[str, ...]) -> None:
        self.port: Final = port
        # IPv6 addresses that this machine does not have.
        self.left_out: Final = left_out


@contextlib.asynccontextmanager
async def running(servers: Mapping[str, Answers], port: int) -> AsyncIterator[Running]:
    """Listen on every server's address; stop when the block ends.

    Port 0 takes one that is free on all addresses.  Raises OSError when an address or
    the port cannot be had, except for IPv6 on machines without it.
    """
    left_out = () if _has_ipv6() else tuple(each for each in servers if ":" in each)
    wanted = {host: each for host, each in servers.items() if host not in left_out}
    async with contextlib.AsyncExitStack() as stack:
        port = await _listen_somewhere(wanted, port, stack)
        yield Running(port, left_out)


async def _listen_somewhere(
    servers: Mapping[str, Answers], port: int, stack: contextlib.AsyncExitStack
) -> int:
    """Listen on the port, or on any that is free everywhere; give the port."""
    for tries_left in range(PORT_TRIES if port == 0 else 1, 0, -1):
        chosen = port or _free_port()
        async with contextlib.AsyncExitStack() as attempt:
            try:
                for host, server in servers.items():
                    await _listen(host, chosen, server, attempt)
            except OSError:
                if tries_left == 1:
                    raise
                continue
            stack.push_async_exit(attempt.pop_all())
            return chosen
    raise AssertionError("the last try either returns or raises")


async def _listen(
    host: str, port: int, server: Answers, stack: contextlib.AsyncExitStack
) -> None:
    loop = asyncio.get_running_loop()
    if server.udp:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(server), local_addr=(host, port)
        )
        stack.callback(transport.close)
    if server.tcp:
        connections = _Connections(server)
        listener = await asyncio.start_server(connections.serve, host, port)
        stack.push_async_callback(connections.close)
        stack.callback(listener.close)


@final
class _Datagrams(asyncio.DatagramProtocol):
    """A server's UDP socket."""

    def __init__(self, server: Answers) -> None:
        self._server: Final = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """Keep the transport; asyncio's base class knows it only by its parent."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a packet, now or later."""
        for after, packet in self._server.replies_to(data, tcp=False):
            if after:
                asyncio.get_running_loop().call_later(after, self._send, packet, addr)
            else:
                self._send(packet, addr)

    def _send(self, packet: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(packet, addr)


@final
class _Connections:
    """A server's TCP connections."""

    def __init__(self, server: Answers) -> None:
        self._server: Final = server
        self._tasks: Final[set[asyncio.Task[None]]] = set()

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a connection."""
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Drop all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the questions of a connection, one after the other."""
        try:
            while True:
                async with asyncio.timeout(TCP_IDLE):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    packet = await reader.readexactly(length)
                waited = 0.0
                for after, reply in self._server.replies_to(packet, tcp=True):
                    await asyncio.sleep(after - waited)
                    waited = after
                    if not reply:
                        return
                    writer.write(len(reply).to_bytes(2, "big") + reply)
                    await writer.drain()
        except (TimeoutError, EOFError, OSError):
            pass  # the client is done, or gone
        finally:
            writer.close()


def _has_ipv6() -> bool:
    """Say whether ::1 is there to be listened on."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.53.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
