"""At which zone does a walk begin, and what does it remember of the cuts it passes?

Delegations come from the parent's side only, and live in a store of their own:
nothing that a zone says about its own NS set changes how it is reached, and no
delegation outlives the one that led to it.  This closes the ghost-domain,
promiscuous-NS and self-glue families of attacks at once.

Zones that the configuration points somewhere (forward and stub zones) win over
everything learnt, and the most specific of them wins over the others.  One without
servers is an exception in a zone above it: there the walk goes its usual way.
"""

from typing import Final, final

from resolver.cache.zones import Delegation, ZoneCache
from resolver.ports import Errand
from resolver.walk.addresses import Addresses
from resolver.walk.root import NEVER, Root
from resolver.walk.scrub import Referral
from resolver.wire import names, types
from resolver.wire.message import Question


@final
class Cuts:
    """The delegations a walk can start from."""

    __slots__ = ("_addresses", "_configured", "_root", "_zones")

    def __init__(
        self,
        zones: ZoneCache,
        root: Root,
        addresses: Addresses,
        configured: tuple[Delegation, ...] = (),
    ) -> None:
        self._zones: Final = zones
        self._root: Final = root
        self._addresses: Final = addresses
        self._configured: Final = {zone.zone: zone for zone in configured}

    async def start(
        self, question: Question, errand: Errand, without: Delegation | None = None
    ) -> Delegation:
        """Give the closest zone that may know the answer.

        The DS of a name is its parent's to know (RFC 4035 section 3.1.4.1).  `without`
        is a configured zone that does not help: it is as if it were not configured.
        Raises Spent when the errand ends while the root is primed.
        """
        name = question.name
        if question.rdtype == types.DS:
            name = names.parent(name)
        configured = self._configured_at(name, without) if self._configured else None
        if configured is not None and configured.recursive:
            return configured
        learnt = self._zones.closest(name, errand.now())
        if configured is not None:
            below = learnt is not None and len(learnt.zone) > len(configured.zone)
            return learnt if below and learnt is not None else configured
        if learnt is not None and learnt.zone != names.ROOT:
            return learnt
        return await self._root.delegation(errand)

    def zone_of(self, question: Question, now: float) -> bytes:
        """Name the closest zone that is configured or was learnt, or the root."""
        name = question.name
        if question.rdtype == types.DS:
            name = names.parent(name)
        configured = self._configured_at(name, None) if self._configured else None
        learnt = self._zones.closest(name, now)
        zone = names.ROOT if learnt is None else learnt.zone
        if configured is None:
            return zone
        below = len(zone) > len(configured.zone) and not configured.recursive
        return zone if below else configured.zone

    def enter(self, referral: Referral, parent: Delegation, now: float) -> Delegation:
        """Step down to a delegated zone, and remember the way.

        What is configured is not looked at here: whoever did not start there is on the
        way to an exception in it, or beyond one that does not help.
        """
        zone = referral.zone
        servers = self._addresses.of_referral(referral)
        if not any(s.addresses or not names.is_below(s.name, zone) for s in servers):
            # All servers are inside the zone and none has glue: only whoever refers
            # us here may know their addresses, so this must not be a place to start.
            return Delegation(zone, servers, now)
        # Nobody is above the root to take it back: when its own list expires is only
        # when to prime again, and must not end everything below it at one moment.
        limit = NEVER if parent.zone == names.ROOT else parent.expires
        return self._zones.put(zone, servers, referral.ns.ttl, limit, now)

    def _configured_at(
        self, name: bytes, without: Delegation | None
    ) -> Delegation | None:
        """Find the closest configured zone, above the one that does not help."""
        if without is not None:
            if without.zone == names.ROOT:
                return None
            name = names.parent(without.zone)
        for ancestor in names.ancestors(name):
            zone = self._configured.get(ancestor)
            if zone is not None:
                return zone if zone.servers else None
        return None
