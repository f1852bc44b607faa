"""What stands between a question and its reply: fallbacks, limits, notes."""

import asyncio
from contextlib import suppress

import pytest

from resolver.cache.infra import Servers
from resolver.cache.manners import FIRST_TCP_REST, UDP_REST
from resolver.net.exchange import MAX_OPEN, MAX_OPEN_FORWARDED, TCP_TIMEOUT, Unreachable
from resolver.ports import MAX_ASKS, MAX_BYTES, Address, Errand, Silence, Spent
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.reader import read
from tests.net.pretend import (
    ANSWER,
    QUESTION,
    SERVER,
    Arrival,
    Step,
    World,
    answer,
    kinds,
    silence,
)

# --- one question, one reply -------------------------------------------------------


def test_a_reply_is_handed_back_whole() -> None:
    world = World([answer()])
    message = world.ask()
    assert message.answer == (ANSWER,)
    assert message.question == QUESTION
    assert message.rcode == types.NOERROR


def test_a_question_carries_edns_and_asks_for_no_recursion() -> None:
    world = World([answer()])
    world.ask()
    sent = read(world.udp.packets[0])
    assert sent.question == QUESTION
    assert sent.flags == 0
    assert sent.edns == Edns(1232, do=False)


def test_a_forwarder_is_asked_to_recurse() -> None:
    world = World([answer()])
    world.run(world.exchange(SERVER, QUESTION, world.errand(), recursive=True))
    assert read(world.udp.packets[0]).flags == types.RD


def test_signatures_are_asked_for_when_they_are_wanted() -> None:
    world = World([answer()], dnssec=True)
    world.ask()
    assert read(world.udp.packets[0]).edns == Edns(1232, do=True)


def test_the_id_is_drawn_for_each_question() -> None:
    drawn: list[int] = []

    def random_bits(bits: int) -> int:
        drawn.append(bits)
        return 0xBEEF

    world = World([answer()], random_bits=random_bits)
    world.ask()
    assert drawn == [16]
    assert world.udp.packets[0][:2] == b"\xbe\xef"


def test_a_question_costs_one_ask_and_its_bytes_and_leaves_two_notes() -> None:
    world = World([answer(delay=0.03)])
    errand = world.errand()
    world.ask(errand)
    assert errand.asks_left == MAX_ASKS - 1
    sent, reply = errand.diary
    assert (sent.kind, sent.at, sent.facts) == ("sent", 0.0, (SERVER, QUESTION, "udp"))
    assert reply.kind == "reply"
    server, rcode, seconds, size, _ = reply.facts
    assert (server, rcode, size) == (SERVER, types.NOERROR, 12 + 17 + 16)
    assert seconds == pytest.approx(0.03)
    assert errand.bytes_left == MAX_BYTES - 45


def test_the_round_trip_is_reported() -> None:
    world = World([answer(delay=0.04)])
    assert world.servers.rtt(SERVER, 0.0) is None
    world.ask()
    assert world.servers.rtt(SERVER, 0.04) == pytest.approx(0.04)


def test_an_error_reply_without_a_question_section_is_a_reply() -> None:
    def bare(packet: bytes) -> list[Arrival]:
        return [(0.01, packet[:2] + b"\x80\x05" + bytes(8))]

    assert World([bare]).ask().rcode == types.REFUSED


# --- what is not the reply ---------------------------------------------------------


def test_wrong_and_unreadable_packets_do_not_end_the_wait() -> None:
    def noise(packet: bytes) -> list[Arrival]:
        [(_, good)] = answer(delay=0.0)(packet)
        assert isinstance(good, bytes)
        return [
            (0.01, good.replace(b"\x03www", b"\x03wwx")),  # another question
            (0.01, good[:-1]),  # malformed
            (0.01, b""),
            (0.01, packet),  # our own query
            (0.01, good),
        ]

    world = World([noise])
    errand = world.errand()
    assert world.ask(errand).answer == (ANSWER,)
    assert kinds(errand) == ["sent", "reply"]
    assert errand.diary[1].facts[2] == pytest.approx(0.05)


def test_only_noise_ends_in_silence_when_the_time_is_up() -> None:
    def noise(packet: bytes) -> list[Arrival]:
        return [(0.01, packet)] * 5

    world = World([noise])
    with pytest.raises(Silence, match="timeout"):
        world.ask()
    assert world.loop.time() == pytest.approx(0.376)


# --- silence -----------------------------------------------------------------------


def test_a_silent_server_is_waited_for_as_long_as_it_deserves() -> None:
    world = World([silence()])
    patience = world.servers.timeout(SERVER, 0.0)
    errand = world.errand()
    with pytest.raises(Silence, match="timeout"):
        world.ask(errand)
    assert world.udp.timeouts == [patience]
    assert kinds(errand) == ["sent", "silent"]
    assert errand.diary[1].facts == (SERVER, "timeout", pytest.approx(patience))
    assert world.servers.timeout(SERVER, 1.0) == pytest.approx(2 * patience)


def test_three_silences_take_a_server_down() -> None:
    world = World([silence()] * 2, [silence()])

    async def story() -> None:
        for _ in range(3):
            with pytest.raises(Silence):
                await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert world.servers.is_down(SERVER, world.loop.time())


def test_a_refused_connection_is_the_servers_fault() -> None:
    world = World([silence("connection refused", 0.001)])
    before = world.servers.timeout(SERVER, 0.0)
    with pytest.raises(Silence, match="connection refused"):
        world.ask()
    assert world.servers.timeout(SERVER, 1.0) > before


def test_an_unreachable_network_costs_nothing_and_is_no_fault_of_the_server() -> None:
    world = World([lambda _: [(0.0, Unreachable("network unreachable"))]])
    before = world.servers.timeout(SERVER, 0.0)
    errand = world.errand()
    with pytest.raises(Silence, match="network unreachable"):
        world.ask(errand)
    assert errand.asks_left == MAX_ASKS
    assert kinds(errand) == ["sent", "silent"]
    assert world.servers.timeout(SERVER, 1.0) == before


def became(world: World) -> list[str]:
    """What became of the packets, by transport."""
    told = world.exchange.counts.told("u")
    return [key[2:].rpartition("|")[0] for key in told if not key.endswith("|sum")]


def test_what_became_of_a_packet_is_counted() -> None:
    answered = World([answer(delay=0.04)])
    answered.ask()
    assert became(answered) == ["udp|answered"]
    refused = World([silence("connection refused", 0.001)])
    with pytest.raises(Silence):
        refused.ask()
    assert became(refused) == ["udp|failed"]
    silent = World([silence()])
    with pytest.raises(Silence):
        silent.ask()
    assert became(silent) == ["udp|timeout"]
    nowhere = World([lambda _: [(0.0, Unreachable("network unreachable"))]])
    with pytest.raises(Silence):
        nowhere.ask()
    assert became(nowhere) == ["udp|unreachable"]


def test_a_reply_cut_short_and_its_whole_are_two_packets() -> None:
    world = World([answer(flags=types.QR | types.TC)], [answer(delay=0.06)])
    world.ask()
    assert became(world) == ["udp|truncated", "tcp|answered"]


# --- limits of the errand ----------------------------------------------------------


def test_nobody_waits_beyond_the_deadline_and_the_server_is_not_blamed() -> None:
    world = World([silence()])
    before = world.servers.timeout(SERVER, 0.0)
    errand = world.errand(deadline=0.1)
    with pytest.raises(Spent, match="query_deadline"):
        world.ask(errand)
    assert world.loop.time() == pytest.approx(0.1)
    assert kinds(errand) == ["sent", "silent"]
    assert world.servers.timeout(SERVER, 1.0) == before


def test_nothing_is_sent_after_the_deadline() -> None:
    world = World()
    with pytest.raises(Spent, match="query_deadline"):
        world.ask(world.errand(deadline=0.0))
    assert world.udp.packets == []


def test_nothing_is_sent_on_an_empty_budget() -> None:
    world = World()
    errand = world.errand()
    errand.asks_left = 0
    with pytest.raises(Spent, match="max_asks"):
        world.ask(errand)
    assert world.udp.packets == []
    assert errand.diary == []


def test_asking_again_over_tcp_is_paid_for_too() -> None:
    world = World([answer(flags=types.QR | types.TC)])
    errand = world.errand()
    errand.asks_left = 1
    with pytest.raises(Spent, match="max_asks"):
        world.ask(errand)
    assert world.tcp.packets == []


def test_more_bytes_than_the_budget_end_the_question() -> None:
    world = World([answer()])
    errand = world.errand()
    errand.bytes_left = 44
    with pytest.raises(Spent, match="max_bytes"):
        world.ask(errand)


# --- TCP ---------------------------------------------------------------------------


def test_a_truncated_reply_is_fetched_over_tcp() -> None:
    def cut(packet: bytes) -> list[Arrival]:
        [(delay, whole)] = answer(flags=types.QR | types.TC)(packet)
        assert isinstance(whole, bytes)
        return [(delay, whole[:-3])]

    world = World([cut], [answer(delay=0.06)])
    errand = world.errand()
    assert world.ask(errand).answer == (ANSWER,)
    assert [note.facts[2] for note in errand.diary if note.kind == "sent"] == [
        "udp",
        "tcp",
    ]
    assert kinds(errand) == ["sent", "reply", "sent", "reply"]
    assert errand.asks_left == MAX_ASKS - 2
    assert world.tcp.timeouts == [TCP_TIMEOUT]
    assert world.udp.packets[0][:2] != world.tcp.packets[0][:2], "a new id"


def test_what_tcp_takes_is_not_the_servers_distance() -> None:
    truncated = answer(flags=types.QR | types.TC, delay=0.02)
    world = World([truncated], [answer(delay=0.5)])
    world.ask()
    assert world.servers.rtt(SERVER, 1.0) == pytest.approx(0.02)


def test_a_server_silent_over_tcp_is_silent_but_not_down() -> None:
    truncated = answer(flags=types.QR | types.TC)
    world = World([truncated], [silence("connection refused", 0.01)])
    errand = world.errand()
    with pytest.raises(Silence, match="connection refused"):
        world.ask(errand)
    assert kinds(errand) == ["sent", "reply", "sent", "silent"]
    fresh = Servers(1)
    fresh.answered(SERVER, 0.03, 0.03)
    assert world.servers.timeout(SERVER, 1.0) == pytest.approx(
        fresh.timeout(SERVER, 1.0)
    )


def test_after_two_silences_in_a_row_a_server_is_asked_over_tcp() -> None:
    world = World([silence(), silence()], [answer(delay=0.08)])

    async def story() -> Message:
        for _ in range(2):
            with pytest.raises(Silence):
                await world.exchange(SERVER, QUESTION, world.errand())
        patience = world.servers.timeout(SERVER, world.loop.time())
        message: Message = await world.exchange(SERVER, QUESTION, world.errand())
        assert world.tcp.timeouts == [patience]
        return message

    assert world.run(story()).answer == (ANSWER,)
    now = world.loop.time()
    assert world.servers.rtt(SERVER, now) == pytest.approx(0.08), "it is all we have"
    assert world.servers.facts(SERVER, now).silences == 0


def test_a_server_that_answers_over_tcp_only_is_asked_there_for_a_minute() -> None:
    world = World([silence(), silence(), answer()], [answer(), answer()])

    async def story() -> None:
        for _ in range(2):
            with pytest.raises(Silence):
                await world.exchange(SERVER, QUESTION, world.errand())
        await world.exchange(SERVER, QUESTION, world.errand())
        await asyncio.sleep(UDP_REST - 1)
        await world.exchange(SERVER, QUESTION, world.errand())
        assert not world.tcp.steps
        await asyncio.sleep(UDP_REST)
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())


def test_a_server_silent_over_both_gets_the_next_question_over_udp() -> None:
    world = World([silence(), silence(), answer()], [silence("connection refused")])

    async def story() -> None:
        for _ in range(3):
            with pytest.raises(Silence):
                await world.exchange(SERVER, QUESTION, world.errand())
        assert world.servers.is_down(SERVER, world.loop.time())
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())


def test_tcp_that_was_refused_is_left_alone_for_a_while() -> None:
    truncated = answer(flags=types.QR | types.TC)
    world = World(
        [truncated] * 3, [silence("connection refused", 0.01), answer(delay=0.01)]
    )

    async def story() -> None:
        with pytest.raises(Silence, match="connection refused"):
            await world.exchange(SERVER, QUESTION, world.errand())
        errand = world.errand()
        with pytest.raises(Silence, match="truncated, and silent over tcp"):
            await world.exchange(SERVER, QUESTION, errand)
        assert kinds(errand) == ["sent", "reply", "silent"]
        await asyncio.sleep(FIRST_TCP_REST)
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())


def test_a_reply_truncated_over_tcp_too_is_no_reply() -> None:
    truncated = answer(flags=types.QR | types.TC)
    world = World([truncated], [truncated])
    errand = world.errand()
    with pytest.raises(Silence, match="truncated"):
        world.ask(errand)
    assert kinds(errand)[-1] == "silent"


# --- many questions ----------------------------------------------------------------


def test_one_server_has_only_so_many_questions_to_answer_at_a_time() -> None:
    world = World([answer()] * (MAX_OPEN + 2))
    names = [b"\x04%04d\x00" % number for number in range(MAX_OPEN + 1)]

    async def ask(name: bytes, errand: Errand, server: Address = SERVER) -> None:
        await world.exchange(server, Question(name, types.A), errand)

    async def story() -> None:
        tasks = [asyncio.create_task(ask(name, world.errand())) for name in names[1:]]
        await asyncio.sleep(0)
        errand = world.errand()
        with pytest.raises(Silence, match="too many questions open"):
            await ask(names[0], errand)
        assert errand.asks_left == MAX_ASKS, "nothing was sent"
        assert kinds(errand) == ["silent"]
        await ask(names[0], errand, Address("192.0.2.2"))
        await asyncio.gather(*tasks)
        await ask(names[0], errand)

    world.run(story())


def test_a_forwarder_may_have_many_more() -> None:
    world = World([answer()])
    manners = world.servers.facts(SERVER, 0.0).manners

    async def story() -> None:
        manners.open = MAX_OPEN_FORWARDED - 1
        await world.exchange(SERVER, QUESTION, world.errand(), recursive=True)
        manners.open += 1
        with pytest.raises(Silence, match="too many questions open"):
            await world.exchange(SERVER, QUESTION, world.errand(), recursive=True)

    world.run(story())
    assert manners.open == MAX_OPEN_FORWARDED


@pytest.mark.parametrize("end", [answer(), silence("connection refused", 0.01)])
def test_a_question_that_is_over_is_not_open(end: Step) -> None:
    world = World([end])

    async def story() -> None:
        with suppress(Silence):
            await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert world.servers.facts(SERVER, world.loop.time()).manners.open == 0
