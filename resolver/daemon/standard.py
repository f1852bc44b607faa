"""Standard input, output and error: there, whoever has started this program.

A careless script or an old supervisor may start it with some of them closed.  Then the
first sockets that are opened would get their numbers, and whatever is meant for a log
would be sent to clients; and Python has no `sys.stderr` to tell of anything.
"""

import os
import sys
from typing import Final

_NUMBERS: Final = (0, 1, 2)


def have_standard_files() -> None:
    """Put nothing, /dev/null, in the place of those that are closed.

    To be called before anything is opened.
    """
    for number in _NUMBERS:
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free: this one.
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)  # noqa: FBT003 - as the function has it
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")
