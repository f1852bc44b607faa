"""The flight recorder: what is kept of questions, for whoever asks later why.

Every question carries a diary, and nearly all are thrown away.  At the end of a walk one
look decides: what failed, came late, was stale, bogus or cut short by a limit is put on
record, and one in so many of the rest.  What was answered from memory never gets here.

**Bounds.**  Records take at most so many bytes, and there are at most so many; the oldest
makes room.  What went wrong last night shall still be there in the morning, so a flood
must not flush everything else out: the questions that ended in one zone have a share of
the room, beyond which they displace each other, and only so many questions a second are
put on record.

**Remembered failures** (RFC 9520) are not failures of their own: who is told of one is
counted on the record of the first.

**Ids** are short enough to be read out over the phone.  They hold the worker's number,
so no two workers give the same, and start anew from the time of day, so that an id from
before a restart finds nothing rather than something else.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol, final

from resolver.observe import record as reasons
from resolver.observe.labels import WORKERS, client_text, cut, id_of
from resolver.observe.record import Circumstances, Record
from resolver.observe.verdict import verdict_of
from resolver.ports import Errand, Resolution
from resolver.wire import names, types
from resolver.wire.edns import MAX_ERROR_TEXT
from resolver.wire.errors import (
    DNSSEC_ERRORS,
    EDE_CACHED_ERROR,
    EDE_STALE_ANSWER,
    EDE_STALE_NXDOMAIN,
)
from resolver.wire.message import Question

# Records, whatever they take.
MAX_RECORDS: Final = 4096
# The share of the room that is for questions that ended in one zone.
ZONE_SHARE: Final = 1 / 8
# Questions put on record in a second in the long run, and at once.  One takes about as
# long as a walk of a few steps.
MAX_A_SECOND: Final = 20.0
MAX_AT_ONCE: Final = 100.0
# Numbers that the first record of a start may have: as many as keep an id short.
STARTS: Final = 4096

_STALE: Final = frozenset((EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN))
_LIMIT: Final = "a limit was reached"


class Waiting(Protocol):
    """A client that waits, as `net.waiting` has it."""

    @property
    def network(self) -> str | bytes:
        """Its IPv4 address as text, or the first half of its IPv6 address; "" is here."""

    @property
    def stream(self) -> bool:
        """Say whether it came over TCP."""


class Manners(NamedTuple):
    """What is put on record, and what is told of it.

    `size` in bytes; `slow` in seconds; `sample`: one in so many, 0 none; `clients`:
    "address", "network" or "none"; `tell`: failures tell their cause and record.
    """

    size: int
    slow: float
    sample: int
    clients: str
    tell: bool


@final
class Recorder:
    """Puts questions on record.  Belongs to one process.

    `kept` counts the records made, `passed_over` questions for which there was no time.
    """

    __slots__ = (
        "_allowance",
        "_allowed_at",
        "_bytes",
        "_failures",
        "_given",
        "_manners",
        "_network",
        "_number",
        "_records",
        "_slow",
        "_until_sample",
        "_wall",
        "_well_at",
        "_worker",
        "_zones",
        "kept",
        "passed_over",
    )

    def __init__(
        self,
        manners: Manners,
        given: float,
        wall: Callable[[], float],
        network: Callable[[float], str],
        worker: int = 0,
    ) -> None:
        """Take the seconds `given` to each question, and what else is to be known.

        `wall` is the time in seconds since 1970, `network(now)` says what is wrong with
        the network, "" for nothing, `worker` is this process's number.
        """
        self._manners: Final = manners
        self._slow: Final = manners.slow
        self._given: Final = given
        self._wall: Final = wall
        self._network: Final = network
        self._worker: Final = worker % WORKERS
        self._number = int(wall()) % STARTS
        # Where there is no sampling it never gets to 0.
        self._until_sample = manners.sample or -1
        # The deadline of the last question that went well: so it began that late.
        self._well_at = float("-inf")
        self._allowance = MAX_AT_ONCE
        self._allowed_at = 0.0
        # The oldest first; also by the zone where they ended.
        self._records: Final[OrderedDict[str, Record]] = OrderedDict()
        self._zones: Final[dict[bytes, OrderedDict[str, Record]]] = {}
        # The last failure of each question.
        self._failures: Final[dict[Question, Record]] = {}
        self._bytes = 0
        self.kept = 0
        self.passed_over = 0

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        """Go through the records, the newest first."""
        return reversed(self._records.values())

    @property
    def size_bytes(self) -> int:
        """Say what all records take."""
        return self._bytes

    def get(self, name: str) -> Record | None:
        """Find the record with an id."""
        return self._records.get(name)

    def watch(
        self,
        question: Question,
        errand: Errand,
        resolution: Resolution,
        waiting: Sequence[Waiting],
    ) -> Resolution:
        """See how a question ended; give what is to be told, with the cause of a failure.

        Called for every question that took a walk, so it looks no longer than it must.
        """
        seconds = errand.now() - errand.deadline + self._given
        self._until_sample -= 1
        if (
            self._until_sample
            and seconds < self._slow
            and resolution.rcode != types.SERVFAIL
            and not resolution.ede
            and not errand.limited
        ):
            self._well_at = errand.deadline
            return resolution
        return self._look_closer(question, errand, resolution, waiting, seconds)

    def _look_closer(
        self,
        question: Question,
        errand: Errand,
        resolution: Resolution,
        waiting: Sequence[Waiting],
        seconds: float,
    ) -> Resolution:
        why = self._reasons(errand, resolution, seconds)
        origin = None
        if resolution.ede and resolution.ede[0][0] == EDE_CACHED_ERROR:
            origin = self._origin(question, errand)
            if origin is not None and origin.question == question:
                origin.again += 1
                origin.last = self._wall()
                return self._told(resolution, origin, "")
        if not self._may_keep(errand.now()):
            self.passed_over += 1
            return resolution
        around = self._circumstances(errand, waiting)
        self._number += 1
        name = id_of(self._number, self._worker)
        record = Record(
            name,
            question,
            resolution,
            errand,
            seconds=seconds,
            reasons=why,
            around=around,
        )
        record.origin = "" if origin is None else origin.id
        self._add(record)
        if resolution.rcode != types.SERVFAIL or not self._manners.tell:
            return resolution
        return self._told(resolution, record, verdict_of(record).short)

    def _reasons(
        self, errand: Errand, resolution: Resolution, seconds: float
    ) -> tuple[str, ...]:
        codes = {code for code, _ in resolution.ede}
        failed = resolution.rcode == types.SERVFAIL
        bogus = not codes.isdisjoint(DNSSEC_ERRORS)
        stale = not codes.isdisjoint(_STALE)
        limit = any(text.startswith(_LIMIT) for _, text in resolution.ede)
        sampled = not self._until_sample
        if sampled:
            self._until_sample = self._manners.sample
        found = (
            (reasons.FAILED, failed),
            (reasons.BOGUS, bogus),
            (reasons.STALE, stale),
            (reasons.REMARKED, bool(codes) and not (failed or bogus or stale)),
            (reasons.LIMITED, bool(errand.limited) or limit),
            (reasons.SLOW, seconds >= self._slow),
            (reasons.SAMPLED, sampled),
        )
        return tuple([reason for reason, holds in found if holds])

    def _origin(self, question: Question, errand: Errand) -> Record | None:
        """Find the record of a failure that was remembered.

        It is that of the question, or of what its last alias leads to.
        """
        record = self._failures.get(question)
        if record is not None:
            return record
        for note in reversed(errand.diary):
            if note.kind == "alias" and isinstance(note.facts[0], bytes):
                return self._failures.get(Question(note.facts[0], question.rdtype))
        return None

    def _may_keep(self, now: float) -> bool:
        earned = (now - self._allowed_at) * MAX_A_SECOND
        self._allowance = min(self._allowance + max(earned, 0.0), MAX_AT_ONCE)
        self._allowed_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def _circumstances(
        self, errand: Errand, waiting: Sequence[Waiting]
    ) -> Circumstances:
        network = self._network(errand.now())
        # All deadlines are equally far from the beginnings.
        well = self._well_at > errand.deadline
        if not waiting:
            return Circumstances(self._wall(), "", "", network, well)
        first = waiting[0]
        transport = "tcp" if first.stream else "udp"
        client = client_text(first.network, self._manners.clients)
        return Circumstances(self._wall(), client, transport, network, well)

    def _told(self, resolution: Resolution, record: Record, short: str) -> Resolution:
        """Put the cause, and the record's id, into the text of the first error."""
        if not self._manners.tell or not resolution.ede:
            return resolution
        code, text = resolution.ede[0]
        suffix = f" [id {record.id}]"
        text = cut(short or text, MAX_ERROR_TEXT - len(suffix)) + suffix
        return resolution._replace(ede=((code, text), *resolution.ede[1:]))

    def take_over(self, before: "Recorder") -> None:
        """Go on from what another has on record, with numbers that follow its own."""
        for record in before._records.values():  # noqa: SLF001 - one of our own
            self._add(record)
        self._number = before._number  # noqa: SLF001 - as above
        self.kept, self.passed_over = before.kept, before.passed_over

    # Room.

    def _add(self, record: Record) -> None:
        zone = _zone_of(record)
        apart = self._zones.setdefault(zone, OrderedDict())
        self._records[record.id] = apart[record.id] = record
        if reasons.FAILED in record.reasons:
            self._failures[record.question] = record
        self._bytes += record.size
        self.kept += 1
        share = self._manners.size * ZONE_SHARE
        # By their mean size: to count every zone's bytes is not worth the trouble.
        taken = len(apart) * (self._bytes / len(self._records))
        crowded = taken > share or len(apart) > MAX_RECORDS * ZONE_SHARE
        if crowded and len(apart) > 1:
            self._remove(next(iter(apart.values())))
        while len(self._records) > 1 and (
            self._bytes > self._manners.size or len(self._records) > MAX_RECORDS
        ):
            self._remove(next(iter(self._records.values())))

    def _remove(self, record: Record) -> None:
        del self._records[record.id]
        zone = _zone_of(record)
        apart = self._zones[zone]
        del apart[record.id]
        if not apart:
            del self._zones[zone]
        if self._failures.get(record.question) is record:
            del self._failures[record.question]
        self._bytes -= record.size


def _zone_of(record: Record) -> bytes:
    """Name the zone where a question ended."""
    for note in reversed(record.diary):
        if note.kind == "zone" and not note.depth and isinstance(note.facts[0], bytes):
            return note.facts[0]
    return names.ROOT
