"""How many processes answer, and what each has of what they have together."""

import os
from dataclasses import replace
from typing import Final

from resolver.config import Config
from resolver.daemon.storage import Place

# Of `[cache] size`, what the workers have at least when that is made smaller while they
# run: the file that they share keeps its size until the next start.
LEAST: Final = 0.5


def count_of_workers(config: Config) -> int:
    """Say how many processes are to answer: "auto" is one for each core we may use."""
    workers = config.server.workers
    if isinstance(workers, int):
        return workers
    return len(os.sched_getaffinity(0))


def share_of(config: Config, place: Place | None, workers: int) -> Config:
    """Give the configuration of one worker: `[cache] size` is what all have together."""
    shared = 0 if place is None else place.capacity
    size = max(config.cache.size - shared, int(config.cache.size * LEAST)) // workers
    return replace(config, cache=replace(config.cache, size=size))
