"""Say to each server only what it needs to know (RFC 9156).

On its way down the walk asks every zone about one label more than it already knows
to exist, with type A, until the whole name is reached or the zone says something
that a minimised question cannot settle.  Then, and wherever a server answers a
minimised question badly, the whole question is asked: minimisation is a courtesy
that must never cost an answer ("relaxed", as in Unbound and PowerDNS).
"""

from typing import Final, final

from resolver.wire import names, types
from resolver.wire.message import Question

# RFC 9156 section 2.3: MAX_MINIMISE_COUNT, and the first steps of one label each.
MAX_STEPS: Final = 10
SINGLE_LABEL_STEPS: Final = 4


@final
class Steps:
    """The questions that lead from a zone to the whole name."""

    __slots__ = ("_depth", "_parent", "_question", "_taken", "_whole")

    def __init__(self, question: Question, *, minimise: bool) -> None:
        self._question: Final = question
        self._parent: Final = names.parent(question.name)
        self._taken = 0
        self._depth = 0  # labels of the deepest name known to exist, or asked about
        self._whole = not minimise

    def give_up(self) -> None:
        """Ask the whole question from now on."""
        self._whole = True

    def next(self, zone: bytes) -> Question:
        """Give the question for a server of `zone`: minimised, or the whole one."""
        if self._whole or zone == self._parent:
            self._whole = True
            return self._question
        known = max(self._depth, names.label_count(zone))
        depth = known + self._stride(known)
        if depth >= self._labels() or self._taken >= MAX_STEPS:
            self._whole = True
            return self._question
        self._taken += 1
        self._depth = depth
        return Question(names.keep_labels(self._question.name, depth), types.A)

    def _labels(self) -> int:
        return names.label_count(self._question.name)

    def retry(self) -> None:
        """Forget the last step: its name turned out to be a zone of its own."""
        self._depth = 0

    def _stride(self, known: int) -> int:
        """Take one label at first, then the rest in equal parts (section 2.3)."""
        if self._taken < SINGLE_LABEL_STEPS:
            return 1
        left = self._labels() - known
        return max(1, -(-left // max(1, MAX_STEPS - self._taken)))
