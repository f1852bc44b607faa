"""What is counted on the way, with labels: plain numbers in lists and dictionaries.

Whoever counts does so with one call and no thought of who may read it: a place in a list
is found and made one larger.  That takes 0.1 to 0.3 us interpreted, and nothing is there
at all for replies that the hot room gives.  Names are put to the numbers, and processes
added up, by whoever wants to know (`told`).

**Bounds.**  Labels are words from tables in this program.  Nothing from a packet becomes
one: a type that is not in the table is "other".

A number is told under its labels, joined by `|`; of a histogram, each bucket under its
index, the last one for all that is above the last bound, and the sum under "sum".
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, final

from resolver.wire import types

# Seconds, upper ends of buckets: from a reply of the same building to the time-outs.
# A tuple of any length, or compiled code does not find it: mypyc (2.4) loses a constant
# tuple that was written with stars.
BOUNDS: Final[tuple[float, ...]] = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
    *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
SUM: Final = "sum"

# Types that are counted by name; all others are OTHER.  NO_TYPE is for packets whose
# question nobody could read.
TYPES: Final = {
    types.A: "A",
    types.NS: "NS",
    types.CNAME: "CNAME",
    types.SOA: "SOA",
    types.PTR: "PTR",
    types.MX: "MX",
    types.TXT: "TXT",
    types.AAAA: "AAAA",
    types.SRV: "SRV",
    types.NAPTR: "NAPTR",
    types.DS: "DS",
    types.DNSKEY: "DNSKEY",
    52: "TLSA",  # RFC 6698
    types.SVCB: "SVCB",
    types.HTTPS: "HTTPS",
    types.ANY: "ANY",
    257: "CAA",  # RFC 8659
}
OTHER: Final = "other"
NO_TYPE: Final = -1
UNREADABLE: Final = "unreadable"
# The type of questions that were answered from bytes: nobody read it.
UNREAD: Final = "unread"
UDP: Final = "udp"
TCP: Final = "tcp"

# What became of a packet to a server: an answer (NOERROR or NXDOMAIN), another response
# code, a reply cut short, one in doubt, none in time, none for another reason, and
# none because nothing could be sent.
ANSWERED: Final = 0
ERROR: Final = 1
TRUNCATED: Final = 2
DOUBTED: Final = 3
TIMEOUT: Final = 4
FAILED: Final = 5
UNREACHABLE: Final = 6
OUTCOMES: Final = (
    *("answered", "error", "truncated", "doubted"),
    *("timeout", "failed", "unreachable"),
)

# The reason that the transports give for a reply that did not come in time.
TIMED_OUT: Final = "timeout"

# Response codes are 0 to 23 (RFC 7873, BADCOOKIE); the last place is for others.
_RCODES: Final = 25
_LAST: Final = _RCODES - 1
_NAMES: Final = (*TYPES.values(), OTHER, UNREADABLE)
# Where the counts of a type begin, and how far behind them are those over TCP.
_PLACES: Final = {
    rdtype: slot * _RCODES
    for slot, rdtype in enumerate((*TYPES, None, NO_TYPE))
    if rdtype is not None
}
_OTHER: Final = len(TYPES) * _RCODES
_STREAM: Final = len(_NAMES) * _RCODES
_BUCKETS: Final = len(BOUNDS) + 1


@final
class Histogram:
    """How many took how long: seconds, by the buckets of `BOUNDS`, and their sum."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts: Final = [0] * _BUCKETS
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one; where a clock was set back it is one that took no time."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        if seconds > 0.0:
            self._sum += seconds

    def told(self, labels: str) -> dict[str, float]:
        """Give what has been counted, under `labels`; nothing if that is nothing."""
        return _told(labels, self._counts, self._sum)


@final
class Questions:
    """Questions that were answered, by transport, type and response code."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Final = [0] * (2 * _STREAM)

    def add(self, stream: int, rdtype: int, rcode: int) -> None:
        """Count one; `stream` is 1 if it came over one, or 0."""
        place = _PLACES.get(rdtype, _OTHER) + (rcode if rcode < _RCODES else _LAST)
        self._counts[place + _STREAM if stream else place] += 1

    def told(self, labels: str) -> dict[str, float]:
        """Give what has been counted, under `labels`."""
        found: dict[str, float] = {}
        for place, count in enumerate(self._counts):
            if count:
                transport = TCP if place >= _STREAM else UDP
                slot, rcode = divmod(place % _STREAM, _RCODES)
                found[f"{labels}|{transport}|{_NAMES[slot]}|{rcode_label(rcode)}"] = (
                    count
                )
        return found


@final
class Upstream:
    """What became of the packets to servers, and how long that took.

    In one list: the buckets of each outcome over UDP, then over TCP.
    """

    __slots__ = ("_counts", "_sums")

    def __init__(self) -> None:
        self._counts: Final = [0] * (2 * len(OUTCOMES) * _BUCKETS)
        self._sums: Final = [0.0] * (2 * len(OUTCOMES))

    def heard(self, doubt: int, rcode: int, seconds: float, stream: int) -> None:
        """Count a reply; `stream` is 1 over TCP, `doubt` 1 if it was cut short."""
        place = 0
        if doubt:
            place = TRUNCATED if doubt == 1 else DOUBTED
        elif rcode and rcode != types.NXDOMAIN:
            place = ERROR
        if stream:
            place += len(OUTCOMES)
        self._counts[place * _BUCKETS + bisect_left(BOUNDS, seconds)] += 1
        if seconds > 0.0:
            self._sums[place] += seconds

    def silent(self, reason: str, seconds: float, *, sent: bool, stream: int) -> None:
        """Count a packet that had no reply; `sent` says whether it could leave."""
        place = TIMEOUT if reason == TIMED_OUT else FAILED
        if not sent:
            place = UNREACHABLE
        if stream:
            place += len(OUTCOMES)
        self._counts[place * _BUCKETS + bisect_left(BOUNDS, seconds)] += 1
        if seconds > 0.0:
            self._sums[place] += seconds

    def told(self, labels: str) -> dict[str, float]:
        """Give what has been counted, under `labels`."""
        found: dict[str, float] = {}
        for place, total in enumerate(self._sums):
            transport = TCP if place >= len(OUTCOMES) else UDP
            outcome = OUTCOMES[place % len(OUTCOMES)]
            counts = self._counts[place * _BUCKETS : (place + 1) * _BUCKETS]
            found.update(_told(f"{labels}|{transport}|{outcome}", counts, total))
        return found


@final
class Findings:
    """What walks came upon: limits of ours, by name, and what links were worth.

    A link is what was asked for, or an alias on the way there.
    """

    __slots__ = ("limits", "verdicts")

    def __init__(self) -> None:
        self.limits: Final[dict[str, int]] = {}
        # By security and the code of the extended error; see `beliefs.Belief`.
        self.verdicts: Final[dict[tuple[int, int], int]] = {}

    def limit(self, name: str) -> None:
        """Count a limit that ended a question; behind the name may stand what it is."""
        word = name.partition(" ")[0]
        self.limits[word] = self.limits.get(word, 0) + 1

    def verdict(self, security: int, ede: int) -> None:
        """Count a link that was checked."""
        key = (security, ede)
        self.verdicts[key] = self.verdicts.get(key, 0) + 1


def rcode_label(rcode: int) -> str:
    """Name a response code as a label."""
    return OTHER if rcode >= _LAST else types.rcode_name(rcode)


def _told(labels: str, counts: Sequence[int], total: float) -> dict[str, float]:
    """Give the buckets and the sum of a histogram; nothing if it is empty."""
    found: dict[str, float] = {
        f"{labels}|{index}": count for index, count in enumerate(counts) if count
    }
    if found:
        found[f"{labels}|{SUM}"] = round(total, 6)
    return found
