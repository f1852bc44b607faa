"""The shared store of one process: opened, and told what time it is."""

import asyncio
from typing import Final

import structlog

from resolver.cache.mark import Damaged
from resolver.cache.shared import open_store
from resolver.daemon.sharing import Backing
from resolver.daemon.storage import FileTurn, Place
from resolver.daemon.world import wall_clock

log: Final = structlog.get_logger()

# Seconds between telling the shared store what time it is, so that it notices when the
# clock is set back.
KEEP_TIME: Final = 10.0


def open_backing(
    place: Place | None, loop: asyncio.AbstractEventLoop
) -> Backing | None:
    """Open the shared store; None where there is none, or none can be had."""
    if place is None:
        return None
    try:
        store = open_store(place.path, place.capacity)
        turn = FileTurn(place.path)
    except (Damaged, OSError) as error:
        log.warning("no_shared_cache", path=place.path, reason=str(error))
        return None
    return Backing(store, turn, wall_clock, loop.call_later)


async def keep_time(backing: Backing) -> None:
    """Tell it the time, now and then, until it is cancelled."""
    while True:
        await asyncio.sleep(KEEP_TIME)
        backing.commit()
