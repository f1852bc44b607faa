"""Rules about DNSSEC: what was not as it was signed, and whose business that is.

What `dnssec` says names the records, the zone and the key, and its code the kind of
fault (RFC 8914).  Here it is turned towards whoever can mend it.  A signature of the
root or of a top-level domain that is out of its time points to our own clock: they are
signed anew all the time, and everybody would notice.
"""

import re
from typing import Final, NamedTuple

from resolver.observe.cause import (
    CLOCK,
    NETWORK,
    PARENT,
    US,
    ZONE_OWNER,
    Verdict,
    sentence,
)
from resolver.observe.story import Story
from resolver.wire import names
from resolver.wire.errors import (
    DNSSEC_ERRORS,
    EDE_BOGUS,
    EDE_DNSKEY_MISSING,
    EDE_EXPIRED_BEFORE_VALID,
    EDE_NO_ZONE_KEY_BIT,
    EDE_NSEC3_ITERATIONS,
    EDE_NSEC_MISSING,
    EDE_RRSIGS_MISSING,
    EDE_SIGNATURE_EXPIRED,
    EDE_SIGNATURE_NOT_YET_VALID,
    EDE_UNSUPPORTED_ALGORITHM,
    EDE_UNSUPPORTED_DIGEST,
)

# The zone whose key made a signature, in the words of `dnssec.signatures`.
_SIGNER: Final = re.compile(r"signature by (\S+) key [0-9]+")
# The name whose DS is in question, in the words of `dnssec.chain`.
_DS: Final = re.compile(r"the DS of (\S+), or its absence")
_UNTIMELY: Final = (EDE_SIGNATURE_EXPIRED, EDE_SIGNATURE_NOT_YET_VALID)
_SET_CLOCK: Final = "Set the clock of this host, and keep it right (NTP)."


class _Kind(NamedTuple):
    """A kind of fault: what to look for in the text, and the verdict on it."""

    error: int
    sign: str
    rule: str
    blame: str
    what: str
    mend: str


# What makes an answer insecure though its zone is signed: the rule, and what mends it.
_INSECURE: Final = {
    EDE_UNSUPPORTED_ALGORITHM: (
        "algorithm",
        "the zone's algorithms do not count here",
        "Sign with an algorithm of RFC 8624, such as ECDSAP256SHA256.",
    ),
    EDE_UNSUPPORTED_DIGEST: (
        "digest",
        "the digests of its DS do not count here",
        "Publish a DS with a digest of RFC 8624, such as SHA-256, in the parent zone.",
    ),
    EDE_NSEC3_ITERATIONS: (
        "nsec3-iterations",
        "the zone's NSEC3 records want more hashing than is done here",
        "Set the NSEC3 iterations to 0 (RFC 9276).",
    ),
}

# In the order in which they are looked for; an empty sign fits every text.
_KINDS: Final = (
    _Kind(
        EDE_SIGNATURE_EXPIRED,
        "",
        "signature-expired",
        ZONE_OWNER,
        "The zone's signatures have expired",
        "The zone has to be signed again; whatever signs it has stopped.",
    ),
    _Kind(
        EDE_SIGNATURE_NOT_YET_VALID,
        "",
        "signature-not-yet-valid",
        ZONE_OWNER,
        "The zone's signatures are for a time to come",
        "The clock of the zone's signer is ahead; or ours is behind: compare it.",
    ),
    _Kind(
        EDE_EXPIRED_BEFORE_VALID,
        "",
        "signature-dates",
        ZONE_OWNER,
        "The zone's signatures expire before they are valid",
        "Whatever signs the zone has to be mended.",
    ),
    _Kind(
        EDE_DNSKEY_MISSING,
        " trust anchor ",
        "trust-anchor",
        US,
        "A trust anchor of this resolver fits none of the keys that the zone shows",
        "Look whether the anchor is the present one (dnssec.trust_anchors, and the state"
        " file); if it is, somebody forges the zone's keys on the way.",
    ),
    _Kind(
        EDE_DNSKEY_MISSING,
        "is revoked",
        "key-revoked",
        ZONE_OWNER,
        "The parent zone has a DS for a key that the zone has revoked (RFC 5011)",
        "Publish the DS of a key that is in use in the parent zone (at the registrar).",
    ),
    _Kind(
        EDE_DNSKEY_MISSING,
        " DNSKEY: signature",
        "keys-signed-by-other-key",
        ZONE_OWNER,
        "The zone's keys are not signed by the one that the parent zone has a DS for",
        "Sign the DNSKEY set with that key, or publish the DS of the one that signs.",
    ),
    _Kind(
        EDE_DNSKEY_MISSING,
        " DNSKEY",
        "ds-without-key",
        ZONE_OWNER,
        "The parent zone has a DS for a key that the zone does not have",
        "Publish the DS of the zone's present key in the parent zone (at the"
        " registrar), or bring the key back.",
    ),
    _Kind(
        EDE_DNSKEY_MISSING,
        "",
        "signed-by-unknown-key",
        ZONE_OWNER,
        "The signature was made by a key that the zone does not publish",
        "Publish the key, or sign with one that is published.",
    ),
    _Kind(
        EDE_RRSIGS_MISSING,
        "or its absence",
        "delegation-unsigned",
        PARENT,
        "The parent zone is signed, and what it says about the delegation is not",
        "The parent's servers leave out DS or proofs, or something on the way does.",
    ),
    _Kind(
        EDE_RRSIGS_MISSING,
        " NSEC",
        "proof-unsigned",
        ZONE_OWNER,
        "The zone's proof for what it says is absent is not signed",
        "Sign the zone's NSEC or NSEC3 records, too.",
    ),
    _Kind(
        EDE_RRSIGS_MISSING,
        "",
        "signatures-missing",
        ZONE_OWNER,
        "The zone is signed, and the signatures are missing",
        "A server of the zone has an unsigned copy, or something on the way takes"
        " signatures out; or the DS in the parent zone has to go.",
    ),
    _Kind(
        EDE_NO_ZONE_KEY_BIT,
        "",
        "not-a-zone-key",
        ZONE_OWNER,
        "The key that is to sign the zone may not sign zones",
        "Set the zone bit of the DNSKEY.",
    ),
    _Kind(
        EDE_NSEC_MISSING,
        "",
        "proof-missing",
        ZONE_OWNER,
        "There is no proof for what the zone says is absent",
        "The zone's NSEC or NSEC3 chain is incomplete, not signed, or left out on the"
        " way.",
    ),
    _Kind(
        EDE_UNSUPPORTED_ALGORITHM,
        "",
        "algorithm",
        ZONE_OWNER,
        "The zone is signed with an algorithm that does not count here",
        "Sign with an algorithm of RFC 8624, such as ECDSAP256SHA256.",
    ),
    _Kind(
        EDE_NSEC3_ITERATIONS,
        "",
        "nsec3-iterations",
        ZONE_OWNER,
        "The zone's NSEC3 records want more hashing than is done here (RFC 9276)",
        "Set the NSEC3 iterations to 0.",
    ),
    _Kind(
        EDE_BOGUS,
        "does not fit",
        "signature-wrong",
        ZONE_OWNER,
        "A signature does not fit what it signs: the data was changed, or badly signed",
        "Sign the zone again; if others can resolve it, somebody forges on the way.",
    ),
    _Kind(
        EDE_BOGUS,
        "no valid proof",
        "proof-missing",
        ZONE_OWNER,
        "There is no valid proof for what the zone says",
        "The zone's NSEC or NSEC3 chain is incomplete, not signed, or left out on the"
        " way.",
    ),
    _Kind(
        EDE_BOGUS,
        "",
        "bogus",
        ZONE_OWNER,
        "What the zone says is not what was signed",
        "Sign the zone again; if others can resolve it, somebody forges on the way.",
    ),
)


def distrust(story: Story) -> Verdict | None:
    """Tell what was found to be bogus."""
    if story.error not in DNSSEC_ERRORS:
        return None
    if story.error in _UNTIMELY and _is_our_clock(story.text):
        return Verdict(
            "clock",
            CLOCK,
            sentence("The clock of this host is probably wrong", story.text),
            _SET_CLOCK,
        )
    for kind in _KINDS:
        if kind.error != story.error or kind.sign not in story.text:
            continue
        if kind.blame != PARENT or _is_delegation(story):
            return _verdict(kind, story)
    return Verdict("bogus", ZONE_OWNER, sentence("It cannot be validated", story.text))


def remarks(story: Story) -> Verdict | None:
    """Tell why an answer is not secure though somebody meant it to be."""
    if story.error in _INSECURE:
        rule, why, mend = _INSECURE[story.error]
        what = f"It was answered without validation, because {why}"
        return Verdict(rule, ZONE_OWNER, sentence(what, story.text), mend)
    if story.error in DNSSEC_ERRORS:
        judged = distrust(story)
        if judged is not None:
            cause = f"It was told for the client to judge (CD): {judged.cause}"
            return judged._replace(cause=cause)
    return None


def _verdict(kind: _Kind, story: Story) -> Verdict:
    blame = kind.blame
    if blame == ZONE_OWNER and kind.error == EDE_RRSIGS_MISSING and _everywhere(story):
        blame = NETWORK
    return Verdict(kind.rule, blame, sentence(kind.what, story.text), kind.mend)


def _is_delegation(story: Story) -> bool:
    """Say whether the walk stood at the zone whose DS is in question.

    If not, the name is one in a zone that is signed, and should be signed by that.
    """
    found = _DS.search(story.text)
    zones = [note.facts[0] for note in story.record.diary if note.kind == "zone"]
    return found is not None and found[1] in [
        names.to_text(zone) for zone in zones if isinstance(zone, bytes)
    ]


def _everywhere(story: Story) -> bool:
    """Say whether even the root comes without signatures: then somebody strips them."""
    return any(it.zone == b"\0" and it.security == "bogus" for it in story.trust)


def _is_our_clock(text: str) -> bool:
    if "which is wrong" in text:
        return True
    found = _SIGNER.search(text)
    return found is not None and found[1].count(".") <= 1
