"""How the shared store's file says that it is ours, and in which state it is."""

from struct import Struct
from typing import Final

from resolver.cache.entries import FORMAT

# Magic, version, which generation is young, the latest time.
_MARK: Final = Struct("!8sBBd")
_MAGIC: Final = b"resolver"


class Damaged(Exception):
    """A file is not a store of ours, or not any more."""


def mark(young: int, latest: float) -> bytes:
    """Write the mark: which generation is young, and the latest time by the wall clock."""
    return _MARK.pack(_MAGIC, FORMAT, young, latest)


def read_mark(value: bytes | None) -> tuple[int, float]:
    """Read what `mark` wrote.  Raises `Damaged`."""
    if value is None or len(value) != _MARK.size:
        raise Damaged("it is another program's")
    magic, version, young, latest = _MARK.unpack(value)
    if magic != _MAGIC:
        raise Damaged("it is another program's")
    if version != FORMAT or young not in {0, 1}:
        raise Damaged("another version of this program made it")
    return young, latest
