"""The loop that the tests' time runs on."""

import asyncio
import time

import pytest

from resolver.lab import virtual


def test_an_hour_of_sleep_takes_no_time() -> None:
    async def sleeper() -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(3600)
        return loop.time() - before

    started = time.perf_counter()
    assert virtual.run(sleeper()) == 3600
    assert time.perf_counter() - started < 1.0


def test_timers_fire_in_the_order_of_their_times_whatever_the_order_of_their_making() -> (
    None
):
    heard: list[tuple[str, float]] = []

    async def say(word: str, delay: float) -> None:
        await asyncio.sleep(delay)
        heard.append((word, asyncio.get_running_loop().time() - virtual.START))

    async def everybody() -> None:
        await asyncio.gather(say("last", 3.0), say("first", 1.0), say("second", 2.0))

    virtual.run(everybody())
    assert heard == [("first", 1.0), ("second", 2.0), ("last", 3.0)]


def test_a_time_limit_ends_a_wait() -> None:
    async def waiter() -> float:
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5.0):
                await asyncio.Event().wait()
        return loop.time() - virtual.START

    assert virtual.run(waiter()) == 5.0


def test_waiting_for_what_never_comes_is_an_error_and_no_hang() -> None:
    async def waiter() -> None:
        await asyncio.Event().wait()

    with pytest.raises(virtual.Stuck):
        virtual.run(waiter())


def test_settle_runs_what_is_ready_and_leaves_the_clock_alone() -> None:
    loop = virtual.VirtualLoop()
    try:
        happened: list[str] = []
        loop.call_soon(lambda: loop.call_soon(happened.append, "chained"))
        loop.call_later(0.001, happened.append, "later")
        loop.settle()
        assert happened == ["chained"]
        assert loop.time() == virtual.START
    finally:
        loop.close()


def test_advance_fires_what_falls_due_and_stops_at_its_end() -> None:
    loop = virtual.VirtualLoop()
    try:
        times: list[float] = []
        for delay in (1.0, 2.0, 3.0):
            loop.call_later(delay, lambda: times.append(loop.time() - virtual.START))
        loop.advance(2.5)
        assert times == [1.0, 2.0]
        assert loop.time() == virtual.START + 2.5
        loop.advance(3 * 86400.0)
        assert times == [1.0, 2.0, 3.0]
        assert loop.time() == virtual.START + 2.5 + 3 * 86400.0
    finally:
        loop.close()


def test_a_jump_lets_all_that_is_overdue_fire_at_its_end() -> None:
    loop = virtual.VirtualLoop()
    try:
        times: list[float] = []
        for delay in (1.0, 2.0, 3.0):
            loop.call_later(delay, lambda: times.append(loop.time() - virtual.START))
        loop.jump(2.5)
        assert times == [2.5, 2.5]
        assert loop.time() == virtual.START + 2.5
    finally:
        loop.close()


def test_a_timer_fires_also_when_the_clock_is_far_from_its_start() -> None:
    loop = virtual.VirtualLoop()
    try:
        loop.jump(1.3e9)
        fired: list[bool] = []
        loop.call_later(0.1, lambda: fired.append(True))
        loop.advance(0.2)
        assert fired == [True]
    finally:
        loop.close()


def test_next_timer_forgets_cancelled_timers() -> None:
    loop = virtual.VirtualLoop()
    try:
        assert loop.next_timer() is None
        soon = loop.call_later(1.0, print)
        loop.call_later(40 * 86400.0, print)
        assert loop.next_timer() == virtual.START + 1.0
        soon.cancel()
        assert loop.next_timer() == virtual.START + 40 * 86400.0
    finally:
        loop.close()


def test_the_longest_turn_of_the_loop_is_measured_with_another_clock() -> None:
    loop = virtual.VirtualLoop()
    worked = 0.0

    def work(seconds: float) -> None:
        nonlocal worked
        worked += seconds

    loop.call_soon(work, 50.0)
    loop.settle()
    loop.watch_turns(lambda: worked)
    assert loop.longest_turn == 0.0
    loop.call_soon(work, 2.0)
    loop.call_soon(work, 3.0)
    loop.call_later(1.0, work, 4.0)
    # What waits for its time does not count, what is done in one go does.
    loop.advance(10.0)
    assert loop.longest_turn == 5.0
    loop.close()
