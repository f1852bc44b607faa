"""Is this resolver fit to be asked?

*Live* is a process that says anything at all: whoever restarts what is not live should not
do so because the network is down.  *Ready* is one that is worth asking.  It is not when

- nobody listens: no worker takes questions;
- it has not found out yet that it can reach anybody: no server, root or forwarder, has
  answered since the start;
- it has been failing: walks end, none of them with an answer, for so many seconds.

Failures count only while questions come, or a resolver that is not asked, because it was
not ready, would never be ready again.  And they have to be several, for anybody can ask for
a name whose servers are broken; a failure is remembered, so each is for another name.
"""

from collections.abc import Mapping
from typing import Final, final

from resolver.counts import ANSWERED, OUTCOMES
from resolver.daemon.reading import Reading

# Seconds of failing after which it is not ready: longer than a server takes to restart.
FAILING: Final = 30.0
# Walks that have to have failed by then.
SEVERAL: Final = 10
# Seconds without a failure after which older ones say nothing more.
FORGOTTEN: Final = 30.0


@final
class Readiness:
    """Judges readings, taken one after the other.

    `wants_reply` says that a server has to have answered before it is ready.
    """

    def __init__(self, *, wants_reply: bool) -> None:
        self._wants_reply: Final = wants_reply
        self._reached = False
        self._ended = 0
        self._failed = 0
        self._failing_since: float | None = None
        self._failed_last = 0.0
        self._failures = 0

    def look(self, reading: Reading, now: float) -> list[str]:
        """Take note of a reading at `now`, in seconds, and say what is wrong."""
        self._count(reading, now)
        objections = []
        if not reading.workers:
            objections.append("no listener is open")
        if self._wants_reply and not self._reached:
            objections.append("no server has answered yet")
        since = self._failing_since
        if since is not None and now - since >= FAILING and self._failures >= SEVERAL:
            objections.append(
                f"nothing found for {now - since:.0f} s, while {self._failures} questions"
                " failed"
            )
        return objections

    def _count(self, reading: Reading, now: float) -> None:
        """Compare with the reading before."""
        statistics = reading.statistics
        self._reached = self._reached or has_been_answered(statistics.labelled)
        ended = statistics.walks - statistics.walking
        failed = statistics.failed - self._failed
        good = ended - self._ended - failed
        self._ended, self._failed = ended, statistics.failed
        if self._failing_since is not None and now - self._failed_last >= FORGOTTEN:
            self._failing_since = None
        if good > 0:
            self._failing_since = None
        elif failed > 0:
            if self._failing_since is None:
                self._failing_since, self._failures = now, 0
            self._failures += failed
            self._failed_last = now


def has_been_answered(labelled: Mapping[str, float]) -> bool:
    """Say whether any server has ever answered, by what is counted with labels."""
    return any(
        key.startswith("upstream|") and f"|{OUTCOMES[ANSWERED]}|" in key
        for key in labelled
    )
