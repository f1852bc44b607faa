"""What a process has counted, as plain numbers that can be added up.

A worker tells them to the supervisor, which adds them.  Most only ever grow, and what a
worker counted before it died still counts.  Some say how things are right now: they die
with the worker.
"""

from dataclasses import asdict, dataclass, fields
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The counters of one process, or of several together."""

    #: Those that say how things are now.
    NOW: ClassVar = frozenset(("waiting", "connections", "cache_sets", "cache_bytes"))

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
    #: The shared store; see `cache.shared`.
    shared_hits: int = 0
    shared_misses: int = 0
    shared_kept: int = 0
    shared_lost: int = 0
    shared_faults: int = 0

    def __add__(self, other: "Statistics") -> "Statistics":
        theirs = asdict(other)
        return Statistics(
            **{name: value + theirs[name] for name, value in asdict(self).items()}
        )

    def of_the_past(self) -> "Statistics":
        """Give what remains true when the process has ended."""
        return Statistics(
            **{
                field.name: 0 if field.name in self.NOW else getattr(self, field.name)
                for field in fields(self)
            }
        )
