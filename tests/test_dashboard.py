"""The dashboard for Grafana asks for what there is, under the name that it has."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver.counts import OUTCOMES
from resolver.daemon.families import families
from resolver.daemon.metrics import LABELLED, PLAIN
from resolver.daemon.processes import Usage
from resolver.daemon.reading import Reading, Worker
from resolver.daemon.statistics import Statistics
from resolver.observe.exposition import HISTOGRAM, Family

DASHBOARD = Path(__file__).parents[1] / "packaging" / "grafana" / "resolver.json"
METRIC = re.compile(r"\b((?:resolver|process)_[a-z_]+)\b")
# What a selector has in braces, and what is summed by.
SELECTED = re.compile(r"\b((?:resolver|process)_[a-z_]+)\{([^}]*)\}")
GROUPED = re.compile(r"by \(([^)]*)\)")


def all_families() -> list[Family]:
    usage = Usage(1.0, 1, 1.0, 1, 1)
    reading = Reading(Statistics(), (Worker("1", 1, answers=True),))
    return families(reading, build="compiled", ready=True, usage=lambda pid: usage)


def series() -> dict[str, set[str]]:
    """The labels of everything that can be asked for, by its name."""
    found: dict[str, set[str]] = {}
    for family in all_families():
        labels = {label for it in family.samples for label, _ in it.labels}
        found[family.name] = labels
    for metric in LABELLED:
        suffixes = [""] if metric.kind != HISTOGRAM else ["_bucket", "_sum", "_count"]
        found.pop(metric.name)
        for suffix in suffixes:
            extra = {"le"} if suffix == "_bucket" else set()
            found[metric.name + suffix] = set(metric.labels) | extra
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def expressions() -> Iterator[str]:
    for panel in panels():
        for target in panel.get("targets", []):
            yield target["expr"]


def test_every_metric_that_it_asks_for_is_told() -> None:
    known = series()
    asked = [name for text in expressions() for name in METRIC.findall(text)]
    assert len(set(asked)) > 25
    assert sorted(set(asked) - set(known)) == []


def test_every_label_that_it_selects_or_groups_by_is_there() -> None:
    known = series()
    for text in expressions():
        labels: set[str] = set()
        for name, inside in SELECTED.findall(text):
            labels |= known[name]
            selected = set(re.findall(r'(\w+)(?:=~|!=|!~|=)"', inside))
            assert selected - known[name] <= {"instance"}, text
        for group in GROUPED.findall(text):
            assert {label.strip() for label in group.split(",")} <= labels, text


def test_every_selector_is_for_the_chosen_resolvers() -> None:
    for text in expressions():
        assert len(SELECTED.findall(text)) == len(METRIC.findall(text)), text
        assert text.count('instance=~"$instance"') == len(METRIC.findall(text)), text


def test_counters_are_shown_as_rates_and_gauges_are_not() -> None:
    gauges = {it.name for it in all_families() if it.kind == "gauge"}
    for text in expressions():
        rated = set(re.findall(r"rate\((\w+)", text))
        for name in METRIC.findall(text):
            assert (name in rated) != (name in gauges), text


def test_values_that_it_selects_can_be() -> None:
    for text in expressions():
        for value in re.findall(r'outcome="(\w+)"', text):
            assert value in OUTCOMES


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)
    for panel in panels():
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


@pytest.mark.parametrize("metric", PLAIN, ids=lambda it: it.name)
def test_the_tables_are_what_is_told(metric: Any) -> None:
    assert metric.name in series()
