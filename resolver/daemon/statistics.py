"""What a process has counted, as plain numbers that can be added up.

A worker tells them to the supervisor, which adds them.  Most only ever grow, and what a
worker counted before it died still counts.  Some say how things are right now: they die
with the worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The counters of one process, or of several together."""

    #: Those that say how things are now.
    NOW: ClassVar = frozenset(
        (
            *("waiting", "walking", "connections", "cache_sets", "cache_bytes"),
            *(
                "replies",
                "replies_bytes",
                "records_bytes",
                "delegations",
                "servers",
                "failures",
            ),
            *("shared_entries", "shared_bytes"),
        )
    )
    #: Those of something that processes have in common: not added, the larger counts.
    COMMON: ClassVar = frozenset(("shared_entries", "shared_bytes"))

    #: Replies from bytes, replies from what was known, questions walked for, questions
    #: that joined a walk, questions not taken, packets that deserve no reply.
    hot: int = 0
    at_once: int = 0
    walks: int = 0
    joined: int = 0
    dropped: int = 0
    silences: int = 0
    #: Of those not taken: too many waited in all, of a network, for the same question.
    over_total: int = 0
    over_network: int = 0
    over_question: int = 0
    #: Walks that found no answer, and those under way right now.
    failed: int = 0
    walking: int = 0
    #: Questions that were given up for newer ones, and those whose client had gone.
    shed: int = 0
    late: int = 0
    #: Datagrams over `[access] rate_limit`, and those of them that were led to TCP.
    rate_limited: int = 0
    slipped: int = 0
    #: Walks that nobody waited for, to renew what was known; answers that had expired.
    renewals: int = 0
    stale: int = 0
    #: Packets to servers; their replies in doubt, and those among them with a wrong id,
    #: which is what a forger's guesses look like.
    asked: int = 0
    doubted: int = 0
    mismatches: int = 0
    #: Questions to servers that others asked already; those to a second server when the
    #: first was late, and those of them that were answered first.
    shared_asks: int = 0
    hedged: int = 0
    hedges_won: int = 0
    #: What should not have happened.
    errors: int = 0
    #: Clients that wait right now.
    waiting: int = 0
    #: Replies that the kernel did not take, and errors of sockets that it told of.
    unsent: int = 0
    faults: int = 0
    #: TCP connections: open now, accepted, turned away, ended for being slow, and for
    #: holding too much.
    connections: int = 0
    accepted: int = 0
    refused: int = 0
    expired: int = 0
    overfull: int = 0
    #: The record sets: how many now, in how many bytes, and those that made room.
    cache_sets: int = 0
    cache_bytes: int = 0
    evictions: int = 0
    #: Questions whose whole answer was in memory, and those where it was not; what is
    #: told of replies in bytes: those not known, those let go, how many now, in how
    #: many bytes; and the bytes of records (`cache_bytes` is both).
    cache_hits: int = 0
    cache_misses: int = 0
    reply_misses: int = 0
    reply_evictions: int = 0
    replies: int = 0
    replies_bytes: int = 0
    records_bytes: int = 0
    #: How many zones, servers and failures are remembered now.
    delegations: int = 0
    servers: int = 0
    failures: int = 0
    #: The shared store; see `cache.shared`.
    shared_hits: int = 0
    shared_misses: int = 0
    shared_kept: int = 0
    shared_lost: int = 0
    shared_faults: int = 0
    shared_entries: int = 0
    shared_bytes: int = 0

    #: What is counted with labels: their words, joined by `|`; see `resolver.counts`.
    labelled: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: "Statistics") -> "Statistics":
        mine, theirs = self.plain(), other.plain()
        added = {name: value + theirs[name] for name, value in mine.items()}
        for name in self.COMMON:
            added[name] = max(mine[name], theirs[name])
        labelled = dict(self.labelled)
        for labels, value in other.labelled.items():
            labelled[labels] = labelled.get(labels, 0) + value
        return Statistics(**added, labelled=labelled)

    def plain(self) -> dict[str, int]:
        """Give what has no labels, by name."""
        return {name: getattr(self, name) for name in NAMES}

    def of_the_past(self) -> "Statistics":
        """Give what remains true when the process has ended."""
        past = self.plain() | dict.fromkeys(self.NOW, 0)
        return Statistics(**past, labelled=self.labelled)


#: The names of what has no labels.
NAMES: Final = tuple(it.name for it in fields(Statistics) if it.name != "labelled")
