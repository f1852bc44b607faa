"""Unbound's state files of trust anchors, and ours: the same in other words.

A scenario brings such a file along, and says what has to be in it later.  What is
compared is the meaning: which keys, by tag, are in which state.  Ours also remembers
keys that are removed; theirs forgets them.
"""

import re
from pathlib import Path
from typing import Any, Final

from resolver.daemon import anchorfile
from resolver.dnssec.keys import read_key
from resolver.dnssec.watches import (
    ADDPEND,
    MISSING,
    REMOVED,
    REVOKED,
    VALID,
    Tracked,
    Watch,
)
from resolver.wire import names, types
from resolver.wire.presentation import rrsets_from_text

_STATES: Final = {1: ADDPEND, 2: VALID, 3: MISSING, 4: REVOKED}
_HEAD: Final = re.compile(r";;(\w+): (\d+)")
_STATE: Final = re.compile(r";;state=(\d).*;;count=(\d+) ;;lastchange=(\d+)")
_FIELDS: Final = {
    "last_queried": "asked",
    "last_success": "succeeded",
    "next_probe_time": "due",
    "query_failed": "failures",
    "query_interval": "interval",
    "retry_time": "retry",
}

# Of each key: its owner, its tag and its state.
Meaning = set[tuple[str, int, str]]


def watches(lines: list[str]) -> list[Watch]:
    """Read a file of Unbound's; keys without a state are those to begin with."""
    keys: dict[bytes, list[Tracked]] = {}
    head: dict[str, Any] = {}
    for line in lines:
        if found := _HEAD.match(line):
            if found[1] in _FIELDS:
                head[_FIELDS[found[1]]] = int(found[2])
        elif line and not line.startswith(";"):
            [rrset] = rrsets_from_text(line)
            [rdata] = rrset.rdatas
            key = read_key(rdata)
            if rrset.rdtype == types.DNSKEY and not (key and key.is_entry_point):
                continue
            state = _STATE.search(line)
            number, count, since = map(int, state.groups()) if state else (2, 0, 0)
            one = Tracked(rrset.rdtype, rdata, _STATES[number], since, count)
            one = one._replace(configured=number != 1)
            keys.setdefault(rrset.name, []).append(one)
    return [Watch(zone, tuple(found), **head) for zone, found in keys.items()]


def configured(lines: list[str]) -> tuple[str, ...]:
    """List the records that a file of Unbound's began with, revocations left out."""
    found = [
        re.sub(r"DNSKEY\s+385", "DNSKEY 257", line.partition(";")[0]).strip()
        for line in lines
        if line and not line.startswith(";") and "state=1" not in line
    ]
    return tuple(found)


def theirs(lines: list[str]) -> Meaning:
    """Say what a file of Unbound's means."""
    return _meaning(watches(lines))


def ours(path: str) -> Meaning:
    """Say what a file of ours means."""
    return _meaning(list(anchorfile.read(path).values()))


def keep(path: str, lines: list[str]) -> None:
    """Write a file of Unbound's as one of ours, if it is one and no mere list of keys."""
    if any(_STATE.search(line) for line in lines):
        Path(path).write_bytes(anchorfile.to_text(watches(lines)))
        Path(path).chmod(0o600)


def _meaning(found: list[Watch]) -> Meaning:
    return {
        (names.to_text(watch.zone), one.tag, one.state)
        for watch in found
        for one in watch.keys
        if one.state != REMOVED
    }
