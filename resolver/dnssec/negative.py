"""Where validation is switched off: negative trust anchors (RFC 7646).

A zone whose owner has broken it can be reached again by declaring it unsigned, here and
for a time.  One that the configuration names stays until the configuration says
otherwise; one that an operator adds ends by itself, as section 2 of the RFC asks for,
and before that as soon as the zone is in order again (`daemon.recheck`).
"""

from typing import Final, final

from resolver.wire import names

# Seconds for which one added at run time holds if nothing else is said, and at most;
# BIND an hour and a week.
USUAL_LIFE: Final = 3600.0
LONGEST_LIFE: Final = 7 * 86_400.0
FOREVER: Final = float("inf")


@final
class NegativeAnchors:
    """Names below which nothing is validated, each until its time is up."""

    __slots__ = ("_until",)

    def __init__(self, zones: tuple[bytes, ...] = ()) -> None:
        self._until: Final[dict[bytes, float]] = dict.fromkeys(zones, FOREVER)

    def add(self, zone: bytes, until: float) -> None:
        """Declare a zone unsigned until a moment on the errands' clock.

        One that the configuration names stays for ever.
        """
        if self._until.get(zone) != FOREVER:
            self._until[zone] = until

    def remove(self, zone: bytes) -> bool:
        """Validate a zone again; False if it was validated."""
        return self._until.pop(zone, None) is not None

    def passing(self) -> list[bytes]:
        """List the names that were added for a time."""
        return [zone for zone, until in self._until.items() if until != FOREVER]

    def expire(self, now: float) -> list[bytes]:
        """Forget those whose time is up, and list them."""
        ended = [zone for zone, until in self._until.items() if until <= now]
        for zone in ended:
            del self._until[zone]
        return ended

    def above(self, name: bytes, now: float) -> bytes | None:
        """Find the closest negative anchor at or above a name."""
        if not self._until:
            return None
        for ancestor in names.ancestors(name):
            until = self._until.get(ancestor)
            if until is not None and now < until:
                return ancestor
        return None

    def listed(self, now: float) -> list[tuple[bytes, float]]:
        """List the names, each with the moment when its time is up."""
        return [(zone, until) for zone, until in self._until.items() if now < until]
