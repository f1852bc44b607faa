"""Which names have a say of their own in what is answered here, and what they are.

Records and zones become places in one table.  Whoever looks for the closest place at
or above a name has found, in one step, all there is to know about that name.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from resolver.wire import names, types
from resolver.wire.message import RRset

# Kinds of local zones, as the configuration has them.
STATIC: Final = "static"
REDIRECT: Final = "redirect"
TRANSPARENT: Final = "transparent"
TYPE_TRANSPARENT: Final = "typetransparent"
REFUSE: Final = "refuse"
NXDOMAIN: Final = "nxdomain"
NODATA: Final = "nodata"
NULL: Final = "null"
# What is resolved as usual, because the configuration says where.
OPEN: Final = ""
# Where names without records are not ours.
RESOLVED: Final = frozenset({OPEN, TRANSPARENT, TYPE_TRANSPARENT})
# What the configuration may say of a zone.
KINDS: Final = (
    STATIC,
    REDIRECT,
    TRANSPARENT,
    TYPE_TRANSPARENT,
    REFUSE,
    NXDOMAIN,
    NODATA,
    NULL,
)

WILDCARD: Final = b"\x01*"


class Place(NamedTuple):
    """A name in the table: what it is, and the zone that it is in.

    `exists`: there are records at it or below it.  `zone` is the closest zone at or
    above it, of this `kind`.
    """

    exists: bool
    wildcard: bool
    zone: bytes
    kind: str


def table_of(
    records: tuple[RRset, ...], kinds: Mapping[bytes, str]
) -> dict[bytes, Place]:
    """Make the table of places from the names of records and zones."""
    owners = {r.name for r in records if r.rdclass == types.IN}
    wild = {names.parent(name) for name in owners if name.startswith(WILDCARD)}
    exists = {
        name for owner in owners for name in _existing(owner, kinds, owners, wild)
    }
    return {
        name: Place(name in exists, name in wild, *_zone_of(name, kinds))
        for name in exists | wild | kinds.keys()
    }


def _existing(
    owner: bytes, kinds: Mapping[bytes, str], owners: set[bytes], wild: set[bytes]
) -> list[bytes]:
    """List a record's name and those above it that exist because of the record.

    In a zone of ours they are all up to the zone (RFC 4592 section 2.2.2).  Elsewhere
    they end with the topmost name that has records, or is just below a name with a
    wildcard, for above it the names belong to somebody else: `nas.home.` says nothing
    about `home.`, but `a.b.nas.home.` beside it makes `b.nas.home.` exist.
    """
    line = names.ancestors(owner)
    zone, kind = _zone_of(owner, kinds)
    if kind not in RESOLVED:
        return line[: line.index(zone) + 1]
    ours = [
        name in owners or (name != names.ROOT and names.parent(name) in wild)
        for name in line
    ]
    return line[: len(line) - ours[::-1].index(True)]


def _zone_of(name: bytes, kinds: Mapping[bytes, str]) -> tuple[bytes, str]:
    """Find the closest zone at or above a name, and its kind."""
    for ancestor in names.ancestors(name):
        if ancestor in kinds:
            return ancestor, kinds[ancestor]
    return names.ROOT, OPEN
