"""What is known about servers: how far away they are, and what they get wrong.

For each address: the smoothed round-trip time and its variation (RFC 6298, with the
bounds of the DNS field instead of TCP's), time-outs in a row, how it has to be asked
(`manners`), and for which zones it is lame.  The variation begins as Unbound's does, at 94
ms, and comes down with the measurements: one quick reply from a server's memory does
not make us impatient with the next one, which may need it to think.

A server that keeps silent is taken for down and left alone for a time that doubles.
At its end one question is let through to see whether it is back; questions that have
nobody else to ask may do so earlier: all of them in the first seconds, then one in a
second.  When a server falls silent,
everything on its way to it times out at about the same time; only the first of these is
news.  So a time-out counts if its question was asked after the last one that counted.
Otherwise fifty questions and half a second of bad network would make a server down for
a minute.

How far away a server is, and whether it answers, is forgotten after a quarter of an
hour without news, and what it gets wrong a quarter of an hour after it was found out,
since servers are mended.  When the network comes back (`reach`), all that silence has
taught is forgotten, also by whoever has drawn conclusions from it: `on_return`.

Dictionaries keep their order, so the table of servers is one: what is news moves to its
end, and what has to make room stands at its front.  A look-up counts for nothing, which
is why it costs so little: the choice of a server looks at all of a zone's.
"""

from collections.abc import Callable
from itertools import islice
from typing import Final, final

from resolver.cache.manners import Manners
from resolver.cache.reach import Reach
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
# Seconds between two questions to a server that is down.
PROBE_PAUSE: Final = 1.0
# Seconds of silence during which questions that have nobody else to ask insist: it may
# be a hiccup, and a late answer is better than a quick failure.
INSIST: Final = 5.0
# Seconds at most that a server has for itself before a second one is asked as well.
MAX_PATIENCE: Final = 0.15
# Seconds more than usual that it has at least: busy moments, on either side, are no
# reason for a second question.
SLACK: Final = 0.02
# Zones for which one server may be known to be lame; then it is about the server, and
# the list begins anew.
MAX_LAME_ZONES: Final = 32
# Seconds for which a server stays where it is in the table, whatever its news.
FRESH: Final = 1.0
# The share of the table that makes room at once, 1 in so many.
ROOM_MADE: Final = 32


@final
class Facts:
    """What is known about one server.  Times in seconds."""

    __slots__ = (
        "lame",
        "manners",
        "probe_at",
        "rest_until",
        "rtt",
        "silences",
        "silent_from",
        "silent_since",
        "updated",
        "variation",
    )

    def __init__(self, now: float) -> None:
        self.updated = now
        self.rtt = -1.0  # below zero: never measured
        self.variation = FIRST_VARIATION
        self.silences = 0  # time-outs in a row
        self.silent_from = 0.0  # when the first of them was counted
        self.silent_since = 0.0  # when the last of them was counted
        self.rest_until = 0.0
        self.probe_at = 0.0  # when it may be asked although it rests
        self.lame: dict[bytes, float] | None = None  # zone: until when
        self.manners: Final = Manners()

    def timeout(self) -> float:
        """Say how long to wait, by the formula and the time-outs in a row."""
        base = max(max(self.rtt, 0.0) + 4 * self.variation, MIN_TIMEOUT)
        if not self.silences:
            return min(base, MAX_TIMEOUT)
        # Ten doublings are beyond every bound; more would only overflow.
        return min(base * 2.0 ** min(self.silences, 10), MAX_TIMEOUT)

    def patience(self) -> float:
        """Say by when nine replies in ten are there, or ought to be."""
        if self.rtt < 0:
            return MAX_PATIENCE
        return min(self.rtt + max(2 * self.variation, SLACK), MAX_PATIENCE)

    def expected(self) -> float:
        """Say how long a reply is expected to take, for ranking.

        It is the smoothed round-trip time, and for a server that has gone silent the
        time-out, which grows.
        """
        if self.silences:
            return self.timeout()
        return self.rtt if self.rtt >= 0 else UNKNOWN_TIMEOUT

    def is_lame(self, zone: bytes, now: float) -> bool:
        """Say whether the server was lately found not to know a zone."""
        return self.lame is not None and now < self.lame.get(zone, 0.0)

    def deserves_patience(self, now: float) -> bool:
        """Say of a server that is down whether it has not been so for long."""
        return now - self.silent_from < INSIST

    def fall_silent(self, now: float) -> None:
        """Count a silence; at the third in a row the server is down."""
        if not self.silences:
            self.silent_from = now
        self.silences += 1
        self.silent_since = now
        if self.silences >= DOWN_AFTER:
            rest = FIRST_REST * 2.0 ** min(self.silences - DOWN_AFTER, 10)
            self.rest_until = now + min(rest, LONGEST_REST)


@final
class Servers:
    """Facts about at most `capacity` servers; those without news are forgotten first.

    `on_return` is called when the network is back, or not the one that it was.
    """

    __slots__ = ("_capacity", "_facts", "_on_return", "reach")

    def __init__(
        self, capacity: int, on_return: Callable[[], None] | None = None
    ) -> None:
        self._capacity: Final = capacity
        self._on_return: Final = on_return
        self._facts: Final[dict[Address, Facts]] = {}
        self.reach: Final = Reach()

    def known(self, address: Address, now: float) -> Facts | None:
        """Give what is known about a server."""
        facts = self._facts.get(address)
        if facts is None or now - facts.updated >= LIFETIME:
            return None
        return facts

    def timeout(self, address: Address, now: float) -> float:
        """Say how long to wait for a reply: doubled for each time-out in a row."""
        facts = self.known(address, now)
        return UNKNOWN_TIMEOUT if facts is None else facts.timeout()

    def rtt(self, address: Address, now: float) -> float | None:
        """Give the time to expect, or None where nothing is known."""
        facts = self.known(address, now)
        if facts is None or (facts.rtt < 0 and not facts.silences):
            return None
        return facts.expected()

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
        if not self.reach.calm and self.reach.answered(address, now):
            self.returned()

    def timed_out(
        self, address: Address, now: float, asked_at: float | None = None
    ) -> None:
        """Note that no reply came in time, to a question that was `asked_at`.

        It counts if that was not before the last time-out; always if it is not known.
        """
        facts = self._facts_of(address, now)
        if facts.silences and asked_at is not None and asked_at < facts.silent_since:
            return
        facts.fall_silent(now)
        self.reach.timed_out(address, now)

    def overtaken(self, address: Address, asked_at: float, now: float) -> None:
        """Note that a second server, asked later, has replied before this one.

        That is as good as a time-out for a server that had its time, and for one that
        is down; of any other it only says that it is not quick.
        """
        facts = self._facts_of(address, now)
        late = now - asked_at
        if facts.silences and asked_at < facts.silent_since:
            return
        if late >= facts.patience() or facts.silences >= DOWN_AFTER:
            facts.fall_silent(now)
            self.reach.timed_out(address, now)
        elif facts.rtt < late:
            facts.rtt = late

    def unreachable(self, address: Address, reason: str, now: float) -> None:
        """Note that no packet could be sent to a server, for which it is not to blame."""
        self.reach.unreachable(address, reason, now)

    def may_probe(self, facts: Facts, now: float) -> bool:
        """Say whether a server that is down may be asked now, and count it."""
        if now < facts.probe_at or not self.reach.may_probe(now):
            return False
        # Until the outcome is there, it is as if it had just failed.
        facts.probe_at = now + PROBE_PAUSE
        facts.rest_until = max(facts.rest_until, facts.probe_at)
        return True

    def is_down(self, address: Address, now: float) -> bool:
        """Say whether a server is silent and not yet worth another try."""
        facts = self.known(address, now)
        return facts is not None and now < facts.rest_until

    def lame(self, address: Address, zone: bytes, now: float) -> bool:
        """Say whether a server was lately found not to know a zone."""
        facts = self.known(address, now)
        return facts is not None and facts.is_lame(zone, now)

    def set_lame(
        self, address: Address, zone: bytes, now: float, seconds: float = LIFETIME
    ) -> None:
        """Note that a server does not know a zone that was delegated to it."""
        facts = self._facts_of(address, now)
        if facts.lame is None:
            facts.lame = {}
        elif len(facts.lame) >= MAX_LAME_ZONES:
            facts.lame.clear()
        facts.lame[zone] = now + seconds

    def returned(self) -> None:
        """Forget what silence has taught: the network, or what matters of it, is back."""
        for facts in self._facts.values():
            facts.silences = 0
            facts.rest_until = facts.probe_at = 0.0
        if self._on_return is not None:
            self._on_return()

    def reset(self) -> None:
        """Forget everything: the network is not the one it was."""
        self._facts.clear()
        self.reach.reset()
        self.returned()

    def __len__(self) -> int:
        return len(self._facts)

    def facts(self, address: Address, now: float) -> Facts:
        """Give the facts about a server to whoever asks it; new ones if there are none."""
        facts = self.known(address, now)
        return self._facts_of(address, now) if facts is None else facts

    def _facts_of(self, address: Address, now: float) -> Facts:
        """Give the facts that news are to be added to, and move them to the end."""
        table = self._facts
        facts = table.get(address)
        if facts is not None and now - facts.updated < LIFETIME:
            if now - facts.updated >= FRESH:
                del table[address]
                table[address] = facts
            facts.updated = now
            return facts
        if facts is not None:
            del table[address]
        elif len(table) >= self._capacity:
            self._make_room()
        facts = table[address] = Facts(now)
        return facts

    def _make_room(self) -> None:
        """Forget some at once: finding the first takes as long as finding many."""
        count = max(1, self._capacity // ROOM_MADE)
        for address in list(islice(self._facts, count)):
            del self._facts[address]
