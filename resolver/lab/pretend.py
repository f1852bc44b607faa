"""The box without sockets: for tests of everything above the network.

`Network` has the shape of the two transports that an exchange is made with.  How it
waits is the caller's choice.  With `asyncio.sleep` on a loop in virtual time, questions
in flight together overlap as they would; with a `Clock` of its own nothing is ever
awaited, so a walk runs to its end without an event loop, one question after the other.
"""

from collections.abc import Awaitable, Callable
from typing import Final, final

from resolver.lab.box import Box
from resolver.ports import Address, Silence

# One way and back between any two places, seconds; as much as between two countries.
ROUND_TRIP: Final = 0.02


@final
class Clock:
    """A clock that stands still until somebody waits."""

    def __init__(self, now: float = 0.0) -> None:
        self.time = now

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let time pass, without letting anybody else have it."""
        self.time += seconds


@final
class Network:
    """A transport to the servers of a box: UDP, or TCP.

    `asked` lists the servers that packets were sent to, in order.
    """

    def __init__(
        self,
        box: Box,
        sleep: Callable[[float], Awaitable[None]],
        *,
        tcp: bool = False,
    ) -> None:
        self.asked: Final[list[Address]] = []
        self._box: Final = box
        self._sleep: Final = sleep
        self._tcp: Final = tcp
        # A connection takes a round trip to make.
        self._travel: Final = ROUND_TRIP * (2 if tcp else 1)

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - the seam's word
        accept: Callable[[bytes], bool],
    ) -> bytes:
        """Send a packet to a server; give the first reply that is acceptable.

        Raises Silence when none comes in `timeout` seconds, and after a round trip
        where nobody listens or the server hangs up.
        """
        self.asked.append(server)
        if self._box.refuses(server.host, tcp=self._tcp):
            await self._sleep(ROUND_TRIP)
            raise Silence("connection refused")
        waited = 0.0
        for after, reply in self._box.replies_to(server.host, packet, tcp=self._tcp):
            arrives = self._travel + after
            if arrives > timeout:
                break
            await self._sleep(arrives - waited)
            waited = arrives
            if not reply and self._tcp:
                raise Silence("connection closed")
            if accept(reply):
                return reply
        await self._sleep(timeout - waited)
        raise Silence("timeout")
