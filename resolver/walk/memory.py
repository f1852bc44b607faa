"""What the walk knows already, and what it learns.

`link` takes one step from memory: the records, the alias or the negative answer that
is cached for a question, as the same outcome that a server's reply would have been.
`whole` follows the chain to its end and gives up if any link of it is missing; then
a walk begins, and its own calls of `link` find again what is there.

`learn` puts what an outcome carries into the cache.  A DNAME is kept with the CNAME that
it implied, and comes along with that.  To another name it is applied from here only if
it is secure: who forges one reply about a made-up name could otherwise move a whole zone.
Below all others each name is asked for (Unbound does the same).
"""

from collections.abc import Callable
from typing import Final, final

from resolver.beliefs import BOGUS, INSECURE, SECURE, UNCHECKED, UNJUDGED, Belief
from resolver.cache.packed import Found
from resolver.cache.rrsets import (
    RANK_ANSWER,
    RANK_AUTHORITATIVE,
    RANK_AUTHORITY,
    RRsetCache,
)
from resolver.ports import Resolution
from resolver.walk.evidence import cuts_denied, is_expanded
from resolver.walk.scrub import (
    MAX_ALIASES,
    Alias,
    Answer,
    Nothing,
    Referral,
    substitute,
)
from resolver.walk.trail import Trail
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

_NEVER_THROUGH_AN_ALIAS: Final = frozenset({types.CNAME, types.DS})

Local = Callable[[Question], Resolution | None]


def _nothing_is_local(_: Question) -> Resolution | None:
    """Answer where the configuration has nothing to say."""
    return None


@final
class Memory:
    """Reads and writes the cache in the words of the walk."""

    __slots__ = (
        "_configured",
        "_denied_seen",
        "_dnames_seen",
        "_local",
        "_rrsets",
    )

    def __init__(
        self,
        rrsets: RRsetCache,
        configured: frozenset[bytes] = frozenset(),
        local: Local = _nothing_is_local,
    ) -> None:
        """Take the cache, the names of the zones that are configured, and `local`.

        That answers questions about names which are ours to answer.
        """
        self._rrsets: Final = rrsets
        self._configured: Final = configured
        self._local: Final[Local] = local
        # Most caches never hold a DNAME; until one is put, no ancestor is tried.
        self._dnames_seen = False
        # The same for names that are proven not to exist.
        self._denied_seen = False

    def link(
        self, question: Question, now: float, least: int = INSECURE
    ) -> Answer | Nothing | Alias | None:
        """Find what is cached for exactly this question, fit for a client.

        `least` is what it has to be worth: nobody is told what nobody has checked.
        """
        found = self._trusted(question.name, question.rdtype, now, least)
        if found is not None:
            _, rcode, soa, _, _, security, proofs = found
            rrset = found.rrset
            if rrset is not None:
                links: tuple[RRset, ...] = ()
                if self._dnames_seen and rrset.rdtype == types.CNAME:
                    links = self._with_dname(rrset, now)[:-1]
                return Answer(links, rrset, proofs=proofs, security=security)
            name, rdtype, _ = question
            return Nothing(
                (), name, rdtype, rcode, soa, proofs=proofs, security=security
            )
        # The DS of a name is told by the zone above it, which aliases that the name has
        # need not be from.
        if question.rdtype not in _NEVER_THROUGH_AN_ALIAS:
            cname = self._trusted(question.name, types.CNAME, now, least)
            if cname is not None and cname.rrset is not None:
                links = (
                    self._with_dname(cname.rrset, now)
                    if self._dnames_seen
                    else (cname.rrset,)
                )
                target = cname.rrset.rdatas[0].lower()
                return Alias(
                    links, target, proofs=cname.proofs, security=cname.security
                )
        if self._dnames_seen:
            redirected = self._through_dname(question, now)
            if redirected is not None:
                return redirected
        return self._below_nothing(question, now) if self._denied_seen else None

    def _below_nothing(self, question: Question, now: float) -> Nothing | None:
        """Find a proof that a name above does not exist: then this one does not, either.

        RFC 8020; where nothing is proven, a server that calls an empty non-terminal
        non-existent would take away what is below it.
        """
        for ancestor in names.ancestors(question.name)[1:]:
            if ancestor in self._configured:
                return None
            found = self._rrsets.get(ancestor, types.A, now)
            if found is None or found.rcode != types.NXDOMAIN:
                continue
            if found.security == SECURE:
                name, rdtype, _ = question
                _, rcode, soa, _, _, security, proofs = found
                denied = Nothing((), name, rdtype, rcode, soa)
                return denied._replace(proofs=proofs, security=security)
        return None

    def evidence(self, question: Question, now: float) -> Answer | Nothing | None:
        """Find records that were kept for whoever checks others, at any rank."""
        found = self._rrsets.get(question.name, question.rdtype, now)
        if found is None or found.security == BOGUS or found.rank < RANK_AUTHORITY:
            return None
        _, rcode, soa, _, _, security, proofs = found
        if found.rrset is not None:
            return Answer((), found.rrset, proofs=proofs, security=security)
        name, rdtype, _ = question
        return Nothing((), name, rdtype, rcode, soa, proofs=proofs, security=security)

    def learn_cut(self, referral: Referral, now: float) -> None:
        """Remember what a referral says about the keys of the zone: DS, or none."""
        if referral.ds is not None:
            self._rrsets.put(referral.ds, RANK_AUTHORITY, now, UNCHECKED)
        elif referral.proofs:
            self._put_no_ds(referral.zone, referral.proofs, now)

    def whole(
        self, question: Question, now: float, least: int = INSECURE
    ) -> Resolution | None:
        """Find the complete answer in memory, aliases and all, or None."""
        trail = Trail()
        for _ in range(MAX_ALIASES + 1):
            link = self.link(question, now, least)
            if link is None:
                return None
            ended = trail.add(link)
            if ended is not None:
                return ended
            if isinstance(link, Alias):
                question = Question(link.target, question.rdtype)
                ended = self.ours(trail, question)
                if ended is not None:
                    return ended
        return None

    def ours(self, trail: Trail, question: Question) -> Resolution | None:
        """End a chain of aliases at a name that is ours to answer, or return None.

        That answer is told once and never kept: the next configuration may say
        something else.
        """
        ours = self._local(question)
        if ours is None:
            return None
        answer = [rrset.with_ttl(0) for rrset in ours.answer]
        authority = [rrset.with_ttl(0) for rrset in ours.authority]
        ended = trail.end(ours.rcode, tuple(answer), tuple(authority))
        return ended._replace(secure=False)

    def no_cut_at(self, question: Question, now: float) -> bool:
        """Say whether a minimised question was answered before, and not by NXDOMAIN."""
        found = self._rrsets.get(question.name, question.rdtype, now)
        return found is not None and found.rcode == types.NOERROR

    def learn(
        self,
        outcome: Answer | Nothing | Alias,
        now: float,
        belief: Belief = UNJUDGED,
    ) -> Answer | Nothing | Alias:
        """Remember what a reply said, and give it back as it may be told.

        `belief` is what it is worth.  TTLs are cut to that and to what the
        configuration allows; a negative answer's SOA gets the time that the answer is
        believed for (RFC 2308 section 5).
        """
        authoritative, proofs = outcome.authoritative, outcome.proofs
        rank = RANK_AUTHORITATIVE if authoritative else RANK_ANSWER
        security = belief.security
        links: tuple[RRset, ...] = outcome.links
        if links:
            links = tuple([self._put(it, rank, now, belief, proofs) for it in links])
        if isinstance(outcome, Answer):
            rrset = self._put(outcome.rrset, rank, now, belief, proofs)
            return Answer(links, rrset, authoritative, proofs, security)
        if isinstance(outcome, Nothing):
            soa = self._put_nothing(outcome, rank, now, belief)
            return outcome._replace(links=links, soa=soa, security=security)
        if proofs:
            self._learn_hints(outcome, now)
        return outcome._replace(links=links, security=security)

    def _learn_hints(self, alias: Alias, now: float) -> None:
        """Remember proofs that came with an alias for the way to its target.

        A server that knows the target's zone to be unsigned says so beside the alias.
        What they prove is seen when somebody asks for the DS; if it is nothing, that is
        asked for after all.
        """
        if any(map(is_expanded, alias.links)):
            return  # they are about the alias itself
        for cut in cuts_denied(alias.proofs, alias.target):
            if self._rrsets.get(cut, types.DS, now) is None:
                self._put_no_ds(cut, alias.proofs, now)

    def _put_no_ds(self, cut: bytes, proofs: tuple[RRset, ...], now: float) -> None:
        """Keep proofs that may say that there is no DS, unchecked."""
        self._rrsets.put_nothing(
            cut, types.DS, types.NOERROR, None, now, RANK_AUTHORITY, UNCHECKED, proofs
        )

    def _put(
        self,
        rrset: RRset,
        rank: int,
        now: float,
        belief: Belief,
        proofs: tuple[RRset, ...],
    ) -> RRset:
        if rrset.rdtype == types.DNAME:
            self._dnames_seen = True
        if rrset.ttl > belief.ttl:
            rrset = rrset.with_ttl(belief.ttl)
        return self._rrsets.put(rrset, rank, now, belief.security, proofs)

    def _put_nothing(
        self, nothing: Nothing, rank: int, now: float, belief: Belief
    ) -> RRset | None:
        _, name, rdtype, rcode, soa, _, proofs, _ = nothing
        if soa is not None and soa.ttl > belief.ttl:
            soa = soa.with_ttl(belief.ttl)
        if rcode == types.NXDOMAIN and belief.security == SECURE:
            self._denied_seen = True
        if rcode == types.NXDOMAIN and name in self._configured:
            # Its parent does not have the name, of which it was asked for the DS; we
            # know better (CVE-2026-44687).
            rcode = types.NOERROR
        return self._rrsets.put_nothing(
            name, rdtype, rcode, soa, now, rank, belief.security, proofs
        )

    def _trusted(
        self, name: bytes, rdtype: int, now: float, least: int = INSECURE
    ) -> Found | None:
        found = self._rrsets.get(name, rdtype, now)
        if found is None or found.rank < RANK_ANSWER or found.security < least:
            return None
        return found

    def _through_dname(self, question: Question, now: float) -> Answer | Alias | None:
        """Apply a DNAME above the name, if it is secure (RFC 6672 section 3.3)."""
        name, rdtype, _ = question
        if name == names.ROOT:
            return None
        for ancestor in names.ancestors(names.parent(name)):
            found = self._trusted(ancestor, types.DNAME, now, SECURE)
            if found is None or found.rrset is None:
                continue
            cname = substitute(found.rrset, name)
            if not cname.rdatas[0]:
                return None
            if rdtype == types.CNAME:
                return Answer((found.rrset,), cname, security=SECURE)
            target = cname.rdatas[0].lower()
            return Alias((found.rrset, cname), target, security=SECURE)
        return None

    def _with_dname(self, cname: RRset, now: float) -> tuple[RRset, ...]:
        """Put the DNAME before a CNAME that implied it (RFC 6672 section 2.3)."""
        for ancestor in names.ancestors(names.parent(cname.name)):
            found = self._trusted(ancestor, types.DNAME, now)
            if found is not None and found.rrset is not None:
                implied = substitute(found.rrset, cname.name)
                if implied.rdatas == cname.rdatas:
                    return (found.rrset, cname)
        return (cname,)
