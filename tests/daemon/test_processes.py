"""What the system says of processes."""

import os
from pathlib import Path

import pytest

from resolver.daemon.processes import usage_of

STAT = "7 (a ) b) S 1 7 7 0 -1 0 0 0 0 0 250 50 0 0 20 0 1 0 1000 9999 300 0\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "7"
    (folder / "fd").mkdir(parents=True)
    for name in ("0", "1", "2"):
        (folder / "fd" / name).touch()
    (folder / "stat").write_text(STAT)
    (folder / "limits").write_text(
        "Limit    Soft Limit  Hard Limit  Units\n"
        "Max open files            1024                 4096                 files\n"
    )
    (tmp_path / "stat").write_text("cpu 1 2 3\nbtime 1700000000\n")
    return tmp_path


def test_the_system_tells_what_a_process_uses(proc: Path) -> None:
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    usage = usage_of(7, proc)
    assert usage is not None
    assert usage.cpu == 300 / ticks
    assert usage.resident == 300 * page
    assert usage.started == 1_700_000_000 + 1000 / ticks
    assert (usage.descriptors, usage.most_descriptors) == (3, 1024)


def test_no_limit_is_told_as_none(proc: Path) -> None:
    (proc / "7" / "limits").write_text("Max open files unlimited unlimited files\n")
    usage = usage_of(7, proc)
    assert usage is not None
    assert usage.most_descriptors == 0


def test_a_process_that_has_ended_uses_nothing(proc: Path) -> None:
    assert usage_of(8, proc) is None
    (proc / "7" / "stat").write_text("7 (short")
    assert usage_of(7, proc) is None


def test_a_system_that_does_not_say_when_it_booted_tells_nothing(proc: Path) -> None:
    (proc / "stat").write_text("cpu 1 2 3\n")
    assert usage_of(7, proc) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_this_process_is_one() -> None:
    usage = usage_of(os.getpid())
    assert usage is not None
    assert usage.resident > 1_000_000
    assert usage.cpu > 0
    assert usage.started > 1e9
    assert usage.descriptors > 0
