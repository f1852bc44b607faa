"""Numbers that nobody can guess, without a system call for each.

Every question to a server needs two of 16 bits: its id and its port.  They come from
the system's generator (`os.urandom`), many at a time.  A number is used once and then
is no longer here; what is ahead is in this process's memory alone, where a session's
keys would be, too.  BIND and Unbound (through arc4random) do the same.
"""

import os
import secrets
from array import array
from typing import Final, final

# Numbers drawn from the system at a time; 4 kB.
BLOCK: Final = 2048

_BITS: Final = 16


@final
class Lots:
    """Draws numbers; called with how many bits one shall have.

    A process that was forked draws numbers of its own: what was ahead here is not
    taken along.
    """

    __slots__ = ("_ahead",)

    def __init__(self) -> None:
        self._ahead: Final[list[int]] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._ahead.clear)

    def __call__(self, bits: int) -> int:
        """Draw a number of so many bits."""
        if bits != _BITS:
            return secrets.randbits(bits)
        if not self._ahead:
            self._ahead.extend(array("H", os.urandom(2 * BLOCK)))
        return self._ahead.pop()
