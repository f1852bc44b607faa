"""Is it true that it is not there?

Read `Evidence` first: all the verified NSEC and NSEC3 records that came with an answer,
sorted once for the zone that the question is about.  Then four questions can be put:

    name_error       there is no such name
    no_data          the name has no such type
    wildcard_answer  the wildcard was the closest there is
    no_delegation    there is no DS at a cut, so what is below is unsigned

Only records that the zone itself has signed count: neither its parent's nor its child's,
whatever names are in them.  NSEC is asked first and NSEC3 if that does not prove it; a
zone that changes from one to the other may send both.

Nothing here looks at signatures or clocks, or fails: what is wrong is ignored, and what
is then missing is missing.  The one exception that gets through is the `Spent` of the
errand that pays for hashes.
"""

from collections.abc import Callable, Iterable
from typing import Final, final

from resolver.dnssec import nsec, nsec3
from resolver.dnssec.nsec3 import ABSURD_ITERATIONS, MAX_PRICE, MAX_RECORDS, Chain
from resolver.dnssec.proof import Proof, Status, Step, Verdict, missing, secure
from resolver.wire import types
from resolver.wire.errors import EDE_NSEC3_ITERATIONS
from resolver.wire.names import is_below, keep_labels, label_count


@final
class Evidence:
    """What came with an answer about names of `zone`.

    `spend` is called with 1 before each name that is hashed (`Errand.spend_hashes`).
    The hashes are kept, so several questions about one answer cost little more than one.
    """

    __slots__ = ("_chain", "_nsecs", "_refusal", "zone")

    def __init__(
        self, zone: bytes, proofs: Iterable[Proof], spend: Callable[[int], None]
    ) -> None:
        self.zone: Final = zone
        self._nsecs: Final[list[nsec.Nsec]] = []
        hashed: list[nsec3.Nsec3] = []
        for proof in proofs:
            if proof.rdtype == types.NSEC:
                record = nsec.parse(proof, zone)
                if record is not None:
                    self._nsecs.append(record)
            elif proof.rdtype == types.NSEC3 and len(hashed) < MAX_RECORDS:
                other = nsec3.parse(proof, zone)
                if other is not None:
                    hashed.append(other)
        self._refusal: Verdict | None = None
        self._chain: Chain | None = None
        if hashed:
            self._choose(hashed, spend)

    def seek(self, name: bytes) -> bytes:
        """Hash a name, as a step of what the questions below do at once.

        Gives the name to go on with, b"" where nothing is left to hash.
        """
        return b"" if self._chain is None else self._chain.seek(name)

    def name_error(self, name: bytes) -> Verdict:
        """Judge whether there is no such name: SECURE, OPT_OUT or UNPROVEN.

        The answer to a compact denial (RFC 9824) claims NODATA: put it to `no_data`.
        """
        if not is_below(name, self.zone):
            return missing("another zone has", name)
        verdict = None
        if self._nsecs:
            verdict = nsec.name_error(self._nsecs, name)
            if verdict.proven:
                return verdict
        if self._chain is not None:
            return nsec3.name_error(self._chain, name)
        return self._otherwise(verdict, name)

    def no_data(self, name: bytes, rdtype: int) -> Verdict:
        """Judge whether the name has no such type: SECURE, OPT_OUT or UNPROVEN.

        NAME_ERROR is as secure as SECURE: there is not even the name.
        """
        if not is_below(name, self.zone):
            return missing("another zone has", name)
        verdict = None
        if self._nsecs:
            verdict = nsec.no_data(self._nsecs, name, rdtype)
            if verdict.status is not Status.UNPROVEN:
                return verdict
        if self._chain is not None:
            return nsec3.no_data(self._chain, name, rdtype)
        return self._otherwise(verdict, name)

    def wildcard_answer(self, name: bytes, labels: int) -> Verdict:
        """Judge whether a set at `name` may have been expanded from a wildcard.

        `labels` is what its signature says.  SECURE if nothing closer to the name
        exists, or if nothing was expanded; OPT_OUT or UNPROVEN otherwise.
        """
        count = label_count(name)
        # The wildcard's own label is not counted (RFC 4034 section 3.1.3).
        if labels >= count or (labels == count - 1 and name.startswith(b"\x01*")):
            return secure(Step("", b"", "no wildcard was expanded for", name))
        if labels < label_count(self.zone) or not is_below(name, self.zone):
            return missing("another zone has", name)
        next_closer = keep_labels(name, labels + 1)
        verdict = None
        if self._nsecs:
            verdict = nsec.absent(self._nsecs, next_closer)
            if verdict.proven:
                return verdict
        if self._chain is not None:
            return nsec3.absent(self._chain, next_closer)
        return self._otherwise(verdict, next_closer)

    def no_delegation(self, cut: bytes) -> Verdict:
        """Judge whether `cut`, a name below the zone, has no DS there.

        SECURE if it is an unsigned delegation, OPT_OUT if it may be one, NO_CUT if the
        zone itself goes on at that name; UNPROVEN if there may be a DS.
        """
        if cut == self.zone or not is_below(cut, self.zone):
            return missing("another zone has", cut)
        verdict = None
        if self._nsecs:
            verdict = nsec.no_delegation(self._nsecs, cut)
            if verdict.status is not Status.UNPROVEN:
                return verdict
        if self._chain is not None:
            return nsec3.no_delegation(self._chain, cut)
        return self._otherwise(verdict, cut)

    def _choose(self, records: list[nsec3.Nsec3], spend: Callable[[int], None]) -> None:
        """Take the records of one set of parameters, the cheapest, if we can pay it.

        RFC 5155 section 8.2 has one set per answer; a zone that changes its salt may
        be caught in between.
        """
        cost, iterations, salt = min(
            (nsec3.price(it.iterations, it.salt), it.iterations, it.salt)
            for it in records
        )
        if cost > MAX_PRICE:
            absurd = iterations > ABSURD_ITERATIONS
            status = Status.UNPROVEN if absurd else Status.TOO_MANY_ITERATIONS
            says = (
                f"nsec3 with {iterations} iterations and {len(salt)} bytes of salt in"
            )
            step = Step("", b"", says, self.zone)
            self._refusal = Verdict(status, (step,), EDE_NSEC3_ITERATIONS)
            return
        self._chain = Chain(self.zone, iterations, salt, spend)
        for record in records:
            if record.iterations == iterations and record.salt == salt:
                self._chain.add(record)

    def _otherwise(self, verdict: Verdict | None, name: bytes) -> Verdict:
        """Say why there is nothing to go by."""
        if self._refusal is not None:
            return self._refusal
        return missing("no valid proof came for", name) if verdict is None else verdict
