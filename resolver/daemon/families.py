"""Turn a reading into metrics, as the tables in `metrics` say."""

from collections.abc import Callable, Mapping

from resolver.counts import BOUNDS, SUM
from resolver.daemon.metrics import LABELLED, PLAIN, PROCESS, Labelled, Plain
from resolver.daemon.processes import Usage, usage_of
from resolver.daemon.reading import Reading
from resolver.daemon.statistics import Statistics
from resolver.observe.exposition import (
    COUNTER,
    GAUGE,
    HISTOGRAM,
    Family,
    Labels,
    Sample,
    histogram,
)


def families(
    reading: Reading,
    *,
    build: str,
    ready: bool,
    usage: Callable[[int], Usage | None] = usage_of,
) -> list[Family]:
    """Turn a reading into metrics; `build` says what kind of build runs."""
    statistics = reading.statistics
    labelled = _by_key(statistics.labelled)
    return [
        *(_plain(metric, statistics) for metric in PLAIN),
        *(_labelled(metric, labelled.get(metric.key, {})) for metric in LABELLED),
        _gauge("resolver_workers", "Processes that answer.", reading.workers),
        _gauge("resolver_workers_wanted", "How many there should be.", reading.wanted),
        Family(
            "resolver_workers_replaced_total",
            COUNTER,
            "Workers that ended before their time.",
            [Sample((), reading.replaced)],
        ),
        _gauge("resolver_ready", "1 if /ready says yes.", float(ready)),
        Family(
            "resolver_build_info",
            GAUGE,
            "Always 1; what runs is in the labels.",
            [Sample((("build", build),), 1)],
        ),
        *_processes(reading, usage),
    ]


def _gauge(name: str, meaning: str, value: float) -> Family:
    return Family(name, GAUGE, meaning, [Sample((), value)])


def _plain(metric: Plain, statistics: Statistics) -> Family:
    samples = [
        Sample(((metric.label, value),) if value else (), getattr(statistics, field))
        for value, field in metric.parts.items()
    ]
    return Family(metric.name, metric.kind, metric.meaning, samples)


def _by_key(labelled: Mapping[str, float]) -> dict[str, dict[tuple[str, ...], float]]:
    """Sort what is counted with labels by what it is about, and take the labels apart."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for labels, value in sorted(labelled.items()):
        key, *words = labels.split("|")
        found.setdefault(key, {})[tuple(words)] = value
    return found


def _labelled(metric: Labelled, found: Mapping[tuple[str, ...], float]) -> Family:
    if metric.kind == HISTOGRAM:
        samples = _histograms(metric, found)
    else:
        samples = [
            Sample(_labels(metric, words), value) for words, value in found.items()
        ]
    return Family(metric.name, metric.kind, metric.meaning, samples)


def _histograms(
    metric: Labelled, found: Mapping[tuple[str, ...], float]
) -> list[Sample]:
    """Put the buckets together that belong together."""
    together: dict[tuple[str, ...], dict[str, float]] = {}
    for words, value in found.items():
        together.setdefault(words[:-1], {})[words[-1]] = value
    samples = []
    for words, parts in together.items():
        total = parts.pop(SUM, 0.0)
        counts = {int(index): count for index, count in parts.items()}
        samples += histogram(_labels(metric, words), BOUNDS, counts, total)
    return samples


def _labels(metric: Labelled, words: tuple[str, ...]) -> Labels:
    return tuple(zip(metric.labels, words, strict=True))


def _processes(reading: Reading, usage: Callable[[int], Usage | None]) -> list[Family]:
    used = [(process.name, usage(process.pid)) for process in reading.processes]
    return [
        Family(
            name,
            kind,
            meaning,
            [
                Sample((("worker", worker),), value(its))
                for worker, its in used
                if its is not None
            ],
        )
        for name, kind, meaning, value in PROCESS
    ]
