"""A strict reader of Prometheus' text format 0.0.4: it raises for whatever is not right."""

import re
from typing import NamedTuple

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|\Z)')
NUMBER = re.compile(r"(?:-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?|\+Inf|-Inf)\Z")
UNITS = ("_seconds", "_bytes", "_info")
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

Labels = tuple[tuple[str, str], ...]


class Family(NamedTuple):
    name: str
    kind: str
    meaning: str
    # By the name that stands in the line, and the labels.
    samples: dict[tuple[str, Labels], float]

    def value(self, suffix: str = "", **labels: str) -> float:
        wanted = set(labels.items())
        [found] = [
            value
            for (name, its), value in self.samples.items()
            if name == self.name + suffix and set(its) == wanted
        ]
        return found


def parse(text: str) -> dict[str, Family]:
    """Read an exposition; AssertionError for what Prometheus or its linter refuses."""
    assert text.endswith("\n")
    found: dict[str, Family] = {}
    current: Family | None = None
    lines = text.split("\n")[:-1]
    for index, line in enumerate(lines):
        if line.startswith("# HELP "):
            name, meaning = line.removeprefix("# HELP ").split(" ", 1)
            assert NAME.match(name)
            assert name not in found, f"{name} is there twice"
            assert meaning.strip()
            assert re.sub(r"\\[\\n]", "", meaning).count("\\") == 0
            words = lines[index + 1].split(" ")
            assert words[:3] == ["#", "TYPE", name]
            kind = words[3]
            current = found[name] = Family(name, kind, meaning, {})
        elif line.startswith("# TYPE "):
            assert current is not None
            assert lines[index - 1].startswith(f"# HELP {current.name} ")
            assert current.kind in {"counter", "gauge", "histogram"}
        else:
            assert current is not None
            sample(current, line)
    for family in found.values():
        check(family)
    return found


def sample(family: Family, line: str) -> None:
    match = SAMPLE.match(line)
    assert match, line
    name, inside, number = match.groups()
    allowed: tuple[str, ...] = ("",)
    if family.kind == "histogram":
        allowed = ("_bucket", "_sum", "_count")
    assert name in {family.name + suffix for suffix in allowed}, line
    assert NUMBER.match(number), line
    pairs = list(PAIR.finditer(inside or ""))
    assert "".join(pair.group() for pair in pairs) == (inside or ""), line
    assert not (inside or "").endswith(",")
    labels = tuple(
        (
            pair.group(1),
            re.sub(r"\\.", lambda it: ESCAPES[it.group()], pair.group(2)),
        )
        for pair in pairs
    )
    assert len({label for label, _ in labels}) == len(labels)
    key = (name, labels)
    assert key not in family.samples, f"twice: {line}"
    family.samples[key] = float(number)


def check(family: Family) -> None:
    assert family.samples, f"{family.name} has no samples"
    assert family.name == family.name.lower()
    assert (family.kind == "counter") == family.name.endswith("_total")
    values = family.samples.values()
    if family.kind != "gauge":
        assert all(value >= 0 for value in values)
    if family.kind == "histogram":
        assert family.name.endswith(UNITS)
        check_histogram(family)
    kinds = {
        frozenset(label for label, _ in labels if label != "le")
        for _, labels in family.samples
    }
    assert len(kinds) == 1, f"{family.name} has samples with other labels"


def check_histogram(family: Family) -> None:
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    for (name, labels), value in family.samples.items():
        if name.endswith("_bucket"):
            [bound] = [float(text) for label, text in labels if label == "le"]
            rest = tuple(pair for pair in labels if pair[0] != "le")
            buckets.setdefault(rest, []).append((bound, value))
    for labels, found in buckets.items():
        assert found == sorted(found)
        assert [count for _, count in found] == sorted(count for _, count in found)
        assert found[-1][0] == float("inf")
        assert family.samples[f"{family.name}_count", labels] == found[-1][1]
        assert (f"{family.name}_sum", labels) in family.samples
    assert len(family.samples) == sum(len(found) + 2 for found in buckets.values())
