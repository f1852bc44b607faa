"""What happened, gathered from a diary for whoever has to judge it.

A diary is in the order of time, and what goes on at the same time is mixed in it.  Here
it is put together again: an exchange is a question to one server and what came of it.

A reply does not say which question it is to, but how long it took, and so when it was
asked for: of the open exchanges with its server it belongs to the one that began then.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, final

from resolver.observe.record import Record
from resolver.ports import Note
from resolver.wire import names, types

# In the place of an extended error's code: there is none.
NO_ERROR: Final = -1


@final
class Exchange:
    """A question to a server.  Empty texts are what did not happen.

    `rcode` is that of the reply, `silence` why there was none, `outcome` what the walk
    made of the reply, `remark` what else is to be said of it, and `stray` what came
    before it.  `zone` is where the walk stood.
    """

    __slots__ = (
        "at",
        "depth",
        "outcome",
        "question",
        "rcode",
        "remark",
        "seconds",
        "server",
        "silence",
        "stray",
        "transport",
        "zone",
    )

    def __init__(self, note: Note, zone: bytes) -> None:
        server, question, transport = note.facts
        self.server: Final = str(server)
        self.question: Final = str(question)
        self.transport: Final = str(transport)
        self.at: Final = note.at
        self.depth: Final = note.depth
        self.zone: Final = zone
        self.seconds = 0.0
        self.rcode = ""
        self.silence = ""
        self.outcome = ""
        self.remark = ""
        self.stray = ""


class LookUp(NamedTuple):
    """A sub-question, and what came of it in the words of the diary: "" is unknown."""

    question: str
    depth: int
    outcome: str


class Trusted(NamedTuple):
    """What was held of a zone, and why."""

    zone: bytes
    security: str
    text: str


class Story(NamedTuple):
    """A record with its diary put together; `error` and `text` are its first EDE."""

    record: Record
    error: int
    text: str
    exchanges: tuple[Exchange, ...]
    lookups: tuple[LookUp, ...]
    trust: tuple[Trusted, ...]

    @property
    def failed(self) -> bool:
        """Say whether there was no answer at all."""
        return self.record.rcode == types.rcode_name(types.SERVFAIL)

    def about(self, place: int) -> "Story":
        """Give the same story with another of its extended errors first."""
        error, text = self.record.ede[place]
        return self._replace(error=error, text=text)


def story_of(record: Record) -> Story:
    """Put a record's diary together."""
    error, text = record.ede[0] if record.ede else (NO_ERROR, "")
    trust = [
        Trusted(*note.facts)  # type: ignore[arg-type] # as the kind has them
        for note in record.diary
        if note.kind == "trust"
    ]
    return Story(
        record,
        error,
        text,
        tuple(_exchanges(record.diary)),
        tuple(_lookups(record.diary)),
        tuple(trust),
    )


def asked_then(candidates: Sequence[float], asked_at: float) -> int:
    """Say which of some times is closest to one; there is at least one."""
    return min(range(len(candidates)), key=lambda i: abs(candidates[i] - asked_at))


def _exchanges(diary: Sequence[Note]) -> list[Exchange]:
    exchanges: list[Exchange] = []
    waiting: dict[str, list[Exchange]] = {}
    last: Exchange | None = None
    zones: dict[int, bytes] = {}
    for note in diary:
        match note.kind, note.facts:
            case "zone", (bytes(zone), *_):
                zones[note.depth] = zone
            case "sent", (_, _, _):
                exchange = Exchange(note, zones.get(note.depth, names.ROOT))
                exchanges.append(exchange)
                waiting.setdefault(exchange.server, []).append(exchange)
            case (("reply" | "silent"), (server, said, float(seconds), *rest)):
                mine = waiting.get(str(server))
                if not mine:
                    continue
                times = [each.at for each in mine]
                exchange = mine.pop(asked_then(times, note.at - seconds))
                exchange.seconds = seconds
                if note.kind == "reply" and isinstance(said, int):
                    exchange.rcode = types.rcode_name(said)
                    exchange.stray = "".join(map(str, rest[1:]))
                    last = exchange
                else:
                    exchange.silence = str(said)
            case "verdict", (outcome, *remark) if last is not None:
                last.outcome = str(outcome)
                last.remark = "".join(map(str, remark))
                last = None
            case _:
                pass
    return exchanges


def _lookups(diary: Sequence[Note]) -> list[LookUp]:
    """List the sub-questions, each with the last thing that was said about it."""
    found: list[LookUp] = []
    open_ones: dict[int, int] = {}
    for note in diary:
        if note.kind == "question" and note.depth:
            open_ones[note.depth] = len(found)
            found.append(LookUp(str(note.facts[0]), note.depth, ""))
        elif note.kind in {"verdict", "cached", "failed"} and note.depth in open_ones:
            place = open_ones[note.depth]
            found[place] = found[place]._replace(outcome=str(note.facts[0]))
    return found
