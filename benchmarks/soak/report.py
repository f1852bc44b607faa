"""What a soak has shown, and whether that is good."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Final, NamedTuple

from benchmarks.soak.watched import Sample

# The part of a run after which everything has been seen once and the caches are full.
WARM: Final = 0.4
# How much larger the process may be at the end than when it was warm, and the bytes
# that are no matter either way.
MOST_GROWTH: Final = 0.05
NO_MATTER: Final = 4_000_000
# Descriptors more at the end, with nothing open, than at the start.
MOST_DESCRIPTORS: Final = 2
# The share of questions that may fail outside the outage, for bad luck.
MOST_FAILED: Final = 0.002


class Findings(NamedTuple):
    """What was seen.  Sizes in bytes; `waiting` is what the resolver says of itself."""

    seconds: float
    asked: int
    outcomes: dict[tuple[str, str], int]
    samples: Sequence[Sample]
    descriptors_before: int
    descriptors_after: int
    waiting: int
    errors: int
    complaints: Sequence[str]
    status: int

    @property
    def unanswered(self) -> int:
        """Count the clients who were never answered."""
        return sum(n for (_, what), n in self.outcomes.items() if what == "unanswered")

    @property
    def failed(self) -> int:
        """Count those who were told that there is no answer to be had."""
        return sum(n for (_, what), n in self.outcomes.items() if what == "SERVFAIL")

    @property
    def warm(self) -> float:
        """Say how large the process was when it was warm."""
        begun = self.samples[0].at
        lasted = self.samples[-1].at - begun
        times = (begun + WARM * lasted, begun + (WARM + 0.15) * lasted)
        return median(s.resident for s in self.samples if times[0] <= s.at <= times[1])

    @property
    def at_last(self) -> float:
        """Say how large it was in the end."""
        last = self.samples[-max(1, len(self.samples) // 8) :]
        return median(s.resident for s in last)

    def faults(self) -> list[str]:
        """Say what is not as it should be."""
        grown = self.at_last - self.warm
        checks = {
            f"memory grew by {grown / 1e6:.1f} MB": (
                grown > max(self.warm * MOST_GROWTH, NO_MATTER)
            ),
            f"{self.descriptors_after - self.descriptors_before} descriptors too many": (
                self.descriptors_after > self.descriptors_before + MOST_DESCRIPTORS
            ),
            f"{self.waiting} questions never ended": self.waiting > 0,
            f"{self.unanswered} clients never answered": self.unanswered > 0,
            f"{self.failed} questions failed": self.failed > MOST_FAILED * self.asked,
            f"{self.errors} errors": self.errors > 0,
            f"in the log: {'; '.join(self.complaints[:3])}": bool(self.complaints),
            f"exit status {self.status}": self.status != 0,
        }
        return [fault for fault, is_so in checks.items() if is_so]

    def text(self) -> str:
        """Write it for people."""
        kinds: dict[str, Counter[str]] = {}
        for (kind, what), count in sorted(self.outcomes.items()):
            kinds.setdefault(kind, Counter())[what] += count
        lines = [
            f"{self.seconds:.0f} s, {self.asked} questions",
            *(
                f"  {kind:8} " + ", ".join(f"{what} {n}" for what, n in codes.items())
                for kind, codes in kinds.items()
            ),
            f"unanswered {self.unanswered}, still waiting {self.waiting},"
            f" errors {self.errors}, complaints {len(self.complaints)}",
            f"memory {self.warm / 1e6:.1f} MB when warm, {self.at_last / 1e6:.1f} MB at"
            f" last: " + " ".join(f"{size / 1e6:.0f}" for size in self._course()),
            f"descriptors {self.descriptors_before} before, {self.descriptors_after}"
            f" after, {max(s.descriptors for s in self.samples)} at most",
        ]
        faults = self.faults()
        lines.append("good" if not faults else "BAD: " + "; ".join(faults))
        return "".join(f"{line}\n" for line in lines)

    def _course(self, points: int = 12) -> list[int]:
        """Give the sizes at so many moments."""
        step = max(1, len(self.samples) // points)
        return [sample.resident for sample in self.samples[::step]]
