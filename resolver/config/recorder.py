"""What is kept of questions, so that somebody may ask later why."""

from dataclasses import dataclass
from typing import Annotated

from resolver.config import kinds
from resolver.config.marks import Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """What is kept of questions that went wrong, for `resolver explain`."""

    size: Annotated[
        int,
        kinds.size(0),
        "Memory for it, in each worker; a question takes some 5 KB.  Those that failed,"
        " came late, were stale or bogus, or met a limit are kept; the oldest go first."
        "  0: nothing is kept.",
    ] = 8 * 10**6
    slow: Annotated[
        float,
        kinds.seconds(0.001, 60),
        "Questions that take longer than this came late.",
    ] = 2.0
    sample: Annotated[
        int,
        kinds.whole(0, 10**9),
        "Of the questions that were asked of servers and went well, one in so many is"
        " kept as well.  0: none.",
    ] = 0
    clients: Annotated[
        str,
        kinds.choice("address", "network", "none"),
        "How much of who asked is kept: the address (of IPv6 the first 64 bits), the"
        " network (24 bits of IPv4, 48 of IPv6), or nothing.",
    ] = "network"
    tell: Annotated[
        Switch,
        "Tell clients, in the extended error of a failure (RFC 8914), what it is due to"
        " and the id to ask `resolver explain` for.",
    ] = True
