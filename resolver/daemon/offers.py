"""The commands that every process has; whoever carries requests finds them here.

Each takes arguments and gives a result that JSON can say; the modules that they are from
tell what.  With several workers `merging` says how their results become one.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import structlog

from resolver.daemon import dumping, explaining, flushing, inspecting, switches
from resolver.daemon.asked import switch_of
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.health import health_of
from resolver.daemon.statistics import Statistics
from resolver.daemon.subject import Subject

log: Final = structlog.get_logger()

About = Callable[[Subject, Arguments], Awaitable[object]]

_COMMANDS: Final[dict[str, About]] = {
    "explain": explaining.explain,
    "flush": flushing.flush,
    "cache-get": inspecting.cache_get,
    "cache-dump": dumping.cache_dump,
    "cache-load": dumping.cache_load,
    "servers": inspecting.servers,
    "zones": inspecting.zones,
    "negative-anchor": switches.negative_anchor,
}


class Host(Protocol):
    """The process that a resolver lives in."""

    def statistics(self) -> Statistics:
        """Count."""

    def tell_queries(self, *, wanted: bool) -> None:
        """Tell every client's question from now on, or none any more."""


def offer(commands: Commands, subject: Subject, host: Host) -> None:
    """Add the commands about a resolver and its process."""
    for name, about in _COMMANDS.items():
        commands.add(name, _about(about, subject))

    async def health(_: Arguments) -> object:
        return health_of(subject, host.statistics())

    async def set_log(arguments: Arguments) -> object:
        told: dict[str, object] = {}
        if "queries" in arguments:
            told["queries"] = switch_of(arguments, "queries")
        if "level" in arguments:
            told |= await switches.set_level(arguments)
        if not told:
            raise Refused("what is to be changed: queries or level?")
        if "queries" in told:
            host.tell_queries(wanted=bool(told["queries"]))
        log.info("log_switched", **told)
        return told

    commands.add("health", health)
    commands.add("set-log", set_log)


def _about(about: About, subject: Subject) -> Callable[[Arguments], Awaitable[object]]:
    return lambda arguments: about(subject, arguments)
