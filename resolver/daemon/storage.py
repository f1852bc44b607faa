"""Where the shared store lies, and whether what lies there can be used.

A path that the configuration names is kept from one start to the next.  Otherwise, where
workers need something to share, it is a folder of their own that ends with them: in the
service manager's runtime folder, or in memory (/dev/shm), or wherever temporary files go.

LMDB follows the pages of its file wherever they point, and a damaged one can end the
process.  So before anybody opens a file that was there before, a process of its own reads
all of it; 100 MB take 0.06 s.  A file that is damaged, or that somebody else could have
written, is set aside under another name for whoever wants to see it.

None of this is worth a refusal to answer: if there can be no store, there is none.
"""

import errno
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, final

import structlog

from resolver.cache.shared import largest
from resolver.config import Config
from resolver.daemon.launch import command

log: Final = structlog.get_logger()

# Of `[cache] size`; the workers have the rest.
SHARE: Final = 1 / 3
# Of the room that is left where the file lies.
MOST_OF_THE_ROOM: Final = 0.5
# Bytes; less is not worth a file.
SMALLEST: Final = 1_000_000
# Seconds for the process that reads the whole file.
LONGEST_LOOK: Final = 60.0

_PREFIX: Final = "resolver-shared-"
_NAME: Final = "cache.mdb"
_ALIVE: Final = "alive"
_MEMORY: Final = "/dev/shm"  # noqa: S108 - where Linux has shared memory


class Place(NamedTuple):
    """A file for the store: where, and how many bytes it may hold.

    `passing`: it ends with the program.
    """

    path: str
    capacity: int
    passing: bool


@contextmanager
def place_for(config: Config, workers: int) -> Iterator[Place | None]:
    """Find a place for the store, and make sure of what is there.

    Gives None where no store is needed, or none can be had.  What is not to be kept is
    removed in the end.
    """
    path = config.cache.shared_path
    if not path and workers == 1:
        yield None
        return
    with ExitStack() as stack:
        place = None
        try:
            place = _place(path, int(config.cache.size * SHARE), stack)
            make_sure(place)
        except OSError as error:
            place = None
            log.warning("no_shared_cache", path=path, reason=str(error))
        yield place


def remove(place: Place) -> None:
    """Remove a place that ends with the program, when nobody else is left to do it."""
    if place.passing:
        shutil.rmtree(Path(place.path).parent, ignore_errors=True)


@final
class FileTurn:
    """Whose turn it is to write to a file; the kernel takes it from the dead.

    LMDB has such a lock, too, but only one that waits.
    """

    __slots__ = ("_file",)

    def __init__(self, path: str) -> None:
        self._file: Final = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def take(self) -> bool:
        """Take the turn, unless somebody else has it; say whether that went well."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def give(self) -> None:
        """Let others have it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it up for good."""
        os.close(self._file)


def make_sure(place: Place) -> bool:
    """Set aside a file that cannot be used; say whether that had to be done.

    Raises OSError where it cannot be.
    """
    path = Path(place.path)
    reason = _objection(place)
    if not reason:
        return False
    for earlier in path.parent.glob(f"{path.name}.damaged-*"):
        earlier.unlink()  # one is enough to look at, and they are large
    aside = f"{path}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    path.rename(aside)
    with suppress(FileNotFoundError):
        Path(f"{path}-lock").unlink()
    log.warning("shared_cache_set_aside", path=str(path), reason=reason, to=aside)
    return True


def _place(path: str, capacity: int, stack: ExitStack) -> Place:
    """Choose where the file lies, and how large it may be there."""
    folder = Path(path).parent if path else _passing_folder(stack)
    there = Path(path).stat().st_size if path and Path(path).is_file() else 0
    room = int((shutil.disk_usage(folder).free + there) * MOST_OF_THE_ROOM)
    if room < SMALLEST:
        raise OSError(errno.ENOSPC, f"there is no room in {folder}")
    return Place(path or str(folder / _NAME), min(capacity, room), passing=not path)


def _passing_folder(stack: ExitStack) -> Path:
    """Make a folder that ends with the stack, and remove those of the dead."""
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else tempfile.gettempdir()
    above = Path(runtime or memory)
    for earlier in above.glob(f"{_PREFIX}*"):
        if _is_dead(earlier):
            shutil.rmtree(earlier, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    # Locked before it has its name, and until this process ends, whatever ends it.
    alive = folder / f"{_ALIVE}.new"
    lock = stack.enter_context(alive.open("wb"))
    fcntl.flock(lock, fcntl.LOCK_EX)
    alive.rename(folder / _ALIVE)
    return folder


def _is_dead(folder: Path) -> bool:
    """Say whether a folder is ours, and left over from a program that was killed."""
    try:
        with (folder / _ALIVE).open("rb") as alive:
            if os.fstat(alive.fileno()).st_uid != os.geteuid():
                return False
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _objection(place: Place) -> str:
    """Say why a file cannot be used, if it is there and cannot."""
    path = Path(place.path)
    try:
        status = path.lstat()
    except FileNotFoundError:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return "it is not a file"
    if status.st_uid != os.geteuid():
        return "it belongs to another user"
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return "others may read or write it"
    if status.st_size > largest(place.capacity):
        return "it is larger than the configuration allows"
    return _damage(path)


def _damage(path: Path) -> str:
    """Have another process read the file; say what went wrong."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command("resolver.cache.shared", "inspect", str(path)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=LONGEST_LOOK,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"reading it takes more than {LONGEST_LOOK:g} seconds"
    if done.returncode < 0:
        return f"reading it ended in {signal.Signals(-done.returncode).name}"
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        return said.partition(": ")[2] or "it cannot be read"
    return ""
