"""Compiled or not: the one thing that is set when the program is built.

`make fast`, and `pip install .` where there is a C compiler, compile the rooms that
think from the same sources (setup.py lists them).  Either all of them are compiled or
none is, so it is enough to look at the one that reads packets; to look, and not to
import it.
"""

from importlib.util import find_spec
from typing import Literal


def kind_of_build() -> Literal["compiled", "interpreted"]:
    """Say what runs here: what mypyc made, or the sources."""
    spec = find_spec("resolver.wire.reader")
    origin = "" if spec is None else spec.origin or ""
    return "interpreted" if origin.endswith(".py") else "compiled"
