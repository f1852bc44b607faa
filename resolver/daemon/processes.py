"""What processes use of the machine, as the system tells it (Linux: /proc)."""

import os
from pathlib import Path
from typing import Final, NamedTuple

PROC: Final = Path("/proc")
# Where fields of /proc/PID/stat are, counted from behind the name; see proc(5).
_USER: Final = 11
_SYSTEM: Final = 12
_START: Final = 19
_RESIDENT: Final = 21


class Usage(NamedTuple):
    """What a process uses: seconds, bytes, file descriptors; `started` is since 1970."""

    cpu: float
    resident: int
    started: float
    descriptors: int
    most_descriptors: int


def usage_of(pid: int, proc: Path = PROC) -> Usage | None:
    """Find out what a process uses; None where the system does not tell."""
    folder = proc / str(pid)
    try:
        # The name, in brackets, may have anything in it.
        fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2]
        words = fields.split()
        ticks = os.sysconf("SC_CLK_TCK")
        return Usage(
            cpu=(int(words[_USER]) + int(words[_SYSTEM])) / ticks,
            resident=int(words[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE"),
            started=_booted(proc) + int(words[_START]) / ticks,
            descriptors=len(os.listdir(folder / "fd")),  # noqa: PTH208 - only counted
            most_descriptors=_limit(folder),
        )
    except (OSError, ValueError, IndexError):
        return None


def _booted(proc: Path) -> int:
    for line in (proc / "stat").read_text("ascii").splitlines():
        if line.startswith("btime "):
            return int(line.split()[1])
    raise ValueError("no time of boot")


def _limit(folder: Path) -> int:
    """Read how many descriptors a process may have; 0: nobody says."""
    for line in (folder / "limits").read_text("ascii").splitlines():
        if line.startswith("Max open files"):
            soft = line.split()[3]
            return int(soft) if soft.isdigit() else 0
    return 0
