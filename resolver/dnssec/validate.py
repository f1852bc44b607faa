"""Do we believe it?  What a zone's servers said, against what the zone has signed.

A `Claim` is believed set by set.  The signer that a set names is the zone to ask
`chain` about: its keys either check the signature, or are proven not to exist.  A set
without a signature is in order only below an unsigned delegation, which has to be found.
A set that was made from a wildcard, and the claim that there is nothing, need proof in
the authority section as well (`denial`).

The verdict is the worst of all that were needed.  It is about the claim as a whole,
since that is what is told and remembered; the reason is that of the first set that failed.
"""

from typing import Final, NamedTuple, final

from resolver.beliefs import BOGUS, INSECURE, SECURE, Belief, Claim, security_name
from resolver.dnssec.aggressive import Denials
from resolver.dnssec.anchors import Anchors
from resolver.dnssec.chain import Chain
from resolver.dnssec.denial import Evidence
from resolver.dnssec.keys import ZoneKeys
from resolver.dnssec.proof import Status, Verdict, unproven
from resolver.dnssec.signatures import Invalid, Valid, is_turn_over
from resolver.dnssec.signers import denier, signer_of
from resolver.dnssec.trust import LONGEST, Trust
from resolver.ports import Errand
from resolver.wire import names, types
from resolver.wire.errors import EDE_BOGUS, EDE_NSEC_MISSING, EDE_RRSIGS_MISSING
from resolver.wire.message import RRset

_PROVING: Final = frozenset((types.NSEC, types.NSEC3))
_SECURE: Final = Belief(SECURE, int(LONGEST))


@final
class Validator:
    """Judges claims; implements `ports.Believe`.

    `denials` are told what zones have proven not to be there.
    """

    __slots__ = ("_anchors", "_chain", "_denials")

    def __init__(
        self, anchors: Anchors, chain: Chain, denials: Denials | None = None
    ) -> None:
        self._anchors: Final = anchors
        self._chain: Final = chain
        self._denials: Final = denials

    async def __call__(self, claim: Claim, errand: Errand) -> Belief:
        """Say what a claim is worth; see `ports.Believe`."""
        belief = self._at_once(claim, errand.now())
        if belief is None:
            belief = await self._judge(claim, errand)
        errand.note("belief", security_name(belief.security), belief.text)
        return belief

    def _at_once(self, claim: Claim, now: float) -> Belief | None:
        """Say what is known without a look at the records: most zones are unsigned."""
        trust = self._chain.known(claim.zone, now)
        if trust is None or trust.security != INSECURE:
            return None
        if self._anchors.may_be_below(claim.zone):
            for name in (claim.question.name, claim.name):
                anchor = self._anchors.above(name)
                if anchor is not None and len(anchor.zone) > len(claim.zone):
                    return None  # an island of its own (RFC 4035 section 4.2)
        return _of_trust(trust, now)

    async def _judge(self, claim: Claim, errand: Errand) -> Belief:
        belief = _SECURE
        rrsets = claim.links if claim.rrset is None else (*claim.links, claim.rrset)
        for place, rrset in enumerate(rrsets):
            if place and _is_implied(rrset, rrsets[place - 1]):
                continue
            belief = _worse(belief, await self._set(rrset, claim, errand))
            if belief.security == BOGUS:
                return belief
        if claim.denies:
            belief = _worse(belief, await self._nothing(claim, errand))
        return belief

    async def _set(self, rrset: RRset, claim: Claim, errand: Errand) -> Belief:
        """Judge one set by its signatures."""
        if rrset.rdtype == types.RRSIG:
            # Signatures are not signed (RFC 4035 section 2.2): told as they came.
            return Belief(INSECURE, int(LONGEST))
        above = rrset.name if rrset.rdtype == types.DS else b""
        signer = signer_of(rrset, above=above)
        if not signer:
            name = names.parent(rrset.name) if above else rrset.name
            what = _Unsigned(rrset.name, rrset.rdtype)
            return await self._unsigned(name, what, claim.zone, errand)
        chain = self._chain
        trust = chain.known(signer, errand.now()) or await chain.reach(signer, errand)
        if trust.keys is None:
            return _of_trust(trust, errand.now())
        left = errand.signature_checks_left
        verdict = chain.check(rrset, trust.keys, errand)
        if is_turn_over(left, errand.signature_checks_left):
            await chain.breathe()
        if isinstance(verdict, Invalid):
            return Belief(BOGUS, 0, verdict.ede, verdict.text)
        errand.note(
            "signed",
            rrset.name,
            rrset.rdtype,
            signer,
            verdict.tag,
            verdict.algorithm,
        )
        if not verdict.encloser:
            return Belief(SECURE, verdict.ttl)
        return await self._expanded(rrset, claim, trust.keys, verdict, errand)

    async def _expanded(
        self, rrset: RRset, claim: Claim, keys: ZoneKeys, valid: Valid, errand: Errand
    ) -> Belief:
        """Judge a set that was made from a wildcard: nothing closer may exist."""
        if rrset.rdtype == types.DNAME:
            # No server makes one from a wildcard: what it would redirect is unclear
            # (RFC 4592 section 4.4).  Unbound refuses it, too.
            text = f"the DNAME of {names.to_text(rrset.name)} was made from a wildcard"
            return Belief(BOGUS, 0, EDE_BOGUS, text)
        proofs, ttl, refused = await self._chain.proofs(claim.authority, keys, errand)
        evidence = Evidence(keys.zone, proofs, errand.spend_hashes)
        labels = names.label_count(valid.encloser)
        proven = evidence.wildcard_answer(rrset.name, labels)
        belief = self._of_proof(proven, min(ttl, valid.ttl), refused, errand)
        return _with_proof(belief)

    async def _nothing(self, claim: Claim, errand: Errand) -> Belief:
        """Judge the claim that there is no such name or type."""
        name = claim.name
        rdtype = claim.question.rdtype
        above = name if rdtype == types.DS and name != names.ROOT else b""
        signer = denier(claim.authority, name, above=above)
        if not signer:
            end = names.parent(name) if above else name
            what = _Unsigned(
                name, rdtype if claim.rcode == types.NOERROR else 0, denied=True
            )
            return await self._unsigned(end, what, claim.zone, errand)
        trust = await self._chain.reach(signer, errand)
        if trust.keys is None:
            return _of_trust(trust, errand.now())
        return await self._denied(claim, trust.keys, errand)

    async def _denied(self, claim: Claim, keys: ZoneKeys, errand: Errand) -> Belief:
        """Judge the proofs of a denial by a zone that is signed."""
        kept: list[RRset] = []
        proofs, ttl, refused = await self._chain.proofs(
            claim.authority, keys, errand, kept
        )
        evidence = Evidence(keys.zone, proofs, errand.spend_hashes)
        await self._chain.hash_names(evidence, claim.name)
        if claim.rcode == types.NXDOMAIN:
            verdict = evidence.name_error(claim.name)
        else:
            verdict = evidence.no_data(claim.name, claim.question.rdtype)
        belief = self._of_proof(verdict, ttl, refused, errand)
        if belief.security != SECURE:
            tried = any(rrset.rdtype in _PROVING for rrset in claim.authority)
            return _with_proof(belief) if tried else belief
        for rrset in claim.authority:
            if rrset.rdtype == types.SOA:
                checked = await self._chain.verify(rrset, keys, errand)
                if isinstance(checked, Invalid):
                    return Belief(BOGUS, 0, checked.ede, checked.text)
                if self._denials is not None:
                    soa = rrset.with_ttl(checked.ttl)
                    self._denials.learn(keys.zone, soa, kept, errand.now())
                return belief._replace(ttl=min(belief.ttl, checked.ttl))
        return belief

    async def _unsigned(
        self, name: bytes, what: "_Unsigned", zone: bytes, errand: Errand
    ) -> Belief:
        """Judge something that is not signed: was a signature due?"""
        anchor = self._anchors.above(name)
        if anchor is not None and len(anchor.zone) > len(zone):
            # Whoever answered speaks for more than the zone that the name is in: a
            # forwarder, or the servers of a zone above that has no anchor.
            zone = anchor.zone
        trust = await self._chain.reach(zone, errand)
        if trust.security != SECURE:
            return _of_trust(trust, errand.now())
        if errand.misled == zone and errand.may_ask_again([errand.answered_by]):
            # The zone has a server that leaves signatures out: somebody else is asked
            # before a delegation is looked for.
            errand.misled = b""
            return what.though_it_is_due(zone)
        below = await self._chain.insecure_below(zone, name, errand)
        if below is not None:
            belief = _of_trust(below, errand.now())
            if below.security == BOGUS:
                due = what.though_it_is_due(zone)
                return belief._replace(text=f"{due.text}; {belief.text}")
            return belief
        return what.though_it_is_due(zone)

    @staticmethod
    def _of_proof(
        verdict: Verdict, ttl: int, refused: Invalid | None, errand: Errand
    ) -> Belief:
        """Say what a denial makes of the claim that it belongs to."""
        errand.note("proof", verdict)
        match verdict.status:
            case Status.SECURE | Status.NAME_ERROR:
                return Belief(SECURE, ttl)
            case Status.OPT_OUT | Status.TOO_MANY_ITERATIONS:
                return Belief(INSECURE, ttl, verdict.ede, verdict.reason)
            case Status.UNPROVEN | Status.NO_CUT:
                return Belief(BOGUS, 0, *unproven(verdict, refused))


class _Unsigned(NamedTuple):
    """What came without a signature: a set, or the news that there is none (`denied`).

    Without `rdtype`, that there is no such name.
    """

    name: bytes
    rdtype: int
    denied: bool = False

    def though_it_is_due(self, zone: bytes) -> Belief:
        """Call it bogus, as it is in a signed zone."""
        what = names.to_text(self.name)
        if self.rdtype:
            what += f" {types.type_name(self.rdtype)}"
        if self.denied:
            what = f"the news that there is no {what}"
        text = f"{what} is not signed, though {names.to_text(zone)} is"
        return Belief(BOGUS, 0, EDE_RRSIGS_MISSING, text)


def _of_trust(trust: Trust, now: float) -> Belief:
    """Give what a zone says the worth that the zone has."""
    ttl = int(min(max(trust.expires - now, 0), LONGEST))
    if trust.security == INSECURE:
        # How long the zone stays unsigned does not limit what it says: only the
        # records' own time does.
        ttl = int(LONGEST)
    text = str(trust.text) if trust.ede else ""
    return Belief(trust.security, ttl, trust.ede, text)


def _with_proof(belief: Belief) -> Belief:
    """Call a proof wrong, not missing: records came, or one that is not about absence.

    NSEC Missing is for data that is not there, where nothing came to prove it (RFC 8914
    section 4.13); all else that does not prove what it should is Bogus.
    """
    return belief._replace(ede=EDE_BOGUS) if belief.ede == EDE_NSEC_MISSING else belief


def _is_implied(cname: RRset, dname: RRset) -> bool:
    """Say whether a CNAME is what the DNAME before it makes of the name.

    Then it needs no signature (RFC 6672 section 5.3.1).
    """
    if dname.rdtype != types.DNAME or cname.rdtype != types.CNAME:
        return False
    if not names.is_below(cname.name, dname.name) or cname.name == dname.name:
        return False
    prefix = cname.name[: len(cname.name) - len(dname.name)]
    return cname.rdatas == (prefix + dname.rdatas[0],)


def _worse(one: Belief, other: Belief) -> Belief:
    """Give the worse of two beliefs, the first if they are alike; the shorter life."""
    is_worse = one is _SECURE or other.security < one.security
    worst, ttl = other if is_worse else one, min(one.ttl, other.ttl)
    return worst if worst.ttl == ttl else worst._replace(ttl=ttl)
