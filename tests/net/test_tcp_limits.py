"""What TCP clients may not do, with a pretend transport in virtual time."""

import asyncio
from typing import Any

import pytest

from resolver.net.connections import IDLE, SWEEP
from resolver.net.tcp import HIGH_WATER, MAX_UNREAD, TcpConnection
from tests.net.reception import answered, frame, packet, resolved, settle
from tests.net.streams import PretendTransport, Table
from tests.virtual import run as run_virtually

# Patience.


async def late_after(table: Table, transport: PretendTransport) -> float:
    """Give the seconds until the connection is closed."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    while transport.end == "open":
        await asyncio.sleep(SWEEP / 4)
        assert loop.time() < started + 100
    return loop.time() - started


def about(seconds: float) -> Any:
    return pytest.approx(seconds + SWEEP / 2, abs=SWEEP)


def test_a_client_that_asks_nothing_is_closed() -> None:
    async def story() -> None:
        table = Table()
        _, transport = table.connect()
        assert await late_after(table, transport) == about(IDLE)
        assert transport.end == "closed", "and not aborted"
        await settle()
        assert (len(table.connections), table.connections.expired) == (0, 1)

    run_virtually(story())


@pytest.mark.parametrize("word", ["now", "silence"])
def test_bytes_that_trickle_in_buy_no_time(word: str) -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()

        async def trickle() -> None:
            for byte in frame(packet(word).ljust(1000)):
                await asyncio.sleep(0.5)
                connection.data_received(bytes((byte,)))

        trickling = asyncio.ensure_future(trickle())
        assert await late_after(table, transport) == about(IDLE)
        trickling.cancel()

    run_virtually(story())


def test_questions_that_deserve_silence_buy_no_time() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()

        async def pester() -> None:
            while True:
                await asyncio.sleep(0.5)
                connection.data_received(frame(packet("silence")))

        pestering = asyncio.ensure_future(pester())
        assert await late_after(table, transport) == about(IDLE)
        pestering.cancel()

    run_virtually(story())


def test_a_reply_gives_the_client_new_time() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        await asyncio.sleep(IDLE - 1)
        connection.data_received(frame(packet("now")))
        assert await late_after(table, transport) == about(IDLE)

    run_virtually(story())


def test_while_a_question_is_in_flight_the_client_is_not_late() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(frame(packet("a")))
        await asyncio.sleep(3 * IDLE)
        assert transport.end == "open"
        await table.answer("a")
        assert transport.written == resolved("a")
        assert await late_after(table, transport) == about(IDLE)

    run_virtually(story())


# Clients that do not read.


def fill(table: Table, connection: TcpConnection, transport: PretendTransport) -> None:
    """Let the client ask until its replies pile up."""
    transport.client_reads = False
    while transport.unread <= HIGH_WATER:
        connection.data_received(frame(packet("now".ljust(1000, "!"))))


def test_a_client_that_does_not_read_is_not_read_from() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        fill(table, connection, transport)
        assert not transport.is_reading()
        assert transport.unread < HIGH_WATER + 2000
        written = transport.written
        connection.data_received(frame(packet("now")))
        await settle()
        assert transport.written == written, "the question stays where it is"
        transport.read_all()
        assert transport.written == written + answered("now")
        assert transport.is_reading()

    run_virtually(story())


def test_a_client_that_does_not_read_is_given_up_after_a_while() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        await asyncio.sleep(IDLE - 1)
        fill(table, connection, transport)
        assert await late_after(table, transport) == about(IDLE)
        assert transport.end == "aborted"

    run_virtually(story())


def test_questions_in_flight_do_not_excuse_a_client_that_does_not_read() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(frame(packet("later")))
        await asyncio.sleep(IDLE)
        fill(table, connection, transport)
        assert await late_after(table, transport) == about(IDLE)
        assert transport.end == "aborted"

    run_virtually(story())


def test_replies_in_flight_do_not_pile_up_without_bound() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        words = [f"{number}".ljust(60_000, "!") for number in range(32)]
        transport.client_reads = False
        for word in words:
            connection.data_received(frame(packet(word)))
        for word in words:
            await table.answer(word)
        assert transport.end == "aborted"
        assert transport.unread <= MAX_UNREAD + 65_537
        assert table.stage.errors == []

    run_virtually(story())


def test_a_closed_client_that_does_not_read_what_is_left_is_given_up() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        transport.client_reads = False
        connection.data_received(frame(packet("now")))
        connection.eof_received()
        assert transport.end == "closed"
        await asyncio.sleep(IDLE - 1)
        assert transport.end == "closed"
        await asyncio.sleep(1 + SWEEP)
        assert transport.end == "aborted"
        await settle()
        assert len(table.connections) == 0

    run_virtually(story())
