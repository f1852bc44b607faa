"""Ending negative trust anchors before their time (RFC 7646 section 4).

One was added because somebody else's zone was broken.  As soon as the zone validates
again, there is no reason left to believe whatever comes from there.  So every five
minutes, as in BIND, its SOA is asked for and judged as if there were no negative
anchors.  What the configuration names stays.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from resolver.beliefs import INSECURE, SECURE
from resolver.daemon.trust import Validation
from resolver.ports import Errand, Lost, Spent
from resolver.wire import names, types
from resolver.wire.message import Question

log: Final = structlog.get_logger()

# Seconds between two looks; BIND's nta-recheck.
PERIOD: Final = 300.0
# Seconds that one look may take.
PATIENCE: Final = 10.0
# Neither is broken: it is signed well, or it is proven to be unsigned.
_IN_ORDER: Final = frozenset((SECURE, INSECURE))


async def recheck(validation: Validation, clock: Callable[[], float]) -> list[bytes]:
    """Look at all negative anchors that end by themselves; list those that did."""
    ended = list(validation.negative.expire(clock()))
    for zone in ended:
        log.info("negative_anchor_expired", zone=names.to_text(zone))
    for zone in validation.negative.passing():
        if await _validates(zone, validation, clock):
            validation.negative.remove(zone)
            ended.append(zone)
            log.info("negative_anchor_ended", zone=names.to_text(zone))
    if ended:
        validation.chain.forget()
    return ended


async def keep_rechecking(validation: Validation, clock: Callable[[], float]) -> None:
    """Look every five minutes, until this is cancelled."""
    while True:
        await asyncio.sleep(PERIOD)
        await recheck(validation, clock)


async def _validates(
    zone: bytes, validation: Validation, clock: Callable[[], float]
) -> bool:
    """Say whether a zone is as its parent vouches for it, or needs no voucher."""
    believe, chain = validation.recheck
    chain.forget()
    errand = Errand(clock, clock() + PATIENCE)
    try:
        claim = await validation.fetch(Question(zone, types.SOA), errand, again=True)
        belief = await believe(claim, errand)
    except (Lost, Spent):
        return False
    return belief.security in _IN_ORDER
