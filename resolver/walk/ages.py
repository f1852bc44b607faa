"""How old answers are: those that have expired, and those that soon will.

**Stale answers** (RFC 8767).  When the servers of a zone do not answer, what they said
last is better than nothing.  `stale` follows the chain of aliases as `Memory.whole`
does; where nothing fresh is known of a link, it takes what was learned about it last,
be it records, an alias, or that there is nothing.  What was learned later has
contradicted what was learned before, so "no such name" is never passed over in favour of
the records that the name had once.  An expired DNAME is not applied to other names: to
each of them it might have said something else.  What was secure is told as secure, and
what was never believed is never told.  Nothing is changed by all this: an entry that was
served stale is as old as it was, and whatever a walk learns takes its place.

**The last tenth.**  An answer that is asked for shortly before it expires is renewed
meanwhile, so that nobody has to wait for it.  Its age is that of the link that expires
first.
"""

from typing import Final, NamedTuple, final

from resolver.beliefs import INSECURE
from resolver.cache.failures import Failure, Failures
from resolver.cache.rrsets import RANK_ANSWER, Past, RRsetCache
from resolver.ports import Resolution
from resolver.walk.memory import Memory
from resolver.walk.scrub import MAX_ALIASES, Alias, Answer, Nothing
from resolver.walk.trail import Trail
from resolver.wire import types
from resolver.wire.errors import EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN
from resolver.wire.message import Question, RRset

# An answer is renewed in the last of this many parts of its life; Unbound 10.
PARTS: Final = 10

Link = Answer | Nothing | Alias


class Staleness(NamedTuple):
    """How old a stale answer may be, in seconds since it expired, and its TTL."""

    max_age: float
    answer_ttl: int


@final
class Ages:
    """Knows what has expired and what soon will.

    `staleness` is None where what has expired is not told.
    """

    __slots__ = ("_failures", "_memory", "_rrsets", "_staleness")

    def __init__(
        self,
        memory: Memory,
        rrsets: RRsetCache,
        failures: Failures,
        staleness: Staleness | None,
    ) -> None:
        self._memory: Final = memory
        self._rrsets: Final = rrsets
        self._failures: Final = failures
        self._staleness: Final = staleness

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer in memory, as `Memory.whole` does."""
        return self._memory.whole(question, now)

    def failing(self, question: Question, now: float) -> Failure | None:
        """Find the failure for which a question is not walked for at the moment."""
        return self._failures.get(question, now)

    def stale(self, question: Question, now: float) -> Resolution | None:
        """Find the whole answer, in links that are fresh or not too old.

        Its extended error says since when it has expired; without one nothing has.
        """
        if self._staleness is None:
            return None
        trail = Trail()
        expired: float | None = None
        for _ in range(MAX_ALIASES + 1):
            link: Link | None = self._memory.link(question, now)
            if link is None:
                past = self._past(question, now)
                if past is None:
                    return None
                if expired is None or past.expires < expired:
                    expired = past.expires
                link = self._told(past, question)
            told = trail.add(link)
            if told is not None:
                return _dated(told, expired, now)
            if isinstance(link, Alias):
                question = Question(link.target, question.rdtype)
                ours = self._memory.ours(trail, question)
                if ours is not None:
                    return _dated(ours, expired, now)
        return None

    def ending(
        self, question: Question, resolution: Resolution, now: float
    ) -> float | None:
        """Say when the life of an answer began, if it is in its last tenth, or None.

        The answer is one that `Memory.whole` has just given.
        """
        first: RRset | None = None
        name = question.name
        for rrset in resolution.answer:
            if first is None or rrset.ttl < first.ttl:
                first = rrset
            if rrset.rdtype == types.CNAME and question.rdtype != types.CNAME:
                name = rrset.rdatas[0].lower()
        rcode = types.NOERROR
        for rrset in resolution.authority:
            if first is None or rrset.ttl < first.ttl:
                first = RRset(name, question.rdtype, rrset.ttl, ())
                rcode = resolution.rcode
        if first is None:
            return None
        life = self._rrsets.life(first.name, first.rdtype, rcode)
        if life is None:
            return None
        learned, ttl = life
        return learned if now >= learned + ttl - ttl / PARTS else None

    def _past(self, question: Question, now: float) -> Past | None:
        """Find what was known of a name and type, or the alias that it had."""
        name, rdtype = question.name, question.rdtype
        past = self._usable(self._rrsets.last_known(name, rdtype), now)
        if rdtype != types.CNAME:
            alias = self._usable(self._rrsets.last_known(name, types.CNAME), now)
            if alias is not None and (past is None or alias.learned > past.learned):
                past = alias if alias.found.rrset is not None else past
        return past

    def _usable(self, past: Past | None, now: float) -> Past | None:
        """Pass over what is too old, or was never fit for a client."""
        if past is None or self._staleness is None:
            return None
        if past.found.rank < RANK_ANSWER or past.found.security < INSECURE:
            return None
        return past if now - past.expires <= self._staleness.max_age else None

    def _told(self, past: Past, question: Question) -> Link:
        """Say what was known, with the TTL of a stale answer."""
        found = past.found
        ttl = found.ttl
        if self._staleness is not None:
            ttl = min(ttl, self._staleness.answer_ttl)
        proofs = tuple([it.with_ttl(ttl) for it in found.proofs])
        worth = found.security
        name, rdtype, _ = question
        if found.rrset is None:
            soa = None if found.soa is None else found.soa.with_ttl(ttl)
            told = Nothing((), name, rdtype, found.rcode, soa)
            return told._replace(proofs=proofs, security=worth)
        rrset = found.rrset.with_ttl(ttl)
        if rrset.rdtype == rdtype:
            return Answer((), rrset, proofs=proofs, security=worth)
        target = rrset.rdatas[0].lower()
        return Alias((rrset,), target, proofs=proofs, security=worth)


def _dated(resolution: Resolution, expired: float | None, now: float) -> Resolution:
    """Add to an answer since when it has been out of date, if it is."""
    if expired is None:
        return resolution
    nowhere = resolution.rcode == types.NXDOMAIN
    code = EDE_STALE_NXDOMAIN if nowhere else EDE_STALE_ANSWER
    text = f"expired {_duration(now - expired)} ago"
    return resolution._replace(ede=((code, text),))


def _duration(seconds: float) -> str:
    """Write a duration in its two largest units: `2 h 5 min`."""
    whole = int(seconds)
    for unit, name, rest, below in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            return f"{whole // unit} {name} {whole % unit // rest} {below}"
    return f"{whole} s"
