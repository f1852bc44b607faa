import asyncio
import random
from collections.abc import Callable

import pytest

from resolver.config import Config
from resolver.daemon.doctor.chance import SAMPLES, judge_ports, source_ports
from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING
from resolver.daemon.loops import loop_factory
from resolver.daemon.world import world_of
from resolver.ports import Silence


async def sampled() -> list[int]:
    world = world_of(Config())
    try:
        return await source_ports(world)
    finally:
        world.close()


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, loop_factory()])
def test_our_own_ports_are_drawn_from_all_there_are(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Over loopback, through the transport that walks use."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        ports = runner.run(sampled())
    assert len(ports) == SAMPLES
    assert judge_ports(ports).verdict == OK


async def test_questions_that_do_not_arrive_leave_it_unknown() -> None:
    async def lose(*_: object) -> bytes:
        raise Silence("timeout")

    world = world_of(Config())._replace(udp=lose)
    ports = await source_ports(world)
    assert ports == []
    assert judge_ports(ports).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("ports", "verdict"),
    [
        ([5353] * SAMPLES, PROBLEM),
        (list(range(40_000, 40_000 + SAMPLES)), PROBLEM),
        ([1024, 65_535] * (SAMPLES // 2), PROBLEM),
        (list(range(40_000, 40_000 + SAMPLES * 100, 100)), WARNING),
        (random.Random(7).sample(range(1024, 65_536), SAMPLES), OK),
    ],
)
def test_ports_that_can_be_guessed_are_found(ports: list[int], verdict: str) -> None:
    finding = judge_ports(ports)
    assert finding.verdict == verdict
    assert (finding.mend == "") is (verdict == OK)
