"""Ask a second server when the first is late, and take whichever replies first.

Most replies come in time, and for these a hedge is an entry in a table, made and taken
out again: no task, no future, no timer of its own.  One timer looks the table through
every `GRAIN`, while there is anything in it.  A question that is late then gets a `Race`:
the second question, in a task.  If its reply is there first, the wait for the first
server is cancelled, in the way of `asyncio.timeout`, and whoever rode along with that
question asks anew.  If the first server fails, the second, once asked, is waited for.

The second question is a question like any other: it spends an ask, is joined with
identical ones, and the time that it takes is learned.  What is to be thought of a server
that was overtaken is for the caller to say.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, final

from resolver.ports import Address, Ask, Errand, Hedge, Silence, Spent
from resolver.wire.message import Message, Question

# Seconds by which a second question may be later than it should.
GRAIN: Final = 0.01

_NO_SILENCE: Final = Silence("")

# What is asked, on which errand, and whether recursion is wanted.
Asked = tuple[Question, Errand, bool]
# A question that is not late yet: when it will be, who asks, and what.
Entry = tuple[float, "asyncio.Task[Any]", Asked]


@final
class Hedges:
    """Questions that go to a second server if need be.

    `ask` asks one server.  `begun` counts the second questions, `won` those of them whose
    reply was the first.  Where no event loop runs, as in a walk over a pretend
    network that keeps the time itself, nobody is ever late.
    """

    __slots__ = ("_ask", "_entries", "_loop", "_races", "_ticking", "begun", "won")

    def __init__(self, ask: Ask) -> None:
        self._ask: Final = ask
        self._loop: asyncio.AbstractEventLoop | None = None
        self._entries: dict[Hedge, Entry] = {}
        self._races: dict[Hedge, Race] = {}
        self._ticking = False
        self.begun = 0
        self.won = 0

    async def ask(
        self,
        first: Coroutine[Any, Any, Message],
        server: Address,
        asked: Asked,
        hedge: Hedge,
    ) -> Message:
        """Put a question to a server, which `first` does, and late, to the hedge's.

        A hedge is for one question.  See `ports.Ask`.
        """
        loop = self._loop
        leader = None if loop is None else asyncio.current_task(loop)
        if loop is None or leader is None:
            loop, leader = self._enter()
            if loop is None or leader is None:
                return await first
        self._entries[hedge] = (loop.time() + hedge.after, leader, asked)
        if not self._ticking:
            self._tick(loop)
        silence = _NO_SILENCE
        try:
            try:
                return await first
            except Silence as failure:
                silence = failure
            except asyncio.CancelledError:
                message = self._winner(hedge, server, asked[1])
                if message is None:
                    raise
                self._win(hedge)
                return message
            # Not where it is caught: in compiled code, what others catch meanwhile
            # would take the place of what is handled there.
            message = await self._second(hedge)
            if message is None:
                raise silence
            self._win(hedge)
            return message
        finally:
            if self._entries.pop(hedge, None) is None:
                self._end(hedge)

    def _win(self, hedge: Hedge) -> None:
        hedge.won = True
        self.won += 1

    def _enter(
        self,
    ) -> tuple[asyncio.AbstractEventLoop | None, asyncio.Task[Any] | None]:
        """Begin to work in the running loop, if there is one, and say who asks."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            return None, None
        self._entries, self._races = {}, {}
        self._ticking = False
        return self._loop, asyncio.current_task(self._loop)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a race for each question that is late, and come back."""
        now = loop.time()
        for hedge in [hedge for hedge, each in self._entries.items() if each[0] <= now]:
            _, leader, asked = self._entries.pop(hedge)
            self.begun += 1
            self._races[hedge] = Race(leader, self._ask, hedge, asked)
        self._ticking = bool(self._entries)
        if self._ticking:
            loop.call_later(GRAIN, self._tick, loop)

    async def _second(self, hedge: Hedge) -> Message | None:
        """Give the second reply, after the first server failed; None: there is none."""
        race = self._races.get(hedge)
        return None if race is None else await race.second()

    def _winner(self, hedge: Hedge, server: Address, errand: Errand) -> Message | None:
        """Give the reply that is the reason for a cancellation; None: it is not."""
        race = self._races.get(hedge)
        message = None if race is None else race.winner()
        if race is not None and message is not None:
            seconds = hedge.after + errand.now() - race.begun
            errand.note("silent", server, "overtaken", seconds)
        return message

    def _end(self, hedge: Hedge) -> None:
        """Stop asking the second server, if it has not replied."""
        race = self._races.pop(hedge, None)
        if race is not None:
            race.task.cancel()


@final
class Race:
    """A question that is late, and the one to a second server; `leader` asks the first."""

    __slots__ = (
        "_cancelling",
        "_first_failed",
        "_hedge",
        "_leader",
        "_message",
        "_overtaking",
        "begun",
        "task",
    )

    def __init__(
        self, leader: "asyncio.Task[Any]", ask: Ask, hedge: Hedge, asked: Asked
    ) -> None:
        self._leader: Final = leader
        self._hedge: Final = hedge
        self._message: Message | None = None
        self._first_failed = False
        self._overtaking = False
        self._cancelling = leader.cancelling()
        self.begun = asked[1].now()
        self.task = leader.get_loop().create_task(self._run(ask, asked))

    async def _run(self, ask: Ask, asked: Asked) -> None:
        """Ask the second server, and end the wait for the first when it replies."""
        question, errand, recursive = asked
        hedge = self._hedge
        try:
            self._message = await ask(
                hedge.backup, question, errand, recursive=recursive
            )
        except Silence as silence:
            hedge.silence = str(silence)
        except Spent:
            pass  # the budget is the first one's, too: it will find out
        else:
            if not self._first_failed:
                self._overtaking = True
                self._leader.cancel()

    async def second(self) -> Message | None:
        """Give the second reply, after the first server failed; None: there is none."""
        self._first_failed = True
        await self.task
        return self._message

    def winner(self) -> Message | None:
        """Give the reply for which the leader was cancelled; None: it was not for that.

        Somebody else may have cancelled it at the same time.
        """
        if self._overtaking and self._leader.uncancel() <= self._cancelling:
            return self._message
        return None
