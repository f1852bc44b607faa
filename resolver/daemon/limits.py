"""What the system sets as limits, and whether the configuration fits in there.

Looked at once, before answering.  Nothing here is a reason not to start: what does not fit
is told with the number that is there, the number that is wanted, and what mends it.
"""

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from resolver.config import Config

log: Final = structlog.get_logger()

# Bytes that a process takes beside its caches: interpreter, libraries, what is under way.
# Measured: 38 to 45 MB soon after the start; the rest is room for a crowd.
BESIDE: Final = 80_000_000
# What caches take beyond what they count: the allocator's holes.  Measured: 0.9 to 1.1.
ALLOCATOR: Final = 1.1

_CGROUP: Final = Path("/sys/fs/cgroup")
_MINE: Final = Path("/proc/self/cgroup")


def tell_limits(config: Config, workers: int) -> None:
    """Warn of what will not fit, and of what cannot be written."""
    tell_memory(config, workers, memory_limit())
    for setting, path in written(config):
        problem = why_not_writable(path)
        if problem:
            log.warning(
                "state_not_writable",
                setting=setting,
                path=path,
                reason=problem,
                mend=f"make its folder one that user {os.geteuid()} may write to",
            )


def tell_memory(config: Config, workers: int, limit: int | None) -> None:
    """Warn if the caches, once they are full, would be more than there may be."""
    wanted = int(config.cache.size * ALLOCATOR) + BESIDE * workers
    if limit is not None and wanted > limit:
        fitting = max(0, round((limit - BESIDE * workers) / ALLOCATOR))
        log.warning(
            "little_memory",
            limit=limit,
            wanted=wanted,
            mend=f"set cache.size to {fitting // 10**6}MB or less, or raise the limit"
            " (MemoryMax= of the unit, or that of the container)",
        )


def memory_limit(mine: Path = _MINE, root: Path = _CGROUP) -> int | None:
    """Find how many bytes this process, or all of a service, may have; None: no limit."""
    limits = list(_cgroup_limits(mine, root))
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    return min(limits, default=None)


def _cgroup_limits(mine: Path, root: Path) -> Iterator[int]:
    """Read the limits of our group and of all above it (cgroups(7), version 2)."""
    try:
        entries = mine.read_text("utf-8").splitlines()
    except OSError:
        return
    for entry in entries:
        number, _, path = entry.split(":", 2)
        if number != "0":
            continue  # of version 1; no system that is still supported has only that
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            if not folder.is_relative_to(root):
                return
            try:
                text = (folder / "memory.max").read_text("ascii").strip()
            except OSError:
                continue
            if text.isdecimal():
                yield int(text)


def written(config: Config) -> list[tuple[str, str]]:
    """List the settings that name files which are written, with their paths."""
    named = [
        ("cache.shared_path", config.cache.shared_path),
        ("dnssec.anchor_state", config.dnssec.anchor_state),
    ]
    return [(setting, path) for setting, path in named if path]


def why_not_writable(path: str) -> str:
    """Say why a file cannot be kept at a path, "" if it can."""
    file = Path(path)
    folder = file.parent
    if not folder.is_dir():
        return f"{folder} is no folder"
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return f"{folder} may not be written to"
    if file.exists() and not os.access(file, os.R_OK | os.W_OK, effective_ids=True):
        return "the file may not be read and written"
    return ""
