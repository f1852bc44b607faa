"""How many connections there may be, with pretend transports in virtual time."""

import asyncio

import pytest

from resolver.net.connections import (
    IDLE,
    MAX_CONNECTIONS,
    MIN_IDLE,
    SWEEP,
    Limits,
)
from tests.net.reception import answered, frame, packet, resolved, settle
from tests.net.streams import Table
from tests.virtual import run as run_virtually

# Patience.


def test_patience_shrinks_when_more_than_half_of_the_connections_are_taken() -> None:
    async def story() -> None:
        table = Table(Limits(connections=100, of_network=100))
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
        table = Table(Limits(connections=20, of_network=20))
        for _ in range(20):
            table.connect()
        assert table.connect()[1].end == "aborted"
        await asyncio.sleep(1)
        assert table.connect("198.51.100.1")[1].end == "open"

    run_virtually(story())


# Limits.


def test_one_network_has_a_bounded_number_of_connections() -> None:
    async def story() -> None:
        table = Table(Limits(of_network=3))
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
        assert len(table.connections._tally) == 0

    run_virtually(story())


def test_a_client_that_has_gone_before_it_was_accepted_is_not_counted() -> None:
    async def story() -> None:
        table = Table()
        assert table.connect(None)[1].end == "aborted"
        await settle()
        assert (len(table.connections), table.connections.accepted) == (0, 0)

    run_virtually(story())


def test_hosts_of_one_ipv6_link_are_counted_together() -> None:
    async def story() -> None:
        table = Table(Limits(of_network=3))
        for number in range(3):
            assert table.connect(f"2001:db8::{number}")[1].end == "open"
        assert table.connect("2001:db8::ffff:0:0:1")[1].end == "aborted"
        assert table.connect("2001:db8:0:1::1")[1].end == "open"

    run_virtually(story())


def test_a_proxy_on_loopback_may_have_more_connections_than_others() -> None:
    async def story() -> None:
        table = Table()
        ends = {table.connect("127.0.0.1")[1].end for _ in range(1000)}
        assert ends == {"open"}
        assert table.connections.refused == 0

    run_virtually(story())


def test_what_all_connections_hold_is_bounded_and_the_largest_go_first() -> None:
    async def story() -> None:
        table = Table(Limits(held=100_000))
        half = frame(packet("large").ljust(60_000))[:-1]
        clients = [table.connect(f"192.0.2.{number}") for number in range(4)]
        (honest, small), (one, first), (other, second), (reader, third) = clients
        honest.data_received(frame(packet("a")))
        one.data_received(half)
        other.data_received(half[:50_000])
        third.client_reads = False
        reader.data_received(frame(packet("now".ljust(30_000, "!"))))
        assert sum(connection.held() for connection, _ in clients) > 140_000
        await asyncio.sleep(SWEEP)
        assert (first.end, second.end, third.end) == ("aborted", "open", "open")
        assert (table.connections.overfull, table.connections.expired) == (1, 0)
        await asyncio.sleep(SWEEP)
        assert second.end == "open", "what is left fits"
        await table.answer("a")
        assert small.written == resolved("a")

    run_virtually(story())


def test_a_connection_that_is_gone_holds_nothing() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(frame(packet("half"))[:-1])
        assert connection.held() == len(frame(packet("half"))) - 1
        transport.abort()
        await settle()
        assert connection.held() == 0

    run_virtually(story())


def test_a_crowd_of_slow_lorises_keeps_nobody_out_for_long() -> None:
    """From many networks, all that are taken, each with a byte now and then."""

    async def story() -> None:
        table = Table()
        lorises = [
            table.connect(f"192.0.{number // 60}.7")[0]
            for number in range(MAX_CONNECTIONS)
        ]
        assert len(table.connections) == MAX_CONNECTIONS
        assert table.connect("198.51.100.1")[1].end == "aborted"

        async def trickle() -> None:
            for byte in frame(packet("never whole").ljust(1000)):
                for loris in lorises:
                    loris.data_received(bytes((byte,)))
                await asyncio.sleep(0.2)

        trickling = asyncio.ensure_future(trickle())
        await asyncio.sleep(1)
        honest, transport = table.connect("198.51.100.1")
        honest.data_received(frame(packet("now")))
        assert transport.written == answered("now")
        trickling.cancel()

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
