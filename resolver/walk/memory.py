"""What the walk knows already, and what it learns.

`link` takes one step from memory: the records, the alias or the negative answer that
is cached for a question, as the same outcome that a server's reply would have been.
`whole` follows the chain to its end and gives up if any link of it is missing; then
a walk begins, and its own calls of `link` find again what is there.

`learn` puts what an outcome carries into the cache.  A CNAME that a DNAME implies is
made again each time and never cached: it says nothing that the DNAME does not.
"""

from typing import Final, final

from resolver.cache.rrsets import RANK_ANSWER, RANK_AUTHORITATIVE, Found, RRsetCache
from resolver.ports import Resolution
from resolver.walk.scrub import MAX_ALIASES, Alias, Answer, Nothing, substitute
from resolver.wire import names, types
from resolver.wire.message import Question, RRset


@final
class Memory:
    """Reads and writes the cache in the words of the walk."""

    __slots__ = ("_dnames_seen", "_rrsets")

    def __init__(self, rrsets: RRsetCache) -> None:
        self._rrsets: Final = rrsets
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
                return Alias((cname.rrset,), cname.rrset.rdatas[0].lower())
        return self._dname(question, now) if self._dnames_seen else None

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
                case None:
                    return None
        return None

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
        links: list[RRset] = []
        for rrset in outcome.links:
            # The CNAME behind a DNAME is implied by it.
            implied = bool(links) and links[-1].rdtype == types.DNAME
            links.append(
                rrset.with_ttl(links[-1].ttl)
                if implied
                else self._put(rrset, rank, now)
            )
        if isinstance(outcome, Answer):
            rrset = self._put(outcome.rrset, rank, now)
            return Answer(tuple(links), rrset, outcome.authoritative)
        if isinstance(outcome, Nothing):
            soa = self._put_nothing(outcome, now)
            return outcome._replace(links=tuple(links), soa=soa)
        return outcome._replace(links=tuple(links))

    def _put(self, rrset: RRset, rank: int, now: float) -> RRset:
        if rrset.rdtype == types.DNAME:
            self._dnames_seen = True
        return self._rrsets.put(rrset, rank, now)

    def _put_nothing(self, nothing: Nothing, now: float) -> RRset | None:
        _, name, rdtype, rcode, soa, _ = nothing
        return self._rrsets.put_nothing(name, rdtype, rcode, soa, now)

    def _trusted(self, name: bytes, rdtype: int, now: float) -> Found | None:
        found = self._rrsets.get(name, rdtype, now)
        return None if found is None or found.rank < RANK_ANSWER else found

    def _dname(self, question: Question, now: float) -> Alias | Nothing | None:
        """Find the closest DNAME above the name and apply it (RFC 6672 section 2.3)."""
        for ancestor in names.ancestors(names.parent(question.name)):
            found = self._trusted(ancestor, types.DNAME, now)
            if found is None or found.rrset is None:
                continue
            cname = substitute(found.rrset, question.name)
            target = cname.rdatas[0].lower()
            if not target:
                links = (found.rrset,)
                return Nothing(
                    links, question.name, question.rdtype, types.YXDOMAIN, None
                )
            return Alias((found.rrset, cname), target)
        return None
