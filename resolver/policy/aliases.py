"""Follow an alias of ours to a name that is not ours.

`LocalNames` answers what it can answer to the end.  An alias among the local records
that leads outside is the beginning of an answer, and the rest is found as for any
client: in memory, or by a walk.  `LocalAliases` stands before both, looks like both,
and is there only if the configuration has aliases.
"""

from typing import Final, final

from resolver.policy.local import LocalNames
from resolver.ports import Errand, Lookup, Recall, Resolution
from resolver.wire import types
from resolver.wire.message import Question, RRset


@final
class LocalAliases:
    """Memory and walk, with our own aliases before them."""

    __slots__ = ("_local", "_lookup", "_recall")

    def __init__(
        self,
        local: LocalNames,
        recall: Recall,
        lookup: Lookup,
    ) -> None:
        self._local: Final = local
        self._recall: Final = recall
        self._lookup: Final = lookup

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer to a question in memory, or None."""
        head = self._local.leads_outside(question)
        if head is None:
            return self._recall.whole(question, now)
        links, target = head
        rest = self._recall.whole(target, now)
        return None if rest is None else _joined(links, rest)

    def stale(self, question: Question, now: float) -> Resolution | None:
        """Find the answer in what may have expired; see `ports.Recall`."""
        head = self._local.leads_outside(question)
        if head is None:
            return self._recall.stale(question, now)
        links, target = head
        rest = self._recall.stale(target, now)
        return None if rest is None else _joined(links, rest)

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        """Find the answer as `Lookup` does."""
        head = self._local.leads_outside(question)
        if head is None:
            return await self._lookup(question, errand)
        links, target = head
        errand.note("question", question)
        errand.note("alias", target.name)
        return _joined(links, await self._lookup(target, errand))


def _joined(links: tuple[RRset, ...], rest: Resolution) -> Resolution:
    """Put the aliases before what they lead to; a failure stays one.

    The answer begins with what is ours, so we speak with authority (RFC 1035 section
    4.1.1: AA is about the first owner name).
    """
    if rest.rcode == types.SERVFAIL:
        return rest
    answer = links + rest.answer
    # What is ours is not signed, so the whole is not secure.
    return rest._replace(answer=answer, authoritative=True, secure=False)
