"""How it is: `resolver status`.

Healthy is a resolver that has all its workers, of which each can do its work.  What it
cannot do is told as a problem, in words; one is enough to call it degraded.  That some
servers out there do not answer is not a problem of ours; that none of them can be reached
may be.
"""

import functools
import importlib.metadata
import os
from collections.abc import Iterator
from typing import Any, Final

from resolver.config import Config
from resolver.config.build import kind_of_build
from resolver.daemon.clock import clock_problem
from resolver.daemon.statistics import Statistics
from resolver.daemon.subject import Subject

HEALTHY: Final = "healthy"
DEGRADED: Final = "degraded"


def health_of(subject: Subject, counted: Statistics) -> dict[str, object]:
    """Tell how one process is."""
    stores = subject.core.stores
    problems = list(_problems(subject))
    return {
        "pid": os.getpid(),
        "state": DEGRADED if problems else HEALTHY,
        "problems": problems,
        "waiting": counted.waiting,
        "connections": counted.connections,
        "cache_sets": counted.cache_sets,
        "cache_bytes": counted.cache_bytes,
        "replies": len(stores.replies),
        "delegations": len(stores.zones),
        "servers": len(stores.servers),
        "failures": len(stores.failures),
    }


def _problems(subject: Subject) -> Iterator[str]:
    problem = clock_problem(subject.wall())
    if problem:
        yield problem
    if subject.core.stores.servers.reach.is_cut_off(subject.clock()):
        yield "no server answers: the network seems to be down"
    if subject.config.cache.shared_path and subject.backing is None:
        yield f"{subject.config.cache.shared_path} cannot be used: nothing is shared"


def summary(
    config: Config, healths: dict[int, Any], wanted: int, uptime: float
) -> dict[str, object]:
    """Tell how all processes are, `wanted` of which there should be, by number."""
    told = [{"worker": number} | health for number, health in healths.items()]
    problems = [
        f"worker {it['worker']}: {text}" if wanted > 1 else text
        for it in told
        for text in it["problems"]
    ]
    if len(told) < wanted:
        problems.append(f"{len(told)} of {wanted} workers answer")
    sums = {
        name: sum(it[name] for it in told)
        for name in ("waiting", "connections", "cache_sets", "cache_bytes")
    }
    return {
        "state": DEGRADED if problems else HEALTHY,
        "problems": problems,
        "version": _version(),
        "build": kind_of_build(),
        "pid": os.getpid(),
        "uptime": round(uptime, 3),
        "listen": list(config.listen.plain),
        **sums,
        "workers": told,
    }


@functools.cache
def _version() -> str:
    try:
        return importlib.metadata.version("resolver")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
