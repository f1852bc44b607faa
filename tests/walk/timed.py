"""A pretend Internet in which replies take time, on the loop of `tests.virtual`.

Every server has a distance, or is dead.  What `net.exchange` does with time is done here
in the same way: time-outs, hedges, and what the servers' memory is told of both.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from resolver.cache.infra import Servers
from resolver.ports import Address, Errand, Hedge, Silence, Spent
from resolver.wire.message import Message, Question
from tests.walk.pretend import Walked, reply, walk_over

DEAD = None


class Timed:
    """Implements `ports.Ask`.

    `distances` gives the round trip to each server in seconds, or `DEAD`; it may be
    changed at any time.  `replies` says what is replied, in the words of `reply`.
    """

    def __init__(
        self,
        distances: Mapping[str, float | None],
        replies: Callable[[str, Question], str],
        jitter: float = 0.0,
    ) -> None:
        self.distances = dict(distances)
        self.replies = replies
        self.jitter = jitter
        self.dice = random.Random(7)
        self.servers = Servers(0)
        # When and whom, for every packet.
        self.sent: list[tuple[float, str]] = []

    def over(self, **settings: Any) -> Walked:
        """Put a walk over this Internet."""
        world = walk_over({}, ask=self, **settings)
        self.servers = world.servers
        return world

    async def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Message:
        first = self._send(server, errand)
        if hedge is None or first.over - errand.now() <= hedge.after:
            return await self._outcome(first, question, errand)
        await self._sleep_until(errand.now() + hedge.after, errand)
        second = self._send(hedge.backup, errand)
        if first.replies and not (second.replies and second.over < first.over):
            return await self._outcome(first, question, errand)
        if second.replies:
            hedge.won = True
            return await self._outcome(second, question, errand)
        hedge.silence = "timeout"
        for flight in (first, second):
            await self._sleep_until(flight.over, errand)
            self.servers.timed_out(flight.server, flight.over, flight.started)
        raise Silence("timeout")

    def _send(self, server: Address, errand: Errand) -> "_Flight":
        errand.spend_ask()
        now = errand.now()
        self.sent.append((now, server.host))
        patience = self.servers.timeout(server, now)
        distance = self.distances[server.host]
        if distance is not None:
            distance += self.jitter * self.dice.random()
        if distance is None or distance > patience:
            return _Flight(server, now, now + patience, replies=False)
        return _Flight(server, now, now + distance, replies=True)

    async def _outcome(
        self, flight: "_Flight", question: Question, errand: Errand
    ) -> Message:
        await self._sleep_until(flight.over, errand)
        server, started, over, replies = flight
        if not replies:
            self.servers.timed_out(server, over, started)
            raise Silence("timeout")
        self.servers.answered(server, over - started, over)
        return reply(question, self.replies(server.host, question))

    async def _sleep_until(self, when: float, errand: Errand) -> None:
        now = errand.now()
        await asyncio.sleep(max(0.0, min(when, errand.deadline) - now))
        if when >= errand.deadline:
            raise Spent("query_deadline")


class _Flight(NamedTuple):
    """A packet on its way: when it is over, and whether with a reply."""

    server: Address
    started: float
    over: float
    replies: bool
