"""The load: dnsperf, and what it says.

dnsperf is told what to ask and how hard, on cores of its own; what it prints is parsed
here and nowhere else.  With `latencies` it prints every answer's time.
"""

import math
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.plan import Clients
from benchmarks.process import Broken, environment, pinned
from benchmarks.recipes import HOST

# Answers that a resolver gives on a good day.
GOOD: Final = frozenset({"NOERROR", "NXDOMAIN"})
# Seconds for any one run: a million first questions at a thousand a second.
PATIENCE: Final = 1200.0
# Seconds after which a question counts as lost: nothing in the lab takes so long, and
# what waits for a lost one is not asked meanwhile.
LOST: Final = "1"
SENT: Final = re.compile(r"Queries sent: +(\d+)")
COMPLETED: Final = re.compile(r"Queries completed: +(\d+)")
SECONDS: Final = re.compile(r"Run time \(s\): +([\d.]+)")
LONGEST: Final = re.compile(r"Average Latency .*, max ([\d.]+)\)")
CODES: Final = re.compile(r"Response codes: +(.*)")
CODE: Final = re.compile(r"(\w+) (\d+) \(")
# "> NOERROR www.example. A 0.000057", and with "T" for what was lost.
ANSWER: Final = re.compile(r"^> \w+ \S+ \S+ ([\d.]+)$", re.MULTILINE)


class Run(NamedTuple):
    """What one run of dnsperf has seen."""

    sent: int
    completed: int
    seconds: float
    codes: dict[str, int]
    # Seconds that the slowest of the answers took.
    longest: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.completed / self.seconds

    @property
    def failed(self) -> int:
        """Questions that got no answer, or one that is no help."""
        return self.sent - sum(self.codes.get(code, 0) for code in GOOD)


def parse(output: str) -> Run:
    """Read what dnsperf prints; raise Broken if it is not that."""
    found = [pattern.search(output) for pattern in (SENT, COMPLETED, SECONDS)]
    sent, completed, seconds = (match.group(1) if match else "" for match in found)
    if not (sent and completed and seconds):
        raise Broken(f"dnsperf did not finish: {output[-300:].strip()}")
    codes, longest = CODES.search(output), LONGEST.search(output)
    return Run(
        sent=int(sent),
        completed=int(completed),
        seconds=float(seconds),
        codes={
            code: int(count)
            for code, count in CODE.findall(codes.group(1) if codes else "")
        },
        longest=float(longest.group(1)) if longest else 0.0,
        latencies=sorted(map(float, ANSWER.findall(output))),
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """Give the value that a share of ordered values does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Load:
    """Runs dnsperf on some cores."""

    def __init__(self, cores: Sequence[int]) -> None:
        self._cores: Final = cores

    def once(self, port: int, questions: Path, clients: Clients) -> Run:
        """Ask every question of a file once, as fast as they are answered."""
        return self._run(port, questions, clients, "-n", "1")

    def repeat(
        self, port: int, questions: Path, clients: Clients, seconds: float
    ) -> Run:
        """Ask the questions of a file again and again."""
        return self._run(port, questions, clients, "-l", f"{seconds}")

    def steady(
        self, port: int, questions: Path, clients: Clients, rate: int, seconds: float
    ) -> Run:
        """Ask at a fixed rate, and keep every answer's time."""
        pace = ("-Q", f"{rate}", "-l", f"{seconds}", "-v")
        run = self._run(port, questions, clients, *pace)
        if not run.latencies:
            raise Broken("dnsperf printed no answers' times")
        return run

    def _run(self, port: int, questions: Path, clients: Clients, *how: str) -> Run:
        where = ("-s", HOST, "-p", f"{port}", "-d", str(questions), "-e")
        who = ("-c", f"{clients.sockets}", "-q", f"{clients.open}", "-t", LOST)
        command = pinned(["dnsperf", *where, *who, *how], self._cores)
        try:
            done = subprocess.run(
                command,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise Broken(f"dnsperf took more than {PATIENCE:.0f} s") from late
        return parse(done.stdout)
