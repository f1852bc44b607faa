"""Write measurements as Prometheus reads them: its text format, version 0.0.4.

A family is one quantity, with samples that differ in their labels.  A histogram's buckets
come with the running total of all that are below, as the format wants it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
COUNTER: Final = "counter"
GAUGE: Final = "gauge"
HISTOGRAM: Final = "histogram"

Labels = tuple[tuple[str, str], ...]

_IN_HELP: Final = str.maketrans({"\\": r"\\", "\n": r"\n"})
_IN_LABEL: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Sample(NamedTuple):
    """One number of a family; `suffix` is what its name has behind the family's."""

    labels: Labels
    value: float
    suffix: str = ""


class Family(NamedTuple):
    """One quantity: `kind` is COUNTER, GAUGE or HISTOGRAM."""

    name: str
    kind: str
    meaning: str
    samples: Sequence[Sample]


def exposition(families: Iterable[Family]) -> str:
    """Write families; one without samples is left out."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines.append(f"# HELP {family.name} {family.meaning.translate(_IN_HELP)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += [_line(family.name, sample) for sample in family.samples]
    return "\n".join(lines) + "\n" if lines else ""


def histogram(
    labels: Labels, bounds: Sequence[float], counts: Mapping[int, float], total: float
) -> list[Sample]:
    """Give the samples of a histogram.

    `counts` has how many fell into each bucket, the one above the last bound included;
    `total` is the sum of what was measured.
    """
    samples = []
    running = 0.0
    for index, bound in enumerate((*bounds, math.inf)):
        running += counts.get(index, 0)
        samples.append(Sample((*labels, ("le", number(bound))), running, "_bucket"))
    return [*samples, Sample(labels, total, "_sum"), Sample(labels, running, "_count")]


def number(value: float) -> str:
    """Write a number: whole ones without a point."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value):
        return str(int(value))
    return repr(value)


def _line(name: str, sample: Sample) -> str:
    labels = ",".join(
        f'{label}="{text.translate(_IN_LABEL)}"' for label, text in sample.labels
    )
    braces = f"{{{labels}}}" if labels else ""
    return f"{name}{sample.suffix}{braces} {number(sample.value)}"
