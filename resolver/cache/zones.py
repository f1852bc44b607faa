"""Delegations: which servers to ask about what is below a zone cut.

Kept apart from the record sets and fed from the parent's side only, by `put`, with
referrals.  What a zone says about its own NS set never gets here, so a delegation
ends when the parent's word ends, and no child can keep itself alive (ghost domains,
CVE-2012-1033 and its family).

A delegation is believed for at least a few seconds, so that a zone with a tiny TTL does
not have its parent asked for every question, and for at most a day.
"""

from collections import OrderedDict
from typing import Final, NamedTuple, final

from resolver.ports import Address
from resolver.wire import names

# Seconds; Knot 5.  BIND has 60, which keeps a zone reachable for a minute after its
# parent has taken the delegation back.
MIN_TTL: Final = 5
# Seconds; Unbound's and Knot's longest TTL, BIND a week.
MAX_TTL: Final = 86_400


class NameServer(NamedTuple):
    """A server of a zone; without `addresses` its name has to be looked up first.

    `name` is b"" where the configuration gives addresses only.
    """

    name: bytes
    addresses: tuple[Address, ...]


class Delegation(NamedTuple):
    """A zone and its servers, believed until `expires`.

    `recursive` servers are forwarders, asked with RD.  `first`: where they do not help,
    others may be asked instead.
    """

    zone: bytes
    servers: tuple[NameServer, ...]
    expires: float
    recursive: bool = False
    first: bool = False


@final
class ZoneCache:
    """At most `capacity` delegations; the least recently used make room."""

    __slots__ = ("_capacity", "_zones")

    def __init__(self, capacity: int) -> None:
        self._capacity: Final = capacity
        self._zones: Final[OrderedDict[bytes, Delegation]] = OrderedDict()

    def put(
        self,
        zone: bytes,
        servers: tuple[NameServer, ...],
        ttl: int,
        limit: float,
        now: float,
    ) -> Delegation:
        """Remember a delegation for `ttl` seconds, within bounds, and give it back.

        `limit` is when the delegation that led here expires: none outlives it.
        """
        expires = now + min(max(ttl, MIN_TTL), MAX_TTL)
        delegation = Delegation(zone, servers, min(expires, limit))
        self._zones[zone] = delegation
        self._zones.move_to_end(zone)
        if len(self._zones) > self._capacity:
            self._zones.popitem(last=False)
        return delegation

    def get(self, zone: bytes, now: float) -> Delegation | None:
        """Find the delegation of exactly this zone."""
        delegation = self._zones.get(zone)
        if delegation is None or now >= delegation.expires:
            return None
        self._zones.move_to_end(zone)
        return delegation

    def closest(self, name: bytes, now: float) -> Delegation | None:
        """Find the deepest zone that the name is in."""
        zones = self._zones
        while True:
            delegation = zones.get(name)
            if delegation is not None and now < delegation.expires:
                zones.move_to_end(name)
                return delegation
            if not name[0]:
                return None
            name = name[name[0] + 1 :]

    def remove(self, zone: bytes) -> None:
        """Forget a delegation, if it is known."""
        self._zones.pop(zone, None)

    def remove_below(self, zone: bytes) -> int:
        """Forget the delegations of a name and of all below it; count them."""
        found = [known for known in self._zones if names.is_below(known, zone)]
        for known in found:
            del self._zones[known]
        return len(found)

    def fresh(self, now: float) -> list[Delegation]:
        """List the delegations that are believed, which does not count as use."""
        return [it for it in self._zones.values() if now < it.expires]

    def clear(self) -> None:
        """Forget all of them."""
        self._zones.clear()

    def __len__(self) -> int:
        return len(self._zones)
