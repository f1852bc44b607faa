"""Which server of a zone is asked next?

`Candidates` is the list of a zone's server addresses during one step of the walk:
which of them were tried, what came of it, and which server names still have no
address.  The best choice is a quick server that has not failed us; among servers
about as quick as the quickest one the dice decide, so that questions spread
(RFC 5452 section 9.2: an attacker must guess the server, too), and one question in
twenty goes to any other server, so that a slow one can show that it has recovered.
"""

from typing import Final, final

from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation
from resolver.ports import Address, Dice
from resolver.wire import names

# Times one address is tried in one step before it is given up; Unbound 5.
MAX_TRIES: Final = 3
# Servers within this many seconds or this factor of the best are its equals.
BAND_SECONDS: Final = 0.12
BAND_FACTOR: Final = 1.5
# The share of choices that explore, whatever the measured times; Knot 1/20.
EXPLORE: Final = 0.05
# Server names looked up for one delegation; PowerDNS 10, Unbound 16.
MAX_LOOKUPS: Final = 10
# Look-ups that may bring nothing before the delegation is not worth more (NXNSAttack);
# Unbound 5, PowerDNS 5.
MAX_FRUITLESS: Final = 5
# What an unmeasured server counts as: Unbound's and our first time-out.
UNKNOWN_RTT: Final = 0.376


@final
class Candidates:
    """The servers of one zone, while one question is put to them."""

    __slots__ = (
        "_addresses",
        "_dice",
        "_failed",
        "_fruitless",
        "_lookups",
        "_names",
        "_servers",
        "_tries",
        "_zone",
    )

    def __init__(self, zone: Delegation, servers: Servers, dice: Dice) -> None:
        self._zone: Final = zone
        self._servers: Final = servers
        self._dice: Final = dice
        self._addresses: Final[dict[Address, bytes]] = {}
        self._tries: Final[dict[Address, int]] = {}
        self._failed: Final[dict[Address, str]] = {}
        # Names to look up if it comes to that, which it rarely does.
        self._names: list[bytes] | None = None
        self._lookups = 0
        self._fruitless = 0
        for server in zone.servers:
            for address in server.addresses:
                self._addresses.setdefault(address, server.name)

    def _worth_looking_up(self, *, with_glue: bool) -> list[bytes]:
        """Shuffle the server names that have (or lack) glue; the last is popped first.

        A name inside the zone itself cannot be found without asking the zone: that
        is worth a try only where none of its servers has an address, with whoever
        referred us to it.
        """
        zone = self._zone
        anywhere = not any(server.addresses for server in zone.servers)
        found = [
            server.name
            for server in zone.servers
            if server.name
            and bool(server.addresses) is with_glue
            and (anywhere or not names.is_below(server.name, zone.zone))
        ]
        for i in range(len(found) - 1, 0, -1):
            j = int(self._dice.random() * (i + 1))
            found[i], found[j] = found[j], found[i]
        return found

    def best(self, now: float) -> Address | None:
        """Choose the address to ask next, or None when all are tried or given up."""
        tries = self._tries
        pool = [a for a in self._addresses if tries.get(a, 0) < MAX_TRIES]
        if len(pool) > 1 and tries:
            fewest = min(tries.get(a, 0) for a in pool)
            pool = [a for a in pool if tries.get(a, 0) == fewest]
        if len(pool) > 1:
            # A server known to be lame or down is a last resort, not out of the race.
            pool = [a for a in pool if self._helpful(a, now)] or pool
        if len(pool) > 1 and self._dice.random() >= EXPLORE:
            pool = self._quickest(pool, now)
        if len(pool) > 1:
            return pool[int(self._dice.random() * len(pool))]
        return pool[0] if pool else None

    def _helpful(self, address: Address, now: float) -> bool:
        servers = self._servers
        return not (
            servers.is_down(address, now) or servers.lame(address, self._zone.zone, now)
        )

    def _quickest(self, pool: list[Address], now: float) -> list[Address]:
        times = [self._time(address, now) for address in pool]
        best = min(times)
        limit = max(best + BAND_SECONDS, best * BAND_FACTOR)
        return [a for a, time in zip(pool, times, strict=True) if time <= limit]

    def _time(self, address: Address, now: float) -> float:
        """Say what asking this server is expected to take, in seconds."""
        rtt = self._servers.rtt(address, now)
        return UNKNOWN_RTT if rtt is None else rtt

    def was_tried(self, address: Address) -> bool:
        """Say whether this address has failed already during this step."""
        return address in self._tries

    def failed(self, address: Address, reason: str, *, hopeless: bool) -> None:
        """Note that an address did not help; a hopeless one is not tried again."""
        tries = MAX_TRIES if hopeless else self._tries.get(address, 0) + 1
        self._tries[address] = tries
        self._failed[address] = reason

    def add(self, name: bytes, addresses: tuple[Address, ...], *, free: bool) -> None:
        """Add what a look-up has found for a name; `free`: it took no question."""
        self._lookups += not free
        self._fruitless += not (addresses or free)
        for address in addresses:
            self._addresses.setdefault(address, name)

    def next_name(self) -> bytes | None:
        """Take the next server name whose address is worth looking up."""
        if self._lookups >= MAX_LOOKUPS or self._fruitless >= MAX_FRUITLESS:
            return None
        if self._names is None:
            # Those without glue are popped first.
            self._names = self._worth_looking_up(with_glue=True)
            self._names += self._worth_looking_up(with_glue=False)
        return self._names.pop() if self._names else None

    @property
    def asked_in_vain(self) -> bool:
        """Say whether any server has failed during this step."""
        return bool(self._failed)

    def summary(self) -> str:
        """Tell in one line who was asked and how it failed."""
        if not self._failed:
            return "none of its servers has a usable address"
        told = [
            f"{self._label(address)} {reason}"
            for address, reason in list(self._failed.items())[:2]
        ]
        more = len(self._failed) - len(told)
        return ", ".join(told) + (f" and {more} more" if more else "")

    def _label(self, address: Address) -> str:
        name = self._addresses[address]
        return f"{names.to_text(name)} ({address})" if name else str(address)
