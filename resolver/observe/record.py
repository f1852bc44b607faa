"""What is kept of a question: its diary in plain words, and what frames it.

A diary holds facts as they are, replies and proofs included, and each of them keeps
whole packets alive.  What is to be kept for hours is put in words first; words that
come again, such as a server's address, are kept once.
"""

import sys
from collections.abc import Iterable
from typing import Final, NamedTuple, final

from resolver.observe.plain import plain
from resolver.ports import (
    MAX_ADDRESS_LOOKUPS,
    MAX_ASKS,
    MAX_BYTES,
    MAX_FAILED_CHECKS,
    MAX_NSEC3_HASHES,
    MAX_REFERRALS,
    MAX_SIGNATURE_CHECKS,
    Errand,
    Note,
    Resolution,
)
from resolver.wire import types
from resolver.wire.message import Question

# Why a question was kept.
FAILED: Final = "failed"
BOGUS: Final = "bogus"
STALE: Final = "stale"
REMARKED: Final = "remarked"  # another extended error goes with the answer
LIMITED: Final = "limited"
SLOW: Final = "slow"
SAMPLED: Final = "sampled"
ASKED: Final = "asked"  # by `explain --now`

# Bytes of a record without its diary: itself, its question, budgets and places in
# the recorder's indexes.  Measured: 1.3 to 1.6 kB.
FRAME_BYTES: Final = 1_600


class Budget(NamedTuple):
    """A limit of a question: what was given, and what of it was used."""

    name: str
    used: float
    given: float


class Circumstances(NamedTuple):
    """What surrounds a question: none of it is in its diary.

    `at` is the wall clock's time at the end, in seconds since 1970; `client` may be ""
    (nobody waited, or it is not to be known), and `transport` with it; `network` says
    what was known to be wrong with the network, "" for nothing; `others_answered` that
    another question had its answer from servers meanwhile, so that it works.
    """

    at: float
    client: str = ""
    transport: str = ""
    network: str = ""
    others_answered: bool = False


@final
class Record:
    """A question that was kept.

    `started` and the diary's times are on the clock that ages records.  `again` counts
    the clients that were told of this failure while it was remembered, `last` is when
    (wall clock).  `origin` is the id of the record that a remembered failure is from.
    """

    __slots__ = (
        "again",
        "around",
        "budgets",
        "diary",
        "ede",
        "id",
        "last",
        "origin",
        "question",
        "rcode",
        "reasons",
        "seconds",
        "size",
        "started",
    )

    def __init__(  # noqa: PLR0913 - each from another place
        self,
        name: str,
        question: Question,
        resolution: Resolution,
        errand: Errand,
        *,
        seconds: float,
        reasons: tuple[str, ...],
        around: Circumstances,
    ) -> None:
        """Put a question that took `seconds` on record under an id, `name`."""
        self.id: Final = name
        self.question: Final = question
        self.rcode: Final = types.rcode_name(resolution.rcode)
        self.ede: Final = resolution.ede
        begun = errand.now() - seconds
        self.started: Final = min([begun, *(note.at for note in errand.diary[:1])])
        self.seconds: Final = seconds
        self.reasons: Final = reasons
        self.around: Final = around
        self.budgets: Final = budgets_of(errand, self.started)
        self.diary, size = compacted(errand.diary)
        self.size: Final = size + FRAME_BYTES
        self.origin = ""
        self.again = 0
        self.last = around.at


def budgets_of(errand: Errand, started: float) -> tuple[Budget, ...]:
    """Say what a question has used of what it was given."""
    given = round(errand.deadline - started, 3)
    spent = (
        ("questions to servers", errand.asks_left, MAX_ASKS),
        ("bytes", errand.bytes_left, MAX_BYTES),
        ("referrals", errand.referrals_left, MAX_REFERRALS),
        ("address look-ups", errand.address_lookups_left, MAX_ADDRESS_LOOKUPS),
        ("signature checks", errand.signature_checks_left, MAX_SIGNATURE_CHECKS),
        ("failed checks", errand.failed_checks_left, MAX_FAILED_CHECKS),
        ("NSEC3 hashes", errand.nsec3_hashes_left, MAX_NSEC3_HASHES),
    )
    return (
        Budget("seconds", round(errand.now() - started, 3), given),
        *(Budget(name, limit - left, limit) for name, left, limit in spent),
    )


def compacted(diary: Iterable[Note]) -> tuple[tuple[Note, ...], int]:
    """Put the facts of a diary in words; also give the bytes that it takes then."""
    known: dict[object, object] = {}
    size = 0
    notes: list[Note] = []
    for note in diary:
        words = tuple([_word(fact, known) for fact in plain(note)])
        kept = Note(note.at, note.depth, note.kind, words)
        size += sys.getsizeof(kept) + sys.getsizeof(words) + sys.getsizeof(kept.at)
        notes.append(kept)
    size += sum(map(sys.getsizeof, known.values()))
    return tuple(notes), size + sys.getsizeof(notes)


def _word(fact: object, known: dict[object, object]) -> object:
    if isinstance(fact, int | float) or fact is None:
        return fact
    word = fact if isinstance(fact, bytes) else str(fact)
    return known.setdefault(word, word)
