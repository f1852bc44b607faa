"""Time limits that share the loop's timer, in virtual time."""

import asyncio

import pytest

from resolver.net.alarms import GRAIN, Alarms
from resolver.net.upstream_udp import give_up
from resolver.ports import Silence
from tests.virtual import VirtualLoop, run

A_BIT = 1e-6


def loop_of_the_test() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.0512345, 0.376, 5.0])
@pytest.mark.parametrize("begin", [0.0, 0.0049, 0.00999])
def test_a_wait_ends_in_silence_not_early_and_less_than_a_grain_late(
    seconds: float, begin: float
) -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        await asyncio.sleep(begin)
        waiting: asyncio.Future[bytes] = loop.create_future()
        started = loop.time()
        alarms.set(waiting, seconds)
        with pytest.raises(Silence, match=r"^timeout$"):
            await waiting
        assert seconds - A_BIT <= loop.time() - started <= seconds + GRAIN + A_BIT

    run(story())


def test_each_wait_ends_at_its_own_time_in_whatever_order_they_were_set() -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        limits = [0.4, 0.1, 5.0, 0.1, 0.2, 0.05]
        waits = [loop.create_future() for _ in limits]
        started = loop.time()
        ended: dict[int, float] = {}

        async def wait(number: int) -> None:
            with pytest.raises(Silence):
                await waits[number]
            ended[number] = loop.time() - started

        for waiting, seconds in zip(waits, limits, strict=True):
            alarms.set(waiting, seconds)
        await asyncio.gather(*map(wait, range(len(limits))))
        for number, seconds in enumerate(limits):
            assert seconds - A_BIT <= ended[number] <= seconds + GRAIN + A_BIT
        assert loop.next_timer() is None, "nobody watches when nobody waits"

    run(story())


def test_what_was_called_off_is_let_go_of() -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        over, open_ = loop.create_future(), loop.create_future()
        alarms.call_off(over, alarms.set(over, 0.1))
        heap = alarms.set(open_, 0.1)
        with pytest.raises(Silence):
            await open_
        assert not over.done()
        alarms.call_off(open_, heap)  # a heap that is no more

    run(story())


def test_a_reply_that_came_in_time_stands() -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        waiting: asyncio.Future[bytes] = loop.create_future()
        alarms.set(waiting, 0.1)
        waiting.set_result(b"reply")
        await asyncio.sleep(0.2)
        assert waiting.result() == b"reply"

    run(story())


def test_thousands_of_waits_have_one_timer() -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        before = len(loop._timers)
        waits = [loop.create_future() for _ in range(3000)]
        for number, waiting in enumerate(waits):
            alarms.set(waiting, 0.1 + number / 1000)
        assert len(loop._timers) == before + 1
        alarms.set(loop.create_future(), 0.05)
        assert loop.next_timer() == pytest.approx(loop.time() + 0.05, abs=GRAIN + A_BIT)
        for waiting in waits:
            waiting.cancel()

    run(story())


def test_closing_with_nobody_waiting_calls_the_timer_off() -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        alarms.close()
        waiting: asyncio.Future[bytes] = loop.create_future()
        alarms.call_off(waiting, alarms.set(waiting, 5.0))
        alarms.close()
        assert loop.next_timer() is None

    run(story())


def test_closing_leaves_those_who_wait_their_time() -> None:
    async def story() -> None:
        loop = loop_of_the_test()
        alarms = Alarms(loop, give_up)
        waiting: asyncio.Future[bytes] = loop.create_future()
        alarms.set(waiting, 0.1)
        alarms.close()
        with pytest.raises(Silence):
            await waiting

    run(story())
