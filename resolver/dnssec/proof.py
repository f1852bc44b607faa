"""The words in which a denial is judged.

A server proves that something is *not* there with signed records that say what is:
NSEC names two neighbours, NSEC3 the hashes of two, each with the types at the first.
Both kinds lead to the same few verdicts, and both ask the same of a list of types.

A verdict carries the steps that led to it, as facts: they are put in words only when
somebody reads them.
"""

from enum import Enum
from typing import Final, NamedTuple

from resolver.wire import types
from resolver.wire.errors import EDE_BOGUS, EDE_NSEC_MISSING
from resolver.wire.names import ROOT, to_text

# Bytes of a window: 256 types.
_MAX_WINDOW: Final = 32
# What is at a name that has nothing: no types, or NSEC and its signature alone.
_NOTHING: Final = (b"", b"\x00\x06\x00\x00\x00\x00\x00\x03")


class Proof(NamedTuple):
    """An NSEC or NSEC3 record that has been verified, and who signed it.

    `owner` is canonical, `rdata` as on the wire, `signer` the signature's zone.

    To be kept out by whoever verified it: a record that was expanded from a wildcard,
    its signature having fewer labels than its owner.  It says nothing of the neighbours
    of the name that it was expanded to (CVE-2017-15105).
    """

    owner: bytes
    rdtype: int
    rdata: bytes
    signer: bytes


class Status(Enum):
    """What a question about a denial comes to."""

    SECURE = "secure"  # what was asked is proven
    NAME_ERROR = "no such name"  # proven, and more: there is no such name (RFC 9824)
    OPT_OUT = "opt-out"  # nothing signed is there; unsigned delegations may be
    NO_CUT = "no cut"  # of delegations: the name is not one
    TOO_MANY_ITERATIONS = "too many iterations"  # insecure (RFC 9276 section 3.2)
    UNPROVEN = "unproven"  # the answer is bogus


class Step(NamedTuple):
    """What one record says: `nsec a.example. covers b.example.`.

    `record` is "nsec" or "nsec3"; it is empty where the step is about what is missing.
    """

    record: str
    owner: bytes
    says: str
    name: bytes = b""

    def __str__(self) -> str:
        """Put the step in words."""
        who = f"{self.record} {to_text(self.owner)} " if self.record else ""
        what = f" {to_text(self.name)}" if self.name else ""
        return f"{who}{self.says}{what}"


class Verdict(NamedTuple):
    """What the proofs of an answer come to, and why.

    `ede` is 0, or the extended error (RFC 8914) that says what is wrong: 12 that a
    proof is missing, 6 that the proofs deny the answer, 27 that hashing is too dear.
    """

    status: Status
    steps: tuple[Step, ...] = ()
    ede: int = 0

    def __str__(self) -> str:
        """Put the verdict in words: `secure: nsec a.example. covers b.example.`."""
        return (
            f"{self.status.value}: {self.reason}" if self.steps else self.status.value
        )

    @property
    def reason(self) -> str:
        """Say which records led here, for traces and error texts."""
        return ", ".join(map(str, self.steps))

    @property
    def proven(self) -> bool:
        """Say whether what was asked is proven, with nothing left open."""
        return self.status is Status.SECURE

    def after(self, *steps: Step) -> "Verdict":
        """Put what led here in front."""
        return Verdict(self.status, (*steps, *self.steps), self.ede)


def secure(*steps: Step) -> Verdict:
    """Call it proven."""
    return Verdict(Status.SECURE, steps)


def missing(says: str, name: bytes) -> Verdict:
    """Call it unproven for want of a record."""
    return Verdict(Status.UNPROVEN, (Step("", b"", says, name),), EDE_NSEC_MISSING)


def contradicted(step: Step) -> Verdict:
    """Call it unproven because a record says otherwise."""
    return Verdict(Status.UNPROVEN, (step,), EDE_BOGUS)


def unproven(verdict: Verdict, refused: tuple[int, str] | None) -> tuple[int, str]:
    """Say why a denial is not proven: an extended error, and words.

    Where proofs were left out because they are not well signed (`refused`, in the same
    form), that is the reason.
    """
    if refused is None:
        return verdict.ede, verdict.reason
    ede, text = refused
    return ede, f"{text}; {verdict.reason}"


def is_bitmap(data: bytes) -> bool:
    """Say whether the bytes are a bitmap of types (RFC 4034 section 4.1.2)."""
    position, last = 0, -1
    while position < len(data):
        if position + 1 >= len(data):
            return False
        window, size = data[position], data[position + 1]
        if window <= last or not 1 <= size <= _MAX_WINDOW:
            return False
        last = window
        position += 2 + size
    return position == len(data)


def has_type(bitmap: bytes, rdtype: int) -> bool:
    """Say whether a bitmap that `is_bitmap` lists a type."""
    window, place = rdtype >> 8, rdtype >> 3 & 31
    position = 0
    while position < len(bitmap):
        size = bitmap[position + 1]
        if bitmap[position] == window:
            listed = place < size and bitmap[position + 2 + place] & 0x80 >> (
                rdtype & 7
            )
            return bool(listed)
        position += 2 + size
    return False


def is_ancestor_only(bitmap: bytes) -> bool:
    """Say whether the owner passes on all below it: to another zone, or by DNAME.

    Such a record knows nothing about what is below (RFC 6840 section 4.1).
    """
    if has_type(bitmap, types.DNAME):
        return True
    return has_type(bitmap, types.NS) and not has_type(bitmap, types.SOA)


def without_type(
    record: str, owner: bytes, bitmap: bytes, name: bytes, rdtype: int
) -> Verdict:
    """Judge whether the record at `name` proves that it has no such type.

    At a zone cut two records may speak, the parent's about DS and the child's about all
    else (RFC 6840 section 4.1); an alias has to be followed, not denied (section 4.3).
    """
    delegated = has_type(bitmap, types.NS) and not has_type(bitmap, types.SOA)
    if rdtype == types.DS:
        if has_type(bitmap, types.SOA) and name != ROOT:
            step = Step(record, owner, "is the child's, who knows of no DS for", name)
            return Verdict(Status.UNPROVEN, (step,), EDE_NSEC_MISSING)
    elif delegated:
        step = Step(record, owner, "is the parent's, who knows only of DS for", name)
        return Verdict(Status.UNPROVEN, (step,), EDE_NSEC_MISSING)
    if has_type(bitmap, types.NXNAME):
        says = Step(record, owner, "says that there is no", name)
        return Verdict(Status.NAME_ERROR, (says,))
    if rdtype == types.ANY:
        if bitmap not in _NOTHING:
            return contradicted(Step(record, owner, "lists types at", name))
    elif has_type(bitmap, rdtype):
        kind = types.type_name(rdtype)
        return contradicted(Step(record, owner, f"lists {kind} at", name))
    elif has_type(bitmap, types.CNAME):
        return contradicted(Step(record, owner, "lists an alias at", name))
    return secure(Step(record, owner, f"has no {types.type_name(rdtype)} at", name))
