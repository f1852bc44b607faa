"""The tables of metrics."""

import re

from resolver.daemon.metrics import LABELLED, PLAIN, PROCESS
from resolver.daemon.statistics import NAMES, Statistics

# What is told in another way: the bytes of both stores, and what outcomes have, too.
NOT_TOLD = {"cache_bytes", "doubted"}


def test_every_counter_is_told_by_a_metric() -> None:
    used = {field for metric in PLAIN for field in metric.parts.values()}
    assert used == set(NAMES) - NOT_TOLD


def test_what_says_how_things_are_now_is_a_gauge_and_nothing_else_is() -> None:
    for metric in PLAIN:
        gauge = metric.kind == "gauge"
        assert gauge == Statistics.NOW.issuperset(metric.parts.values()), metric.name
        assert gauge or Statistics.NOW.isdisjoint(metric.parts.values()), metric.name


def test_names_follow_the_rules() -> None:
    kinds = [(metric.name, metric.kind) for metric in (*PLAIN, *LABELLED)]
    kinds += [(name, kind) for name, kind, _, _ in PROCESS]
    assert len({name for name, _ in kinds}) == len(kinds)
    for name, kind in kinds:
        assert re.fullmatch(r"(resolver|process)_[a-z_]+", name)
        assert (kind == "counter") == name.endswith("_total"), name
        if kind == "histogram":
            assert name.endswith("_seconds")


def test_every_meaning_is_a_sentence_or_more() -> None:
    for metric in (*PLAIN, *LABELLED):
        assert metric.meaning.endswith(".")
        assert metric.meaning[0].isupper()


def test_several_parts_have_a_label_to_be_told_apart_by() -> None:
    for metric in PLAIN:
        assert bool(metric.label) == (len(metric.parts) > 1), metric.name
