"""All TCP connections of a process: how many there may be, and how long, and how large.

Connections are counted for each network, as those who wait are (`crowd`).  A client that
keeps us waiting is given up, and sooner the more connections there are.  What each holds
is bounded, and so is what all of them hold: when many clients at once leave half a
question here, or do not read, those that hold most have to go.
"""

import asyncio
from contextlib import suppress
from typing import Final, NamedTuple, Protocol, final

from resolver.net.crowd import Network, Tally

# Connections in all; Unbound `incoming-num-tcp` 10 a thread, BIND `tcp-clients` 150,
# PowerDNS `max-tcp-clients` 1024.
MAX_CONNECTIONS: Final = 2048
# Of one network, loopback excepted, where a proxy may speak for everybody.
MAX_CONNECTIONS_OF_NETWORK: Final = 64
# Questions of one connection that wait for their replies; Knot 100, PowerDNS 10.
MAX_IN_FLIGHT: Final = 32
# Seconds of patience with a client; Unbound and BIND 30, Knot 12, PowerDNS 2.
IDLE: Final = 10.0
# What patience shrinks to when all connections are taken; Unbound 0.2.
MIN_IDLE: Final = 0.5
# Seconds between two looks at who is late.
SWEEP: Final = 0.25
# Bytes that all connections together may hold, half questions and unread replies.
MAX_HELD: Final = 64 * 1024 * 1024


class Connection(Protocol):
    """One of them, as far as the table needs to know it."""

    def is_late(self, now: float, patience: float) -> bool:
        """Say whether the client has kept us waiting longer than `patience`."""

    def held(self) -> int:
        """Give the bytes that are kept for the client."""

    def give_up(self) -> None:
        """End it, for the client is late."""

    def close(self) -> None:
        """End it when the client has read what was written."""

    def abort(self) -> None:
        """End it now."""


class Limits(NamedTuple):
    """What TCP clients may take, as described with the constants above."""

    connections: int = MAX_CONNECTIONS
    of_network: int = MAX_CONNECTIONS_OF_NETWORK
    in_flight: int = MAX_IN_FLIGHT
    idle: float = IDLE
    held: int = MAX_HELD


@final
class Connections:
    """All TCP connections of a process, whichever listener accepted them.

    Counters: `accepted`, `refused` for a limit's sake, `expired` because the client
    kept us waiting, `overfull` because it held too much; `len` is the number open.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: Limits = Limits(),  # noqa: B008 - never changed
    ) -> None:
        self.loop: Final = loop
        self.limits: Final = limits
        self.accepted = 0
        self.refused = 0
        self.expired = 0
        self.overfull = 0
        self._open: Final[set[Connection]] = set()
        self._tally: Final = Tally()
        self._sweeping: asyncio.TimerHandle | None = None
        self._closed: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection, network: Network) -> bool:
        """Count a new connection in, unless that would break a limit."""
        if (
            self._closed is not None
            or len(self._open) >= self.limits.connections
            or self._tally.of(network) >= self.limits.of_network
        ):
            self.refused += 1
            return False
        self.accepted += 1
        self._open.add(connection)
        self._tally.enter(network)
        if self._sweeping is None:
            self._sweeping = self.loop.call_later(SWEEP, self._sweep)
        return True

    def leave(self, connection: Connection, network: Network) -> None:
        """Count an admitted connection out."""
        self._open.remove(connection)
        self._tally.leave(network)
        if self._closed is not None and not self._open and not self._closed.done():
            self._closed.set_result(None)

    def patience(self) -> float:
        """Give the seconds that a client may keep us waiting.

        All of `idle` while half of the connections are free, in proportion to what is
        free from there on.
        """
        idle, most = self.limits.idle, self.limits.connections
        free = 1 - len(self._open) / most
        return min(idle, max(MIN_IDLE, idle * 2 * free))

    async def close(self, seconds: float) -> None:
        """Close every connection, and take no new ones.

        Clients have `seconds` to read what was written; what is left is then thrown
        away.  Questions still in flight get no reply: `Front.drain` comes first.
        """
        self._closed = self.loop.create_future()
        for connection in tuple(self._open):
            connection.close()
        if self._open:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._closed
        for connection in tuple(self._open):
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()

    def _sweep(self) -> None:
        self._sweeping = None
        now = self.loop.time()
        patience = self.patience()
        held = 0
        for connection in tuple(self._open):
            if connection.is_late(now, patience):
                self.expired += 1
                connection.give_up()
            held += connection.held()
        if held > self.limits.held:
            self._relieve(held - self.limits.held)
        if self._open:
            self._sweeping = self.loop.call_later(SWEEP, self._sweep)

    def _relieve(self, too_much: int) -> None:
        """End those connections that hold most, until the others fit."""
        for connection in sorted(self._open, key=_held, reverse=True):
            if too_much <= 0:
                break
            too_much -= connection.held()
            self.overfull += 1
            connection.abort()


def _held(connection: Connection) -> int:
    return connection.held()
