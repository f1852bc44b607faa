import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from benchmarks.process import (
    PAGE,
    TICKS,
    Broken,
    Process,
    cpu_clock,
    parse_stat,
    pinned,
)

# Fields 1 to 24 of a server whose name is meant to confuse.
STAT = (
    "77 (nsd: (server) 1) S 1 76 75 0 -1 4194304 100 0 0 0 "
    "250 50 3 4 20 0 1 0 1000 123456789 300 18446744073709551615"
)
needs_tools = pytest.mark.skipif(
    shutil.which("setpriv") is None or shutil.which("taskset") is None,
    reason="util-linux is not installed",
)


def test_the_kernels_line_about_a_process_is_read() -> None:
    stat = parse_stat(STAT)
    assert (stat.pid, stat.session) == (77, 75)
    assert stat.system == 50 / TICKS
    assert stat.memory == 300 * PAGE
    assert not stat.zombie
    assert parse_stat(STAT.replace(") S ", ") Z ")).zombie


def test_our_own_line_is_read() -> None:
    stat = parse_stat(Path("/proc/self/stat").read_text())
    assert (stat.pid, stat.session) == (os.getpid(), os.getsid(0))
    assert stat.memory > 1_000_000


def test_the_clock_of_a_process_counts_its_cpu_time() -> None:
    before = time.process_time()
    assert before <= cpu_clock(os.getpid()) <= time.process_time()


def test_a_process_that_is_gone_uses_nothing() -> None:
    assert cpu_clock(2**22 + 1) == 0.0


def test_a_command_is_pinned_and_ends_with_us() -> None:
    command = pinned(["named", "-f"], [1, 2])
    assert command[-2:] == ["named", "-f"]
    assert command[command.index("--cpu-list") + 1] == "1,2"
    assert command[:3] == ["setpriv", "--pdeathsig", "KILL"]


@needs_tools
def test_a_process_is_metered_with_its_children_and_ended_with_them(
    tmp_path: Path,
) -> None:
    busy = "import os, signal; os.fork(); n = 10**7\nwhile n: n -= 1\nsignal.pause()"
    core = min(os.sched_getaffinity(0))
    process = Process([sys.executable, "-c", busy], tmp_path, [core])
    try:
        until = time.monotonic() + 10
        while process.cpu() < 0.1 and time.monotonic() < until:
            time.sleep(0.01)
        assert process.cpu() >= 0.1
        assert 0 <= process.system_cpu() <= process.cpu() + 2 / TICKS
        assert process.memory() > 1_000_000
        process.must_run()
    finally:
        process.stop()
    assert process.memory() == 0
    assert not process.is_running()


@needs_tools
def test_a_process_that_ended_is_broken_and_its_last_words_are_told(
    tmp_path: Path,
) -> None:
    words = [sys.executable, "-c", "print('no port'); raise SystemExit(3)"]
    process = Process(words, tmp_path, [min(os.sched_getaffinity(0))])
    until = time.monotonic() + 10
    while process.is_running() and time.monotonic() < until:
        time.sleep(0.01)
    with pytest.raises(Broken, match="status 3: no port"):
        process.must_run()
    process.stop()
