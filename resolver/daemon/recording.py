"""Make the recorder that the configuration wants."""

from collections.abc import Callable

from resolver.cache.reach import Reach
from resolver.config import Config
from resolver.observe.recorder import Manners, Recorder


def recorder_of(
    config: Config, wall: Callable[[], float], reach: Reach, worker: int
) -> Recorder | None:
    """Make the recorder that is configured; None where nothing is to be kept."""
    wanted = config.recorder
    if not wanted.size:
        return None
    manners = Manners(
        wanted.size, wanted.slow, wanted.sample, wanted.clients, wanted.tell
    )

    def network(now: float) -> str:
        if reach.calm:
            return ""
        if reach.is_cut_off(now):
            return "cut off"
        for is_ipv6, family in ((True, "IPv6"), (False, "IPv4")):
            if reach.is_broken(is_ipv6=is_ipv6):
                return f"{family} does not work here"
        return ""

    return Recorder(manners, config.recursion.query_deadline, wall, network, worker)
