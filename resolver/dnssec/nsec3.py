"""What NSEC3 records prove: that there is no name whose hash lies between two (RFC 5155).

Hashes hide which names are neighbours, so a proof names the closest encloser, the
longest ancestor that there is, by a record at its hash, and shows that the "next closer"
name, one label longer, is covered.  Who checks that has to hash every ancestor of the
name, which whoever makes the zone can make dear (CVE-2023-50868).  Therefore:

* each name is hashed once per answer, and paid for when it is;
* the price of a hash is bounded: a zone above `MAX_PRICE` is insecure, as RFC 9276 allows;
* no more than `MAX_RECORDS` records are looked at, of one set of parameters.

A covering range with the opt-out flag leaves it open whether there are unsigned
delegations in it (RFC 5155 section 6): what it proves is never secure.
"""

from collections.abc import Callable
from hashlib import sha1
from typing import Final, NamedTuple, final

from resolver.dnssec.nsec import cut_without_ds
from resolver.dnssec.proof import (
    Proof,
    Status,
    Step,
    Verdict,
    contradicted,
    is_ancestor_only,
    is_bitmap,
    missing,
    secure,
    without_type,
)
from resolver.wire.names import parent

# Iterations that a zone may ask for with a short salt, as in BIND, Knot and PowerDNS;
# Unbound 150, RFC 9276 recommends 0.
MAX_ITERATIONS: Final = 50
# Above it the zone is bogus and not merely insecure; hickory has the same two steps.
ABSURD_ITERATIONS: Final = 500
# Records looked at per answer; Knot 8, PowerDNS 10.  A denial needs three.
MAX_RECORDS: Final = 8

SHA1: Final = 1
OPT_OUT: Final = 1
HASH_BYTES: Final = 20
_HASH_LABEL: Final = 32  # base32 characters for it
_HASH_ALPHABET: Final = b"0123456789abcdefghijklmnopqrstuv"
_HASH_BLOCK: Final = 64  # SHA-1 works on so many bytes at a time
_FIXED: Final = 5  # bytes of record data before the salt
_KIND: Final = "nsec3"


class Nsec3(NamedTuple):
    """An NSEC3 record.  `low` and `high` are the two hashes, 20 bytes each."""

    owner: bytes
    low: bytes
    high: bytes
    opt_out: bool
    iterations: int
    salt: bytes
    bitmap: bytes


def parse(proof: Proof, zone: bytes) -> Nsec3 | None:
    """Read a record of a zone; None if malformed, unknown or of another zone.

    The owner has to be a hash directly below the zone: a child's record, or one from
    deeper down, is about other names (CVE-2026-10723).
    """
    owner, _, rdata, signer = proof
    if signer != zone or owner[0] != _HASH_LABEL or owner[_HASH_LABEL + 1 :] != zone:
        return None
    label = owner[1 : _HASH_LABEL + 1]
    if label.strip(_HASH_ALPHABET) or len(rdata) < _FIXED:
        return None
    # RFC 5155 sections 8.1 and 8.2: what is unknown is ignored.
    if rdata[0] != SHA1 or rdata[1] & ~OPT_OUT:
        return None
    salt_end = _FIXED + rdata[4]
    end = salt_end + 1 + HASH_BYTES
    if len(rdata) < end or rdata[salt_end] != HASH_BYTES or not is_bitmap(rdata[end:]):
        return None
    return Nsec3(
        owner,
        int(label, 32).to_bytes(HASH_BYTES, "big"),
        rdata[salt_end + 1 : end],
        bool(rdata[1] & OPT_OUT),
        rdata[2] << 8 | rdata[3],
        rdata[_FIXED:salt_end],
        rdata[end:],
    )


# The same limit for every salt.
MAX_PRICE: Final = MAX_ITERATIONS + 1


def price(iterations: int, salt: bytes) -> int:
    """Count the blocks of SHA-1 that a name costs (Knot's formula)."""
    return (iterations + 1) * ((HASH_BYTES + len(salt) - 1) // _HASH_BLOCK + 1)


def hash_name(name: bytes, iterations: int, salt: bytes) -> bytes:
    """Hash a canonical name (RFC 5155 section 5)."""
    digest = sha1(name + salt, usedforsecurity=False).digest()
    for _ in range(iterations):
        digest = sha1(digest + salt, usedforsecurity=False).digest()
    return digest


class Encloser(NamedTuple):
    """The closest encloser of a name, the name one label longer, and who covers that."""

    name: bytes
    next_closer: bytes
    cover: Nsec3
    steps: tuple[Step, ...]


@final
class Chain:
    """The NSEC3 records of one answer, all with the same parameters.

    `spend` is told of each name that is hashed, before it is; it may raise `Spent`.
    """

    __slots__ = ("_hashes", "_iterations", "_records", "_salt", "_spend", "_zone")

    def __init__(
        self,
        zone: bytes,
        iterations: int,
        salt: bytes,
        spend: Callable[[int], None],
    ) -> None:
        self._zone: Final = zone
        self._iterations: Final = iterations
        self._salt: Final = salt
        self._spend: Final = spend
        self._records: Final[dict[bytes, Nsec3]] = {}
        self._hashes: Final[dict[bytes, bytes]] = {}

    def add(self, record: Nsec3) -> None:
        """Add a record that was parsed for the same zone and has the parameters."""
        self._records[record.low] = record

    def hashed(self, name: bytes) -> bytes:
        """Hash a name, once."""
        known = self._hashes.get(name)
        if known is None:
            self._spend(1)
            known = hash_name(name, self._iterations, self._salt)
            self._hashes[name] = known
        return known

    def matching(self, name: bytes) -> Nsec3 | None:
        """Find the record at the hash of a name."""
        return self._records.get(self.hashed(name))

    def seek(self, name: bytes) -> bytes:
        """Hash a name, and give the one to hash next; b"" where the search ends.

        `encloser` does all of it at once, which may take long.
        """
        if self.matching(name) is not None or len(name) <= len(self._zone):
            return b""
        return parent(name)

    def covering(self, name: bytes) -> Nsec3 | None:
        """Find the record whose range the hash of a name falls into."""
        key = self.hashed(name)
        for record in self._records.values():
            low, high = record.low, record.high
            if low < high:
                if low < key < high:
                    return record
            elif key > low or key < high:
                return record
        return None

    def encloser(self, name: bytes) -> Encloser | Verdict:
        """Prove the closest encloser of a name that has no record (RFC 5155, 8.3)."""
        while True:
            next_closer, name = name, parent(name)
            if len(name) < len(self._zone) or next_closer == name:
                return missing("nothing is at an ancestor of", next_closer)
            found = self.matching(name)
            if found is not None:
                break
        at = Step(_KIND, found.owner, "is at", name)
        if is_ancestor_only(found.bitmap):
            says = "passes on all below"
            return contradicted(Step(_KIND, found.owner, says, name))
        cover = self.covering(next_closer)
        if cover is None:
            return missing("nothing covers", next_closer).after(at)
        says = "covers, with opt-out," if cover.opt_out else "covers"
        steps = (at, Step(_KIND, cover.owner, says, next_closer))
        return Encloser(name, next_closer, cover, steps)


def name_error(chain: Chain, name: bytes) -> Verdict:
    """Judge whether there is neither such a name nor a wildcard for it (section 8.4)."""
    found = chain.matching(name)
    if found is not None:
        return contradicted(Step(_KIND, found.owner, "is at", name))
    encloser = chain.encloser(name)
    if isinstance(encloser, Verdict):
        return encloser
    wildcard = b"\x01*" + encloser.name
    found = chain.matching(wildcard)
    if found is not None:
        step = Step(_KIND, found.owner, "is at", wildcard)
        return contradicted(step).after(*encloser.steps)
    cover = chain.covering(wildcard)
    if cover is None:
        return missing("nothing covers", wildcard).after(*encloser.steps)
    step = Step(_KIND, cover.owner, "covers", wildcard)
    return _unless_opt_out(encloser, secure(step))


def no_data(chain: Chain, name: bytes, rdtype: int) -> Verdict:
    """Judge whether a name, or the wildcard for it, lacks a type (8.5 to 8.7).

    Where the next closer name is opted out there may be an unsigned delegation, or an
    empty non-terminal above one, which no wildcard replaces: insecure, whatever the
    type (erratum 3441).
    """
    found = chain.matching(name)
    if found is not None:
        return without_type(_KIND, found.owner, found.bitmap, name, rdtype)
    encloser = chain.encloser(name)
    if isinstance(encloser, Verdict):
        return encloser
    if encloser.cover.opt_out:
        return Verdict(Status.OPT_OUT, encloser.steps)
    wildcard = b"\x01*" + encloser.name
    found = chain.matching(wildcard)
    if found is not None:
        verdict = without_type(_KIND, found.owner, found.bitmap, wildcard, rdtype)
        return verdict.after(*encloser.steps)
    return missing("nothing tells the types of", wildcard).after(*encloser.steps)


def absent(chain: Chain, name: bytes) -> Verdict:
    """Judge whether there is no such name, its parent being known to exist (8.8)."""
    found = chain.matching(name)
    if found is not None:
        return contradicted(Step(_KIND, found.owner, "is at", name))
    cover = chain.covering(name)
    if cover is None:
        return missing("nothing covers", name)
    if cover.opt_out:
        step = Step(_KIND, cover.owner, "covers, with opt-out,", name)
        return Verdict(Status.OPT_OUT, (step,))
    return secure(Step(_KIND, cover.owner, "covers", name))


def no_delegation(chain: Chain, cut: bytes) -> Verdict:
    """Judge whether the zone has no DS for a name (section 8.9)."""
    found = chain.matching(cut)
    if found is not None:
        return cut_without_ds(_KIND, found.owner, found.bitmap, cut)
    encloser = chain.encloser(cut)
    if isinstance(encloser, Verdict):
        return encloser
    return _unless_opt_out(encloser, Verdict(Status.NO_CUT))


def _unless_opt_out(encloser: Encloser, verdict: Verdict) -> Verdict:
    """Weaken what was proven if the next closer name is opted out (section 9.2)."""
    verdict = verdict.after(*encloser.steps)
    if verdict.status is Status.UNPROVEN or not encloser.cover.opt_out:
        return verdict
    return Verdict(Status.OPT_OUT, verdict.steps)
