"""A question on its way to a server, and those who ride along with it.

Identical questions in flight are joined: the first to ask leads, the others wait for
what it gets.  Nobody depends on the leader: when it gives up, those who ride are told
that nothing was learned, and one of them takes the lead.
"""

import asyncio
from typing import Final, final

from resolver.ports import Silence, Spent
from resolver.wire.message import Message


@final
class Flight:
    """A question on its way.

    `outcome` stays None when the leader gives up without having learned anything.
    """

    __slots__ = ("_riders", "outcome")

    def __init__(self) -> None:
        self.outcome: Message | Silence | None = None
        self._riders: Final[list[asyncio.Future[Message | Silence | None]]] = []

    async def ride(self, seconds: float) -> Message | Silence | None:
        """Wait for the outcome.

        Raises `Spent` if it is not there in so many seconds: the leader may aim at a
        later deadline than the rider's own.
        """
        loop = asyncio.get_running_loop()
        landed: asyncio.Future[Message | Silence | None] = loop.create_future()
        self._riders.append(landed)
        timer = loop.call_later(seconds, _give_up, landed)
        try:
            return await landed
        finally:
            timer.cancel()

    def land(self) -> None:
        """Tell the riders, those who have not left meanwhile."""
        for rider in self._riders:
            if not rider.done():
                rider.set_result(self.outcome)


def _give_up(landed: "asyncio.Future[Message | Silence | None]") -> None:
    """End a rider's wait: its errand is over, whatever the flight still brings."""
    if not landed.done():
        landed.set_exception(Spent("query_deadline"))
