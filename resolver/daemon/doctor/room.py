"""Is there room: for sockets, and on the disk for what is kept."""

import os
import resource
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from resolver.config import Config
from resolver.daemon import anchorfile
from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING, Finding, counted
from resolver.daemon.tuning import DESCRIPTORS

# Bytes: the file of trust anchors, and its successor beside it, need this.
LITTLE: Final = 1_000_000
# What part of the cache's size the shared file takes at most (`[cache] shared_path`).
SHARED_PART: Final = 3
# Sockets below which ordinary bursts of questions fail.
FEW: Final = 1024


class Spot(NamedTuple):
    """A file that is to be written.  `free` is in bytes, of its file system."""

    setting: str
    path: str
    needed: int
    folder_exists: bool = False
    writable: bool = False
    free: int = 0


def descriptors() -> tuple[int, int]:
    """Give the soft and the hard limit of open files; -1: there is none."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def spots(config: Config) -> list[Spot]:
    """Look at the places of the files that the configuration wants kept."""
    found = []
    if path := anchorfile.path_of(config.dnssec):
        found.append(look_at("dnssec.anchor_state", path, LITTLE))
    if path := config.cache.shared_path:
        needed = config.cache.size // SHARED_PART
        found.append(look_at("cache.shared_path", path, needed))
    return found


def look_at(setting: str, path: str, needed: int) -> Spot:
    """Look at a place without changing it."""
    folder = Path(path).parent
    try:
        status = os.statvfs(folder)
    except OSError:
        return Spot(setting, path, needed)
    writable = os.access(folder, os.W_OK | os.X_OK)
    if Path(path).exists():
        writable = writable and os.access(path, os.R_OK | os.W_OK)
        needed -= min(needed, Path(path).stat().st_size)
    free = status.f_bavail * status.f_frsize
    return Spot(setting, path, needed, folder_exists=True, writable=writable, free=free)


def judge_descriptors(soft: int, hard: int) -> Finding:
    """Say whether there can be as many sockets as questions and clients.

    The soft limit is raised at start, as far as the hard one lets it.
    """
    most = hard if hard != resource.RLIM_INFINITY else DESCRIPTORS
    seen = (
        f"up to {most} open files here (now {soft}); {DESCRIPTORS} are all we need",
    )
    if most >= DESCRIPTORS:
        return Finding("descriptors", OK, seen)
    mend = f"LimitNOFILE={DESCRIPTORS} in the unit, or `ulimit -Hn` before the start"
    return Finding("descriptors", PROBLEM if most < FEW else WARNING, seen, mend)


def judge_spots(found: Sequence[Spot]) -> Finding:
    """Say whether what is to be kept can be."""
    if not found:
        return Finding("state", OK, ("nothing is to be kept on disk",))
    wrong = [(it, trouble) for it in found if (trouble := _trouble(it))]
    if not wrong:
        return Finding("state", OK, tuple(f"{it.path} can be written" for it in found))
    seen = tuple(f"{it.setting}: {it.path}: {trouble}" for it, trouble in wrong)
    mend = (
        "make the folder and give it to the service's user (systemd: StateDirectory=),"
        " or name another place"
    )
    if all(it.writable for it, _ in wrong):
        missing = max(it.needed - it.free for it, _ in wrong)
        mend = f"make room for another {counted(missing // 10**6 + 1, 'megabyte')}"
    return Finding("state", PROBLEM, seen, mend)


def _trouble(spot: Spot) -> str:
    if not spot.folder_exists:
        return "there is no such folder"
    if not spot.writable:
        return f"user {os.geteuid()} may not write there"
    if spot.free < spot.needed:
        return f"{spot.needed} bytes are needed and {spot.free} free"
    return ""
