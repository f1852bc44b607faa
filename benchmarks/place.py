"""Where it happens: which cores, and which folder.

The server has a core of its own; the lab and the load have the others.  Files lie in
memory where that is possible, because files on disk would measure the disk: Knot
Resolver's cache is a file.  A run that was killed leaves its folder behind; the next
one removes it.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

MEMORY: Final = Path("/dev/shm")
PREFIX: Final = "resolver-bench-"


class Place(NamedTuple):
    """Where and how it happens."""

    # For everything that is written; gone afterwards.
    folder: Path
    server_cores: tuple[int, ...]
    load_cores: tuple[int, ...]
    validate: bool
    # Tells people what is going on.
    say: Callable[[str], None]


def divided(cores: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the first core to the server, the others to the load and the lab."""
    return (cores[0],), (*cores[1:],) or (cores[0],)


@contextlib.contextmanager
def folder(top: Path | None = None) -> Iterator[Path]:
    """Make a folder that is gone afterwards; in memory, unless told where."""
    memory = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    where = top or memory
    for old in where.glob(f"{PREFIX}*"):
        if not _is_running(old.name.removeprefix(PREFIX).partition("-")[0]):
            shutil.rmtree(old, ignore_errors=True)
    mine = f"{PREFIX}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=mine, dir=where) as path:
        yield Path(path)


def _is_running(pid: str) -> bool:
    return Path("/proc", pid, "stat").exists()
