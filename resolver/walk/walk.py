"""Walk down the tree of zones to whoever knows the answer.

Start at the closest zone that is known and ask one of its servers.  A referral
moves the walk one zone down.  An alias starts it again at the alias's target.  A
server without an address sends it on a smaller errand first.  Everything else ends
it.  RFC 1034, section 5.3.3, tells the same story.

Each function deals with some of the outcomes and returns the others: `_ask_server`
may come back with any of them, `_ask_zone` has dealt with `Useless`, `_descend` with
`Referral`, `_follow` with `Alias`, and `resolve` with everything that can fail.

Nothing here waits for anything but `ask`, and nothing is started beside the walk:
it can be driven without an event loop, over a pretend Internet.
"""

from typing import Final, final

from resolver.cache.failures import Failures
from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation
from resolver.ports import (
    EDE_CACHED_ERROR,
    EDE_OTHER,
    MAX_DEPTH,
    Address,
    Ask,
    Dice,
    Errand,
    Lost,
    Resolution,
    Silence,
    Spent,
)
from resolver.walk.addresses import Addresses
from resolver.walk.choose import Candidates
from resolver.walk.cuts import Cuts
from resolver.walk.memory import Memory
from resolver.walk.minimise import Steps
from resolver.walk.scrub import (
    MAX_ALIASES,
    Alias,
    Answer,
    Nothing,
    Outcome,
    Referral,
    Useless,
    describe,
    judge,
)
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

# Questions asked to the servers of one zone for one step; Unbound 32.
MAX_ASKS_PER_STEP: Final = 32
# How often a minimised question may fail before the whole one is asked; Unbound 3.
MINIMISED_PATIENCE: Final = 2


@final
class Walk:
    """The way from a question to an answer."""

    __slots__ = (
        "_absences",
        "_addresses",
        "_ask",
        "_cuts",
        "_dice",
        "_failures",
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
        self._ask: Final = ask
        self._cuts: Final = cuts
        self._memory: Final = memory[0]
        self._servers: Final = memory[1]
        self._failures: Final = memory[2]
        # Server names found to have no address, also where nobody said for how long
        # (RFC 2308 needs an SOA): a delegation to such names is not tried in full for
        # every question below it.
        self._absences: Final = memory[3]
        self._addresses: Final = addresses
        self._dice: Final = dice
        self._minimise: Final = minimise

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        """Find the answer: from memory, or by walking.

        Whatever goes wrong becomes a SERVFAIL that says why (RFC 8914), remembered
        for a while so that it is not asked for again at once (RFC 9520).
        """
        errand.note("question", question)
        failure = self._failures.get(question, errand.now())
        if failure is not None:
            errand.note("cached", f"failure: {failure.text}")
            return _servfail(EDE_CACHED_ERROR, failure.text)
        try:
            resolution = await self._follow(question, errand)
        except Lost as lost:
            resolution = _servfail(lost.ede, str(lost))
        except Spent as spent:
            resolution = _servfail(EDE_OTHER, f"a limit was reached: {spent}")
        if resolution.ede:
            code, text = resolution.ede[0]
            errand.note("failed", text)
            # A sub-question may have failed for lack of what its errand had left;
            # only the client's own question says something about itself.
            if errand.depth == 0:
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
            outcome = self._memory.link(question, errand.now())
            if outcome is None:
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
        raise Lost(f"the chain of aliases is a loop or longer than {MAX_ALIASES}")

    async def _descend(
        self, question: Question, errand: Errand
    ) -> Answer | Nothing | Alias:
        """Follow referrals down to the zone that knows."""
        zone = await self._cuts.start(question, errand)
        steps = Steps(question, minimise=self._minimise and not zone.recursive)
        while True:
            asked = steps.next(zone.zone)
            if asked is not question and self._memory.no_cut_at(asked, errand.now()):
                continue
            patience = MAX_ASKS_PER_STEP if asked is question else MINIMISED_PATIENCE
            outcome = await self._ask_zone(zone, asked, errand, patience)
            match outcome:
                case Referral():
                    errand.spend_referral()
                    zone = self._cuts.enter(outcome, zone, errand.now())
                    steps.retry()
                    continue
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

    async def _ask_zone(
        self, zone: Delegation, question: Question, errand: Errand, patience: int
    ) -> Outcome:
        """Ask the servers of a zone in turn, up to `patience` times, until one helps.

        Useless says who was asked and how they failed.
        """
        errand.note("zone", zone.zone)
        candidates = Candidates(zone, self._servers, self._dice)
        otherwise: Answer | Nothing | Alias | None = None
        for _ in range(patience):
            address = await self._next_address(candidates, errand)
            if address is None:
                break
            outcome = await self._ask_server(
                zone, address, question, errand, candidates
            )
            if not isinstance(outcome, Useless):
                return outcome
            otherwise = outcome.otherwise or otherwise
        if otherwise is not None:
            errand.note("verdict", "taken for want of better", "")
            return otherwise
        return Useless(candidates.summary())

    async def _next_address(
        self, candidates: Candidates, errand: Errand
    ) -> Address | None:
        """Choose the address to ask next.

        Before one is tried for a second time, server names that have no address yet
        are looked up.
        """
        while True:
            address = candidates.best(errand.now())
            if address is not None and not candidates.was_tried(address):
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
        """Put the question to one server and say what its reply means."""
        try:
            reply = await self._ask(address, question, errand, recursive=zone.recursive)
        except Silence as silence:
            reason = str(silence)
            candidates.failed(address, reason, hopeless=reason != "timeout")
            return Useless(reason)
        outcome = judge(reply, question, zone.zone, recursive=zone.recursive)
        if isinstance(outcome, Useless):
            candidates.failed(address, outcome.reason, hopeless=True)
            if outcome.reason.startswith("lame"):
                self._servers.set_lame(address, zone.zone, errand.now())
        errand.note("verdict", *describe(outcome))
        return outcome

    async def _look_up(self, name: bytes, errand: Errand) -> tuple[Address, ...]:
        """Find the addresses of a name server, on a smaller errand.

        The first family that has any is enough.  A look-up that needs itself, or
        goes too deep, finds nothing (tsuNAME).
        """
        for rdtype in self._addresses.families:
            question = Question(name, rdtype)
            if self._absences.get(question, errand.now()) is not None:
                continue
            resolution = self._memory.whole(question, errand.now())
            if resolution is None:
                if question in errand.pending or errand.depth >= MAX_DEPTH:
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

    async def _sub_question(self, question: Question, errand: Errand) -> Resolution:
        errand.pending.append(question)
        errand.depth += 1
        try:
            return await self.resolve(question, errand)
        finally:
            errand.depth -= 1
            errand.pending.pop()


def _servfail(code: int, text: str) -> Resolution:
    return Resolution(types.SERVFAIL, ede=((code, text),))
