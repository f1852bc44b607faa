"""Connections to servers are used again, by several questions, and bounded."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing, suppress

import pytest

from resolver.net import upstream_tcp
from resolver.net.upstream_tcp import MAX_IDLE, MAX_QUESTIONS, Tcp
from resolver.ports import Address, Silence
from tests.net.loopback import (
    FACTORIES,
    PATIENCE,
    SHORT,
    Run,
    anything,
    framed,
    runner,
)


@pytest.fixture(params=FACTORIES)
def run(request: pytest.FixtureRequest) -> Run:
    return runner(request.param)


class Peer:
    """The server's end of a connection; the first has the number 1."""

    def __init__(self, connection: socket.socket, number: int) -> None:
        self.connection = connection
        self.number = number
        self.received = b""

    async def question(self) -> bytes:
        """Wait for the next question.  Raises EOFError when there will be none."""
        loop = asyncio.get_running_loop()
        while len(self.received) < 2 + int.from_bytes(self.received[:2], "big"):
            more = await loop.sock_recv(self.connection, 65536)
            if not more:
                raise EOFError
            self.received += more
        end = 2 + int.from_bytes(self.received[:2], "big")
        packet, self.received = self.received[2:end], self.received[end:]
        return packet

    async def send(self, *messages: bytes) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.connection, b"".join(map(framed, messages)))


Talk = Callable[[Peer], Awaitable[None]]


class Server:
    """Talks on any number of connections at a time; `accepted` counts them."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.accepted = 0
        self.open = 0
        self.address = Address("127.0.0.1", 0)

    async def serve(self, listener: socket.socket) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                connection, _ = await asyncio.get_running_loop().sock_accept(listener)
                self.accepted += 1
                self.open += 1
                tasks.create_task(self._converse(connection))

    async def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(EOFError, ConnectionError):
                await self.talk(Peer(connection, self.accepted))
        finally:
            self.open -= 1


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[Server]:
    server = Server(talk)
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listener:
        listener.settimeout(0)
        server.address = Address(*listener.getsockname())
        task = asyncio.create_task(server.serve(listener))
        try:
            yield server
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def echo(peer: Peer) -> None:
    while True:
        await peer.send(await peer.question())


async def soon(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - the other side says nothing
            await asyncio.sleep(0.001)


def packets(count: int) -> list[bytes]:
    return [number.to_bytes(2, "big") + b"question" for number in range(count)]


# --- used again --------------------------------------------------------------------


def test_one_question_after_the_other_goes_over_one_connection(run: Run) -> None:
    async def story() -> None:
        async with serving(echo) as server:
            with closing(Tcp()) as tcp:
                for packet in packets(5):
                    reply = await tcp(server.address, packet, PATIENCE, anything)
                    assert reply == packet
                assert len(tcp) == 1
            assert server.accepted == 1
            await soon(lambda: server.open == 0)

    run(story())


def test_each_server_has_connections_of_its_own(run: Run) -> None:
    async def story() -> None:
        async with serving(echo) as one, serving(echo) as other:
            with closing(Tcp()) as tcp:
                for server in (one, other, one, other):
                    await tcp(server.address, b"question", PATIENCE, anything)
                assert (one.accepted, other.accepted) == (1, 1)

    run(story())


def test_questions_share_a_connection_and_replies_come_in_any_order(run: Run) -> None:
    async def backwards(peer: Peer) -> None:
        asked = [await peer.question() for _ in range(5)]
        await peer.send(*reversed(asked))
        await peer.question()

    async def story() -> None:
        async with serving(backwards) as server:
            with closing(Tcp()) as tcp:
                replies = await asyncio.gather(
                    *(tcp(server.address, p, PATIENCE, p.__eq__) for p in packets(5))
                )
                assert replies == packets(5)
                assert server.accepted == 1

    run(story())


def test_a_connection_has_only_so_many_questions(run: Run) -> None:
    async def story() -> None:
        async with serving(echo) as server:
            with closing(Tcp()) as tcp:
                await asyncio.gather(
                    *(
                        tcp(server.address, packet, PATIENCE, anything)
                        for packet in packets(MAX_QUESTIONS + 1)
                    )
                )
                assert server.accepted == 2

    run(story())


def test_questions_with_the_same_id_go_over_two_connections(run: Run) -> None:
    async def story() -> None:
        async with serving(echo) as server:
            with closing(Tcp()) as tcp:
                first, second = await asyncio.gather(
                    tcp(server.address, b"qu one", PATIENCE, b"qu one".__eq__),
                    tcp(server.address, b"qu two", PATIENCE, b"qu two".__eq__),
                )
                assert (first, second) == (b"qu one", b"qu two")
                assert server.accepted == 2

    run(story())


# --- connections that end ----------------------------------------------------------


async def once(peer: Peer) -> None:
    await peer.send(await peer.question())


def test_a_server_that_closes_after_each_reply_gets_a_connection_for_each(
    run: Run,
) -> None:
    async def story() -> None:
        async with serving(once) as server:
            with closing(Tcp()) as tcp:
                for packet in packets(3):
                    await tcp(server.address, packet, PATIENCE, anything)
                assert server.accepted == 3

    run(story())


def test_questions_lost_with_a_shared_connection_are_asked_again_each_on_its_own(
    run: Run,
) -> None:
    async def story() -> None:
        async with serving(once) as server:
            with closing(Tcp()) as tcp:
                replies = await asyncio.gather(
                    *(tcp(server.address, p, PATIENCE, p.__eq__) for p in packets(6))
                )
                assert replies == packets(6)
                assert server.accepted == 6

    run(story())


def test_what_fails_on_a_new_connection_is_not_tried_again(run: Run) -> None:
    async def rude(peer: Peer) -> None:
        await peer.question()

    async def story() -> None:
        async with serving(rude) as server:
            with closing(Tcp()) as tcp:
                with pytest.raises(Silence, match=r"^connection closed$"):
                    await tcp(server.address, b"question", PATIENCE, anything)
                assert server.accepted == 1
                assert len(tcp) == 0

    run(story())


def test_what_fails_on_a_connection_of_its_own_too_is_given_up(run: Run) -> None:
    async def worse_and_worse(peer: Peer) -> None:
        if peer.number == 1:
            await peer.send(await peer.question())
            await peer.question()

    async def story() -> None:
        async with serving(worse_and_worse) as server:
            with closing(Tcp()) as tcp:
                await tcp(server.address, b"1-question", PATIENCE, anything)
                with pytest.raises(Silence, match=r"^connection (closed|reset)$"):
                    await tcp(server.address, b"2-question", PATIENCE, anything)
                assert server.accepted == 2

    run(story())


def test_a_connection_on_which_a_question_was_given_up_gets_no_more(run: Run) -> None:
    async def deaf_at_first(peer: Peer) -> None:
        if peer.number > 1:
            await echo(peer)
        await asyncio.sleep(60)

    async def story() -> None:
        async with serving(deaf_at_first) as server:
            with closing(Tcp()) as tcp:
                with pytest.raises(Silence, match=r"^timeout$"):
                    await tcp(server.address, b"question", SHORT, anything)
                assert len(tcp) == 0
                await tcp(server.address, b"question", PATIENCE, anything)
                assert server.accepted == 2

    run(story())


def test_who_gives_up_leaves_the_connection_to_the_others_on_it(run: Run) -> None:
    async def slow(peer: Peer) -> None:
        await peer.question()
        second = await peer.question()
        await given_up.wait()
        await peer.send(second)
        await peer.question()

    async def story() -> None:
        async with serving(slow) as server:
            with closing(Tcp()) as tcp:
                hurried = asyncio.create_task(
                    tcp(server.address, b"1-question", SHORT, anything)
                )
                patient = asyncio.create_task(
                    tcp(server.address, b"2-question", PATIENCE, anything)
                )
                with pytest.raises(Silence, match="timeout"):
                    await hurried
                given_up.set()
                assert await patient == b"2-question"
                await soon(lambda: server.open == 0)
                assert len(tcp) == 0

    given_up = asyncio.Event()
    run(story())


# --- idle connections --------------------------------------------------------------


def test_an_idle_connection_is_closed_after_a_while(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_tcp, "IDLE_SECONDS", 2 * SHORT)

    async def story() -> None:
        async with serving(echo) as one, serving(echo) as other:
            with closing(Tcp()) as tcp:
                await tcp(one.address, b"question", PATIENCE, anything)
                await asyncio.sleep(SHORT)
                await tcp(other.address, b"question", PATIENCE, anything)
                await soon(lambda: one.open == 0)
                assert other.open == 1
                await soon(lambda: other.open == 0)
                assert len(tcp) == 0

    run(story())


def test_a_connection_in_use_is_not_idle(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_tcp, "IDLE_SECONDS", SHORT)

    async def thoughtful(peer: Peer) -> None:
        await peer.send(await peer.question())
        packet = await peer.question()
        await asyncio.sleep(3 * SHORT)
        await peer.send(packet)

    async def story() -> None:
        async with serving(thoughtful) as server:
            with closing(Tcp()) as tcp:
                for packet in packets(2):
                    await tcp(server.address, packet, PATIENCE, anything)
                assert server.accepted == 1

    run(story())


def test_the_server_may_close_an_idle_connection(run: Run) -> None:
    async def story() -> None:
        async with serving(once) as server:
            with closing(Tcp()) as tcp:
                await tcp(server.address, b"question", PATIENCE, anything)
                await soon(lambda: len(tcp) == 0)

    run(story())


def test_only_so_many_idle_connections_are_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_tcp, "MAX_IDLE", 3)

    async def story() -> None:
        async with serving(echo) as server:
            with closing(Tcp()) as tcp:
                # One after the other becomes idle, each on a connection of its own.
                await asyncio.gather(
                    *(
                        tcp(server.address, b"qu%d" % n, PATIENCE, anything)
                        for n in range(5)
                    )
                )
                assert server.accepted == 5
                assert len(tcp) == 3
                await soon(lambda: server.open == 3)

    run(story())
    assert MAX_IDLE < 1024 // 4, "descriptors that a process has at least"


# --- the end -----------------------------------------------------------------------


def test_closing_ends_those_who_wait_and_leaves_nothing_open(run: Run) -> None:
    async def story() -> None:
        async with serving(echo) as server:
            tcp = Tcp()
            await tcp(server.address, b"question", PATIENCE, anything)
            waiting = asyncio.create_task(
                tcp(server.address, b"question", PATIENCE, lambda _: False)
            )
            await asyncio.sleep(SHORT)
            tcp.close()
            with pytest.raises(Silence, match=r"^connection closed$"):
                await waiting
            await soon(lambda: server.open == 0)
            assert (server.accepted, len(tcp)) == (1, 0)
            tcp.close()

    run(story())


def test_one_transport_serves_one_loop_after_the_other() -> None:
    tcp = Tcp()

    async def story() -> None:
        async with serving(echo) as server:
            reply = await tcp(server.address, b"question", PATIENCE, anything)
            assert reply == b"question"

    asyncio.run(story())
    asyncio.run(story())
    tcp.close()
