"""Which keys of the root are trusted here?  Clients may find out (RFC 8509).

Whoever is about to replace the root's key wants to know who would be left behind.  A
test page asks for three names, and what fails tells what the resolver trusts: the
name `root-key-sentinel-is-ta-20326` in any signed zone has its addresses only where key
20326 is an anchor of the root, `root-key-sentinel-not-ta-20326` only where it is not.

It is about secure answers to questions for addresses, without CD, and about nothing
else.  A memory that would answer at once does not know of CD, so it is passed by for
these names.  So are old answers, which would stand in for the failure.  For all other
names, this costs the comparison of a few bytes.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, final

from resolver.ports import Errand, Lookup, Recall, Resolution
from resolver.wire import types
from resolver.wire.errors import EDE_OTHER
from resolver.wire.message import Question

# Length byte and label, without the five digits at its end (RFC 8509 section 2.1).
_IS: Final = b"\x1droot-key-sentinel-is-ta-"
_NOT: Final = b"\x1eroot-key-sentinel-not-ta-"
_EITHER: Final = (_IS, _NOT)
_DIGITS: Final = 5
_TYPES: Final = frozenset((types.A, types.AAAA))


@final
class Sentinel:
    """Memory and walk, with the sentinel between them and the client."""

    __slots__ = ("_lookup", "_recall", "_tags")

    def __init__(
        self,
        tags: Callable[[], list[int]],
        recall: Recall,
        lookup: Lookup,
    ) -> None:
        """Take who knows the tags of the root's anchors, at this moment."""
        self._tags: Final = tags
        self._recall: Final = recall
        self._lookup: Final = lookup

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer to a question in memory, or None."""
        if question.name.startswith(_EITHER):
            return None
        return self._recall.whole(question, now)

    def stale(self, question: Question, now: float) -> Resolution | None:
        """Find the answer in what may have expired; old news say nothing about keys."""
        if question.name.startswith(_EITHER):
            return None
        return self._recall.stale(question, now)

    def resolve(
        self, question: Question, errand: Errand
    ) -> Coroutine[Any, Any, Resolution]:
        """Find the answer as `Lookup` does."""
        if question.name.startswith(_EITHER):
            return self._watched(question, errand)
        return self._lookup(question, errand)

    async def _watched(self, question: Question, errand: Errand) -> Resolution:
        found = await self._lookup(question, errand)
        if not found.secure or errand.checking_disabled:
            return found
        if question.rdtype not in _TYPES or self.lets_pass(question.name):
            return found
        text = "the root key sentinel says so: RFC 8509"
        return Resolution(types.SERVFAIL, ede=((EDE_OTHER, text),))

    def lets_pass(self, name: bytes) -> bool:
        """Say whether the question that a name asks has the answer yes.

        True for a name that asks nothing.
        """
        digits = name[1 : name[0] + 1][-_DIGITS:]
        if not digits.isdigit():
            return True
        trusted = int(digits) in self._tags()
        return trusted if name.startswith(_IS) else not trusted
