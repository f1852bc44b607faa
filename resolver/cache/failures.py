"""Questions that failed, so that they are not asked again at once (RFC 9520).

The first failure is believed for a few seconds; each further one in a row twice as
long, up to five minutes.  A success, or quiet for as long as the failure was believed,
ends the row.  A failure that is found while the last one is still believed does not
lengthen it: its walk had begun before, so it is the same failure seen twice.
"""

from typing import Final, NamedTuple, final

from cachetools import LRUCache

from resolver.wire import names
from resolver.wire.errors import EDE_CACHED_ERROR
from resolver.wire.message import Question

# Seconds; RFC 9520 section 3.2: at least 1, at most 300.
LONGEST: Final = 300.0
# Characters of a cause that are kept; it becomes EDE text (RFC 8914), in small packets.
MAX_TEXT: Final = 200


class Failure(NamedTuple):
    """A failure: why, as an extended DNS error, and for how long it is believed."""

    ede: int
    text: str
    seconds: float
    expires: float

    def told(self, now: float) -> tuple[tuple[int, str], ...]:
        """Give the extended errors of who asks again: this is old news, and what it is.

        The seconds come first, for what is too long is cut at its end.
        """
        left = max(1, round(self.expires - now))
        unit = "second" if left == 1 else "seconds"
        cached = f"for {left} more {unit}: {self.text}"
        return (EDE_CACHED_ERROR, cached), (self.ede, "")


@final
class Failures:
    """The last failures of at most `capacity` questions.

    `first` is for how many seconds a first failure is believed; 0 keeps none.
    """

    __slots__ = ("_failures", "_first", "cleared")

    def __init__(self, capacity: int, first: float = 2.0) -> None:
        self._failures: Final[LRUCache[Question, Failure]] = LRUCache(capacity)
        # How often all were forgotten: what began before that is old news when it ends.
        self.cleared = 0
        self._first = min(first, LONGEST)

    def first_for(self, seconds: float) -> None:
        """Believe first failures for so many seconds from now on."""
        self._first = min(seconds, LONGEST)

    def get(self, question: Question, now: float) -> Failure | None:
        """Find a failure that is still believed."""
        if not len(self._failures):  # nearly always, and the quickest way to know
            return None
        failure = self._failures.get(question)
        return None if failure is None or now >= failure.expires else failure

    def remember(
        self, question: Question, text: str, ede: int, now: float, least: float = 0.0
    ) -> None:
        """Note a failure; one that follows another is believed for twice as long.

        `least` is for how many seconds it is believed at least, if failures are.
        """
        last = self._failures.get(question)
        seconds = max(self._first, least) if self._first else 0.0
        if last is not None:
            if now < last.expires:
                return
            if now < last.expires + last.seconds:
                seconds = min(last.seconds * 2, LONGEST)
        self._failures[question] = Failure(ede, text[:MAX_TEXT], seconds, now + seconds)

    def forget(self, question: Question) -> None:
        """Note that a question has an answer after all."""
        if len(self._failures):
            self._failures.pop(question, None)

    def at(self, name: bytes, now: float) -> list[tuple[int, Failure]]:
        """List the failures of a name that are still believed, with their types."""
        return [
            (question.rdtype, failure)
            for question, failure in self._failures.items()
            if question.name == name and now < failure.expires
        ]

    def remove_below(self, zone: bytes) -> int:
        """Forget the failures of a name and of all below it; count them."""
        found = [it for it in self._failures if names.is_below(it.name, zone)]
        for question in found:
            del self._failures[question]
        return len(found)

    def remove_at(self, name: bytes, rdtype: int | None = None) -> int:
        """Forget the failures of a name, of one type or of all; count them."""
        found = [
            it
            for it in self._failures
            if it.name == name and rdtype in {None, it.rdtype}
        ]
        for question in found:
            del self._failures[question]
        return len(found)

    def clear(self) -> None:
        """Forget all failures."""
        self._failures.clear()
        self.cleared += 1

    def __len__(self) -> int:
        return len(self._failures)
