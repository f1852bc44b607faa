"""Questions and replies on a TCP connection, with a pretend transport."""

import pytest

from resolver.net.connections import MAX_IN_FLIGHT, Limits
from tests.net.reception import answered, frame, packet, resolved, settle
from tests.net.streams import Table
from tests.virtual import run as run_virtually

# Framing.


def test_a_question_is_answered_in_a_frame_of_its_own() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(frame(packet("now")))
        assert transport.written == answered("now")
        assert table.service.streams == [True]
        assert table.service.hosts == ["192.0.2.7"]
        assert transport.end == "open"

    run_virtually(story())


def test_a_question_may_come_in_pieces_of_any_size() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        stream = frame(packet("now", 1)) + frame(packet("now", 2))
        for size in (1, 2, 3, 7, len(stream)):
            transport.written = b""
            for start in range(0, len(stream), size):
                connection.data_received(stream[start : start + size])
            assert transport.written == answered("now", 1) + answered("now", 2)

    run_virtually(story())


def test_the_hot_room_is_not_asked_for_streams() -> None:
    async def story() -> None:
        table = Table()
        table.stage.replies.known[packet("now")[2:]] = b"a datagram's reply"
        connection, transport = table.connect()
        connection.data_received(frame(packet("now")))
        assert transport.written == answered("now")
        assert table.stage.replies.asked == []

    run_virtually(story())


@pytest.mark.parametrize("length", [0, 1, 11])
def test_a_frame_too_short_for_a_header_ends_the_questions(length: int) -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(
            frame(packet("later")) + frame(bytes(length)) + frame(packet("now"))
        )
        connection.data_received(frame(packet("now")))
        assert not transport.is_reading()
        assert transport.end == "open", "what was asked before is answered"
        await table.answer("later")
        assert transport.written == resolved("later")
        assert transport.end == "closed", "and not aborted"

    run_virtually(story())


def test_a_reply_too_long_for_a_frame_is_an_error_and_the_next_question_is_taken() -> (
    None
):
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        giant = packet("now".ljust(65_520, "!"))  # with " answered": 65,541
        connection.data_received(frame(giant) + frame(packet("now")))
        assert transport.written == answered("now")
        assert [what for what, _ in table.stage.errors] == ["sending a reply"]

    run_virtually(story())


def test_a_reply_too_long_for_a_frame_frees_the_place_of_its_question() -> None:
    async def story() -> None:
        table = Table(Limits(in_flight=1))
        connection, transport = table.connect()
        giant = "later".ljust(65_520, "!")
        connection.data_received(frame(packet(giant)) + frame(packet("now")))
        await table.answer(giant)
        assert transport.written == answered("now")

    run_virtually(story())


# Whose turn it is.


def test_replies_leave_as_they_are_ready() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        for number, word in enumerate(("a", "b", "now")):
            connection.data_received(frame(packet(word, number)))
        await table.answer("b", "a")
        replies = answered("now", 2) + resolved("b", 1) + resolved("a", 0)
        assert transport.written == replies

    run_virtually(story())


def test_of_a_hundred_questions_thirty_two_are_in_flight_and_the_rest_waits() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        words = [f"w{number}" for number in range(100)]
        stream = b"".join(frame(packet(word)) for word in words)
        connection.data_received(stream)
        await settle()
        assert table.front.waiting == MAX_IN_FLIGHT == 32
        assert not transport.is_reading()
        await table.answer(words[5])
        assert table.front.waiting == 32, "one has left, one has come"
        assert not transport.is_reading()
        for word in words[:5] + words[6:]:
            await table.answer(word)
        order = [words[5], *words[:5], *words[6:]]
        assert transport.written == b"".join(resolved(word) for word in order)
        assert transport.is_reading()
        assert table.front.waiting == 0

    run_virtually(story())


def test_reading_goes_on_only_when_nothing_whole_is_left_in_the_input() -> None:
    async def story() -> None:
        table = Table(Limits(in_flight=2))
        connection, transport = table.connect()
        connection.data_received(b"".join(frame(packet(word)) for word in "abc"))
        assert not transport.is_reading()
        await table.answer("a")
        assert not transport.is_reading(), "b and c are in flight"
        await table.answer("b")
        assert transport.is_reading()
        await table.answer("c")

    run_virtually(story())


def test_one_clients_flood_of_known_questions_leaves_others_their_turn() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(frame(packet("now")) * 100)
        assert transport.written == answered("now") * MAX_IN_FLIGHT
        assert not transport.is_reading()
        await settle()
        assert transport.written == answered("now") * 100
        assert transport.is_reading()

    run_virtually(story())


def test_silence_frees_the_place_of_its_question() -> None:
    async def story() -> None:
        table = Table(Limits(in_flight=1))
        connection, transport = table.connect()
        for word in ("silence", "crash", "now"):
            connection.data_received(frame(packet(word)))
            await settle()
        assert transport.written == answered("now")
        assert transport.is_reading()

    run_virtually(story())


# Clients that close or go.


def test_a_half_closed_client_gets_its_replies_and_then_the_end() -> None:
    async def story() -> None:
        table = Table(Limits(in_flight=1))
        connection, transport = table.connect()
        connection.data_received(frame(packet("a")) + frame(packet("b")))
        assert connection.eof_received() is True, "the transport stays open"
        await table.answer("a")
        assert transport.end == "open"
        await table.answer("b")
        assert transport.written == resolved("a") + resolved("b")
        assert transport.end == "closed"

    run_virtually(story())


def test_a_half_closed_client_gets_everything_that_it_had_asked() -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(frame(packet("now")) * 100)
        connection.eof_received()
        await settle()
        assert transport.written == answered("now") * 100
        assert transport.end == "closed"

    run_virtually(story())


@pytest.mark.parametrize("unfinished", [b"", b"\x00", b"\x00\x0c", b"\x00\x0cabc"])
def test_a_client_that_ends_without_waiting_for_anything_is_closed(
    unfinished: bytes,
) -> None:
    async def story() -> None:
        table = Table()
        connection, transport = table.connect()
        connection.data_received(unfinished)
        connection.eof_received()
        assert transport.end == "closed"
        await settle()
        assert len(table.connections) == 0

    run_virtually(story())


def test_the_replies_to_a_client_that_has_gone_are_thrown_away() -> None:
    async def story() -> None:
        table = Table(Limits(in_flight=2))
        connection, transport = table.connect()
        connection.data_received(b"".join(frame(packet(word)) for word in "abc"))
        connection.connection_lost(ConnectionResetError())
        transport.protocol = None
        assert len(table.connections) == 0
        await table.answer("a", "b")
        assert transport.written == b""
        assert table.front.walks == 2, "what it still had to ask is forgotten"
        assert table.stage.errors == []

    run_virtually(story())
