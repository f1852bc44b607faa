"""What a check comes to."""

from collections.abc import Iterable
from typing import Final, NamedTuple

OK: Final = "ok"
WARNING: Final = "warning"  # it works, and could be better, or may be what was wanted
PROBLEM: Final = "problem"  # names will fail, or answers cannot be trusted
UNKNOWN: Final = "unknown"  # it could not be found out

# From good to bad.
VERDICTS: Final = (OK, UNKNOWN, WARNING, PROBLEM)


class Finding(NamedTuple):
    """One check: its name, which stays, its verdict, why, and what mends it.

    `evidence` is what was seen, a sentence each.  `mend` is "" where nothing needs to be
    done.  The texts may hold what others have written: escape them before printing.
    """

    check: str
    verdict: str
    evidence: tuple[str, ...]
    mend: str = ""


def worst(findings: Iterable[Finding]) -> str:
    """Give the worst verdict; OK where there is none."""
    return max((it.verdict for it in findings), key=VERDICTS.index, default=OK)


def counted(count: int, noun: str) -> str:
    """Write a number of things: `1 server`, `2 servers`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
