"""Numbers that nobody can guess, without a system call for each.

Every question to a server needs an id and a port, of 16 bits each, and perhaps a case
for each letter.  They come from the system's generator (`os.urandom`), many at a time.
A number is used once and then is no longer here; what is ahead is in this process's
memory alone, where a session's keys would be, too.  BIND and Unbound (through
arc4random) do the same.
"""

import os
import secrets
from array import array
from typing import Final, final

# Numbers drawn from the system at a time; 4 kB.
BLOCK: Final = 2048

_BITS: Final = 16
_BYTE: Final = 8


@final
class Lots:
    """Draws numbers; called with how many bits one shall have.

    A process that was forked draws numbers of its own: what was ahead here is not
    taken along.
    """

    __slots__ = ("_ahead", "_at", "_bytes")

    def __init__(self) -> None:
        self._ahead: Final[list[int]] = []
        self._bytes = b""  # for what has other than 16 bits, ...
        self._at = 0  # ... used up to here
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def __call__(self, bits: int) -> int:
        """Draw a number of so many bits."""
        if bits == _BITS:
            if not self._ahead:
                self._ahead.extend(array("H", os.urandom(2 * BLOCK)))
            return self._ahead.pop()
        if bits % _BYTE:
            return secrets.randbits(bits)
        at, size = self._at, bits // _BYTE
        drawn = self._bytes[at : at + size]
        if len(drawn) < size:
            # What is left of the old ones is thrown away.
            self._bytes = os.urandom(2 * BLOCK + size)
            at, drawn = 0, self._bytes[:size]
        self._at = at + size
        return int.from_bytes(drawn)

    def _forget(self) -> None:
        self._ahead.clear()
        self._bytes = b""
