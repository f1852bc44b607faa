"""Ask for the keys of a zone beside the question that leads into it.

A referral that brings DS says that the zone is signed, and that its DNSKEY will be needed
as soon as the answer is there.  Asked for one after the other, that is a round trip more;
asked for at the same time it is none.  This is the one place where a walk has two
questions open at once.

How something is done at the same time is not known here: `Begin` is handed in.  Without
it, keys are asked for when they are needed, and everything comes to the same in the end.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, final

from resolver.beliefs import NOT_YET
from resolver.cache.zones import Delegation
from resolver.ports import Errand, Handle, Lost, Spent
from resolver.walk.inquiry import Inquiry
from resolver.walk.memory import Memory
from resolver.walk.scrub import Answer, Nothing
from resolver.wire import types
from resolver.wire.message import Question

# Questions asked for keys that are only to be at hand when they are needed; whoever
# needs them asks again, and harder.
PATIENCE: Final = 2

# Begins to run a coroutine beside the one that calls.
Begin = Callable[[Coroutine[Any, Any, None]], Handle]


@final
class Beside:
    """Gets the keys of zones that walks are about to enter."""

    __slots__ = ("_begin", "_inquiry", "_memory")

    def __init__(self, inquiry: Inquiry, memory: Memory, begin: Begin | None) -> None:
        self._inquiry: Final = inquiry
        self._memory: Final = memory
        self._begin: Final = begin

    def ask(self, zone: Delegation, errand: Errand) -> None:
        """Begin to ask for the keys of a zone, unless they are at hand."""
        if self._begin is None or zone.zone in errand.beside:
            return
        question = Question(zone.zone, types.DNSKEY)
        if self._memory.evidence(question, errand.now()) is None:
            work = self._get(zone, question, errand)
            errand.beside[zone.zone] = self._begin(work)

    async def _get(self, zone: Delegation, question: Question, errand: Errand) -> None:
        try:
            outcome = await self._inquiry.put(zone, question, errand, PATIENCE)
        except (Lost, Spent):
            return  # whoever needs the keys will find out why
        if isinstance(outcome, Answer | Nothing):
            self._memory.learn(outcome, errand.now(), NOT_YET)


async def arrival(zone: bytes, errand: Errand) -> None:
    """Wait for the keys of a zone, if somebody is asking for them."""
    waiting = errand.beside.pop(zone, None)
    if waiting is not None:
        await waiting


def give_up(errand: Errand) -> None:
    """Ask for nothing more: the question is answered, or lost."""
    for waiting in errand.beside.values():
        waiting.cancel()
    errand.beside.clear()
