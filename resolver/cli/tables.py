"""What has been counted, as tables for people.

The numbers are those of the metrics, in the order in which one asks: how many questions
come, how are they answered, how long does it take, whom do we ask, what is remembered, what
goes wrong.  With a reading from before there are rates as well, and shares and times are
those of the time in between: what happens now is not hidden by what happened last month.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, final

from resolver.counts import BOUNDS, SUM, UNREAD

# Types and codes that are named; the rest is small.
MOST_NAMED: Final = 6

_WIDTH: Final = 28

# Numbers about things that went wrong, or were prevented from it, and what to call them.
_TROUBLE: Final = {
    "failed": "walks without an answer",
    "stale": "answers that had expired",
    "dropped": "questions not taken",
    "over_total": "limit: waiting in all",
    "over_network": "limit: waiting of one network",
    "over_question": "limit: waiting for one answer",
    "shed": "limit: given up for newer",
    "late": "limit: answered too late",
    "rate_limited": "limit: rate",
    "refused": "limit: connections",
    "expired": "limit: connection time",
    "overfull": "limit: connection bytes",
    "mismatches": "replies with a wrong id",
    "unsent": "replies not sent",
    "faults": "socket errors",
    "shared_faults": "errors of the shared cache",
    "errors": "errors of this program",
}


class _Cache(NamedTuple):
    """What a cache's counters are called."""

    name: str
    entries: str
    size: str
    hits: str
    misses: str
    evicted: str = ""


_CACHES: Final = (
    _Cache(
        *("replies", "replies", "replies_bytes"),
        *("hot", "reply_misses", "reply_evictions"),
    ),
    _Cache(
        *("records", "cache_sets", "records_bytes"),
        *("cache_hits", "cache_misses", "evictions"),
    ),
    _Cache(
        *("shared", "shared_entries", "shared_bytes"),
        *("shared_hits", "shared_misses"),
    ),
)


class Told(NamedTuple):
    """What the command `statistics` tells; see `daemon.reading.as_json`."""

    workers: int
    workers_wanted: int
    replaced: int
    counters: Mapping[str, int]
    labelled: Mapping[str, float]


@final
class Span:
    """What was counted until now, or since another time.

    `seconds` is how long that took; None if it is everything since the start.
    """

    def __init__(
        self, now: Told, before: Told | None = None, seconds: float = 0.0
    ) -> None:
        self.now: Final = now
        self.seconds: Final = None if before is None else max(seconds, 1e-9)
        self._before: Final = Told(0, 0, 0, {}, {}) if before is None else before

    def count(self, *names: str) -> int:
        """Add up counters.  A worker that was replaced may have taken some along."""
        now, before = self.now.counters, self._before.counters
        return max(0, sum(now.get(it, 0) - before.get(it, 0) for it in names))

    def under(self, key: str) -> dict[str, float]:
        """Give what is counted with labels under `key`, by the rest of the labels."""
        before = self._before.labelled
        found = {
            labels.partition("|")[2]: value - before.get(labels, 0)
            for labels, value in self.now.labelled.items()
            if labels.partition("|")[0] == key
        }
        return {labels: value for labels, value in found.items() if value > 0}

    def by(self, key: str, place: int) -> dict[str, float]:
        """Add up what is counted under `key` by one of its labels."""
        found: dict[str, float] = {}
        for labels, value in self.under(key).items():
            label = labels.split("|")[place]
            found[label] = found.get(label, 0) + value
        return found


def lines(span: Span) -> list[str]:
    """Write the tables."""
    told = span.now
    head = f"{told.workers} of {told.workers_wanted} workers answer"
    if told.replaced:
        head += f", {told.replaced} had to be replaced"
    since = "start" if span.seconds is None else f"{span.seconds:.1f} s ago"
    return [
        f"{head}; counted since {since}",
        *_questions(span),
        *_servers(span),
        *_memory(span),
        *_checked(span),
        *_trouble(span),
    ]


def _questions(span: Span) -> list[str]:
    hot, once = span.count("hot"), span.count("at_once")
    waits = _buckets(span.under("waits"))
    waited = sum(waits.values())
    everybody = hot + once + waited
    types = span.by("questions", 1)
    types.pop(UNREAD, None)  # most of all, and no type
    found = [
        "",
        _row(span, "questions answered", everybody),
        _row(span, "  from bytes", hot, everybody),
        _row(span, "  at once", once, everybody),
        _row(span, "  after a wait", waited, everybody),
    ]
    if waited:
        found.append(_text("  wait", _times(waits)))
    found += [
        _text("  types", _shares(types)),
        _text("  codes", _shares(span.by("questions", 2))),
        _text("  transports", _shares(span.by("questions", 0))),
    ]
    now = span.now.counters
    found.append(
        _text(
            "right now",
            f"{now['waiting']} wait, {now['walking']} walks,"
            f" {now['connections']} connections",
        )
    )
    return found


def _servers(span: Span) -> list[str]:
    outcomes = span.under("upstream")
    answered = _buckets(
        {key: value for key, value in outcomes.items() if "|answered|" in key}
    )
    counts = {key: value for key, value in outcomes.items() if not key.endswith(SUM)}
    asked = span.count("asked")
    found = ["", _row(span, "packets to servers", asked)]
    by_outcome: dict[str, float] = {}
    over_tcp = 0.0
    for key, value in counts.items():
        transport, outcome, _ = key.split("|")
        by_outcome[outcome] = by_outcome.get(outcome, 0) + value
        over_tcp += value if transport == "tcp" else 0
    found += [
        _row(span, f"  {outcome}", value, asked)
        for outcome, value in sorted(by_outcome.items(), key=_larger)
    ]
    if over_tcp:
        found.append(_row(span, "  over tcp", over_tcp, asked))
    if span.count("hedged"):
        found.append(_row(span, "  to a second server", span.count("hedged"), asked))
    if answered:
        found.append(_text("  time to answer", _times(answered)))
    return found


def _memory(span: Span) -> list[str]:
    now = span.now.counters
    found = [
        "",
        f"{'cache':{_WIDTH}}{'entries':>12}{'MB':>9}{'hits':>9}{'evicted':>10}",
    ]
    for cache in _CACHES:
        looked = span.count(cache.hits, cache.misses)
        ratio = f"{span.count(cache.hits) / looked:.1%}" if looked else "-"
        gone = f"{span.count(cache.evicted):,}" if cache.evicted else "-"
        size = now[cache.size] / 1e6
        found.append(
            f"  {cache.name:{_WIDTH - 2}}{now[cache.entries]:>12,}{size:>9.1f}"
            f"{ratio:>9}{gone:>10}"
        )
    found += [
        f"  {name:{_WIDTH - 2}}{now[name]:>12,}"
        for name in ("delegations", "servers", "failures")
    ]
    return found


def _checked(span: Span) -> list[str]:
    verdicts = span.under("verdicts")
    if not verdicts:
        return []
    total = sum(verdicts.values())
    found = ["", _row(span, "records validated", total)]
    for key, value in sorted(verdicts.items(), key=_larger):
        outcome, _, reason = key.partition("|")
        name = f"{outcome}: {reason.replace('_', ' ')}" if reason else outcome
        found.append(_row(span, f"  {name}", value, total))
    return found


def _trouble(span: Span) -> list[str]:
    counts = {text: float(span.count(name)) for name, text in _TROUBLE.items()}
    for name, value in span.under("limits").items():
        counts[f"limit: {name.replace('_', ' ')}"] = value
    met = sorted(((text, n) for text, n in counts.items() if n), key=_larger)
    return (
        ["", "trouble", *(_row(span, f"  {text}", n) for text, n in met)] if met else []
    )


def _row(span: Span, name: str, count: float, of: float | None = None) -> str:
    rate = "" if span.seconds is None else f"{count / span.seconds:,.1f}/s"
    share = f"{count / of:.1%}" if of else ""
    return f"{name:{_WIDTH}}{count:>12,.0f}{rate:>14}{share:>9}".rstrip()


def _text(name: str, text: str) -> str:
    return f"{name:{_WIDTH}}  {text}".rstrip()


def _larger(item: tuple[str, float]) -> tuple[float, str]:
    return -item[1], item[0]


def _shares(counts: Mapping[str, float]) -> str:
    """Name the largest, in parts of all."""
    total = sum(counts.values())
    largest = sorted(counts.items(), key=_larger)[:MOST_NAMED]
    return ", ".join(f"{name} {count / total:.1%}" for name, count in largest)


def _buckets(parts: Mapping[str, float]) -> dict[int, float]:
    """Give the buckets of histograms, those of several added up."""
    found: dict[int, float] = {}
    for key, value in parts.items():
        bucket = key.rpartition("|")[2]
        if bucket != SUM:
            found[int(bucket)] = found.get(int(bucket), 0) + value
    return found


def _times(buckets: Mapping[int, float]) -> str:
    return ", ".join(
        f"{part:.0%} within {_duration(quantile(buckets, part))}"
        for part in (0.5, 0.9, 0.99)
    )


def quantile(buckets: Mapping[int, float], part: float) -> float:
    """Say within how many seconds a part of all was; as Prometheus, by straight lines.

    Infinite if that is above the last bound.
    """
    wanted = sum(buckets.values()) * part
    running = 0.0
    for index, upper in enumerate(BOUNDS):
        count = buckets.get(index, 0)
        if count and running + count >= wanted:
            lower = BOUNDS[index - 1] if index else 0.0
            return lower + (upper - lower) * (wanted - running) / count
        running += count
    return float("inf")


def _duration(seconds: float) -> str:
    if seconds > BOUNDS[-1]:
        return f"more than {BOUNDS[-1]:g} s"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"
