"""A scenario as it was written down: settings, canned replies, steps.

The form is that of Unbound's `testbound`.  Ranges hold what the servers of a pretend
Internet answer while the story is between two steps; the steps are what happens.
"""

from dataclasses import dataclass, field
from pathlib import Path

from tests.replay.packet import Packet


@dataclass
class Entry:
    """A message, how to recognise its like (`match`), how to send it (`adjust`).

    In a range the packets are replies and `match` chooses the question; in a
    CHECK_ step `match` says which parts of the message have to be as written.
    """

    line: int
    match: frozenset[str] = frozenset()
    adjust: frozenset[str] = frozenset()
    transport: str = ""  # "UDP" or "TCP" where it matters
    serial: int | None = None  # of the SOA in the authority section (IXFR)
    ede: int | None = None  # the Extended DNS Error wanted; -1: any
    sleep: float = 0.0
    packets: list[Packet] = field(default_factory=lambda: [Packet()])

    @property
    def packet(self) -> Packet:
        """Give the first packet: what is matched against."""
        return self.packets[0]


@dataclass
class Range:
    """What one server (or, without address, any) answers from step to step."""

    first: int
    last: int
    address: str = ""
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Step:
    """Something that happens.

    `argument` is the rest of the STEP line, an `ADDRESS` taken out of it; `content`
    the lines of the file that a CHECK_TEMPFILE or CHECK_AUTOTRUST step expects.
    """

    number: int
    line: int
    event: str
    argument: str = ""
    address: str = ""
    entry: Entry | None = None
    content: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"STEP {self.number} {self.event} {self.argument}".rstrip()


@dataclass
class Clause:
    """A clause of Unbound's configuration: `server`, `stub-zone`, ..."""

    kind: str
    options: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def all(self, option: str) -> list[str]:
        """List the first values of every line with this option."""
        return [words[0] for key, words in self.options if key == option and words]

    def last(self, option: str, default: str = "") -> str:
        """Give the value that holds: the last one written."""
        found = self.all(option)
        return found[-1] if found else default


@dataclass
class Scenario:
    """A whole file.  `ranges` are in the order in which they are tried."""

    path: Path
    title: str = ""
    clauses: list[Clause] = field(default_factory=list)
    files: dict[str, list[str]] = field(default_factory=dict)
    ranges: list[Range] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Give the file's name without its ending."""
        return self.path.stem

    @property
    def group(self) -> str:
        """Give the family of scenarios: what stands before the first underscore."""
        return self.name.partition("_")[0]

    def last_option(self, kind: str, option: str, default: str = "") -> str:
        """Give an option's value over all clauses of a kind."""
        found = [
            value
            for clause in self.clauses
            if clause.kind == kind
            for value in clause.all(option)
        ]
        return found[-1] if found else default
