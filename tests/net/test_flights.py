"""Riding along; what it is for is told in `test_exchange_joins`."""

import asyncio

import pytest

from resolver.net.flights import Flight
from resolver.ports import Silence, Spent
from tests.virtual import run


def test_all_who_ride_learn_the_outcome() -> None:
    async def story() -> None:
        flight = Flight()
        riders = [asyncio.create_task(flight.ride(1.0)) for _ in range(3)]
        await asyncio.sleep(0.5)
        flight.outcome = Silence("timeout")
        flight.land()
        assert await asyncio.gather(*riders) == [flight.outcome] * 3

    run(story())


def test_none_is_the_outcome_of_a_leader_that_gave_up() -> None:
    async def story() -> None:
        flight = Flight()
        rider = asyncio.create_task(flight.ride(1.0))
        await asyncio.sleep(0)
        flight.land()
        assert await rider is None

    run(story())


def test_nobody_rides_longer_than_told() -> None:
    async def story() -> None:
        flight = Flight()
        clock = asyncio.get_running_loop().time
        started = clock()
        with pytest.raises(Spent, match="query_deadline"):
            await flight.ride(0.3)
        assert clock() - started == pytest.approx(0.3)
        flight.land()

    run(story())


def test_who_has_left_is_not_told() -> None:
    async def story() -> None:
        flight = Flight()
        leaving, staying = (asyncio.create_task(flight.ride(1.0)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        flight.land()
        assert await staying is None
        assert leaving.cancelled()

    run(story())
