"""Start another Python that finds the same modules as this one.

A process of its own that was started from nothing, and not a fork: after an event loop,
an epoll descriptor or a thread exists, a fork has half of each.  It gets this process's
own list of folders to import from; the folder that it is started in is not among them
unless it is here, so nobody can slip a module in.
"""

import sys
from typing import Final

_START: Final = (
    "import sys; sys.path[:] = sys.argv[2:]; from {} import {}; {}(sys.argv[1])"
)


def command(module: str, function: str, argument: str) -> list[str]:
    """Give the command that calls `function` of `module` with one text."""
    start = _START.format(module, function, function)
    return [sys.executable, "-P", "-c", start, argument, *sys.path]
