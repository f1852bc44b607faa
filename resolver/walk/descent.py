"""Walk down the tree of zones to the one that knows.

Start at the closest zone that is known and ask its servers (`inquiry`), about no more of
the name than they need (`minimise`).  A referral moves the walk one zone down.  Whatever
else they say about the whole question ends it.

A zone that the configuration points somewhere may have a way out (`first`): when its
servers do not help, the walk goes on as if nobody had pointed there.  They get fewer
tries then, so that there is time left for it.
"""

from typing import Final, final

from resolver.beliefs import NOT_YET, UNJUDGED, Belief
from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation
from resolver.ports import Errand, Lost
from resolver.walk.beside import Beside
from resolver.walk.cuts import Cuts
from resolver.walk.inquiry import Inquiry
from resolver.walk.memory import Memory
from resolver.walk.minimise import Steps
from resolver.walk.scrub import Alias, Answer, Nothing, Referral, Useless
from resolver.wire import names, types
from resolver.wire.message import Question

# Questions asked to the servers of one zone for one step; Unbound 32.
MAX_ASKS_PER_STEP: Final = 32
# How often a minimised question may fail before the whole one is asked; Unbound 3.
MINIMISED_PATIENCE: Final = 2
# Questions to the servers of a zone that has something to fall back on: at most so many
# to each of them and in all, and to one that is slower than this many seconds only one.
# Two in a row are for a lost packet: what is asked instead may know the name differently.
TRIES_BEFORE_FALLBACK: Final = 2
ASKS_BEFORE_FALLBACK: Final = 6
SLOW: Final = 1.0


@final
class Descent:
    """The way down from a known zone.

    `validating`: what is met on the way is kept for whoever judges it later.
    """

    __slots__ = (
        "_beside",
        "_cuts",
        "_inquiry",
        "_memory",
        "_minimise",
        "_servers",
        "validating",
    )

    def __init__(
        self,
        cuts: Cuts,
        inquiry: Inquiry,
        beside: Beside,
        memory: tuple[Memory, Servers],
        *,
        minimise: bool,
    ) -> None:
        self.validating = False
        self._cuts: Final = cuts
        self._inquiry: Final = inquiry
        self._beside: Final = beside
        self._memory: Final = memory[0]
        self._servers: Final = memory[1]
        self._minimise: Final = minimise

    @property
    def unjudged(self) -> Belief:
        """Say what a reply is worth that nobody has looked at."""
        return NOT_YET if self.validating else UNJUDGED

    async def to(
        self, question: Question, errand: Errand, without: Delegation | None = None
    ) -> tuple[bytes, Answer | Nothing | Alias]:
        """Follow referrals down to the zone that knows; give it, and what it says.

        Raises Lost where nobody helps, and Spent.
        `without`: as if this zone were not configured.
        """
        zone = await self._cuts.start(question, errand, without)
        steps = Steps(question, minimise=self._minimise and not zone.recursive)
        while True:
            asked = steps.next(zone.zone)
            if asked is not question and self._memory.no_cut_at(asked, errand.now()):
                continue
            patience = MAX_ASKS_PER_STEP if asked is question else MINIMISED_PATIENCE
            patience = self._tries(zone, errand.now()) if zone.first else patience
            outcome = await self._inquiry.put(zone, asked, errand, patience)
            match outcome:
                case Referral():
                    zone = self._enter(outcome, zone, errand)
                    steps.retry()
                    continue
                case Useless() if zone.first:
                    errand.note("verdict", "asked as if it were not configured")
                    return await self.to(question, errand, zone)
                case Useless(reason) if asked is question:
                    raise Lost(f"{names.to_text(zone.zone)}: {reason}")
                case Useless():
                    steps.give_up()
                    continue
                case _:
                    pass
            if asked is question:
                return zone.zone, outcome
            self._memory.learn(outcome, errand.now(), self.unjudged)
            if not _exists(outcome):
                steps.give_up()

    def _enter(
        self,
        referral: Referral,
        parent: Delegation,
        errand: Errand,
    ) -> Delegation:
        """Step down into a zone, with an eye on the keys that it will take."""
        errand.spend_referral()
        zone = self._cuts.enter(referral, parent, errand.now())
        if referral.glue and not (zone.servers and zone.servers[0].addresses):
            errand.note("policy", "none of the addresses given may be asked")
        if self.validating:
            self._memory.learn_cut(referral, errand.now())
            if referral.ds is not None and not errand.depth:
                self._beside.ask(zone, errand)
        return zone

    def _tries(self, zone: Delegation, now: float) -> int:
        """Say how many questions the servers of a zone are worth that has a way out."""
        tries = 0
        for server in zone.servers:
            for address in server.addresses:
                if not self._servers.is_down(address, now):
                    slow = self._servers.timeout(address, now) > SLOW
                    tries += 1 if slow else TRIES_BEFORE_FALLBACK
        return min(tries, ASKS_BEFORE_FALLBACK)


def _exists(outcome: Answer | Nothing | Alias) -> bool:
    """Say whether the name of a minimised question is there and no zone cut."""
    if isinstance(outcome, Nothing):
        return outcome.rcode == types.NOERROR
    return isinstance(outcome, Answer)
