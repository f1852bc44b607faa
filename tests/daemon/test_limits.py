import os
from pathlib import Path

import pytest
import structlog

from resolver.config import Cache, Config, Dnssec
from resolver.daemon.limits import (
    BESIDE,
    memory_limit,
    tell_limits,
    tell_memory,
    why_not_writable,
)


def groups(folder: Path, limits: dict[str, str], mine: str) -> tuple[Path, Path]:
    """A tree of control groups, and the file that says which is ours."""
    root = folder / "cgroup"
    for name, limit in limits.items():
        group = root / name.lstrip("/")
        group.mkdir(parents=True, exist_ok=True)
        (group / "memory.max").write_text(limit + "\n")
    ours = folder / "mine"
    ours.write_text(f"3:cpu:/elsewhere\n0::{mine}\n")
    return ours, root


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"/a": "max", "/a/b": "300000000"}, 300_000_000),
        ({"/a": "200000000", "/a/b": "max"}, 200_000_000),
        ({"/a": "max", "/a/b": "max"}, None),
        ({"/other": "1000", "/a/b": "max"}, None),
    ],
)
def test_the_smallest_limit_of_our_group_and_those_above_counts(
    tmp_path: Path, limits: dict[str, str], expected: int | None
) -> None:
    assert memory_limit(*groups(tmp_path, limits, "/a/b")) == expected


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert memory_limit(tmp_path / "nothing", tmp_path) is None


def test_a_cache_that_will_not_fit_is_told_with_the_size_that_would() -> None:
    config = Config(cache=Cache(size=200_000_000))
    with structlog.testing.capture_logs() as events:
        tell_memory(config, 2, 2 * BESIDE + 110_000_000)
    [event] = events
    assert event["event"] == "little_memory"
    assert "cache.size to 100MB" in event["mend"]


@pytest.mark.parametrize("limit", [None, 10**9])
def test_a_cache_that_fits_is_not_told_of(limit: int | None) -> None:
    with structlog.testing.capture_logs() as events:
        tell_memory(Config(), 1, limit)
    assert events == []


def test_files_that_cannot_be_kept_are_told_before_anybody_needs_them(
    tmp_path: Path,
) -> None:
    nowhere = tmp_path / "nowhere"
    config = Config(
        cache=Cache(shared_path=str(nowhere / "cache.mdb"), size=1_000_000),
        dnssec=Dnssec(anchor_state=str(tmp_path / "anchors")),
    )
    with structlog.testing.capture_logs() as events:
        tell_limits(config, 1)
    [event] = [each for each in events if each["event"] == "state_not_writable"]
    assert event["setting"] == "cache.shared_path"
    assert event["reason"] == f"{nowhere} is no folder"
    assert str(os.geteuid()) in event["mend"]


def test_a_folder_or_file_that_is_somebody_elses_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "state"
    assert why_not_writable(str(file)) == ""
    file.write_text("x")
    refused: list[Path] = [file]

    def access(path: Path, mode: int, *, effective_ids: bool) -> bool:
        assert mode
        assert effective_ids
        return path not in refused

    monkeypatch.setattr(os, "access", access)
    assert why_not_writable(str(file)) == "the file may not be read and written"
    refused.append(tmp_path)
    assert why_not_writable(str(file)) == f"{tmp_path} may not be written to"
