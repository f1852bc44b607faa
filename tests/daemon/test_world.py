"""The clocks of the real world."""

import time

from resolver.config import Cache, Config
from resolver.daemon.world import clock_of, wall_clock


def test_the_clock_that_ages_records_can_be_chosen() -> None:
    assert abs(clock_of(Config())() - time.monotonic()) < 1
    wall = Config(cache=Cache(clock="realtime"))
    assert abs(clock_of(wall)() - time.time()) < 1  # noqa: TID251 - what is tested
    assert abs(wall_clock() - time.time()) < 1  # noqa: TID251 - what is tested
