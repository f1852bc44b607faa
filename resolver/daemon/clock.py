"""A clock that is wrong makes every signature wrong: then the clock has to be named.

It shows in two ways.  A time before the newest of our anchors was published is certainly
over.  And the root's keys are signed anew every few weeks, from days before; who finds
that their signature is not yet valid has a clock that is behind.

Once it is set, what was held for bogus in the wrong time is nobody's fault any more.  A
small machine begins in the past until it has asked the time, and must not take the whole
Internet for forged for minutes after that.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from resolver.dnssec.anchors import clock_is_wrong
from resolver.dnssec.chain import Chain
from resolver.dnssec.signatures import utc
from resolver.wire import names
from resolver.wire.errors import EDE_SIGNATURE_NOT_YET_VALID

log: Final = structlog.get_logger()

# Seconds between two looks, and between two warnings.
LOOK: Final = 30.0
REPEAT: Final = 3600.0
# Seconds between two looks at whether the clock was set, and by how many that matters:
# less is slewed, not set (ntpd sets from 0.128 on), and no signature is that short.
PULSE: Final = 1.0
SET_BY: Final = 10.0


def clock_problem(wall: float) -> str:
    """Say in words that a time is certainly over, "" where it may be right."""
    if not clock_is_wrong(int(wall)):
        return ""
    shows = f"the clock of this host shows {utc(int(wall))}"
    return f"{shows}, which is before this program's trust anchors were published"


def objection(wall: float, chain: Chain, now: float) -> str:
    """Say in words why the clock must be wrong, "" where nothing says so."""
    root = chain.known(names.ROOT, now)
    if root is not None and root.ede == EDE_SIGNATURE_NOT_YET_VALID:
        return f"the root cannot be validated: {root.text}"
    return clock_problem(wall)


async def keep_looking(
    wall: Callable[[], float], chain: Chain, clock: Callable[[], float]
) -> None:
    """Warn of a wrong clock, once an hour, until this is cancelled."""
    while True:
        reason = objection(wall(), chain, clock())
        if reason:
            log.warning("clock_is_wrong", reason=reason)
        await asyncio.sleep(REPEAT if reason else LOOK)


async def notice_set(wall: Callable[[], float], chain: Chain) -> None:
    """Judge all zones anew whenever the clock was set, until this is cancelled."""
    loop = asyncio.get_running_loop()
    before = wall() - loop.time()
    while True:
        await asyncio.sleep(PULSE)
        ahead = wall() - loop.time()
        if abs(ahead - before) >= SET_BY:
            log.info("clock_set", seconds=round(ahead - before))
            chain.forget()
            before = ahead
