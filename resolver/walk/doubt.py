"""Do we believe what we were told?  Whoever judges that is handed in.

What servers say becomes a `Claim`, and `Believe` says what it is worth.  What is bogus
may be one server's fault, or a forger's, so others are asked before it counts.  The judge
in turn needs records that trust rests on, and gets them through `fetch`, unjudged.
"""

from typing import Final, final

from resolver.beliefs import (
    BOGUS,
    NOT_YET,
    SECURE,
    UNCHECKED,
    UNJUDGED,
    Belief,
    Believe,
    Claim,
    Deny,
)
from resolver.cache.infra import Servers
from resolver.ports import Address, Errand, Lost, Spent
from resolver.walk.beside import arrival
from resolver.walk.cuts import Cuts
from resolver.walk.descent import Descent
from resolver.walk.memory import Memory
from resolver.walk.scrub import Alias, Answer, Nothing
from resolver.wire import names, types
from resolver.wire.message import Question

# Seconds for which bogus data is kept for those who want it all the same, and for which
# a server that gave it is the last to be asked; Unbound 60.
BOGUS_TTL: Final = 60


@final
class Doubt:
    """What stands between what is said and what is believed."""

    __slots__ = ("_believe", "_cuts", "_deny", "_descent", "_memory", "_servers")

    def __init__(
        self, descent: Descent, cuts: Cuts, memory: Memory, servers: Servers
    ) -> None:
        self._believe: Believe | None = None
        self._deny: Deny | None = None
        self._descent: Final = descent
        self._cuts: Final = cuts
        self._memory: Final = memory
        self._servers: Final = servers

    def consult(self, judge: Believe, deny: Deny | None = None) -> None:
        """Have everything judged from now on, and `deny` asked before servers are.

        Whoever judges needs our `fetch`, so it is introduced later, or never.
        """
        self._believe = judge
        self._deny = deny
        self._descent.validating = True

    @property
    def is_idle(self) -> bool:
        """Say whether everything is taken as it is said."""
        return self._believe is None

    async def fetch(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        """Find the records that trust rests on, unjudged; see `beliefs.Fetch`."""
        now = errand.now()
        outcome: Answer | Nothing | Alias | None = None
        if not again:
            if errand.beside and question.rdtype == types.DNSKEY:
                await arrival(question.name, errand)
            outcome = self._memory.evidence(question, errand.now())
        if outcome is not None:
            errand.answered_by = None
            return claim_of(question, self._cuts.zone_of(question, now), outcome)
        if again:
            self._avoid(errand.answered_by, self._cuts.zone_of(question, now), now)
        errand.depth += 1
        errand.note("question", question)
        try:
            zone, outcome = await self._descent.to(question, errand)
        finally:
            errand.depth -= 1
        self._memory.learn(outcome, errand.now(), NOT_YET)
        return claim_of(question, zone, outcome)

    async def check(
        self, question: Question, errand: Errand
    ) -> tuple[Answer | Nothing | Alias, Belief]:
        """Find what is said, and what it is worth.

        What is bogus may be one server's fault, or a forger's: others get a chance.
        Where the keys of the zone are to blame, nobody could do better.
        """
        now = errand.now()
        outcome: Answer | Nothing | Alias | None
        outcome = None if errand.ahead else self._memory.evidence(question, now)
        zone = self._cuts.zone_of(question, now)
        _forget_who_answered(errand)
        if outcome is None:
            denied = self._denied(zone, question, errand)
            if denied is not None:
                return denied
            zone, outcome = await self._descent.to(question, errand)
        asked: list[Address | None] = []
        while True:
            asked.append(errand.answered_by)
            belief = await self._judge(question, zone, outcome, errand)
            if belief.security != BOGUS:
                return outcome, belief
            errand.note("verdict", f"bogus: {belief.text}")
            if belief.ttl or not errand.may_ask_again(asked):
                return outcome, belief
            self._avoid(asked[-1], zone, errand.now())
            try:
                zone, outcome = await self._descent.to(question, errand)
            except Lost:
                return outcome, belief

    def _denied(
        self, zone: bytes, question: Question, errand: Errand
    ) -> tuple[Nothing, Belief] | None:
        """Find proof that there is nothing, in what the zone has proven before.

        Not for those who judge by themselves, nor where memory is to be renewed.
        """
        if self._deny is None or errand.checking_disabled or errand.ahead:
            return None
        denial = self._deny(zone, question, errand.now())
        if denial is None:
            return None
        errand.note("cached", f"proof in {names.to_text(zone)}: {denial.reason}")
        rcode, soa, proofs, ttl, _ = denial
        name, rdtype, _ = question
        nothing = Nothing((), name, rdtype, rcode, soa, proofs=proofs, security=SECURE)
        return nothing, Belief(SECURE, ttl)

    async def _judge(
        self,
        question: Question,
        zone: bytes,
        outcome: Answer | Nothing | Alias,
        errand: Errand,
    ) -> Belief:
        if self._believe is None:
            return UNJUDGED
        try:
            return await self._believe(claim_of(question, zone, outcome), errand)
        except (Lost, Spent):
            # Who judges by himself is not kept from what is there already.
            if errand.checking_disabled:
                return Belief(UNCHECKED, BOGUS_TTL)
            raise

    def _avoid(self, server: Address | None, zone: bytes, now: float) -> None:
        """Ask another server of a zone next time, if there is one."""
        if server is not None:
            self._servers.set_lame(server, zone, now, BOGUS_TTL)


def _forget_who_answered(errand: Errand) -> None:
    """Begin with nobody, in a function of its own.

    mypy takes what was assigned for what is there, across an await as well, and what
    mypyc makes of that is a TypeError as soon as somebody has answered.
    """
    errand.answered_by = None


def claim_of(
    question: Question, zone: bytes, outcome: Answer | Nothing | Alias
) -> Claim:
    """Put an outcome into the words of whoever judges whether it is true."""
    match outcome:
        case Answer(links, rrset, proofs=proofs):
            return Claim(question, zone, rrset.name, links, rrset, authority=proofs)
        case Nothing(links=links, name=name, rcode=rcode, soa=soa, proofs=proofs):
            authority = proofs if soa is None else (soa, *proofs)
            # The DNAME alone proves that the name would be too long (YXDOMAIN).
            denies = rcode != types.YXDOMAIN
            return Claim(question, zone, name, links, None, denies, rcode, authority)
        case Alias(links=links, target=target, proofs=proofs):
            return Claim(question, zone, target, links, authority=proofs)
