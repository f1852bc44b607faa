"""How far does trust reach?  From an anchor, zone by zone, to the keys of the one asked about.

Trust in a zone is one of three things.  *Secure*: these are its keys.  *Insecure*: it
is proven that nobody vouches for any key, so whatever it says has to be taken as it
is.  *Bogus*: somebody vouches, and what we got does not fit.  It is found out once and
remembered for as long as the records hold that it rests on.

The way goes upwards first.  The DS of a zone says by its signature who vouches for it,
and that zone's keys are needed before the signature means anything.  Where the DS, or
the news that there is none, comes unsigned, nothing points upwards, and the way goes
down from the anchor instead: the first name on it that is proven to be an unsigned
delegation makes all below it insecure, and if there is none, a signature was due and is
missing (RFC 4035 section 5.2, RFC 6840 section 4.4).

Every step is a question for DS or DNSKEY, put through `Fetch`, which looks in memory
first: DS come with referrals.  All of it is paid for by the errand, and names get
shorter on the way up, so no zone can lead us in circles.
"""

from collections.abc import Awaitable, Callable
from typing import Final, final

from resolver.beliefs import BOGUS, INSECURE, SECURE, Claim, Fetch
from resolver.dnssec.anchors import Anchors
from resolver.dnssec.crypto import Crypto
from resolver.dnssec.denial import Evidence
from resolver.dnssec.keys import ZoneKeys, read_keys
from resolver.dnssec.negative import NegativeAnchors
from resolver.dnssec.proof import Proof, Status, unproven
from resolver.dnssec.signatures import Invalid, Signatures, Valid, is_turn_over
from resolver.dnssec.signers import denier, signed_by, signer_of
from resolver.dnssec.trust import (
    LONGEST,
    NoCut,
    Sealed,
    Signer,
    Trust,
    TrustStore,
    Unsigned,
    Vouched,
    vouched,
)
from resolver.ports import Address, Errand, Lost
from resolver.wire import names, types
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_DNSKEY_MISSING,
    EDE_NEGATIVE_ANCHOR,
    EDE_RRSIGS_MISSING,
)
from resolver.wire.message import Question, RRset

# Names hashed between two turns of the event loop: 300 us, with as many iterations as are
# allowed.
HASHES_PER_TURN: Final = 8
# Names tried on the way down from an anchor; Unbound's limit for the search of DS.
MAX_STEPS_DOWN: Final = 20


@final
class Chain:
    """Trust in zones: from memory, or found out by asking."""

    __slots__ = (
        "_anchors",
        "_crypto",
        "_fetch",
        "_known",
        "_negative",
        "_signatures",
        "_wall",
        "breathe",
        "renew",
    )

    def __init__(
        self,
        anchors: Anchors,
        negative: NegativeAnchors,
        checking: tuple[Crypto, Signatures],
        fetch: Fetch,
        wall: Callable[[], float],
        breathe: Callable[[], Awaitable[None]],
    ) -> None:
        """Take what is believed without proof, how to check, and how to ask.

        `wall` is the time in seconds since 1970, `breathe` lets others have a turn.
        """
        # Looks whether keys that do not fit an anchor have followed it (RFC 5011), and
        # says whether the anchor is another one now.
        self.renew: Callable[[bytes, RRset, Errand], bool] | None = None
        self._anchors: Final = anchors
        self._negative: Final = negative
        self._crypto: Final = checking[0]
        self._signatures: Final = checking[1]
        self._fetch: Final = fetch
        self._wall: Final = wall
        self.breathe: Final = breathe
        self._known: Final = TrustStore()

    def known(self, zone: bytes, now: float) -> Trust | None:
        """Say what is remembered of a zone."""
        return self._known.known(zone, now)

    def forget(self) -> None:
        """Find everything out anew: an anchor has changed."""
        self._known.clear()

    def remove(self, zone: bytes, *, below: bool) -> int:
        """Find out anew what to hold of a zone, or of all below as well; count them."""
        return self._known.remove(zone, below=below)

    def check(self, rrset: RRset, keys: ZoneKeys, errand: Errand) -> Valid | Invalid:
        """Check the signatures of a set, as `verify`, which owes others their turn."""
        return self._signatures.verify(rrset, keys, int(self._wall()), errand)

    async def verify(
        self, rrset: RRset, keys: ZoneKeys, errand: Errand
    ) -> Valid | Invalid:
        """Check the signatures of a set; others get their turn in between."""
        left = errand.signature_checks_left
        verdict = self.check(rrset, keys, errand)
        if is_turn_over(left, errand.signature_checks_left):
            await self.breathe()
        return verdict

    async def reach(self, zone: bytes, errand: Errand) -> Trust:
        """Find out what to hold of a zone.

        Raises Lost where nobody answers the questions that this takes, and Spent.
        """
        now = errand.now()
        trust = self.known(zone, now)
        if trust is not None:
            return trust
        anchor = self._anchors.above(zone)
        if anchor is None:
            return Trust(INSECURE, now + LONGEST, text="no trust anchor is above it")
        negative = self._negative.above(zone, now)
        if negative is not None and len(negative) >= len(anchor.zone):
            text = f"a negative trust anchor at {names.to_text(negative)} covers it"
            return Trust(INSECURE, now, None, EDE_NEGATIVE_ANCHOR, text)
        step: Trust | Vouched | NoCut
        if anchor.zone == zone:
            step = Vouched(anchor, now + LONGEST)
        else:
            above = self._insecure_above(zone, anchor.zone, now)
            if above is not None:
                return above
            step = await self._delegation(zone, errand, downwards=False)
        if isinstance(step, NoCut):
            step = self._known.bogus(zone, EDE_RRSIGS_MISSING, step.text, now)
        if isinstance(step, Vouched):
            step = await self._keys(zone, step, errand)
        return self._known.keep(zone, step, errand)

    def _insecure_above(self, zone: bytes, top: bytes, now: float) -> Trust | None:
        """Say what is remembered of the closest zone above, if that is insecure."""
        while zone != top:
            zone = names.parent(zone)
            trust = self.known(zone, now)
            if trust is not None:
                return trust if trust.security == INSECURE else None
        return None

    async def insecure_below(
        self, start: bytes, name: bytes, errand: Errand
    ) -> Trust | None:
        """Look for an unsigned delegation below the zone `start`, down to `name`.

        Gives trust that is INSECURE if there is one, BOGUS if something on the way
        is, and None if the way is secure or goes on in one zone.
        """
        first = names.label_count(start) + 1
        last = min(names.label_count(name), first + MAX_STEPS_DOWN - 1)
        for labels in range(first, last + 1):
            cut = names.keep_labels(name, labels)
            trust = self.known(cut, errand.now())
            if trust is None:
                step = await self._delegation(cut, errand, downwards=True)
                if isinstance(step, NoCut) and step.is_end:
                    return None
                if not isinstance(step, Trust):
                    continue
                trust = self._known.keep(cut, step, errand)
            if trust.security != SECURE:
                return trust
        return None

    async def _delegation(
        self, zone: bytes, errand: Errand, *, downwards: bool
    ) -> Trust | Vouched | NoCut:
        """Find out who vouches for a zone; `downwards`: all above it is secure."""
        question = Question(zone, types.DS)
        claim = await self._ask(question, errand)
        asked: list[Address | None] = []
        while True:
            asked.append(errand.answered_by)
            step = await self._judge_ds(zone, claim, errand, downwards=downwards)
            if not isinstance(step, Trust) or step.security != BOGUS:
                return step
            another = await self._elsewhere(question, errand, asked)
            if another is None:
                return step
            claim = another

    async def _judge_ds(
        self, zone: bytes, claim: Claim, errand: Errand, *, downwards: bool
    ) -> Trust | Vouched | NoCut:
        now = errand.now()
        found = claim.links[0] if claim.links else claim.rrset
        if found is not None:
            parent = signer_of(found, above=zone)
        else:
            parent = denier(claim.authority, zone, above=zone)
        if not parent:
            if not downwards:
                trust = await self._from_above(zone, errand)
                if trust is not None:
                    return trust
            text = f"the DS of {names.to_text(zone)}, or its absence, is not signed"
            return self._known.bogus(zone, EDE_RRSIGS_MISSING, text, now)
        trust = self.known(parent, now) or await self.reach(parent, errand)
        if trust.keys is None:
            return trust
        if found is None:
            return await self._no_ds(zone, claim, trust.keys, errand)
        verdict = await self.verify(found, trust.keys, errand)
        if isinstance(verdict, Invalid):
            return self._known.bogus(zone, verdict.ede, verdict.text, now)
        if claim.links:
            return await self._alias(zone, claim, verdict, trust.keys, errand)
        by = Signer(parent, verdict.tag, now + verdict.ttl)
        return vouched(found, by, self._crypto)

    async def _from_above(self, zone: bytes, errand: Errand) -> Trust | None:
        """Look for what makes a zone insecure, from the anchor down."""
        anchor = self._anchors.above(zone)
        if anchor is None:
            return None
        return await self.insecure_below(anchor.zone, names.parent(zone), errand)

    async def _no_ds(
        self, zone: bytes, claim: Claim, keys: ZoneKeys, errand: Errand
    ) -> Trust | NoCut:
        """Judge the proof that a name has no DS."""
        proofs, ttl, refused = await self.proofs(claim.authority, keys, errand)
        evidence = Evidence(keys.zone, proofs, errand.spend_hashes)
        await self.hash_names(evidence, zone)
        verdict = evidence.no_delegation(zone)
        errand.note("proof", verdict)
        now = errand.now()
        if claim.rcode == types.NXDOMAIN and verdict.status is not Status.OPT_OUT:
            absent = evidence.name_error(zone)
            if absent.proven:
                # Nothing is below a name that is not there (RFC 8020).
                return NoCut(f"there is no {names.to_text(zone)}", is_end=True)
        if verdict.status in {Status.NO_CUT, Status.NAME_ERROR}:
            return NoCut(f"{names.to_text(zone)} is not a zone")
        if verdict.status is Status.UNPROVEN:
            return self._known.bogus(zone, *unproven(verdict, refused), now)
        why = Unsigned(keys.zone, zone)
        return Trust(INSECURE, now + ttl, None, verdict.ede, why)

    async def _alias(
        self, zone: bytes, claim: Claim, found: Valid, keys: ZoneKeys, errand: Errand
    ) -> Trust | NoCut:
        """Judge an alias in the place of a DS: no zone is there, unless it is forged.

        One from a wildcard has to be proven, or any zone beside a wildcard could be
        taken for an alias (RFC 4035 section 5.3.4).
        """
        if found.encloser:
            proofs, _, refused = await self.proofs(claim.authority, keys, errand)
            evidence = Evidence(keys.zone, proofs, errand.spend_hashes)
            labels = names.label_count(found.encloser)
            verdict = evidence.wildcard_answer(zone, labels)
            errand.note("proof", verdict)
            if verdict.status is Status.UNPROVEN:
                _, text = unproven(verdict, refused)
                return self._known.bogus(zone, EDE_BOGUS, text, errand.now())
        return NoCut(f"{names.to_text(zone)} is an alias and not a zone")

    async def hash_names(self, evidence: Evidence, name: bytes) -> None:
        """Hash what evidence about a name may need; others get their turn in between."""
        hashed = 0
        while name:
            name = evidence.seek(name)
            hashed += 1
            if name and not hashed % HASHES_PER_TURN:
                await self.breathe()

    async def proofs(
        self,
        authority: tuple[RRset, ...],
        keys: ZoneKeys,
        errand: Errand,
        kept: list[RRset] | None = None,
    ) -> tuple[list[Proof], int, Invalid | None]:
        """Pick out the NSEC and NSEC3 records that a zone has signed, and their TTL.

        What is not well signed proves nothing, and neither does what was made from a
        wildcard.  `kept` gets the sets themselves, with the TTL that each has left.
        Last comes why the first that is not well signed was left out.
        """
        found: list[Proof] = []
        ttl = int(LONGEST)
        refused: Invalid | None = None
        for rrset in authority:
            if rrset.rdtype not in {types.NSEC, types.NSEC3}:
                continue
            if rrset.signatures and not any(signed_by(rrset, keys.zone)):
                continue
            verdict = await self.verify(rrset, keys, errand)
            if isinstance(verdict, Invalid):
                refused = refused or verdict
                continue
            if verdict.encloser:
                continue
            ttl = min(ttl, verdict.ttl)
            if kept is not None:
                kept.append(rrset.with_ttl(verdict.ttl))
            found += [
                Proof(rrset.name, rrset.rdtype, rdata, keys.zone)
                for rdata in rrset.rdatas
            ]
        return found, ttl, refused

    async def _keys(self, zone: bytes, vouched: Vouched, errand: Errand) -> Trust:
        """Get the keys of a zone that the zone above vouches for."""
        question = Question(zone, types.DNSKEY)
        claim = await self._ask(question, errand)
        asked: list[Address | None] = []
        while True:
            asked.append(errand.answered_by)
            trust = await self._judge_keys(zone, claim, vouched, errand)
            if trust.security != BOGUS:
                if len(asked) > 1:
                    errand.misled = zone
                return trust
            another = await self._elsewhere(question, errand, asked)
            if another is None:
                return await self._renewed(zone, claim, vouched, errand) or trust
            claim = another

    async def _renewed(
        self, zone: bytes, claim: Claim, vouched: Vouched, errand: Errand
    ) -> Trust | None:
        """Try again with new keys, if an anchored zone has changed its own meanwhile."""
        renew, rrset = self.renew, claim.rrset
        if (
            renew is None
            or rrset is None
            or vouched.anchor is not self._anchors.at(zone)
        ):
            return None
        return await self.reach(zone, errand) if renew(zone, rrset, errand) else None

    async def _judge_keys(
        self, zone: bytes, claim: Claim, vouched: Vouched, errand: Errand
    ) -> Trust:
        now = errand.now()
        rrset = claim.rrset
        if rrset is None or claim.links:
            text = f"{names.to_text(zone)} has {vouched.tags} and no DNSKEY"
            return self._known.bogus(zone, EDE_DNSKEY_MISSING, text, now)
        keys = ZoneKeys(zone, read_keys(rrset.rdatas))
        trusted = vouched.anchor.trusted(keys, self._crypto)
        if not trusted:
            return self._known.bogus(zone, *vouched.misfit(keys), now)
        verdict = await self.verify(rrset, ZoneKeys(zone, trusted), errand)
        if isinstance(verdict, Invalid):
            return self._known.bogus(zone, verdict.ede, verdict.text, now)
        expires = min(vouched.expires, now + verdict.ttl)
        why = Sealed(vouched, verdict.tag, verdict.algorithm)
        return Trust(SECURE, expires, keys, 0, why)

    async def _ask(self, question: Question, errand: Errand) -> Claim:
        try:
            return await self._fetch(question, errand)
        except Lost as lost:
            what = types.type_name(question.rdtype)
            where = names.to_text(question.name)
            text = f"the {what} of {where} cannot be had: {lost}"
            raise Lost(text, lost.ede) from lost

    async def _elsewhere(
        self, question: Question, errand: Errand, asked: list[Address | None]
    ) -> Claim | None:
        """Ask somebody else: it may have been one server, or a forger.

        None if nobody else is to be asked, or nobody answers.
        """
        if not errand.may_ask_again(asked):
            return None
        errand.answered_by = asked[-1]
        try:
            return await self._fetch(question, errand, again=True)
        except Lost:
            return None
