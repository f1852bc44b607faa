"""The command `resolver stats`, with a pretend way to a running resolver."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

import pytest

from resolver.cli.stats import PERIOD, add_arguments, stats
from resolver.daemon.reading import Reading, Worker, as_json
from resolver.daemon.statistics import Statistics


class Running:
    """A resolver that has answered ten more each time that it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []

    def __call__(self, command: str, arguments: Mapping[str, object]) -> Any:
        self.asked.append((command, dict(arguments)))
        counted = Statistics(hot=10 * len(self.asked))
        return as_json(Reading(counted, (Worker("1", 1, answers=True),)))


class Enough(Exception):
    """The user has seen enough."""


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


def test_once_is_enough_if_nothing_else_is_wanted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    running = Running()
    stats(running, options())
    assert running.asked == [("statistics", {})]
    out = capsys.readouterr().out
    assert "questions answered" in out
    assert "/s" not in out


def test_watching_shows_rates_until_somebody_ends_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    running = Running()
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        if len(running.asked) == 3:
            raise Enough

    with pytest.raises(Enough):
        stats(running, options("--watch", "5"), lambda: now, sleep)
    out = capsys.readouterr().out
    assert out.count("questions answered") == 3
    assert out.count("2.0/s") == 4  # twice in all, twice from bytes
    assert "\x1b" not in out  # this is no terminal


def test_for_programs_each_reading_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stats(Running(), options("--json"))
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["counters"]["hot"] == 10


def test_how_often_has_a_default() -> None:
    assert options("--watch").watch == PERIOD
    assert options().watch is None


@pytest.mark.parametrize("text", ["0", "0.5", "-1", "4000", "soon", "nan"])
def test_how_often_has_to_be_a_time_that_makes_sense(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        options(f"--watch={text}")
    assert "1 to 3600 seconds" in capsys.readouterr().err
