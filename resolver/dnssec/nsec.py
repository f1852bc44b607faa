"""What NSEC records prove: that there is nothing between two names (RFC 4035 5.4).

Names are compared by their sort keys (`names.sort_key`), in which an ancestor is the
beginning of what is below it: covering, being below and being an empty non-terminal are
comparisons of bytes.

What is not to be taken at its word:

* a record at a zone cut, or at a DNAME, about what is below (RFC 6840 section 4.1);
* a range that leaves its zone: both ends have to lie in it (CVE-2026-13321), and only the
  last range may go round, to the apex and no other name;
* a name that is not listed but has something below, an empty non-terminal: it is there,
  it has no types, and wildcards do not apply to it (RFC 4592 section 2.2.2).
"""

from typing import Final, NamedTuple

from resolver.dnssec.proof import (
    Proof,
    Status,
    Step,
    Verdict,
    contradicted,
    has_type,
    is_ancestor_only,
    is_bitmap,
    missing,
    secure,
    without_type,
)
from resolver.wire import types
from resolver.wire.names import MAX_LABEL, MAX_NAME, is_below, parent, sort_key

_KIND: Final = "nsec"


class Nsec(NamedTuple):
    """An NSEC record.  `low` and `high` are the sort keys of its two names."""

    owner: bytes
    following: bytes
    bitmap: bytes
    low: bytes
    high: bytes


def parse(proof: Proof, zone: bytes) -> Nsec | None:
    """Read a record of a zone; None if it is malformed or of another zone."""
    owner, _, rdata, signer = proof
    if signer != zone or not is_below(owner, zone):
        return None
    end = _name_end(rdata)
    if not end or not is_bitmap(rdata[end:]):
        return None
    following = rdata[:end].lower()
    if not is_below(following, zone):
        return None
    low, high = sort_key(owner), sort_key(following)
    if high <= low and following != zone:
        return None
    return Nsec(owner, following, rdata[end:], low, high)


def name_error(nsecs: list[Nsec], name: bytes) -> Verdict:
    """Judge whether there is no such name, and no wildcard that would answer for it."""
    found, verdict = _absent(nsecs, name)
    if found is None:
        return verdict
    wildcard = b"\x01*" + closest_encloser(found, name)
    return _absent(nsecs, wildcard)[1].after(*verdict.steps)


def no_data(nsecs: list[Nsec], name: bytes, rdtype: int) -> Verdict:
    """Judge whether a name has no such type: itself, or the wildcard that answers for it."""
    there = _node_without(nsecs, name, rdtype)
    if there is not None:
        return there
    found, verdict = _absent(nsecs, name)
    if found is None:
        return verdict
    wildcard = b"\x01*" + closest_encloser(found, name)
    there = _node_without(nsecs, wildcard, rdtype)
    if there is None:
        return missing("nothing tells the types of", wildcard).after(*verdict.steps)
    return there.after(*verdict.steps)


def absent(nsecs: list[Nsec], name: bytes) -> Verdict:
    """Judge whether there is no such name, nor any below it; wildcards left aside."""
    return _absent(nsecs, name)[1]


def no_delegation(nsecs: list[Nsec], cut: bytes) -> Verdict:
    """Judge whether the zone has no DS for a name (RFC 6840 section 4.4)."""
    matching = _matching(nsecs, cut)
    if matching is None:
        if (empty := _empty_node(nsecs, cut)) is not None:
            return Verdict(Status.NO_CUT, (empty,))
        found, verdict = _absent(nsecs, cut)
        return verdict if found is None else Verdict(Status.NO_CUT, verdict.steps)
    return cut_without_ds(_KIND, matching.owner, matching.bitmap, cut)


def cut_without_ds(record: str, owner: bytes, bitmap: bytes, cut: bytes) -> Verdict:
    """Judge a record at the name itself: an unsigned delegation, or none at all."""
    if any(has_type(bitmap, it) for it in (types.NS, types.DS, types.SOA)):
        return without_type(record, owner, bitmap, cut, types.DS)
    return Verdict(Status.NO_CUT, (Step(record, owner, "has no NS at", cut),))


def covering(nsecs: list[Nsec], name: bytes) -> Nsec | None:
    """Find a record whose range the name falls into, and that may speak of it."""
    key = sort_key(name)
    for nsec in nsecs:
        low, high = nsec.low, nsec.high
        if low < key and (key < high or high <= low):
            if key.startswith(low) and is_ancestor_only(nsec.bitmap):
                continue
            return nsec
    return None


def closest_encloser(nsec: Nsec, name: bytes) -> bytes:
    """Find the longest existing ancestor of a name, from the record that covers it.

    The ends of the range exist and all above them, and nothing else in between does.
    """
    name = parent(name)
    while not is_below(nsec.owner, name) and not is_below(nsec.following, name):
        name = parent(name)
    return name


def _absent(nsecs: list[Nsec], name: bytes) -> tuple[Nsec | None, Verdict]:
    """Find the record that covers a name which is not there."""
    found = covering(nsecs, name)
    if found is None:
        if _matching(nsecs, name) is not None:
            return None, contradicted(Step(_KIND, name, "is at", name))
        return None, missing("nothing covers", name)
    if is_below(found.following, name):
        says = "leads below, so there is a"
        return None, contradicted(Step(_KIND, found.owner, says, name))
    return found, secure(Step(_KIND, found.owner, "covers", name))


def _node_without(nsecs: list[Nsec], name: bytes, rdtype: int) -> Verdict | None:
    """Judge whether a name that is there lacks a type; None if none shows it there."""
    matching = _matching(nsecs, name)
    if matching is not None:
        return without_type(_KIND, matching.owner, matching.bitmap, name, rdtype)
    empty = _empty_node(nsecs, name)
    return None if empty is None else secure(empty)


def _matching(nsecs: list[Nsec], name: bytes) -> Nsec | None:
    """Find the record at a name."""
    for nsec in nsecs:
        if nsec.owner == name:
            return nsec
    return None


def _empty_node(nsecs: list[Nsec], name: bytes) -> Step | None:
    """Say what shows that a name is an empty non-terminal, if it is."""
    found = covering(nsecs, name)
    if found is None or not is_below(found.following, name):
        return None
    return Step(_KIND, found.owner, "leads below the empty", name)


def _name_end(rdata: bytes) -> int:
    """Find where the name at the beginning ends; 0 if it does not."""
    position = 0
    while position < min(len(rdata), MAX_NAME):
        length = rdata[position]
        position += 1 + length
        if not length:
            return position
        if length > MAX_LABEL:
            return 0
    return 0
