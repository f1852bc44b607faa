"""Which server of a zone is asked next, and who is asked as well if it is late?

`Candidates` is the list of a zone's server addresses during one step of the walk:
which of them were tried, what came of it, and which server names still have no
address.  The best choice is a quick server that has not failed us; among servers
about as quick as the quickest one the dice decide, so that questions spread
(RFC 5452 section 9.2: an attacker must guess the server, too), and one question in
twenty goes to any other server, so that a slow one can show that it has recovered.

With each choice comes a backup, where there is one, and the time that the first has for
itself.  So a server that is dead costs its time-out only to who has nobody else to ask,
and finding out about the others costs next to nothing.

In the race are those that answer.  Behind them, in this order: servers known to be lame
and those of a broken address family; servers that have failed in this step; servers
that are down: of these, each is asked once in a second at most, whoever wants to know,
but for the first seconds.
"""

from typing import Final, final

from resolver.cache.infra import (
    DOWN_AFTER,
    MAX_PATIENCE,
    UNKNOWN_TIMEOUT,
    Facts,
    Servers,
)
from resolver.cache.zones import Delegation
from resolver.ports import Address, Dice
from resolver.walk.blame import blame
from resolver.wire import names

# Times one address is tried in one step before it is given up, and the only address that
# there is; Unbound 5.
MAX_TRIES: Final = 3
LONE_TRIES: Final = 5
# Servers within this many seconds or this factor of the best are its equals.
BAND_SECONDS: Final = 0.12
BAND_FACTOR: Final = 1.5
# The share of choices that explore, whatever the measured times; Knot 1/20.
EXPLORE: Final = 0.05
# Seconds more than the best one needs that a server has to show that it has recovered.
GRACE: Final = 0.05
# Server names looked up for one delegation; PowerDNS 10, Unbound 16.
MAX_LOOKUPS: Final = 10
# Look-ups that may bring nothing before the delegation is not worth more (NXNSAttack);
# Unbound 5, PowerDNS 5.  Each may be two questions, one for each address family.
MAX_FRUITLESS: Final = 4
# Why a server was not even asked.
RESTING: Final = "did not reply lately"


@final
class Candidates:
    """The servers of one zone, while one question is put to them.

    After `best`: `backup` is whom to ask as well if that server has not replied after
    `patience` seconds, or None; `desperate` says that it is down, as are all others.
    """

    __slots__ = (
        "_addresses",
        "_dice",
        "_failed",
        "_fruitless",
        "_hedged",
        "_lookups",
        "_names",
        "_servers",
        "_tries",
        "_zone",
        "backup",
        "desperate",
        "patience",
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
        self.backup: Address | None = None
        self.patience = 0.0
        self.desperate = False
        self._hedged = True
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

    def best(self, now: float, *, hedged: bool = True) -> Address | None:
        """Choose the address to ask next, or None when nobody is left to be asked.

        `hedged` says that the backup will be asked in time: only then may the choice be
        one that is likely to be late.
        """
        self.backup = None
        self.desperate = False
        self._hedged = hedged
        servers = self._servers
        if self._tries or not servers.reach.calm:
            return self._with_care(now)
        times: list[float] = []
        for address in self._addresses:
            facts = servers.known(address, now)
            if facts is None:
                times.append(UNKNOWN_TIMEOUT)
            elif facts.silences or facts.lame is not None:
                return self._with_care(now)
            else:
                times.append(facts.rtt if facts.rtt >= 0 else UNKNOWN_TIMEOUT)
        return self._pick(list(self._addresses), times, now) if times else None

    def _with_care(self, now: float) -> Address | None:
        """Choose where something is wrong with some of the servers."""
        field = self._field(now)
        if field.level == 0 and self._hedged and not self._tries:
            probed = self._probe(field, now)
            if probed is not None:
                fastest = min(field.times)
                self.backup = field.pool[field.times.index(fastest)]
                self.patience = min(fastest + GRACE, MAX_PATIENCE)
                return probed
        if not field.pool:
            return self._last_resort(field.down, now)
        chosen = self._pick(field.pool, field.times, now)
        if field.level:
            self.backup = None  # as doubtful as the one chosen
        return chosen

    def _field(self, now: float) -> "_Field":
        """Find out who is in front, and who is not even in the race."""
        servers, tries, zone = self._servers, self._tries, self._zone.zone
        field = _Field()
        most = MAX_TRIES if len(self._addresses) > 1 else LONE_TRIES
        for address in self._addresses:
            tried = tries.get(address, 0)
            if tried >= most:
                continue
            facts = servers.known(address, now)
            avoided = servers.reach.avoids(address)
            if avoided:
                field.avoided.append(address)
            if facts is not None and facts.silences >= DOWN_AFTER:
                if not tried or facts.deserves_patience(now):
                    field.down.append((facts.rest_until, address, facts))
                continue
            lame = facts is not None and facts.is_lame(zone, now)
            time = UNKNOWN_TIMEOUT if facts is None else facts.expected()
            field.enter(address, time, 2 * tried + (lame or avoided))
        return field

    def _probe(self, field: "_Field", now: float) -> Address | None:
        """Choose a server that may be back, if it is time to find out."""
        for rest_until, address, facts in field.down:
            if now < rest_until or address in field.avoided:
                continue
            if self._servers.may_probe(facts, now):
                return address
        for address in field.avoided:
            if self._servers.reach.may_retry(address, now):
                return address
        return None

    def _last_resort(
        self, down: list[tuple[float, Address, Facts]], now: float
    ) -> Address | None:
        """Choose one or two of the servers that are down: those longest at rest."""
        down.sort(key=_rest_until)
        chosen: Address | None = None
        for _, address, facts in down:
            if not (
                facts.deserves_patience(now) or self._servers.may_probe(facts, now)
            ):
                self._failed.setdefault(address, RESTING)
            elif chosen is None:
                chosen = address
            else:
                self.backup = address
                self.patience = MAX_PATIENCE
                break
        self.desperate = chosen is not None
        return chosen

    def _pick(self, pool: list[Address], times: list[float], now: float) -> Address:
        """Throw the dice for one of the quickest, or at times for any."""
        count = len(pool)
        if count == 1:
            return pool[0]
        throw, fastest = self._dice.random(), min(times)
        limit = max(fastest + BAND_SECONDS, fastest * BAND_FACTOR)
        equals = [i for i in range(count) if times[i] <= limit]
        if throw < EXPLORE and self._hedged:
            first = int(throw / EXPLORE * count)
        else:
            throw = max(throw - EXPLORE, 0.0) / (1 - EXPLORE)
            first = equals[int(throw * len(equals))]
        self.backup = pool[_another(first, equals, times)]
        facts = self._servers.known(pool[first], now)
        if facts is None or facts.rtt < 0:
            self.patience = MAX_PATIENCE
            self.backup = _unlike(pool[first], [pool[i] for i in equals]) or self.backup
        else:
            self.patience = facts.patience()
            # Whoever explores does not wait for what is slower than the rest: but
            # a silence, or the first reply, is worth waiting for.
            if times[first] > limit and not facts.silences:
                self.patience = min(self.patience, fastest + GRACE)
        return pool[first]

    def is_last_resort(self, address: Address, now: float) -> bool:
        """Say whether an address is known not to help with this zone."""
        return self._servers.lame(address, self._zone.zone, now)

    def was_tried(self, address: Address) -> bool:
        """Say whether this address has failed already during this step."""
        return address in self._tries

    def failed(self, address: Address, reason: str, *, hopeless: bool) -> None:
        """Note that an address did not help; a hopeless one is not tried again."""
        tries = LONE_TRIES if hopeless else self._tries.get(address, 0) + 1
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
        return blame(
            (address, self._addresses[address], reason)
            for address, reason in self._failed.items()
        )


@final
class _Field:
    """The servers of a zone, sorted: who is in front, who is down, whose family is broken.

    The lower the `level`, the better; `pool` has those of the lowest there is, `times`
    what asking each of them is expected to take.
    """

    __slots__ = ("avoided", "down", "level", "pool", "times")

    def __init__(self) -> None:
        self.level = 2 * LONE_TRIES  # nobody is that bad
        self.pool: list[Address] = []
        self.times: list[float] = []
        self.down: Final[list[tuple[float, Address, Facts]]] = []
        self.avoided: Final[list[Address]] = []

    def enter(self, address: Address, time: float, level: int) -> None:
        """Let a server take part, if nobody better does."""
        if level < self.level:
            self.level = level
            self.pool, self.times = [], []
        if level == self.level:
            self.pool.append(address)
            self.times.append(time)


def _rest_until(down: tuple[float, Address, Facts]) -> float:
    return down[0]


def _another(first: int, equals: list[int], times: list[float]) -> int:
    """Choose who is asked when the first is late: an equal, or the best of the others."""
    if first not in equals:
        return equals[0]
    if len(equals) > 1:
        return equals[equals.index(first) - 1]
    others = [i for i in range(len(times)) if i != first]
    return min(others, key=times.__getitem__)


def _unlike(first: Address, others: list[Address]) -> Address | None:
    """Find a server of the other family: where one leads nowhere, all of it may."""
    is_ipv6 = first.is_ipv6
    for address in reversed(others):
        if address.is_ipv6 != is_ipv6:
            return address
    return None
