"""Put a question to the servers of one zone, until one of them helps.

One server after the other is chosen, asked, and its reply judged.  A server that does
not help is out of the race for this question, a silent one may get another chance.
Before any gets one, servers whose address nobody has told yet are looked up: a smaller
errand, under the same budget.

Where there is a choice, a second server is named that is asked as well if the first is
late.  Such hedges must not double the traffic when the network or we ourselves are slow:
in the long run one question in ten may have one, and there is a bound for how many may
be needed at the same time.
"""

from typing import Final, final

from resolver.beliefs import UNCHECKED
from resolver.cache.failures import Failures
from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation
from resolver.ports import (
    MAX_DEPTH,
    Address,
    Ask,
    Dice,
    Errand,
    Hedge,
    Lookup,
    Resolution,
    Silence,
    Spent,
)
from resolver.walk.addresses import Addresses
from resolver.walk.choose import Candidates
from resolver.walk.memory import Memory
from resolver.walk.scrub import (
    Alias,
    Answer,
    Nothing,
    Outcome,
    Useless,
    judge,
)
from resolver.wire import names, types
from resolver.wire.errors import EDE_OTHER
from resolver.wire.message import Message, Question

# Servers that may answer without the authority they should have, before what they say
# is taken for want of better.  More of them will not do better: somebody between us and
# them answers in their place.  Unbound takes an empty answer from the second.
ENOUGH_HEARSAY: Final = 3
# Questions that may be open to the servers of one zone, so that a flood of made-up names
# fills no more than its own share of everything; BIND's fetches-per-zone, without a
# default, is set to 200 in its manual's example.  The root, top-level domains and
# forwarders are everybody's way and have no such bound.
MAX_OPEN_PER_ZONE: Final = 200
# Hedges that may be open, and the share of questions that may need one in the long run.
MAX_OPEN_HEDGES: Final = 256.0
HEDGED_SHARE: Final = 0.1


@final
class Inquiry:
    """Asks the servers of zones.  Holds nothing of a single question but that it is open."""

    __slots__ = (
        "_absences",
        "_addresses",
        "_ask",
        "_dice",
        "_hedges_left",
        "_lookup",
        "_memory",
        "_open",
        "_servers",
    )

    def __init__(
        self,
        ask: Ask,
        lookup: Lookup,
        memory: tuple[Memory, Servers, Failures],
        addresses: Addresses,
        dice: Dice,
    ) -> None:
        self._ask: Final = ask
        self._lookup: Final = lookup
        self._memory: Final = memory[0]
        self._servers: Final = memory[1]
        # Server names found to have no address, also where nobody said for how long
        # (RFC 2308 needs an SOA): a delegation to such names is not tried in full for
        # every question below it.
        self._absences: Final = memory[2]
        self._addresses: Final = addresses
        self._dice: Final = dice
        self._open: Final[dict[bytes, int]] = {}
        self._hedges_left = MAX_OPEN_HEDGES

    async def put(
        self, zone: Delegation, question: Question, errand: Errand, patience: int
    ) -> Outcome:
        """Ask the servers of a zone in turn, up to `patience` times, until one helps.

        Useless says who was asked and how they failed.  Raises Spent when a budget is
        gone, and when too many questions are open to this zone already.
        """
        if zone.recursive or _is_at_the_top(zone.zone):
            return await self._ask_in_turn(zone, question, errand, patience)
        already = self._open.get(zone.zone, 0)
        if already >= MAX_OPEN_PER_ZONE:
            raise Spent(
                f"max_open_per_zone ({MAX_OPEN_PER_ZONE}) of {names.to_text(zone.zone)}"
            )
        self._open[zone.zone] = already + 1
        try:
            return await self._ask_in_turn(zone, question, errand, patience)
        finally:
            left = self._open[zone.zone] - 1
            if left:
                self._open[zone.zone] = left
            else:
                del self._open[zone.zone]

    async def _ask_in_turn(
        self, zone: Delegation, question: Question, errand: Errand, patience: int
    ) -> Outcome:
        errand.note("zone", zone.zone, zone)
        candidates = Candidates(zone, self._servers, self._dice)
        otherwise: Answer | Nothing | Alias | None = None
        hearsay = 0
        while patience > 0:
            try:
                address = await self._next_address(candidates, errand)
                if address is None:
                    break
                asks_left = errand.asks_left
                outcome = await self._ask_server(
                    zone, address, question, errand, candidates
                )
            except Spent as spent:
                if candidates.asked_in_vain and not spent.while_asking:
                    raise Spent(spent.limit, candidates.summary()) from spent
                raise
            if not isinstance(outcome, Useless):
                errand.answered_by = address
                return outcome
            # What could not leave this host has cost nothing.
            patience -= 1 if errand.asks_left < asks_left else 0
            if outcome.otherwise is not None:
                otherwise = outcome.otherwise
                hearsay += 1
                if hearsay >= ENOUGH_HEARSAY:
                    break
        if otherwise is not None:
            errand.note("verdict", "taken for want of better")
            return otherwise
        return Useless(candidates.summary())

    async def _next_address(
        self, candidates: Candidates, errand: Errand
    ) -> Address | None:
        """Choose the address to ask next.

        Before one is tried for a second time, or one that is known to be lame, server
        names that have no address yet are looked up.
        """
        while True:
            now = errand.now()
            address = candidates.best(now, hedged=self._hedges_left >= 1)
            if address is not None and not (
                candidates.was_tried(address) or candidates.is_last_resort(address, now)
            ):
                return address
            name = candidates.next_name()
            if name is None:
                return address
            asks = errand.asks_left
            found = await self._look_up(name, errand)
            candidates.add(name, found, free=errand.asks_left == asks)

    async def _ask_server(
        self,
        zone: Delegation,
        address: Address,
        question: Question,
        errand: Errand,
        candidates: Candidates,
    ) -> Outcome:
        """Put the question to one server and say what its reply means.

        A second one may reply in its place.
        """
        hedge = self._hedge(candidates)
        asked_at = errand.now()
        try:
            reply = await self._ask(
                address, question, errand, recursive=zone.recursive, hedge=hedge
            )
        except Silence as silence:
            reason = str(silence)
            if not silence.sent:
                self._servers.unreachable(address, reason, errand.now())
            candidates.failed(address, reason, hopeless=reason != "timeout")
            return Useless(reason)
        finally:
            if hedge is not None:
                self._settle(hedge, candidates, errand.now() - asked_at)
        if hedge is not None and hedge.won:
            self._servers.overtaken(address, asked_at, errand.now())
            address = hedge.backup
        if candidates.desperate and (zone.recursive or _is_at_the_top(zone.zone)):
            # So much hangs on these that whatever failed may well work again.
            self._servers.returned()
        return self._judge(zone, address, question, reply, errand, candidates)

    def _judge(
        self,
        zone: Delegation,
        address: Address,
        question: Question,
        reply: Message,
        errand: Errand,
        candidates: Candidates,
    ) -> Outcome:
        outcome = judge(reply, question, zone.zone, recursive=zone.recursive)
        if isinstance(outcome, Useless):
            candidates.failed(address, outcome.reason, hopeless=True)
            if outcome.reason.startswith("lame"):
                self._servers.set_lame(address, zone.zone, errand.now())
        errand.note("verdict", outcome, zone, reply)
        return outcome

    def _hedge(self, candidates: Candidates) -> Hedge | None:
        """Name the server to ask as well, if there is one and it can be afforded."""
        self._hedges_left = min(self._hedges_left + HEDGED_SHARE, MAX_OPEN_HEDGES)
        if candidates.backup is None or self._hedges_left < 1:
            return None
        self._hedges_left -= 1
        return Hedge(candidates.backup, candidates.patience)

    def _settle(self, hedge: Hedge, candidates: Candidates, seconds: float) -> None:
        """Take note of what came of a hedge; one that was not needed costs nothing."""
        if seconds < hedge.after:
            self._hedges_left += 1
        elif hedge.silence:
            candidates.failed(
                hedge.backup, hedge.silence, hopeless=hedge.silence != "timeout"
            )

    async def _look_up(self, name: bytes, errand: Errand) -> tuple[Address, ...]:
        """Find the addresses of a name server, on a smaller errand.

        The first family that has any is enough.  A look-up that needs itself, or
        goes too deep, finds nothing (tsuNAME).
        """
        for rdtype in self._families():
            question = Question(name, rdtype)
            if self._absences.get(question, errand.now()) is not None:
                continue
            # As for the sub-question: who is only to be asked need not be proven.
            resolution = self._memory.whole(question, errand.now(), UNCHECKED)
            if resolution is None:
                if question in errand.pending or errand.depth >= MAX_DEPTH:
                    errand.limited += 1
                    continue
                errand.spend_address_lookup()
                resolution = await self._sub_question(question, errand)
            found = [r for r in resolution.answer if r.rdtype == rdtype]
            addresses = self._addresses.of(found[0]) if found else ()
            if addresses:
                return addresses
            if resolution.rcode == types.SERVFAIL:
                break  # what failed will do so again
            self._absences.remember(question, "no address", EDE_OTHER, errand.now())
            # Without a name (NXDOMAIN) there is no other family either.
            if resolution.rcode != types.NOERROR:
                for other in self._addresses.families:
                    self._absences.remember(
                        Question(name, other), "no such name", EDE_OTHER, errand.now()
                    )
                break
        return ()

    def _families(self) -> tuple[int, ...]:
        """List the address types to look up, those of a broken family last."""
        families, reach = self._addresses.families, self._servers.reach
        if reach.calm or len(families) == 1:
            return families
        return families[::-1] if reach.is_broken(is_ipv6=False) else families

    async def _sub_question(self, question: Question, errand: Errand) -> Resolution:
        errand.pending.append(question)
        errand.depth += 1
        try:
            return await self._lookup(question, errand)
        finally:
            errand.depth -= 1
            errand.pending.pop()


def _is_at_the_top(zone: bytes) -> bool:
    """Say whether a zone is the root or a top-level domain."""
    return not zone[0] or not zone[zone[0] + 1]
