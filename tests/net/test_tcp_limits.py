"""What TCP clients may not do, with a pretend transport in virtual time."""

import asyncio
from typing import Any

import pytest

from resolver.net.tcp import (
    HIGH_WATER,
    IDLE,
    MAX_UNREAD,
    MIN_IDLE,
    SWEEP,
    Limits,
    TcpConnection,
)
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


def test_patience_shrinks_when_more_than_half_of_the_connections_are_taken() -> None:
    async def story() -> None:
        table = Table(Limits(connections=100, of_host=100))
        patience = []
        for _ in range(100):
            table.connect()
            patience.append(table.connections.patience())
        assert patience[:50] == [IDLE] * 50
        assert patience[74] == pytest.approx(IDLE / 2)
        assert sorted(patience, reverse=True) == patience
        assert patience[-1] == MIN_IDLE

    run_virtually(story())


def test_a_table_full_of_idlers_has_room_again_within_a_second() -> None:
    async def story() -> None:
        table = Table(Limits(connections=20, of_host=20))
        for _ in range(20):
            table.connect()
        assert table.connect()[1].end == "aborted"
        await asyncio.sleep(1)
        assert table.connect("198.51.100.1")[1].end == "open"

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


# Limits.


def test_one_host_has_a_bounded_number_of_connections() -> None:
    async def story() -> None:
        table = Table(Limits(of_host=3))
        mine = [table.connect()[1] for _ in range(3)]
        assert table.connect()[1].end == "aborted"
        assert table.connect("198.51.100.1")[1].end == "open"
        assert [transport.end for transport in mine] == ["open"] * 3
        assert (table.connections.accepted, table.connections.refused) == (4, 1)
        mine[0].close()
        await settle()
        assert table.connect()[1].end == "open"

    run_virtually(story())


def test_there_is_a_bounded_number_of_connections_in_all() -> None:
    async def story() -> None:
        table = Table(Limits(connections=3))
        first, *_ = (table.connect(f"192.0.2.{number}")[1] for number in range(3))
        assert table.connect("198.51.100.1")[1].end == "aborted"
        assert len(table.connections) == 3
        first.close()
        await settle()
        assert table.connect("198.51.100.1")[1].end == "open"
        await asyncio.sleep(2 * IDLE)
        assert len(table.connections) == 0
        assert table.connections._of_host == {}

    run_virtually(story())


def test_a_client_that_has_gone_before_it_was_accepted_is_not_counted() -> None:
    async def story() -> None:
        table = Table()
        assert table.connect(None)[1].end == "aborted"
        await settle()
        assert (len(table.connections), table.connections.accepted) == (0, 0)

    run_virtually(story())


# The end.


def test_closing_lets_clients_read_what_was_written_and_takes_no_new_ones() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        table = Table(Limits(in_flight=1))
        _, quick = table.connect()
        connection, slow = table.connect()
        slow.client_reads = False
        for word in ("now", "later", "more"):
            connection.data_received(frame(packet(word)))
        await settle()
        started = loop.time()
        closing = asyncio.ensure_future(table.connections.close(5))
        await settle()
        assert (quick.end, slow.end) == ("closed", "closed")
        assert table.connect()[1].end == "aborted"
        await table.answer("later")
        assert slow.written == answered("now")
        assert table.front.walks == 1, "nothing more is asked for it"
        await closing
        assert loop.time() - started == pytest.approx(5)
        assert (quick.end, slow.end) == ("closed", "aborted")
        await settle()
        assert len(table.connections) == 0

    run_virtually(story())


def test_closing_is_over_when_all_have_read() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        table = Table()
        table.connect()
        await table.connections.close(5)
        assert loop.time() == started
        assert len(table.connections) == 0
        empty = Table()
        await empty.connections.close(5)
        assert loop.time() == started

    run_virtually(story())
