"""Identical questions in flight share one packet, and nobody depends on the others."""

import asyncio
from collections.abc import Iterator

import pytest

from resolver.ports import MAX_ASKS, MAX_BYTES, Address, Errand, Silence, Spent
from resolver.wire import types
from resolver.wire.message import Message, Question
from tests.net.pretend import (
    ANSWER,
    NAME,
    QUESTION,
    SERVER,
    Arrival,
    World,
    answer,
    kinds,
    silence,
)


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def together(world: World, *errands: Errand) -> list[asyncio.Task[Message]]:
    return [
        asyncio.create_task(world.exchange(SERVER, QUESTION, errand))
        for errand in errands
    ]


def test_identical_questions_share_one_packet_and_each_pays_one_ask() -> None:
    world = World([answer()])
    errands = [world.errand() for _ in range(3)]

    async def story() -> list[Message]:
        return await asyncio.gather(*together(world, *errands))

    first, second, third = world.run(story())
    assert first is second is third
    assert len(world.udp.packets) == 1
    assert (world.exchange.asked, world.exchange.joined) == (1, 2)
    for errand in errands:
        assert errand.asks_left == MAX_ASKS - 1
        assert kinds(errand) == ["sent", "reply"]
    assert [errand.diary[0].facts[2] for errand in errands] == [
        "udp",
        "joined",
        "joined",
    ]
    assert [errand.bytes_left for errand in errands[1:]] == [MAX_BYTES] * 2


def test_questions_that_differ_in_anything_are_not_joined() -> None:
    world = World([answer()] * 4)
    errand = world.errand()
    ask = world.exchange

    async def story() -> None:
        await asyncio.gather(
            ask(SERVER, QUESTION, errand),
            ask(SERVER, QUESTION, errand, recursive=True),
            ask(SERVER, Question(NAME, types.AAAA), errand),
            ask(Address("192.0.2.1", 5353), QUESTION, errand),
        )

    world.run(story())
    assert len(world.udp.packets) == 4
    assert world.exchange.joined == 0


def test_a_question_asked_after_the_reply_is_a_new_one() -> None:
    world = World([answer(), answer()])

    async def story() -> None:
        await world.exchange(SERVER, QUESTION, world.errand())
        await world.exchange(SERVER, QUESTION, world.errand())

    world.run(story())
    assert len(world.udp.packets) == 2


def test_silence_is_for_all_who_wait() -> None:
    world = World([silence("connection refused", 0.1)])
    errands = [world.errand(), world.errand()]

    async def story() -> list[Message | BaseException]:
        tasks = together(world, *errands)
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = world.run(story())
    assert [str(outcome) for outcome in outcomes] == ["connection refused"] * 2
    assert all(isinstance(outcome, Silence) for outcome in outcomes)
    assert [kinds(errand) for errand in errands] == [["sent", "silent"]] * 2
    assert outcomes[0] is not outcomes[1], "a traceback belongs to one walk"


def test_a_rider_that_is_cancelled_takes_nobody_along() -> None:
    world = World([answer()])

    async def story() -> None:
        leader, rider, other = together(world, *(world.errand() for _ in range(3)))
        await settle()
        rider.cancel()
        assert (await leader).answer == (await other).answer == (ANSWER,)
        assert rider.cancelled()

    world.run(story())
    assert len(world.udp.packets) == 1


def test_when_the_leader_is_cancelled_a_rider_takes_the_lead() -> None:
    world = World([silence(), answer()])
    errands = [world.errand() for _ in range(3)]

    async def story() -> None:
        leader, *riders = together(world, *errands)
        await settle()
        leader.cancel()
        for rider in riders:
            assert (await rider).answer == (ANSWER,)
        assert leader.cancelled()

    world.run(story())
    assert len(world.udp.packets) == 2
    assert world.udp.ended == 2, "the first wait was called off"
    assert [errand.asks_left for errand in errands] == [MAX_ASKS - 1] * 3


def test_a_leader_cancelled_alone_leaves_nothing_behind() -> None:
    world = World([silence()])

    async def story() -> None:
        [leader] = together(world, world.errand())
        await settle()
        leader.cancel()
        await asyncio.wait([leader])
        assert leader.cancelled()

    world.run(story())
    assert world.udp.ended == 1


def test_a_leader_whose_errand_ends_hands_over() -> None:
    world = World([silence(), answer()])
    hurried, patient = world.errand(deadline=0.1), world.errand()

    async def story() -> None:
        leader, rider = together(world, hurried, patient)
        with pytest.raises(Spent, match="query_deadline"):
            await leader
        assert (await rider).answer == (ANSWER,)

    world.run(story())
    assert world.loop.time() == pytest.approx(0.13)
    assert patient.asks_left == MAX_ASKS - 1


def test_a_rider_waits_no_longer_than_its_own_deadline() -> None:
    world = World([answer(delay=0.3)])

    async def story() -> None:
        leader, rider = together(world, world.errand(), world.errand(deadline=0.1))
        with pytest.raises(Spent, match="query_deadline"):
            await rider
        assert world.loop.time() == pytest.approx(0.1)
        assert (await leader).answer == (ANSWER,)

    world.run(story())


def test_a_fault_in_a_transport_is_not_hidden_from_anyone() -> None:
    def broken(_packet: bytes) -> Iterator[Arrival]:
        yield 0.01, b""
        raise ZeroDivisionError

    world = World([broken, broken])  # type: ignore[list-item]

    async def story() -> None:
        for task in together(world, world.errand(), world.errand()):
            with pytest.raises(ZeroDivisionError):
                await task

    world.run(story())
