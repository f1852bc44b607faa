"""An asyncio loop whose clock only moves when everybody waits.

Nothing in a test, or in an attack of the lab, should sleep.  On this loop a timer of an
hour costs nothing: as soon as no callback is ready, the clock jumps to the next timer.
The order of events is that of the real loop, so what is tried is the program and not a
model of it.

`asyncio.SelectorEventLoop` asks its selector how long it may sleep; the selector here
never sleeps but moves the clock by that much.  Two ways to use it:

* `run(coroutine)`, as `asyncio.run`: time jumps by itself until the coroutine is done.
* `VirtualLoop()` held by the test: `settle()` runs whatever can run at this instant,
  `advance(seconds)` lets time pass, `next_timer()` says when something would happen.

Somebody who waits for what can never come gets `Stuck` instead of a test that hangs.
Real sockets and threads have no place here: their readiness is looked at, never waited for.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack

# Where the clock starts: any number will do that is not zero, so that a forgotten
# `now` shows, and small enough that a float still tells microseconds apart.
START: Final = 1_000_000.0
# Timers kept for `next_timer` before those long gone are dropped, and then twice those
# that are left.
MANY_TIMERS: Final = 1_000

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class Stuck(RuntimeError):
    """Everybody waits, and no timer is left that could wake anybody."""


class _NeverSleeping(selectors.SelectSelector):
    """A selector that tells the loop's clock about the sleep it was asked for."""

    def __init__(self, idle: Callable[[float | None], None]) -> None:
        super().__init__()
        self._idle = idle
        self.stopwatch: Callable[[], float] | None = None
        self.longest = 0.0
        self._begun = 0.0

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        if self.stopwatch is not None:
            self.longest = max(self.longest, self.stopwatch() - self._begun)
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self._idle(timeout)
        if self.stopwatch is not None:
            self._begun = self.stopwatch()
        return ready

    def watch(self, stopwatch: Callable[[], float]) -> None:
        """Measure from now on how long a turn takes, by a clock of real time."""
        self.stopwatch, self._begun, self.longest = stopwatch, stopwatch(), 0.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time; `time()` is its clock."""

    def __init__(self, start: float = START) -> None:
        self._now = start
        self._horizon: float | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._many_timers = MANY_TIMERS
        self._waiting = _NeverSleeping(self._nothing_is_ready)
        super().__init__(self._waiting)
        # A double tells microseconds apart also forty years after the clock's start.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Give the virtual time in seconds."""
        return self._now

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule as the real loop does, and remember the timer for `next_timer`."""
        timer = super().call_at(when, callback, *args, context=context)
        if len(self._timers) >= self._many_timers:
            self._timers = self._timers_to_come()
            self._many_timers = max(MANY_TIMERS, 2 * len(self._timers))
        self._timers.append(timer)
        return timer

    def watch_turns(self, stopwatch: Callable[[], float]) -> None:
        """Measure the turns of the loop from now on, with a clock of real time."""
        self._waiting.watch(stopwatch)

    @property
    def longest_turn(self) -> float:
        """Say how long the longest turn was: so long nobody else could do anything."""
        return self._waiting.longest

    def settle(self) -> None:
        """Run everything that can run without time passing."""
        self.advance(0.0)

    def advance(self, seconds: float) -> None:
        """Let time pass; every timer fires at its own moment."""
        until = self._now + seconds
        self._horizon = until
        try:
            self.run_forever()
        finally:
            self._horizon = None
        self._now = until

    def jump(self, seconds: float) -> None:
        """Let time pass as for a machine that slept: what is overdue fires at the end."""
        self._now += seconds
        self.settle()

    def next_timer(self) -> float | None:
        """Say at what time the next timer fires, None when there is none."""
        self._timers = self._timers_to_come()
        return min((timer.when() for timer in self._timers), default=None)

    def _timers_to_come(self) -> list[asyncio.TimerHandle]:
        return [
            timer
            for timer in self._timers
            if not timer.cancelled() and timer.when() > self._now
        ]

    def _nothing_is_ready(self, timeout: float | None) -> None:
        if timeout is None:
            if self._horizon is None:
                raise Stuck("everybody waits and nothing is due")
            self.stop()
        elif self._horizon is not None and self._now + timeout > self._horizon:
            self.stop()
        else:
            self._now += timeout


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in virtual time, as `asyncio.run` does in real time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
