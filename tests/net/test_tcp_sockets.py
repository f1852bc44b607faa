"""The promises of TCP connections, on real loopback sockets and both event loops."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, cast

import pytest

from resolver.net import tcp
from resolver.net.connections import MAX_IN_FLIGHT, Connections, Limits
from resolver.net.tcp import HIGH_WATER, TcpConnection, TcpListener, listen_tcp
from tests.net.reception import (
    Run,
    Stage,
    answered,
    frame,
    on_both_loops,
    packet,
    resolved,
    settle,
    until,
)

DEFAULTS = Limits()


class Client:
    """A client's end of a real connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, listener: TcpListener, source: str | None = None, host: str | None = None
    ) -> "Client":
        local = None if source is None else (source, 0)
        where, port = listener.address
        return cls(
            *await asyncio.open_connection(host or where, port, local_addr=local)
        )

    def send(self, *messages: bytes) -> None:
        self.writer.write(b"".join(frame(message) for message in messages))

    async def receive(self) -> bytes:
        """Read a whole frame, or b"" at the end."""
        async with asyncio.timeout(5):
            try:
                prefix = await self.reader.readexactly(2)
                message = await self.reader.readexactly(int.from_bytes(prefix, "big"))
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""
        return prefix + message

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            return


Story = Callable[[Stage, Connections, TcpListener], Any]


def on_sockets(
    run: Run, story: Story, limits: Limits = DEFAULTS, host: str = "127.0.0.1"
) -> None:
    async def whole() -> None:
        loop = asyncio.get_running_loop()
        stage = Stage()
        connections = Connections(loop, limits)
        listener = await listen_tcp(host, 0, stage.front, loop, connections)
        try:
            await story(stage, connections, listener)
        finally:
            listener.close()
            await connections.close(0)
            await settle()
        assert len(connections) == 0
        assert stage.errors == []

    run(whole())


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
def test_a_connection_is_served(run: Run, host: str) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        assert listener.address[0] == host
        asked = "127.0.0.3" if host == "0.0.0.0" else host
        client = await Client.connect(listener, host=asked)
        client.send(packet("now"), packet("later"))
        assert await client.receive() == answered("now")
        stage.service.answer("later")
        assert await client.receive() == resolved("later")
        await client.close()
        await until(lambda: len(connections) == 0)

    on_sockets(run, story, host=host)


@on_both_loops
def test_a_hundred_pipelined_questions_are_all_answered(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        client = await Client.connect(listener)
        words = [f"w{number}" for number in range(100)]
        client.send(*(packet(word) for word in words))
        await until(lambda: stage.front.waiting == MAX_IN_FLIGHT)
        for word in words:
            await until(lambda word=word: word.encode() in stage.service._open)  # type: ignore[misc]
            stage.service.answer(word)
            assert await client.receive() == resolved(word)
            assert stage.front.waiting <= MAX_IN_FLIGHT
        await client.close()

    on_sockets(run, story)


@on_both_loops
def test_a_client_that_shuts_its_sending_side_still_gets_its_answer(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        client = await Client.connect(listener)
        client.send(packet("later"))
        client.writer.write_eof()
        await until(lambda: stage.front.waiting == 1)
        await asyncio.sleep(0.01)  # the end of its stream arrives after the question
        assert len(connections) == 1
        stage.service.answer("later")
        assert await client.receive() == resolved("later")
        assert await client.receive() == b""
        await client.close()

    on_sockets(run, story)


@on_both_loops
def test_an_empty_frame_ends_the_connection(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        client = await Client.connect(listener)
        client.send(packet("now"), b"", packet("now"))
        assert await client.receive() == answered("now")
        assert await client.receive() == b""
        await until(lambda: len(connections) == 0)
        await client.close()

    on_sockets(run, story)


@on_both_loops
def test_a_reset_in_the_middle_leaves_nothing_behind(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        client = await Client.connect(listener)
        client.send(packet("later"), packet("later", 2))
        client.writer.write(frame(packet("cut off"))[:-3])
        await until(lambda: stage.front.waiting == 2)
        reset(client)
        await until(lambda: len(connections) == 0)
        stage.service.answer("later")
        await settle()
        assert stage.front.waiting == 0
        other = await Client.connect(listener)
        other.send(packet("now"))
        assert await other.receive() == answered("now")
        await other.close()

    on_sockets(run, story)


def reset(client: Client) -> None:
    """Close a connection with RST instead of FIN."""
    sock = client.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cast("asyncio.Transport", client.writer.transport).abort()


@on_both_loops
def test_a_flood_of_connections_from_one_network_leaves_others_served(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Loopback has no such limit, and there is nothing else here.
    monkeypatch.setattr(tcp, "network_of", lambda host: host)

    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        flood = [await Client.connect(listener, "127.0.0.2") for _ in range(20)]
        await until(lambda: connections.refused == 15)
        assert len(connections) == 5
        other = await Client.connect(listener, "127.0.0.3")
        other.send(packet("now"))
        assert await other.receive() == answered("now")
        for client in (*flood, other):
            await client.close()
        await until(lambda: len(connections) == 0)

    on_sockets(run, story, Limits(of_network=5))


@on_both_loops
def test_an_idle_client_and_a_trickling_one_are_closed(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        idle, trickling = [await Client.connect(listener) for _ in range(2)]

        async def trickle() -> None:
            for byte in frame(packet("now").ljust(10_000)):
                trickling.writer.write(bytes((byte,)))
                await asyncio.sleep(0.01)

        task = asyncio.ensure_future(trickle())
        assert await idle.receive() == b""
        assert await trickling.receive() == b""
        assert connections.expired == 2
        task.cancel()
        await idle.close()
        await trickling.close()

    on_sockets(run, story, Limits(idle=0.05))


@on_both_loops
def test_a_client_that_never_reads_costs_bounded_memory_and_is_given_up(
    run: Run,
) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.settimeout(0)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, listener.address)
            question = frame(packet("now".ljust(60_000, "!")))

            async def ask_for_ever() -> None:
                while True:
                    await loop.sock_sendall(deaf, question)

            asking = asyncio.ensure_future(ask_for_ever())
            [connection] = await first(connections)
            most = 0
            while not connection._closing:
                most = max(most, written_but_unread(connection))
                await asyncio.sleep(0.01)
            asking.cancel()
            await asyncio.wait([asking])
            assert 0 < most <= HIGH_WATER + 65_537
            assert len(connection._input) <= 2 * 262_144
            assert connections.expired == 1

    on_sockets(run, story, Limits(idle=0.3))


async def first(connections: Connections) -> list[TcpConnection]:
    await until(lambda: len(connections) == 1)
    return [one for one in connections._open if isinstance(one, TcpConnection)]


def written_but_unread(connection: TcpConnection) -> int:
    transport = connection._transport
    return 0 if transport is None else transport.get_write_buffer_size()


@on_both_loops
def test_a_closed_listener_accepts_nobody_and_keeps_its_connections(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        client = await Client.connect(listener)
        client.send(packet("later"))
        await until(lambda: stage.front.waiting == 1)
        listener.close()
        await settle()
        with pytest.raises(ConnectionRefusedError):
            await Client.connect(listener)
        stage.service.answer("later")
        assert await client.receive() == resolved("later")
        await client.close()

    on_sockets(run, story)


@on_both_loops
def test_several_listeners_may_share_a_port_and_a_table(run: Run) -> None:
    async def story(
        stage: Stage, connections: Connections, listener: TcpListener
    ) -> None:
        loop = asyncio.get_running_loop()
        front = stage.front
        first = await listen_tcp(
            "127.0.0.1", 0, front, loop, connections, reuse_port=True
        )
        port = first.address[1]
        second = await listen_tcp(
            "127.0.0.1", port, front, loop, connections, reuse_port=True
        )
        clients = [await Client.connect(one) for one in (listener, first)]
        await until(lambda: len(connections) == 2)
        for client in clients:
            await client.close()
        first.close()
        second.close()

    on_sockets(run, story)


@on_both_loops
def test_a_listener_without_a_table_has_its_own(run: Run) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        front = Stage().front
        listener = await listen_tcp("127.0.0.1", 0, front, loop)
        with pytest.raises(OSError, match="in use"):
            await listen_tcp(*listener.address, front, loop)
        client = await Client.connect(listener)
        client.send(packet("now"))
        assert await client.receive() == answered("now")
        await client.close()
        listener.close()
        await settle()

    run(story())
