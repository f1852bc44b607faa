"""docs/operations.md tells of every event and of no other, and alarms look at what is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from resolver.config.changes import RESTART, _effect
from resolver.config.declared import declared
from tests.test_dashboard import series

TOP = Path(__file__).parents[1]
PAGE = (TOP / "docs" / "operations.md").read_text("utf-8")
_ROW = re.compile(r"(?m)^\| `(\w+)` \| ([a-z ]+) \| (.+?) \| (.+) \|$")
_LEVELS = {"debug", "info", "warning", "error", "exception"}
# What is handed to a logger, and is no fact or another one.
_RENAMED = {"exc_info": "exception"}
# A library tells at its own level, and with facts that `observe.logs` names.
_LIBRARY = "library"


class Event(NamedTuple):
    """A place that tells an event.  `more` is for facts that are not named there."""

    name: str
    level: str
    facts: frozenset[str]
    more: bool
    path: str


def told_in(path: Path) -> Iterator[Event]:
    """Find what a module tells.

    That is a call of a method of a logger, or of one that was chosen and called `write`.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        first = node.args[0]
        if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
            continue
        level = level_of(node.func)
        if level:
            facts = frozenset(
                _RENAMED.get(it.arg, it.arg) for it in node.keywords if it.arg
            )
            if level == "exception":
                level, facts = "error", facts | {"exception"}
            more = any(it.arg is None for it in node.keywords)
            yield Event(first.value, level, facts, more, str(path.relative_to(TOP)))


def level_of(function: ast.expr) -> str:
    """Say at which level a call tells: "" none, "?" one that is chosen there."""
    match function:
        case ast.Attribute(ast.Name("log"), level) if level in _LEVELS:
            return level
        case ast.Attribute(ast.Attribute(_, "_log"), level) if level in _LEVELS:
            return level
        case ast.Name("write"):
            return "?"
        case _:
            return ""


EVENTS = [
    event
    for path in sorted((TOP / "resolver").rglob("*.py"))
    for event in told_in(path)
]
ROWS = {row[0]: row[1:] for row in _ROW.findall(PAGE.split("\n## Events\n")[1])}


def alarms() -> list[str]:
    """List the expressions of the table of alarms."""
    _, text = PAGE.split("\n## Metrics and alarms\n")
    return re.findall(r"(?m)^\| [\w' ]+ \| `(.+?)` \| ", text.split("\n## ")[0])


def test_there_are_events() -> None:
    assert len(EVENTS) > 30


def test_every_event_has_a_row_and_every_row_an_event() -> None:
    assert set(ROWS) == {event.name for event in EVENTS} | {_LIBRARY}


@pytest.mark.parametrize("event", EVENTS, ids=lambda it: f"{it.name} of {it.path}")
def test_the_row_has_level_and_facts_of_the_event(event: Event) -> None:
    level, facts, _ = ROWS[event.name]
    told = set(re.findall(r"`(\w+)`", facts)) - {"worker"}
    if event.level != "?":
        assert event.level in level.split(" or ")
    assert told >= event.facts - {"worker"}


def test_no_row_names_a_fact_that_is_never_told() -> None:
    for name, (_, facts, _) in ROWS.items():
        events = [event for event in EVENTS if event.name == name]
        if name == _LIBRARY or any(event.more for event in events):
            continue
        told = frozenset[str]().union(*(event.facts for event in events))
        assert set(re.findall(r"`(\w+)`", facts)) - told - {"worker"} == set(), name


def test_the_settings_that_take_a_restart_are_named_and_no_others() -> None:
    _, text = PAGE.split("A few settings take a\nrestart: ")
    named = text.partition(". They keep")[0]
    told = set(re.findall(r"`(\w+\.\w+)`", named))
    told |= {
        f"{table}.{name}"
        for table in re.findall(r"\[(\w+)\]", named)
        for name in declared()[table].settings
    }
    settings = [
        f"{table.name}.{name}"
        for table in declared().values()
        if not table.many
        for name in table.settings
    ]
    assert told == {it for it in settings if _effect(it, 1, 2) == RESTART}


def test_there_are_alarms() -> None:
    assert len(alarms()) > 10


@pytest.mark.parametrize("alarm", alarms())
def test_an_alarm_looks_at_what_is_there(alarm: str) -> None:
    known = series()
    metrics = re.findall(r"\b((?:resolver|process)_[a-z_]+)", alarm)
    assert metrics
    assert [it for it in metrics if it not in known] == []
    for metric, selector in re.findall(r"\b(\w+)\{([^}]*)\}", alarm):
        assert set(re.findall(r"(\w+)!?=", selector)) <= known[metric]
