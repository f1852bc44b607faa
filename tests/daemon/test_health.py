"""How it is, and what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest

from resolver.config import Cache, Config, Listen
from resolver.daemon.health import health_of, summary
from resolver.daemon.statistics import Statistics
from resolver.lab.box import Box
from tests.daemon.subjects import Asked

CONFIG = Config(listen=Listen(plain=("127.0.0.1:5300",)))
COUNTED = Statistics(waiting=2, connections=1, cache_sets=3, cache_bytes=1000)


@pytest.fixture
def one(box: Box, tmp_path: Path) -> Asked:
    return Asked(box, tmp_path)


def test_one_that_can_do_its_work_is_healthy(one: Asked) -> None:
    one.ask("www.example.com. A")
    health = health_of(one.subject, COUNTED)
    assert (health["state"], health["problems"]) == ("healthy", [])
    assert health["delegations"] == len(one.subject.core.stores.zones)
    json.dumps(health)


def test_a_wrong_clock_is_a_problem(box: Box, tmp_path: Path) -> None:
    one = Asked(box, tmp_path)
    one.clock.time = -1_600_000_000.0
    health = health_of(one.subject, COUNTED)
    assert health["state"] == "degraded"
    assert "clock" in str(health["problems"])


def test_a_store_that_cannot_be_used_is_a_problem(box: Box, tmp_path: Path) -> None:
    one = Asked(box, tmp_path, cache=Cache(shared_path="/a/b"))
    assert health_of(one.subject, COUNTED)["problems"] == [
        "/a/b cannot be used: nothing is shared"
    ]


def test_that_nobody_can_be_reached_is_a_problem(
    one: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = type(one.subject.core.stores.servers.reach)
    monkeypatch.setattr(reach, "is_cut_off", lambda _self, _now: True)
    assert "network" in str(health_of(one.subject, COUNTED)["problems"])


def test_all_workers_are_told_as_one(one: Asked) -> None:
    healths = {number: health_of(one.subject, COUNTED) for number in (1, 2)}
    found: Any = summary(CONFIG, healths, 2, 12.3456)
    assert found["state"] == "healthy"
    assert found["uptime"] == 12.346
    assert found["listen"] == ["127.0.0.1:5300"]
    assert (found["waiting"], found["cache_sets"]) == (4, 6)
    assert [it["worker"] for it in found["workers"]] == [1, 2]
    json.dumps(found)


def test_a_worker_that_does_not_answer_degrades_the_whole(one: Asked) -> None:
    found = summary(CONFIG, {1: health_of(one.subject, COUNTED)}, 2, 1.0)
    assert (found["state"], found["problems"]) == (
        "degraded",
        ["1 of 2 workers answer"],
    )
    assert summary(CONFIG, {}, 2, 1.0)["problems"] == ["0 of 2 workers answer"]


def test_a_problem_names_its_worker(one: Asked) -> None:
    bad = health_of(one.subject, COUNTED) | {"problems": ["it hurts"]}
    assert summary(CONFIG, {1: bad, 2: bad}, 2, 1.0)["problems"] == [
        "worker 1: it hurts",
        "worker 2: it hurts",
    ]
    assert summary(CONFIG, {0: bad}, 1, 1.0)["problems"] == ["it hurts"]
