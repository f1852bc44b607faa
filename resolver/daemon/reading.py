"""What can be read off a running resolver at one moment: the sum of all its workers.

`Observed` is whoever knows: a process that answers by itself, or the supervisor of several.
The pages over HTTP and the command `statistics` tell the same reading, each in its way.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from resolver.daemon.statistics import Statistics


class Worker(NamedTuple):
    """A process: `name` is its number, or "supervisor"; `answers`: it takes questions."""

    name: str
    pid: int
    answers: bool


class Reading(NamedTuple):
    """The statistics of all, and who they are.

    `wanted` is how many workers there should be, `replaced` how often one ended before
    its time.
    """

    statistics: Statistics
    processes: tuple[Worker, ...]
    wanted: int = 1
    replaced: int = 0

    @property
    def workers(self) -> int:
        """Count those that answer."""
        return sum(process.answers for process in self.processes)


class Observed(Protocol):
    """Who can be asked for a reading."""

    def reading(self) -> Reading:
        """Read."""


def as_json(reading: Reading) -> dict[str, Any]:
    """Put a reading into what JSON can say."""
    return {
        "workers": reading.workers,
        "workers_wanted": reading.wanted,
        "replaced": reading.replaced,
        "counters": reading.statistics.plain(),
        "labelled": dict(reading.statistics.labelled),
    }


def merged(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Make one of what several processes told, each of itself."""
    found: dict[str, Any] = {
        name: sum(it[name] for it in told)
        for name in ("workers", "workers_wanted", "replaced")
    }
    statistics = sum(
        (Statistics(**it["counters"], labelled=it["labelled"]) for it in told),
        Statistics(),
    )
    return found | {
        "counters": statistics.plain(),
        "labelled": dict(statistics.labelled),
    }
