"""Whether this machine and its network let a resolver work, and what to do if not.

Looking and judging are apart.  `sounding` puts a few questions to a few servers,
`holders`, `resolvconf` and `room` read what the system says; each gives plain values.
The judgements are functions from such values to a `Finding`: what was looked at, how it
is, why we think so, and what mends it.  So each of them is tried with every fault there
is, without having that fault in the house.

`examine` does it all, in the order in which a person would: this host first, then the
way out, then what comes back on it.  `selfcheck` does so beside a daemon that has just
started, and tells its log.
"""

from resolver.daemon.doctor.examine import examine
from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING, Finding

__all__ = ["OK", "PROBLEM", "UNKNOWN", "WARNING", "Finding", "examine"]
