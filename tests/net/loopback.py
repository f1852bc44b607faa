"""Real loops and real sockets on loopback, for what cannot be pretended."""

import asyncio
import selectors
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from pathlib import Path
from typing import Any, TypeVarTuple, Unpack

import uvloop

from resolver.net.upstream_udp import MAX_DATAGRAM
from resolver.ports import Address

PATIENCE = 5.0  # seconds; far more than loopback needs
SHORT = 0.03  # seconds; for waits that have to end in silence
QUESTION = b"question"

Arguments = TypeVarTuple("Arguments")
Run = Callable[[Coroutine[Any, Any, None]], None]
Sender = tuple[str, int]
Handler = Callable[[socket.socket, bytes, Sender], None]
StreamHandler = Callable[[socket.socket], Awaitable[None]]

FACTORIES = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def runner(loop: str) -> Run:
    """Give what runs a story in the loop of that name."""

    def run_in_loop(story: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=FACTORIES[loop]) as runner:
            runner.run(story)

    return run_in_loop


class KeepingTimers(asyncio.SelectorEventLoop):
    """A loop that remembers its timers, with a selector that can be looked into."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        super().__init__(self.selector)
        self.timers: list[asyncio.TimerHandle] = []

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        timer = super().call_at(when, callback, *args, context=context)
        self.timers.append(timer)
        return timer


def echo(listener: socket.socket, packet: bytes, sender: Sender) -> None:
    listener.sendto(packet, sender)


def keep_quiet(listener: socket.socket, packet: bytes, sender: Sender) -> None:
    pass


@asynccontextmanager
async def datagram_server(
    handler: Handler, host: str = "127.0.0.1"
) -> AsyncIterator[Address]:
    """Serve packets with a function."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    loop = asyncio.get_running_loop()
    with socket.socket(family, socket.SOCK_DGRAM) as listener:
        listener.bind((host, 0))
        listener.settimeout(0)

        def serve() -> None:
            packet, sender = listener.recvfrom(MAX_DATAGRAM)
            handler(listener, packet, sender[:2])

        loop.add_reader(listener.fileno(), serve)
        try:
            yield Address(host, listener.getsockname()[1])
        finally:
            loop.remove_reader(listener.fileno())


def anything(packet: bytes) -> bool:
    return True


def open_descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as used:
        used.bind(("127.0.0.1", 0))
        port: int = used.getsockname()[1]
        return port


@asynccontextmanager
async def stream_server(
    handler: StreamHandler, host: str = "127.0.0.1"
) -> AsyncIterator[Address]:
    """Serve one connection after the other with a coroutine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    loop = asyncio.get_running_loop()
    with socket.create_server((host, 0), family=family) as listener:
        listener.settimeout(0)

        async def serve() -> None:
            while True:
                connection, _ = await loop.sock_accept(listener)
                with connection, suppress(ConnectionError):
                    await handler(connection)

        task = asyncio.create_task(serve())
        try:
            yield Address(host, listener.getsockname()[1])
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def framed(message: bytes) -> bytes:
    return struct.pack("!H", len(message)) + message


async def receive_question(connection: socket.socket) -> bytes:
    received = b""
    while len(received) < 2 + len(QUESTION):
        received += await asyncio.get_running_loop().sock_recv(connection, 100)
    return received


def replying(*pieces: bytes) -> StreamHandler:
    """Answer a question with these bytes, one piece after the other, and wait."""

    async def handle(connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await receive_question(connection)
        for piece in pieces:
            await loop.sock_sendall(connection, piece)
            await asyncio.sleep(0)
        await loop.sock_recv(connection, 1)  # until the other side closes

    return handle
