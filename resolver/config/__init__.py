"""What can be set.

One frozen dataclass per TOML table (`tables`), where each setting has its name, type,
default and meaning in one place.  The reader, the checks, the error messages, the
warnings and the commented `resolver.toml` are all made from those declarations.

Read `tables` first; `kinds` says what a value may look like, `reader` turns text into
a `Config`, `agreement` finds settings that contradict each other, `lines` finds the
line to blame, `describe` prints the file with every setting and its default,
`reference` the same as a page, and `writing` writes one that `parse` reads again.

This room needs nothing but the standard library.
"""

from resolver.config.addresses import split_address
from resolver.config.describe import describe
from resolver.config.names import Dns64, Forward, Local, Rebinding, Stub
from resolver.config.operating import Control, control_path, control_paths
from resolver.config.problems import ConfigError, Problem, printable
from resolver.config.reader import load, parse, without_effect
from resolver.config.recorder import Recorder
from resolver.config.reference import reference
from resolver.config.tables import (
    Access,
    Cache,
    Config,
    Dnssec,
    Listen,
    Log,
    Metrics,
    Recursion,
    Server,
)
from resolver.config.writing import written

__all__ = [
    "Access",
    "Cache",
    "Config",
    "ConfigError",
    "Control",
    "Dns64",
    "Dnssec",
    "Forward",
    "Listen",
    "Local",
    "Log",
    "Metrics",
    "Problem",
    "Rebinding",
    "Recorder",
    "Recursion",
    "Server",
    "Stub",
    "control_path",
    "control_paths",
    "describe",
    "load",
    "parse",
    "printable",
    "reference",
    "split_address",
    "without_effect",
    "written",
]
