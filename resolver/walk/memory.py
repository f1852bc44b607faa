"""What the walk knows already, and what it learns.

`link` takes one step from memory: the records, the alias or the negative answer that
is cached for a question, as the same outcome that a server's reply would have been.
`whole` follows the chain to its end and gives up if any link of it is missing; then
a walk begins, and its own calls of `link` find again what is there.

`learn` puts what an outcome carries into the cache.  A DNAME is kept with the CNAME that
it implied, and comes along with that, but it is not applied to another name from here:
who forges one reply about a made-up name could otherwise move a whole zone.  Each name
below a DNAME is asked for (Unbound does so, too, where nothing is validated).
"""

from collections.abc import Callable
from typing import Final, final

from resolver.cache.rrsets import RANK_ANSWER, RANK_AUTHORITATIVE, Found, RRsetCache
from resolver.ports import Resolution
from resolver.walk.scrub import MAX_ALIASES, Alias, Answer, Nothing, substitute
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

Local = Callable[[Question], Resolution | None]


def _nothing_is_local(_: Question) -> Resolution | None:
    """Answer where the configuration has nothing to say."""
    return None


@final
class Memory:
    """Reads and writes the cache in the words of the walk."""

    __slots__ = ("_configured", "_dnames_seen", "_local", "_rrsets")

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

    def link(self, question: Question, now: float) -> Answer | Nothing | Alias | None:
        """Find what is cached for exactly this question, fit for a client."""
        found = self._trusted(question.name, question.rdtype, now)
        if found is not None:
            if found.rrset is not None:
                return Answer((), found.rrset)
            return Nothing((), question.name, question.rdtype, found.rcode, found.soa)
        if question.rdtype != types.CNAME:
            cname = self._trusted(question.name, types.CNAME, now)
            if cname is not None and cname.rrset is not None:
                return Alias(
                    self._with_dname(cname.rrset, now)
                    if self._dnames_seen
                    else (cname.rrset,),
                    cname.rrset.rdatas[0].lower(),
                )
        return None

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer in memory, aliases and all, or None."""
        chain: list[RRset] = []
        for _ in range(MAX_ALIASES + 1):
            match self.link(question, now):
                case Answer(links, rrset):
                    return Resolution(types.NOERROR, (*chain, *links, rrset))
                case Nothing(links=links, rcode=rcode, soa=soa):
                    authority = () if soa is None else (soa,)
                    return Resolution(rcode, (*chain, *links), authority)
                case Alias(links, target):
                    chain.extend(links)
                    question = Question(target, question.rdtype)
                    ours = self.ours(chain, question)
                    if ours is not None:
                        return ours
                case None:
                    return None
        return None

    def ours(self, chain: list[RRset], question: Question) -> Resolution | None:
        """End a chain of aliases at a name that is ours to answer, or return None.

        That answer is told once and never kept: the next configuration may say
        something else.
        """
        ours = self._local(question)
        if ours is None:
            return None
        answer = [rrset.with_ttl(0) for rrset in ours.answer]
        authority = [rrset.with_ttl(0) for rrset in ours.authority]
        return Resolution(ours.rcode, (*chain, *answer), tuple(authority))

    def no_cut_at(self, question: Question, now: float) -> bool:
        """Say whether a minimised question was answered before, and not by NXDOMAIN."""
        found = self._rrsets.get(question.name, question.rdtype, now)
        return found is not None and found.rcode == types.NOERROR

    def learn(
        self, outcome: Answer | Nothing | Alias, now: float
    ) -> Answer | Nothing | Alias:
        """Remember what a reply said, and give it back as it may be told.

        TTLs are cut to what the configuration allows; a negative answer's SOA gets
        the time that the answer is believed for (RFC 2308 section 5).
        """
        rank = RANK_AUTHORITATIVE if outcome.authoritative else RANK_ANSWER
        links: tuple[RRset, ...] = outcome.links
        if links:
            links = tuple([self._put(rrset, rank, now) for rrset in links])
        if isinstance(outcome, Answer):
            rrset = self._put(outcome.rrset, rank, now)
            return Answer(links, rrset, outcome.authoritative)
        if isinstance(outcome, Nothing):
            soa = self._put_nothing(outcome, rank, now)
            return outcome._replace(links=links, soa=soa)
        return outcome._replace(links=links)

    def _put(self, rrset: RRset, rank: int, now: float) -> RRset:
        if rrset.rdtype == types.DNAME:
            self._dnames_seen = True
        return self._rrsets.put(rrset, rank, now)

    def _put_nothing(self, nothing: Nothing, rank: int, now: float) -> RRset | None:
        _, name, rdtype, rcode, soa, _ = nothing
        if rcode == types.NXDOMAIN and name in self._configured:
            # Its parent does not have the name, of which it was asked for the DS; we
            # know better (CVE-2026-44687).
            rcode = types.NOERROR
        return self._rrsets.put_nothing(name, rdtype, rcode, soa, now, rank)

    def _trusted(self, name: bytes, rdtype: int, now: float) -> Found | None:
        found = self._rrsets.get(name, rdtype, now)
        return None if found is None or found.rank < RANK_ANSWER else found

    def _with_dname(self, cname: RRset, now: float) -> tuple[RRset, ...]:
        """Put the DNAME before a CNAME that implied it (RFC 6672 section 2.3)."""
        for ancestor in names.ancestors(names.parent(cname.name)):
            found = self._trusted(ancestor, types.DNAME, now)
            if found is not None and found.rrset is not None:
                implied = substitute(found.rrset, cname.name)
                if implied.rdatas == cname.rdatas:
                    return (found.rrset, cname)
        return (cname,)
