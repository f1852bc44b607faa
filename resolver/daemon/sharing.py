"""What one worker has found out, the others need not ask for.

Stands between the service and what it asks, the memory and the walk, and looks like both:
what this process does not know is looked up in the store that all of them share, and
what a walk has found out for a client is put there.

The store is looked at once for each client's question that this process cannot answer,
not for each thing that a walk looks up: that would cost a dozen look-ups for a new name
where this costs one.  So what is shared is what clients asked for.  Delegations,
addresses of servers and what is known about them each worker finds out for itself.

The store gives nothing that has expired: stale answers come from a process's own memory,
which has whatever its clients asked for since it began.

What is below a forward or stub zone is kept apart: the file outlives the configuration,
and the next one may say otherwise, or not want its names told any more.

Writing waits for a turn: the store has one writer at a time, and a process that was
stopped in the middle of it must not stop the others.  So entries are gathered for a few
milliseconds, and if it is another's turn then, it is tried again a little later.
"""

from collections.abc import Callable, Collection
from typing import Final, Protocol, final

from resolver.beliefs import INSECURE, SECURE, UNCHECKED
from resolver.cache.rrsets import RANK_ANSWER, RRsetCache
from resolver.cache.shared import Shared
from resolver.daemon.statistics import Statistics
from resolver.ports import Errand, Lookup, Recall, Resolution
from resolver.walk.scrub import MAX_ALIASES
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

# Seconds that entries are gathered for: what one worker has found out, another can use
# this much later.
GATHER: Final = 0.02
# Seconds until the next try when it is another's turn; a commit takes about a
# millisecond.
RETRY: Final = 0.005


class Turn(Protocol):
    """Whose turn it is to write."""

    def take(self) -> bool:
        """Take the turn if nobody has it; say whether that went well.  Never waits."""

    def give(self) -> None:
        """Let others have it."""

    def close(self) -> None:
        """Give it up for good."""


@final
class Backing:
    """The shared store, and when it is written to.

    `wall` gives seconds since 1970, `later(seconds, call)` has something called later.
    """

    def __init__(
        self,
        store: Shared,
        turn: Turn,
        wall: Callable[[], float],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self.store: Final = store
        self.wall: Final = wall
        self._turn: Final = turn
        self._later: Final = later
        self._due = False
        self._closed = False

    def written(self) -> None:
        """See to it that what was given to the store is committed soon."""
        if self.store.pending and not self._due:
            self._due = True
            self._later(GATHER, self.commit)

    def commit(self) -> None:
        """Commit some entries, the rest a little later.

        With nothing to commit it still tells the store what time it is.
        """
        self._due = False
        if self._closed:
            return
        if self._turn.take():
            try:
                self.store.commit(self.wall())
            finally:
                self._turn.give()
            pause = 0.0
        else:
            pause = RETRY
        if self.store.pending:
            self._due = True
            self._later(pause, self.commit)

    def remove(self, keys: Collection[bytes]) -> bool:
        """Have entries gone; False if it is another's turn to write."""
        if self._closed or not self._turn.take():
            return self._closed
        try:
            self.store.remove(keys, self.wall())
        finally:
            self._turn.give()
        return True

    def clear(self) -> None:
        """Forget everything that is shared, now or when it is our turn."""
        if self._closed:
            return
        if not self._turn.take():
            self._later(RETRY, self.clear)
            return
        try:
            self.store.clear(self.wall())
        finally:
            self._turn.give()

    def statistics(self) -> Statistics:
        """Count."""
        store = self.store
        return Statistics(
            shared_hits=store.hits,
            shared_misses=store.misses,
            shared_kept=store.kept,
            shared_lost=store.lost,
            shared_faults=store.faults,
            shared_entries=0 if self._closed else store.count(),
            shared_bytes=0 if self._closed else store.size_bytes,
        )

    def close(self) -> None:
        """Commit what is left if it is our turn now, and let go of the store."""
        while self.store.pending and self._turn.take():
            self.store.commit(self.wall())
        self._closed = True
        self._turn.close()
        self.store.close()


@final
class Sharing:
    """Memory and walk of one process, with the shared store behind them."""

    def __init__(
        self,
        memory: Recall,
        lookup: Lookup,
        rrsets: RRsetCache,
        backing: Backing,
        *,
        apart: frozenset[bytes] = frozenset(),
        validating: bool = False,
    ) -> None:
        """Take what this process has, the store, and the zones that are not shared."""
        self._apart: Final = apart
        self._memory: Final = memory
        self._lookup: Final = lookup
        self._rrsets: Final = rrsets
        self._backing: Final = backing
        self._validating: Final = validating

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer here, or what it takes in the shared store."""
        known = self._memory.whole(question, now)
        if known is None and self._fetch(question, now):
            known = self._memory.whole(question, now)
        return known

    def stale(self, question: Question, now: float) -> Resolution | None:
        """Find what may have expired here; the store gives nothing that has."""
        return self._memory.stale(question, now)

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        """Walk for an answer, and share it.

        One that is to be renewed may have been renewed by another process.
        """
        if errand.ahead:
            now = errand.now()
            if self._fetch(question, now):
                renewed = self._memory.whole(question, now + errand.ahead)
                if renewed is not None:
                    return renewed
        resolution = await self._lookup(question, errand)
        self._publish(question, resolution)
        return resolution

    def _fetch(self, question: Question, now: float) -> bool:
        """Take over what the others know of a question; say whether it is anything.

        It is put into the cache as of the moment when it was learned, so that it has
        the age there that it has.
        """
        wall = self._backing.wall()
        name, rdtype = question.name, question.rdtype
        for links in range(MAX_ALIASES + 1):
            if self._is_apart(name):
                return links > 0
            known = self._backing.store.find(name, rdtype, wall)
            if known is None:
                return links > 0
            then = now - known.age
            # What nobody has checked, the walk will check, and need not ask for.
            security = known.security if self._validating else INSECURE
            if known.rrset is None:
                self._rrsets.put_nothing(
                    name,
                    rdtype,
                    known.rcode,
                    known.soa,
                    then,
                    known.rank,
                    security,
                    known.proofs,
                )
                return True
            self._rrsets.put(known.rrset, known.rank, then, security, known.proofs)
            if known.rrset.rdtype == rdtype:
                return True
            name = known.rrset.rdatas[0].lower()
        return True

    def _publish(self, question: Question, resolution: Resolution) -> None:
        """Give the store what may be told to anybody, and for how long."""
        if resolution.ede or self._is_apart(question.name):
            return  # a failure, or something else that is not simply so
        store, wall = self._backing.store, self._backing.wall()
        name = question.name
        proofs = tuple(it for it in resolution.authority if it.rdtype != types.SOA)
        before = 0
        for rrset in resolution.answer:
            if self._is_apart(rrset.name):
                break
            # The CNAME behind a DNAME is implied by it, and would come without it.
            if rrset.ttl and not (
                before == types.DNAME and rrset.rdtype == types.CNAME
            ):
                worth = self._worth(resolution, rrset)
                store.keep(rrset, RANK_ANSWER, wall, worth, proofs)
            if rrset.rdtype == types.CNAME:
                name = rrset.rdatas[0].lower()
            before = rrset.rdtype
        soa = _denying(question, resolution) if resolution.authority else None
        if soa is not None and not self._is_apart(name):
            store.keep_nothing(
                name,
                question.rdtype,
                resolution.rcode,
                soa,
                RANK_ANSWER,
                wall,
                self._worth(resolution, soa),
                proofs,
            )
        self._backing.written()

    def _is_apart(self, name: bytes) -> bool:
        """Say whether a name is in a zone that is not shared."""
        return bool(self._apart) and not self._apart.isdisjoint(names.ancestors(name))

    def _worth(self, resolution: Resolution, rrset: RRset) -> int:
        """Say what one set of an answer is worth, as far as the whole tells."""
        if resolution.secure:
            return SECURE
        # One that is signed may be secure, though another one of the chain is not.
        return UNCHECKED if rrset.signatures or not self._validating else INSECURE


def _denying(question: Question, resolution: Resolution) -> RRset | None:
    """Find the SOA that says that there is nothing, if that is the answer."""
    if resolution.rcode not in {types.NOERROR, types.NXDOMAIN}:
        return None
    if any(rrset.rdtype == question.rdtype for rrset in resolution.answer):
        return None
    for rrset in resolution.authority:
        if rrset.rdtype == types.SOA and rrset.ttl:
            return rrset
    return None
