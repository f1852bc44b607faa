"""Learn who serves the root before a client has to wait for it (RFC 9609)."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from resolver.config import Config
from resolver.daemon.build import Core
from resolver.daemon.readiness import has_been_answered
from resolver.ports import Errand, Spent
from resolver.walk.root import PRIMING, PRIMING_RETRY

log: Final = structlog.get_logger()


async def prime(config: Config, core: Core, clock: Callable[[], float]) -> None:
    """Ask once; where /ready is told, until some server has answered.

    Who looks there may not let a client come before somebody was reached.
    """
    while True:
        if await _reach(config, core, clock) or not config.metrics.listen:
            return
        await asyncio.sleep(PRIMING_RETRY)


async def _reach(config: Config, core: Core, clock: Callable[[], float]) -> bool:
    """Ask the root, or whom it is forwarded to; say whether a server has answered."""
    errand = Errand(clock, clock() + config.recursion.query_deadline)
    try:
        if any(zone.zone == "." for zone in config.forward):
            await core.service.answer(PRIMING, errand)
        else:
            await core.root.delegation(errand)
    except Spent as spent:
        log.warning("root_not_primed", reason=str(spent))
    answered = has_been_answered(core.exchange.counts.told("upstream"))
    return answered or not config.recursion.prime
