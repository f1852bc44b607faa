"""One connection with several questions on it, over a pair of sockets."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from resolver.net.connection import MAX_BYTES, Connection
from resolver.ports import Address, Broken, Silence
from tests.net.loopback import PATIENCE, anything, framed

SERVER = Address("192.0.2.1")


class Pair:
    """A connection and the server's end of it."""

    def __init__(self, here: socket.socket, there: socket.socket) -> None:
        self.loop = asyncio.get_running_loop()
        self.ended: list[Connection] = []
        self.there = there
        self.connection = Connection(self.loop, here, SERVER, self.ended.append)

    def put(self, packet: bytes) -> asyncio.Future[bytes]:
        waiting: asyncio.Future[bytes] = self.loop.create_future()
        self.connection.put(packet, anything, waiting)
        return waiting

    async def receive(self, size: int) -> bytes:
        received = b""
        async with asyncio.timeout(PATIENCE):
            while len(received) < size:
                received += await self.loop.sock_recv(self.there, size)
        return received

    async def send(self, *messages: bytes) -> None:
        await self.loop.sock_sendall(self.there, b"".join(map(framed, messages)))


@contextmanager
def pair() -> Iterator[Pair]:
    here, there = socket.socketpair()
    with here, there:
        for end in (here, there):
            end.settimeout(0)
        both = Pair(here, there)
        yield both
        both.connection.end()


async def reply_of(waiting: asyncio.Future[bytes]) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await waiting


async def test_replies_in_any_order_find_their_questions() -> None:
    with pair() as both:
        first, second, third = map(both.put, (b"1-a", b"2-b", b"3-c"))
        assert both.connection.questions == 3
        assert await both.receive(15) == framed(b"1-a") + framed(b"2-b") + framed(
            b"3-c"
        )
        await both.send(b"3-C", b"1-A")
        assert await reply_of(third) == b"3-C"
        assert await reply_of(first) == b"1-A"
        assert not second.done()
        assert both.connection.replies == 2


async def test_a_question_is_sent_at_once_when_the_connection_stands() -> None:
    with pair() as both:
        waits = [both.put(b"1-a")]
        await both.receive(5)
        waits.append(both.put(b"2-b"))
        assert both.there.recv(10) == framed(b"2-b")
        assert not any(waiting.done() for waiting in waits)


async def test_questions_with_the_same_id_are_kept_apart() -> None:
    with pair() as both:
        assert both.connection.has_room_for(b"1-a")
        waiting = both.put(b"1-a")
        assert not both.connection.has_room_for(b"1-b")
        assert both.connection.has_room_for(b"2-b")
        both.connection.take_off(b"1-a")
        assert both.connection.has_room_for(b"1-b")
        assert not waiting.done()


async def test_a_reply_to_nobody_is_passed_over() -> None:
    with pair() as both:
        gone, staying = both.put(b"1-a"), both.put(b"2-b")
        both.connection.take_off(b"1-a")
        await both.send(b"1-A", b"9-Z", b"", b"2-B", b"2-again")
        assert await reply_of(staying) == b"2-B"
        assert not gone.done()


async def test_what_the_sieve_refuses_is_passed_over() -> None:
    with pair() as both:
        waiting: asyncio.Future[bytes] = both.loop.create_future()
        both.connection.put(b"1-a", b"1-right".__eq__, waiting)
        await both.send(b"1-wrong", b"1-right")
        assert await reply_of(waiting) == b"1-right"


async def test_a_fault_in_one_sieve_is_for_its_asker_alone() -> None:
    def broken(packet: bytes) -> bool:
        raise ZeroDivisionError

    with pair() as both:
        waiting: asyncio.Future[bytes] = both.loop.create_future()
        both.connection.put(b"1-a", broken, waiting)
        other = both.put(b"2-b")
        await both.send(b"1-A", b"2-B")
        with pytest.raises(ZeroDivisionError):
            await reply_of(waiting)
        assert await reply_of(other) == b"2-B"


async def test_a_question_larger_than_the_sockets_buffer_is_sent_in_pieces() -> None:
    large = bytes(range(256)) * 255
    with pair() as both:
        both.connection._opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        waiting = both.put(large)
        small = both.put(b"2-b")
        assert await both.receive(2 + len(large) + 5) == framed(large) + framed(b"2-b")
        await both.send(large[:2] + b"reply", b"2-B")
        assert await reply_of(waiting) == large[:2] + b"reply"
        assert await reply_of(small) == b"2-B"


async def test_when_the_server_hangs_up_all_who_wait_are_told_each_for_itself() -> None:
    with pair() as both:
        waits = [both.put(b"1-a"), both.put(b"2-b")]
        await both.receive(10)
        both.there.close()
        for waiting in waits:
            with pytest.raises(Broken, match=r"^connection closed$"):
                await reply_of(waiting)
        one, other = (waiting.exception() for waiting in waits)
        assert one is not other
        assert both.ended == [both.connection]
        assert both.connection._opened.fileno() < 0


async def test_the_bytes_between_two_replies_are_bounded_but_not_the_replies() -> None:
    with pair() as both:
        for number in range(5):
            waiting = both.put(b"%d-a" % number)
            await both.send(b"%d-" % number + bytes(65000))
            await reply_of(waiting)
            both.connection.take_off(b"%d-a" % number)
        waiting = both.put(b"1-a")
        sent = 0
        while sent <= MAX_BYTES:
            await both.send(b"9-" + bytes(60000))
            sent += 60000
        with pytest.raises(Silence, match=r"^too many bytes$") as caught:
            await reply_of(waiting)
        assert not isinstance(caught.value, Broken), "no reason to try once more"


async def test_what_has_ended_ends_once() -> None:
    with pair() as both:
        waiting = both.put(b"1-a")
        both.connection.end(Silence("timeout"))
        both.connection.end(Silence("another"))
        with pytest.raises(Silence, match="timeout"):
            await waiting
        assert both.ended == [both.connection]


def test_a_connection_may_outlive_its_loop() -> None:
    here, there = socket.socketpair()

    async def story() -> Connection:
        loop = asyncio.get_running_loop()
        return Connection(loop, here, SERVER, lambda _: None)

    with here, there:
        asyncio.run(story()).end()
        assert here.fileno() < 0
