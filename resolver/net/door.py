"""Who may come in, and how often: what listeners ask about a host, once.

The answer is a verdict, which whoever asked remembers by host.  Most hosts may ask as
much as they like; their verdict is always the same object, and comparing with that is
all that they cost.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, final


class Meter(Protocol):
    """What limits how often a network may ask over UDP."""

    def take(self, count: int, now: float) -> int:
        """Say how many of `count` questions may be answered."""

    def slips(self) -> bool:
        """Say whether one that may not gets a truncated reply, or nothing."""


class Verdict(NamedTuple):
    """Whether a host may ask, and what limits it, if anything does."""

    allowed: bool
    meter: Meter | None = None


FREE: Final = Verdict(allowed=True)
_STRANGER: Final = Verdict(allowed=False)


def unlimited(host: str) -> Meter | None:  # noqa: ARG001 - as a Door's `meter`
    """Let a host ask as often as it likes."""
    return None


@final
class Door:
    """The access list and the rate limits.  `meter` gives None for who has none."""

    __slots__ = ("allowed", "meter")

    def __init__(
        self,
        allowed: Callable[[str], bool],
        meter: Callable[[str], Meter | None] = unlimited,
    ) -> None:
        self.allowed: Final = allowed
        self.meter: Final = meter

    def judge(self, host: str) -> Verdict:
        """Give the verdict on a host: `FREE`, and nothing equal to it, if that fits."""
        meter = self.meter(host)
        if meter is not None:
            return Verdict(self.allowed(host), meter)
        return FREE if self.allowed(host) else _STRANGER
