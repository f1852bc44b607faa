"""Time limits for waits that nearly always end before.

A timer of the loop costs two to three microseconds to set and call off, which a
question to a server pays for nothing: the reply comes.  Here the waits whose time is up
in the same hundredth of a second lie in one heap, and the loop has one timer, for the
first heap.  Setting and calling off are then an insertion into a set and a removal.

The price is that a wait may last up to `GRAIN` longer than it was given.  It never ends
before: what is measured with it are servers that are silent, for 50 ms at least.
"""

import asyncio
from collections.abc import Callable
from typing import Final, final

# Heaps in a second.
PER_SECOND: Final = 100
# Seconds by which a wait may be too long.
GRAIN: Final = 1 / PER_SECOND
# Seconds by which the loop's own timers may go off early: uvloop's have whole
# milliseconds.
EARLY: Final = 0.001

Wait = asyncio.Future[bytes]


@final
class Alarms:
    """The time limits of waits in one loop; `ring` is called when one is reached."""

    __slots__ = ("_heaps", "_loop", "_next", "_ring", "_timer")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, ring: Callable[[Wait], None]
    ) -> None:
        self._loop: Final = loop
        self._ring: Final = ring
        self._heaps: Final[dict[int, set[Wait]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0  # the heap that the timer is set for, if there is a timer

    def set(self, waiting: Wait, seconds: float) -> int:
        """Ring for a wait after so many seconds; gives what `call_off` needs."""
        heap = int((self._loop.time() + seconds) * PER_SECOND) + 1
        waits = self._heaps.get(heap)
        if waits is None:
            self._heaps[heap] = {waiting}
            if self._timer is None or heap < self._next:
                self._set_timer(heap)
        else:
            waits.add(waiting)
        return heap

    def call_off(self, waiting: Wait, heap: int) -> None:
        """Let go of a wait that is over, or about to be."""
        waits = self._heaps.get(heap)
        if waits is not None:
            waits.discard(waiting)

    def close(self) -> None:
        """Let go of the loop, unless somebody waits still: no wait is forgotten."""
        if self._timer is not None and not any(self._heaps.values()):
            self._timer.cancel()
            self._timer = None
            self._heaps.clear()

    def _set_timer(self, heap: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = heap
        self._timer = self._loop.call_at(heap * GRAIN, self._ring_all)

    def _ring_all(self) -> None:
        """Ring for the waits whose time is up, and set the timer for the next heap."""
        now = (self._loop.time() + EARLY) * PER_SECOND
        for heap in [heap for heap in self._heaps if heap <= now]:
            for waiting in self._heaps.pop(heap):
                self._ring(waiting)
        self._timer = None
        if self._heaps:
            self._set_timer(min(self._heaps))
