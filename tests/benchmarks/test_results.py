import json
from pathlib import Path

from benchmarks.results import Results, Row, ratio

ROW = Row("a", "10 names", "CPU us each")
LATER = Row("c", "mix", "answers/s")


def filled() -> Results:
    results = Results(frozenset("ac"))
    for turn, (ours, theirs) in enumerate([(10, 5), (40, 10), (9, 3)]):
        results.add(LATER, "ours", turn, 1.0)
        results.add(ROW, "ours", turn, ours)
        results.add(ROW, "unbound", turn, theirs)
    return results


def test_medians_are_told() -> None:
    assert filled().median(ROW, "ours") == 10
    assert filled().median(ROW, "named") is None


def test_ratios_are_taken_within_rounds() -> None:
    """The ratio of the medians would be 2."""
    assert filled().ratio(ROW, "ours", "unbound") == 3


def test_rounds_that_one_of_the_two_missed_do_not_count() -> None:
    assert ratio({0: 4.0, 1: 9.0}, {1: 3.0, 2: 1.0}) == 3.0
    assert ratio({0: 4.0}, {1: 3.0}) is None


def test_nothing_is_divided_by_nothing() -> None:
    assert ratio({0: 4.0}, {0: 0.0}) is None


def test_sections_that_nobody_wants_are_not_kept() -> None:
    results = filled()
    results.add(Row("b", "new", "answers/s"), "ours", 0, 1.0)
    assert [row.section for row in results.ordered()] == ["a", "c"]


def test_a_note_is_told_once() -> None:
    results = filled()
    results.note("late")
    results.note("late")
    assert results.notes == ["late"]


def test_every_figure_is_written(tmp_path: Path) -> None:
    results = filled()
    results.sample({"run": "warm", "sent": 3})
    path = tmp_path / "new" / "figures.json"
    results.write(path, {"cores": 2}, "ours")
    written = json.loads(path.read_text())
    assert written["cores"] == 2
    assert written["samples"] == [{"run": "warm", "sent": 3}]
    row = written["rows"][0]
    assert row["values"]["unbound"] == {"0": 5, "1": 10, "2": 3}
    assert row["medians"] == {"ours": 10, "unbound": 5}
    assert row["ours / other"]["unbound"] == 3
