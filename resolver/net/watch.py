"""Which walks take too long?  One timer looks after all of them.

A walk has two moments at which something is to be done unless it has ended: when its
clients have waited for long enough, so that an old answer is better than none yet (RFC
8767 section 5, the client response timer), and when it must be hanging.  Nearly all walks end
before either, so a walk pays for no timer: it writes down when it began, and the
timer that some walk before it has set looks at everyone who is there by then, the oldest
first.
"""

import asyncio
import math
from collections.abc import Callable, Hashable, Mapping
from typing import Final, Generic, NamedTuple, Protocol, TypeVar, final

from resolver.ports import Resolution

# Seconds between two looks, at least, and how much too early or too late one may be:
# walks that began at nearly the same time are dealt with together.
TICK: Final = 0.02
NEVER: Final = math.inf


class Patience(NamedTuple):
    """For how many seconds a client's question may take, everything included.

    `late_after`: until it is answered with what is old.
    """

    query_deadline: float
    late_after: float = NEVER


class Watched(Protocol):
    """A walk, as far as its age goes."""

    late: bool
    hung: bool

    @property
    def begun(self) -> float:
        """When it began, on the loop's clock."""

    @property
    def task(self) -> asyncio.Task[Resolution]:
        """What is cancelled when it hangs."""


AnyWalk = TypeVar("AnyWalk", bound=Watched)


@final
class Watch(Generic[AnyWalk]):
    """Looks after the open walks.  Each of `tables` has them as they began.

    `late_after` is for how many seconds clients wait before `on_late` is called, once
    for each walk.  A walk that is older than `hangs_after` is cancelled, and marked as
    hung.
    """

    __slots__ = (
        "_hangs_after",
        "_late_after",
        "_loop",
        "_on_late",
        "_tables",
        "_timer",
    )

    def __init__(
        self,
        tables: tuple[Mapping[Hashable, AnyWalk], ...],
        late_after: float,
        hangs_after: float,
        on_late: Callable[[AnyWalk], None],
    ) -> None:
        self._tables: Final = tables
        self._late_after: Final = late_after
        self._hangs_after: Final = hangs_after
        self._on_late: Final = on_late
        # Kept, for asking which loop runs is a system call (CPython 3.11).
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that all this happens in."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def begin(self, now: float) -> None:
        """See to it that a walk that begins now will be looked after."""
        if self._timer is None:
            first = min(self._hangs_after, self._late_after)
            self._timer = self.loop.call_at(now + first, self._look)

    def _look(self) -> None:
        now = self.loop.time()
        late: list[AnyWalk] = []
        moments = [self._look_at(walks, now, late) for walks in self._tables]
        soonest = min(moments)
        self._timer = None
        if soonest < NEVER:
            # Never so far ahead that a walk that begins meanwhile would be missed.
            moment = min(max(soonest, now + TICK), now + self._late_after)
            self._timer = self.loop.call_at(moment, self._look)
        # Only now: answering clients may bring new questions, and so new walks.
        for walk in late:
            self._on_late(walk)

    def _look_at(
        self, walks: Mapping[Hashable, AnyWalk], now: float, late: list[AnyWalk]
    ) -> float:
        """Mark what is late or hangs; say when to look again."""
        soonest = NEVER
        for walk in walks.values():
            hangs_at = walk.begun + self._hangs_after
            late_at = walk.begun + self._late_after
            if hangs_at <= now + TICK:
                walk.hung = True
                walk.task.cancel()
            elif late_at > now + TICK:  # and so it is with all that began later
                return min(soonest, hangs_at, late_at)
            else:
                soonest = min(soonest, hangs_at)
                if not walk.late:
                    walk.late = True
                    late.append(walk)
        return soonest
