"""Walk down the tree of zones to whoever knows the answer.

Start at the closest zone that is known and ask its servers (`inquiry`).  A referral
moves the walk one zone down.  An alias starts it again at the alias's target.
Everything else ends it.  RFC 1034, section 5.3.3, tells the same story.

Each function deals with some of the outcomes and returns the others: an inquiry may
come back with any of them, `_descend` has dealt with `Referral` and `Useless`,
`_follow` with `Alias`, and `resolve` with everything that can fail.

A zone that the configuration points somewhere may have a way out (`first`): when its
servers do not help, the walk goes on as if nobody had pointed there.  They get fewer
tries then, so that there is time left for it.

Nothing here waits for anything but `ask`, and nothing is started beside the walk:
it can be driven without an event loop, over a pretend Internet.
"""

from typing import Final, final

from resolver.cache.failures import Failures
from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation
from resolver.ports import (
    EDE_CACHED_ERROR,
    EDE_NO_REACHABLE_AUTHORITY,
    EDE_OTHER,
    Ask,
    Dice,
    Errand,
    Lost,
    Resolution,
    Spent,
)
from resolver.walk.addresses import Addresses
from resolver.walk.cuts import Cuts
from resolver.walk.inquiry import Inquiry
from resolver.walk.memory import Memory
from resolver.walk.minimise import Steps
from resolver.walk.scrub import (
    MAX_ALIASES,
    Alias,
    Answer,
    Nothing,
    Referral,
    Useless,
)
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

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
class Walk:
    """The way from a question to an answer."""

    __slots__ = (
        "_cuts",
        "_failures",
        "_inquiry",
        "_memory",
        "_minimise",
        "_servers",
    )

    def __init__(
        self,
        ask: Ask,
        cuts: Cuts,
        memory: tuple[Memory, Servers, Failures, Failures],
        addresses: Addresses,
        dice: Dice,
        *,
        minimise: bool,
    ) -> None:
        """Take what is remembered: records, servers, failures, absent server names."""
        known, servers, failures, absences = memory
        self._cuts: Final = cuts
        self._memory: Final = known
        self._servers: Final = servers
        self._failures: Final = failures
        self._minimise: Final = minimise
        stores = (known, servers, absences)
        self._inquiry: Final = Inquiry(ask, self.resolve, stores, addresses, dice)

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        """Find the answer: from memory, or by walking.

        Whatever goes wrong becomes a SERVFAIL that says why (RFC 8914), remembered
        for a while so that it is not asked for again at once (RFC 9520).
        """
        errand.note("question", question)
        cleared = self._failures.cleared
        failure = self._failures.get(question, errand.now())
        if failure is not None:
            errand.note("cached", f"failure: {failure.text}")
            return Resolution(types.SERVFAIL, ede=failure.told(errand.now()))
        limited = errand.limited
        try:
            resolution = await self._follow(question, errand)
        except Lost as lost:
            resolution = _servfail(lost.ede, str(lost))
        except Spent as spent:
            resolution = _servfail(*_spent(spent))
            errand.limited += 1
        if resolution.ede:
            code, text = resolution.ede[0]
            errand.note("failed", text)
            # A sub-question that failed for lack of what its errand had left says
            # nothing about itself, and neither does one that began before the network
            # was back.  A failure that was found is remembered already.
            if (
                code != EDE_CACHED_ERROR
                and (errand.depth == 0 or errand.limited == limited)
                and self._failures.cleared == cleared
            ):
                self._failures.remember(question, text, code, errand.now())
        elif errand.depth == 0:
            self._failures.forget(question)
        return resolution

    async def _follow(self, question: Question, errand: Errand) -> Resolution:
        """Answer a question, following aliases across zones."""
        chain: list[RRset] = []
        visited = {question.name}
        for _ in range(MAX_ALIASES + 1):
            outcome: Answer | Nothing | Alias | None
            outcome = self._memory.link(question, errand.now() + errand.ahead)
            if outcome is None and chain:
                failure = self._failures.get(question, errand.now())
                if failure is not None:
                    errand.note("cached", f"failure: {failure.text}")
                    return Resolution(types.SERVFAIL, ede=failure.told(errand.now()))
                outcome = await self._descend_at_end(question, errand)
            elif outcome is None:
                outcome = await self._descend(question, errand)
            else:
                errand.note("cached", type(outcome).__name__.lower())
            match outcome:
                case Answer(links, rrset):
                    return Resolution(types.NOERROR, (*chain, *links, rrset))
                case Nothing(links=links, rcode=rcode, soa=soa):
                    authority = () if soa is None else (soa,)
                    return Resolution(rcode, (*chain, *links), authority)
                case Alias(links, target):
                    chain.extend(links)
                    if target in visited or len(chain) > 2 * MAX_ALIASES:
                        break
                    visited.add(target)
                    errand.note("alias", target)
                    question = Question(target, question.rdtype)
                    ours = self._memory.ours(chain, question)
                    if ours is not None:
                        return ours
        raise Lost(f"the chain of aliases is a loop or longer than {MAX_ALIASES}")

    async def _descend_at_end(
        self, question: Question, errand: Errand
    ) -> Answer | Nothing | Alias:
        """Descend for the target of an alias.

        Its failure is remembered for every alias that leads to it.
        """
        limited = errand.limited
        cleared = self._failures.cleared
        try:
            return await self._descend(question, errand)
        except Lost as lost:
            if cleared == self._failures.cleared and (
                errand.depth == 0 or errand.limited == limited
            ):
                self._failures.remember(question, str(lost), lost.ede, errand.now())
            raise
        except Spent as spent:
            back = cleared != self._failures.cleared
            if errand.depth == 0 and spent.while_asking and not back:
                code, text = _spent(spent)
                self._failures.remember(question, text, code, errand.now())
            raise

    async def _descend(
        self, question: Question, errand: Errand, without: Delegation | None = None
    ) -> Answer | Nothing | Alias:
        """Follow referrals down to the zone that knows.

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
                    errand.spend_referral()
                    zone = self._cuts.enter(outcome, zone, errand.now())
                    steps.retry()
                    continue
                case Useless() if zone.first:
                    errand.note("verdict", "asked as if it were not configured")
                    return await self._descend(question, errand, zone)
                case Useless(reason) if asked is question:
                    raise Lost(f"{names.to_text(zone.zone)}: {reason}")
                case Useless():
                    steps.give_up()
                    continue
                case _:
                    pass
            learnt = self._memory.learn(outcome, errand.now())
            if asked is question:
                return learnt
            match outcome:
                case Answer() | Nothing(rcode=types.NOERROR):
                    pass  # the name exists and is no zone cut: one label more
                case _:
                    steps.give_up()

    def _tries(self, zone: Delegation, now: float) -> int:
        """Say how many questions the servers of a zone are worth that has a way out."""
        tries = 0
        for server in zone.servers:
            for address in server.addresses:
                if not self._servers.is_down(address, now):
                    slow = self._servers.timeout(address, now) > SLOW
                    tries += 1 if slow else TRIES_BEFORE_FALLBACK
        return min(tries, ASKS_BEFORE_FALLBACK)


def _spent(spent: Spent) -> tuple[int, str]:
    """Say which limit it was; servers that kept silent until then are to blame for it."""
    code = EDE_NO_REACHABLE_AUTHORITY if spent.while_asking else EDE_OTHER
    return code, f"a limit was reached: {spent}"


def _servfail(code: int, text: str) -> Resolution:
    return Resolution(types.SERVFAIL, ede=((code, text),))
