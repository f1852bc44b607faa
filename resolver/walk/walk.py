"""Find the answer to a question.

What is known is taken from memory; for the rest somebody is asked who knows (`descent`),
and what he says is believed or not (`doubt`).  An alias starts it again at the alias's
target.  RFC 1034, section 5.3.3, tells the same story.

Each function deals with some of the outcomes and returns the others: an inquiry may
come back with any of them, a descent has dealt with `Referral` and `Useless`, `_follow`
with `Alias`, and `resolve` with everything that can fail.

Nothing here waits for anything but `ask`, and nothing but the keys of a zone (`beside`)
is asked for beside the walk: it can be driven without an event loop, over a pretend
Internet.
"""

from typing import Final, final

from resolver.beliefs import (
    BOGUS,
    INSECURE,
    UNCHECKED,
)
from resolver.cache.failures import Failures
from resolver.cache.infra import Servers
from resolver.counts import Findings
from resolver.ports import Ask, Bogus, Dice, Errand, Lost, Resolution, Spent
from resolver.walk.addresses import Addresses
from resolver.walk.beside import Begin, Beside, give_up
from resolver.walk.cuts import Cuts
from resolver.walk.descent import Descent
from resolver.walk.doubt import BOGUS_TTL, Doubt
from resolver.walk.inquiry import Inquiry
from resolver.walk.memory import Memory
from resolver.walk.scrub import (
    MAX_ALIASES,
    Alias,
    Answer,
    Nothing,
)
from resolver.walk.trail import Trail
from resolver.wire import types
from resolver.wire.errors import (
    DNSSEC_ERRORS,
    EDE_CACHED_ERROR,
    EDE_NO_REACHABLE_AUTHORITY,
    EDE_OTHER,
)
from resolver.wire.message import Question


@final
class Walk:
    """The way from a question to an answer."""

    __slots__ = (
        "_descent",
        "_failures",
        "_inquiry",
        "_memory",
        "doubt",
        "findings",
    )

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        ask: Ask,
        cuts: Cuts,
        memory: tuple[Memory, Servers, Failures, Failures],
        addresses: Addresses,
        dice: Dice,
        begin: Begin | None = None,
        *,
        minimise: bool,
    ) -> None:
        """Take what is remembered: records, servers, failures, absent server names."""
        known, servers, failures, absences = memory
        self._memory: Final = known
        self._failures: Final = failures
        stores = (known, servers, absences)
        self._inquiry: Final = Inquiry(ask, self.resolve, stores, addresses, dice)
        beside = Beside(self._inquiry, known, begin)
        self._descent: Final = Descent(
            cuts, self._inquiry, beside, (known, servers), minimise=minimise
        )
        self.findings: Final = Findings()
        # Until it consults somebody, everything is believed.
        self.doubt: Final = Doubt(self._descent, cuts, known, servers)

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        """Find the answer: from memory, or by walking.

        Whatever goes wrong becomes a SERVFAIL that says why (RFC 8914), remembered
        for a while so that it is not asked for again at once (RFC 9520).
        """
        errand.note("question", question)
        cleared = self._failures.cleared
        failure = self._failures.get(question, errand.now())
        if failure is not None and not (
            errand.checking_disabled and failure.ede in DNSSEC_ERRORS
        ):
            errand.note("cached", f"failure: {failure.text}")
            return Resolution(types.SERVFAIL, ede=failure.told(errand.now()))
        limited = errand.limited
        least = 0
        try:
            resolution = await self._follow(question, errand)
        except Lost as lost:
            resolution = _servfail(lost.ede, str(lost))
            least = BOGUS_TTL if isinstance(lost, Bogus) else 0
        except Spent as spent:
            resolution = _servfail(*_spent(spent))
            self.findings.limit(spent.limit)
            errand.limited += 1
        if errand.beside and not errand.depth:
            give_up(errand)
        if resolution.rcode == types.SERVFAIL:
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
                self._failures.remember(question, text, code, errand.now(), least)
        elif errand.depth == 0:
            self._failures.forget(question)
        return resolution

    async def _follow(self, question: Question, errand: Errand) -> Resolution:
        """Answer a question, following aliases across zones."""
        trail = Trail()
        visited = {question.name}
        least = self._least(errand)
        for _ in range(MAX_ALIASES + 1):
            link: Answer | Nothing | Alias | None
            link = self._memory.link(question, errand.now() + errand.ahead, least)
            if link is None and trail.links:
                failure = self._failures.get(question, errand.now())
                if failure is not None:
                    errand.note("cached", f"failure: {failure.text}")
                    return Resolution(types.SERVFAIL, ede=failure.told(errand.now()))
                link = await self._find_at_end(question, errand, trail)
            elif link is None:
                link = await self._find(question, errand, trail)
            else:
                errand.note("cached", type(link).__name__.lower())
            ended = trail.add(link)
            if ended is not None:
                return ended
            if isinstance(link, Alias):
                target = link.target
                if target in visited or len(trail.links) > 2 * MAX_ALIASES:
                    break
                visited.add(target)
                errand.note("alias", target)
                question = Question(target, question.rdtype)
                ended = self._memory.ours(trail, question)
                if ended is not None:
                    return ended
        raise Lost(f"the chain of aliases is a loop or longer than {MAX_ALIASES}")

    async def _find_at_end(
        self, question: Question, errand: Errand, trail: Trail
    ) -> Answer | Nothing | Alias:
        """Find the target of an alias.

        Its failure is remembered for every alias that leads to it.
        """
        limited = errand.limited
        cleared = self._failures.cleared
        try:
            return await self._find(question, errand, trail)
        except Lost as lost:
            if cleared == self._failures.cleared and (
                errand.depth == 0 or errand.limited == limited
            ):
                least = BOGUS_TTL if isinstance(lost, Bogus) else 0
                self._failures.remember(
                    question, str(lost), lost.ede, errand.now(), least
                )
            raise
        except Spent as spent:
            back = cleared != self._failures.cleared
            if errand.depth == 0 and spent.while_asking and not back:
                code, text = _spent(spent)
                self._failures.remember(question, text, code, errand.now())
            raise

    def _least(self, errand: Errand) -> int:
        """Say what data has to be worth to be told to this errand."""
        if errand.checking_disabled:
            return BOGUS
        return UNCHECKED if errand.depth else INSECURE

    async def _find(
        self, question: Question, errand: Errand, trail: Trail
    ) -> Answer | Nothing | Alias:
        """Ask for what is not known, and remember it if it is to be believed.

        What only leads us to servers is not checked: they can lie to us all the same.
        """
        if self.doubt.is_idle or errand.depth:
            _, outcome = await self._descent.to(question, errand)
            return self._memory.learn(outcome, errand.now(), self._descent.unjudged)
        outcome, belief = await self.doubt.check(question, errand)
        self.findings.verdict(belief.security, belief.ede)
        if belief.security == BOGUS:
            if not errand.checking_disabled:
                raise Bogus(belief.text, belief.ede)
            belief = belief._replace(ttl=BOGUS_TTL)
        if belief.ede:
            trail.remark(belief.ede, belief.text)
        return self._memory.learn(outcome, errand.now(), belief)


def _spent(spent: Spent) -> tuple[int, str]:
    """Say which limit it was; servers that kept silent until then are to blame for it."""
    code = EDE_NO_REACHABLE_AUTHORITY if spent.while_asking else EDE_OTHER
    return code, f"a limit was reached: {spent}"


def _servfail(code: int, text: str) -> Resolution:
    return Resolution(types.SERVFAIL, ede=((code, text),))
