"""What is known about servers: how far away they are, and what they get wrong.

For each address: the smoothed round-trip time and its variation (RFC 6298, with the
bounds of the DNS field instead of TCP's), time-outs in a row, whether it understands
EDNS, and for which zones it is lame.  The variation begins as Unbound's does, at 94
ms, and comes down with the measurements: one quick reply from a server's memory does
not make us impatient with the next one, which may need it to think.

A server that keeps silent is taken for down and left alone for a time that doubles;
at its end questions are let through to see whether it is back.  When a server falls
silent, everything on its way to it times out at about the same time; only the first
of these is news.  So a time-out counts if its question was asked after the last one
that counted.  Otherwise fifty questions and half a second of bad network would make
a server down for a minute.

How far away a server is, and whether it answers, is forgotten after a quarter of an
hour without news, and what it gets wrong a quarter of an hour after it was found out,
since servers are mended.  `reset` forgets all when the network comes back: Unbound's
issues 830 and 1461 tell of root servers that stayed down for days.
"""

from typing import Final, final

from cachetools import LRUCache

from resolver.ports import Address

# Seconds before what is known of a server is forgotten; Unbound infra-host-ttl 900.
LIFETIME: Final = 900.0
# The first variation, and four times that the first time-out of an unknown server, as
# in Unbound; Knot 400 ms, BIND about 800.
FIRST_VARIATION: Final = 0.094
UNKNOWN_TIMEOUT: Final = 4 * FIRST_VARIATION
# Bounds of a time-out; Unbound 50 ms to 120 s, BIND at most 9 s, Knot 10.
MIN_TIMEOUT: Final = 0.05
MAX_TIMEOUT: Final = 5.0
# Gains of the averages, RFC 6298 section 2.
_RTT_GAIN: Final = 1 / 8
_VARIATION_GAIN: Final = 1 / 4
# Time-outs in a row that make a server "down"; Unbound probes after 3, Knot after 4.
DOWN_AFTER: Final = 3
# Seconds for which a server that is down is left alone, first and at most; Knot 1,
# PowerDNS 60.
FIRST_REST: Final = 1.0
LONGEST_REST: Final = 60.0
# Zones for which one server may be known to be lame; then it is about the server, and
# the list begins anew.
MAX_LAME_ZONES: Final = 32


@final
class Facts:
    """What is known about one server.  Times in seconds."""

    __slots__ = (
        "lame",
        "plain_until",
        "rest_until",
        "rtt",
        "silences",
        "silent_since",
        "updated",
        "variation",
    )

    def __init__(self, now: float) -> None:
        self.updated = now
        self.rtt = -1.0  # below zero: never measured
        self.variation = FIRST_VARIATION
        self.silences = 0  # time-outs in a row
        self.silent_since = 0.0  # when the last of them was counted
        self.rest_until = 0.0
        self.plain_until = 0.0  # asked without EDNS
        self.lame: dict[bytes, float] | None = None  # zone: until when

    def timeout(self) -> float:
        """Say how long to wait, by the formula and the time-outs in a row."""
        base = max(max(self.rtt, 0.0) + 4 * self.variation, MIN_TIMEOUT)
        if not self.silences:
            return min(base, MAX_TIMEOUT)
        # Ten doublings are beyond every bound; more would only overflow.
        return min(base * 2.0 ** min(self.silences, 10), MAX_TIMEOUT)


@final
class Servers:
    """Facts about at most `capacity` servers; the least recently used are forgotten."""

    __slots__ = ("_facts",)

    def __init__(self, capacity: int) -> None:
        self._facts: Final[LRUCache[Address, Facts]] = LRUCache(capacity)

    def timeout(self, address: Address, now: float) -> float:
        """Say how long to wait for a reply: doubled for each time-out in a row."""
        facts = self._known(address, now)
        return UNKNOWN_TIMEOUT if facts is None else facts.timeout()

    def rtt(self, address: Address, now: float) -> float | None:
        """Give the time to expect, for ranking, or None where nothing is known.

        It is the smoothed round-trip time, and for a server that has gone silent the
        time-out, which grows.
        """
        facts = self._known(address, now)
        if facts is None:
            return None
        if facts.silences:
            return facts.timeout()
        return None if facts.rtt < 0 else facts.rtt

    def answered(self, address: Address, seconds: float, now: float) -> None:
        """Note that a reply came after so many seconds."""
        facts = self._facts_of(address, now)
        first = facts.rtt < 0
        distance = seconds / 2 if first else abs(facts.rtt - seconds)
        facts.variation += _VARIATION_GAIN * (distance - facts.variation)
        if first:
            facts.rtt = seconds
        else:
            facts.rtt += _RTT_GAIN * (seconds - facts.rtt)
        facts.silences = 0
        facts.rest_until = 0.0
        facts.updated = now

    def timed_out(
        self, address: Address, now: float, asked_at: float | None = None
    ) -> None:
        """Note that no reply came in time, to a question that was `asked_at`.

        It counts if that was not before the last time-out; always if it is not known.
        """
        facts = self._facts_of(address, now)
        facts.updated = now
        if facts.silences and asked_at is not None and asked_at < facts.silent_since:
            return
        facts.silences += 1
        facts.silent_since = now
        if facts.silences >= DOWN_AFTER:
            rest = FIRST_REST * 2.0 ** min(facts.silences - DOWN_AFTER, 10)
            facts.rest_until = now + min(rest, LONGEST_REST)

    def is_down(self, address: Address, now: float) -> bool:
        """Say whether a server is silent and not yet worth another try."""
        facts = self._known(address, now)
        return facts is not None and now < facts.rest_until

    def plain(self, address: Address, now: float) -> bool:
        """Say whether a server has shown that it does not understand EDNS."""
        facts = self._known(address, now)
        return facts is not None and now < facts.plain_until

    def set_plain(self, address: Address, now: float) -> None:
        """Note that a server does not understand EDNS."""
        facts = self._facts_of(address, now)
        facts.plain_until = now + LIFETIME
        facts.updated = now

    def lame(self, address: Address, zone: bytes, now: float) -> bool:
        """Say whether a server was lately found not to know a zone."""
        facts = self._known(address, now)
        if facts is None or facts.lame is None:
            return False
        return now < facts.lame.get(zone, 0.0)

    def set_lame(self, address: Address, zone: bytes, now: float) -> None:
        """Note that a server does not know a zone that was delegated to it."""
        facts = self._facts_of(address, now)
        if facts.lame is None:
            facts.lame = {}
        elif len(facts.lame) >= MAX_LAME_ZONES:
            facts.lame.clear()
        facts.lame[zone] = now + LIFETIME
        facts.updated = now

    def reset(self) -> None:
        """Forget everything: the network is not the one it was."""
        self._facts.clear()

    def __len__(self) -> int:
        return len(self._facts)

    def _known(self, address: Address, now: float) -> Facts | None:
        facts = self._facts.get(address)
        if facts is None or now - facts.updated >= LIFETIME:
            return None
        return facts

    def _facts_of(self, address: Address, now: float) -> Facts:
        facts = self._known(address, now)
        if facts is None:
            facts = self._facts[address] = Facts(now)
        return facts
