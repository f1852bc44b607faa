"""What of a reply is there to prove the rest of it?

Signatures, and the NSEC and NSEC3 sets of signed zones.  Nothing here is believed: it
is picked out to be kept with what it may prove, until somebody looks at it (`dnssec`).
"""

from typing import Final

from resolver.wire import names, types
from resolver.wire.message import RRset

PROVING: Final = frozenset({types.NSEC, types.NSEC3})
# NSEC and NSEC3 sets kept of one reply: an honest one has at most three of them for each
# of the zones that its chain leads through.
MAX_PROOFS: Final = 8
# Where in the data of an RRSIG the count of labels is.
_LABELS: Final = 3


def proofs_in(authority: tuple[RRset, ...]) -> tuple[RRset, ...]:
    """Pick out the sets that may prove that something is not there."""
    found = [it for it in authority if it.rdtype in PROVING and it.signatures]
    return tuple(found[:MAX_PROOFS])


def is_expanded(rrset: RRset) -> bool:
    """Say whether a set was made from a wildcard, as its signatures have it.

    They count the labels of the owner that was signed, a star left out (RFC 4034
    section 3.1.3).
    """
    if not rrset.signatures:
        return False
    labels = names.label_count(rrset.name) - rrset.name.startswith(b"\x01*")
    return any(data[_LABELS] < labels for data in rrset.signatures)


def with_stray_signatures(rrset: RRset, additional: tuple[RRset, ...]) -> RRset:
    """Add the signatures of a set that were left in the additional section.

    RFC 4035 section 3.1.1 wants them beside the set, but where they come from makes no
    difference: they fit or they do not.
    """
    for stray in additional:
        if stray.rdtype == types.RRSIG and stray.name == rrset.name:
            covered = rrset.rdtype.to_bytes(2, "big")
            found = [it for it in stray.rdatas if it.startswith(covered)]
            every = tuple(dict.fromkeys((*rrset.signatures, *found)))
            return RRset(rrset.name, rrset.rdtype, rrset.ttl, rrset.rdatas, every)
    return rrset


def cuts_denied(proofs: tuple[RRset, ...], name: bytes) -> set[bytes]:
    """List the names at or above `name` where proofs may say that there is no DS.

    NSEC says it of its owner, NSEC3 of names below its zone that only hashing tells.
    """
    found: set[bytes] = set()
    for rrset in proofs:
        if rrset.rdtype == types.NSEC:
            if names.is_below(name, rrset.name):
                found.add(rrset.name)
            continue
        zone, cut = names.parent(rrset.name), name
        while cut != zone and names.is_below(cut, zone):
            found.add(cut)
            cut = names.parent(cut)
    return found
