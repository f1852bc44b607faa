"""The commands that every process has."""

from pathlib import Path

import pytest

from resolver.daemon import offers as module
from resolver.daemon.commands import Commands, Refused
from resolver.daemon.merging import MERGES
from resolver.daemon.offers import offer
from resolver.daemon.statistics import Statistics
from resolver.lab.box import Box
from resolver.observe import configure_logging
from tests.daemon.subjects import Asked, told


class Host:
    def __init__(self) -> None:
        self.telling: list[bool] = []

    def statistics(self) -> Statistics:
        return Statistics(walks=3)

    def tell_queries(self, *, wanted: bool) -> None:
        self.telling.append(wanted)


@pytest.fixture
def offered(box: Box, tmp_path: Path) -> tuple[Commands, Host]:
    commands, host = Commands(), Host()
    offer(commands, Asked(box, tmp_path).subject, host)
    return commands, host


def test_how_results_become_one_is_known_of_every_command(
    offered: tuple[Commands, Host],
) -> None:
    assert set(offered[0].names()) - {"health"} | {"statistics"} == set(MERGES)


def test_each_is_about_the_resolver(offered: tuple[Commands, Host]) -> None:
    commands, _ = offered
    found = told(commands.run("cache-get", {"name": "a."}))
    assert isinstance(found, dict)
    assert found["name"] == "a."
    health = told(commands.run("health", {}))
    assert isinstance(health, dict)
    assert health["state"] == "healthy"


class Log:
    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []

    def info(self, event: str, **facts: object) -> None:
        self.told.append({"event": event, **facts})


def test_the_log_is_switched_and_says_so(
    offered: tuple[Commands, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands, host = offered
    log = Log()
    monkeypatch.setattr(module, "log", log)
    configure_logging("info", "json")
    assert told(commands.run("set-log", {"queries": True})) == {"queries": True}
    both = {"queries": False, "level": "warning"}
    assert told(commands.run("set-log", both)) == both
    assert host.telling == [True, False]
    assert log.told == [
        {"event": "log_switched", "queries": True},
        {"event": "log_switched", "queries": False, "level": "warning"},
    ]


@pytest.mark.parametrize(
    "arguments", [{}, {"queries": "on"}, {"level": 7}, {"queries": True, "level": "x"}]
)
def test_a_log_that_cannot_be_is_refused_and_nothing_changes(
    offered: tuple[Commands, Host], arguments: dict[str, object]
) -> None:
    commands, host = offered
    with pytest.raises(Refused):
        told(commands.run("set-log", arguments))
    assert host.telling == []
