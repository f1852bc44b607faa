import gc
import resource
import sys
from collections.abc import Iterator

import pytest
import structlog

from resolver.daemon.tuning import (
    DESCRIPTORS,
    TURN,
    raise_descriptor_limit,
    settle_memory,
    take_short_turns,
)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Soft and hard limit of a pretend system."""
    both = [1024, 1_000_000]

    def change(_: int, new: tuple[int, int]) -> None:
        assert new[1] == both[1]
        both[0] = new[0]

    monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(both))
    monkeypatch.setattr(resource, "setrlimit", change)
    return both


def warnings() -> list[str]:
    with structlog.testing.capture_logs() as told:
        raise_descriptor_limit()
    return [event["event"] for event in told]


def test_the_limit_is_raised_to_what_is_needed(limits: list[int]) -> None:
    assert warnings() == []
    assert limits == [DESCRIPTORS, 1_000_000]


def test_a_limit_that_is_high_enough_is_left_alone(limits: list[int]) -> None:
    limits[0] = 500_000
    assert warnings() == []
    assert limits[0] == 500_000
    limits[0] = resource.RLIM_INFINITY
    assert warnings() == []
    assert limits[0] == resource.RLIM_INFINITY


def test_no_more_is_taken_than_is_granted_and_that_is_told(limits: list[int]) -> None:
    limits[1] = 4096
    assert warnings() == ["few_descriptors"]
    assert limits == [4096, 4096]


def test_without_a_hard_limit_no_more_than_needed_is_taken(limits: list[int]) -> None:
    limits[1] = resource.RLIM_INFINITY
    assert warnings() == []
    assert limits[0] == DESCRIPTORS


def test_a_system_that_says_no_is_no_obstacle(
    limits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int, new: tuple[int, int]) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert warnings() == ["few_descriptors"]


@pytest.fixture
def collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_what_is_there_at_the_start_is_never_visited_again() -> None:
    before: list[list[object]] = [[] for _ in range(1000)]
    settle_memory()
    assert gc.get_freeze_count() > len(before)
    assert not any(each is before for each in gc.get_objects())
    young, middle, old = gc.get_threshold()
    assert young * middle * old > 10_000_000


def test_threads_beside_the_loop_take_short_turns() -> None:
    before = sys.getswitchinterval()
    try:
        take_short_turns()
        assert sys.getswitchinterval() == pytest.approx(TURN)
    finally:
        sys.setswitchinterval(before)
