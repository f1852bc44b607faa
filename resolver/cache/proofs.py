"""What zones have proven not to be there, kept to answer more than was asked.

An NSEC record that came with one NXDOMAIN denies all names between two, so the next
question about any of them needs no server (RFC 8198).  This is the memory for such
ranges.  It knows nothing of names or hashes: a range has two ends that are bytes, and
lies on a chain, which is b"" for NSEC and the hash parameters for NSEC3.  What a range
proves is judged by `resolver.dnssec`, as for ranges that have just arrived.

**What may be put in** is for the caller to know: secure, of the zone that signed it, inside
it, without opt-out.  Four vendors were caught with less in 2026.

**What is not worth keeping** is left out: a range so narrow that it denies nothing but the
name that was asked for ("white lies", compact denial), or one of so many that the next
question will hardly fall into one that we have.

**Bounds.**  A zone has at most `zone_capacity` ranges, the oldest make room; all zones
together have `capacity`, and the zone that was least recently used is forgotten whole.
A zone that makes up ranges therefore spoils its own part only.

Newer words replace older ones: a range forgets all that began inside it.
"""

from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple, final

from resolver.wire.message import RRset
from resolver.wire.names import is_below

# Seconds; as for other negative answers: Unbound's and BIND's longest are an hour and
# three hours.  RFC 8198 section 5.4 advises against more than three.
MAX_TTL: Final = 10_800
# Ranges; each takes 700 bytes with its record.  PowerDNS 100,000.
CAPACITY: Final = 20_000
# Of one zone.  The root, for which this does most, has some 1,450 names.
ZONE_CAPACITY: Final = 2_000
# Chains of one zone: one, or while it changes from one to the next, two.
MAX_CHAINS: Final = 2
# The chain of NSEC records.
NSEC: Final = b""
# An NSEC3 range narrower than one in 2^10 of all hashes is not kept (PowerDNS too): in a
# zone with more names than that, ranges are seldom met twice.
NARROW_BITS: Final = 10
_HASH_BITS: Final = 160


class Range(NamedTuple):
    """Nothing of its chain lies between `low` and `high`, until `expires`.

    `rrset` is the record with its signatures, with the TTL that it came with.  Where
    `high` is not above `low` the range goes round the end of the zone.
    """

    low: bytes
    high: bytes
    rrset: RRset
    expires: float

    def covers(self, key: bytes) -> bool:
        """Say whether something lies inside the range, its ends left out."""
        if self.low < self.high:
            return self.low < key < self.high
        return key > self.low or key < self.high


class Authority(NamedTuple):
    """The zone's SOA, for the negative answers that are made from its ranges."""

    soa: RRset
    expires: float


@final
class _Chain:
    """The ranges of one chain by where they begin, sorted, and in order of arrival."""

    __slots__ = ("lows", "ranges")

    def __init__(self) -> None:
        self.lows: Final[list[bytes]] = []
        self.ranges: Final[dict[bytes, Range]] = {}

    def put(self, new: Range) -> int:
        """Add a range in place of all that begin inside it; give the growth."""
        before = len(self.lows)
        start = bisect_left(self.lows, new.low)
        if new.low < new.high:
            self._drop(start, bisect_left(self.lows, new.high))
        else:
            self._drop(start, len(self.lows))
            self._drop(0, bisect_left(self.lows, new.high))
            start = bisect_left(self.lows, new.low)
        self.lows.insert(start, new.low)
        self.ranges[new.low] = new
        return len(self.lows) - before

    def find(self, key: bytes) -> Range | None:
        """Find the range that a key is in or that begins with it."""
        if not self.lows:
            return None
        # The one before the first is the last, which goes round if any does.
        found = self.ranges[self.lows[bisect_right(self.lows, key) - 1]]
        return found if found.low == key or found.covers(key) else None

    def drop_oldest(self) -> None:
        """Make room for one."""
        low = next(iter(self.ranges))
        del self.ranges[low]
        del self.lows[bisect_left(self.lows, low)]

    def _drop(self, start: int, end: int) -> None:
        for low in self.lows[start:end]:
            del self.ranges[low]
        del self.lows[start:end]


@final
class _Zone:
    """What is known of one zone."""

    __slots__ = ("authority", "chains", "size")

    def __init__(self) -> None:
        self.authority: Authority | None = None
        self.chains: Final[dict[bytes, _Chain]] = {}
        self.size = 0


@final
class ProofCache:
    """At most `capacity` ranges, of which one zone has at most `zone_capacity`."""

    __slots__ = ("_capacity", "_size", "_zone_capacity", "_zones")

    def __init__(self, capacity: int, zone_capacity: int) -> None:
        self._capacity: Final = capacity
        self._zone_capacity: Final = min(zone_capacity, capacity)
        # In order of use, the least recently used first.
        self._zones: Final[dict[bytes, _Zone]] = {}
        self._size = 0

    def put_soa(self, zone: bytes, soa: RRset, now: float) -> None:
        """Remember a zone's secure SOA; without one its ranges answer nothing.

        It is kept for its TTL, but not longer than its last field, the TTL of negative
        answers, says (RFC 2308 section 5).
        """
        ttl = min(soa.ttl, int.from_bytes(soa.rdatas[0][-4:], "big"), MAX_TTL)
        if ttl > 0:
            self._use(zone).authority = Authority(soa, now + ttl)
            self._shrink()

    def put(
        self,
        zone: bytes,
        chain: bytes,
        low: bytes,
        high: bytes,
        rrset: RRset,
        now: float,
    ) -> bool:
        """Remember a range for the TTL of its record; False if it is not worth it.

        The zone's SOA is to be put first: a range lives no longer (RFC 9077).
        """
        known = self._zones.get(zone)
        if known is None or known.authority is None or is_narrow(chain, low, high):
            return False
        expires = min(now + min(rrset.ttl, MAX_TTL), known.authority.expires)
        if expires <= now:
            return False
        self._use(zone)
        if chain not in known.chains:
            if len(known.chains) >= MAX_CHAINS:
                self._forget(known, next(iter(known.chains)))
            known.chains[chain] = _Chain()
        grown = known.chains[chain].put(Range(low, high, rrset, expires))
        known.size += grown
        self._size += grown
        if known.size > self._zone_capacity:
            self._drop_one(known)
        self._shrink()
        return True

    def soa(self, zone: bytes, now: float) -> Authority | None:
        """Find a zone's SOA, and call the zone used."""
        if zone not in self._zones:
            return None
        authority = self._use(zone).authority
        return None if authority is None or now >= authority.expires else authority

    def chains(self, zone: bytes) -> list[bytes]:
        """List the chains of a zone."""
        known = self._zones.get(zone)
        return [] if known is None else list(known.chains)

    def covering(
        self, zone: bytes, chain: bytes, key: bytes, now: float
    ) -> Range | None:
        """Find the range that a key lies in, or that begins with it."""
        known = self._zones.get(zone)
        if known is None or chain not in known.chains:
            return None
        found = known.chains[chain].find(key)
        return None if found is None or now >= found.expires else found

    def remove(self, zone: bytes) -> None:
        """Forget a zone, if it is known."""
        known = self._zones.pop(zone, None)
        if known is not None:
            self._size -= known.size

    def remove_about(self, name: bytes, *, below: bool) -> None:
        """Forget all that could deny a name; with `below`, any name below it."""
        about = [
            zone
            for zone in self._zones
            if is_below(name, zone) or (below and is_below(zone, name))
        ]
        for zone in about:
            self.remove(zone)

    def clear(self) -> None:
        """Forget all of them."""
        self._zones.clear()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def _use(self, zone: bytes) -> _Zone:
        """Find or make a zone, and put it behind all that were used before."""
        known = self._zones.pop(zone, None)
        if known is None:
            known = _Zone()
        self._zones[zone] = known
        return known

    def _drop_one(self, known: _Zone) -> None:
        """Make room in a zone, in the chain that it is leaving."""
        oldest = next(iter(known.chains))
        known.chains[oldest].drop_oldest()
        known.size -= 1
        self._size -= 1
        if not known.chains[oldest].lows:
            del known.chains[oldest]

    def _forget(self, known: _Zone, chain: bytes) -> None:
        dropped = len(known.chains.pop(chain).lows)
        known.size -= dropped
        self._size -= dropped

    def _shrink(self) -> None:
        """Forget the least recently used zones; an SOA alone counts as one range."""
        while self._size > self._capacity or len(self._zones) > self._capacity:
            self.remove(next(iter(self._zones)))


def is_narrow(chain: bytes, low: bytes, high: bytes) -> bool:
    """Say whether a range denies too little to be met again.

    NSEC: up to the first possible name below the owner or beside it, which is how a
    server that signs as it is asked denies (RFC 4470, RFC 9824).
    """
    if chain == NSEC:
        return high in {low + b"\x01\x01\x00", low[:-1] + b"\x01\x01\x00"}
    if low == high:
        return False
    width = int.from_bytes(high, "big") - int.from_bytes(low, "big")
    return width % (1 << _HASH_BITS) < 1 << (_HASH_BITS - NARROW_BITS)
