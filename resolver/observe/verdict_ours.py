"""Rules about ourselves: what we refuse, limit, or do wrong; and about aliases."""

from typing import Final

from resolver.observe.cause import POLICY, US, ZONE_OWNER, Verdict, sentence
from resolver.observe.story import Story
from resolver.ports import MAX_DEPTH
from resolver.walk.scrub import MAX_ALIASES
from resolver.wire import names
from resolver.wire.errors import (
    EDE_BLOCKED,
    EDE_NEGATIVE_ANCHOR,
    EDE_NOT_AUTHORITATIVE,
    EDE_NOT_SUPPORTED,
    EDE_OTHER,
    EDE_PROHIBITED,
)

_LIMIT: Final = "a limit was reached: "
# What `policy.local` and `policy.sentinel` say.
_BY_LOCAL_ZONE: Final = "blocked by the local zone"
_SENTINEL: Final = "the root key sentinel"
_REFUSING: Final = frozenset((EDE_PROHIBITED, EDE_NOT_SUPPORTED, EDE_NOT_AUTHORITATIVE))
# Aliases that are named, the last ones.
_SHOWN: Final = 3
# What each limit stops, for those who ask whether it was right to.
_LIMITS: Final = {
    "max_asks": "too many questions to servers",
    "max_bytes": "too many bytes from servers",
    "max_referrals": "too many referrals",
    "max_address_lookups": "too many server names to look up",
    "max_signature_checks": "too many signatures to check",
    "max_failed_checks": "signatures that do not fit, one after the other",
    "max_nsec3_hashes": "proofs that take too much hashing",
    "max_open_per_zone": "more questions open to one zone than it may have",
    "query_deadline": "more time than a question has",
}


def broken(story: Story) -> Verdict | None:
    """Tell our own faults: an error in the program, and too many questions."""
    if story.error != EDE_OTHER:
        return None
    if story.text == "internal error":
        return Verdict(
            "internal-error",
            US,
            "This resolver has a fault: answering ended in an error of its own.",
            "The log has it as unexpected_error; please report it.",
        )
    if "given up for newer questions" in story.text:
        return Verdict(
            "overload",
            US,
            "More questions were waiting than this resolver takes, and it was the"
            " oldest.",
            "Find who asks so much (`resolver stats`), or add workers.",
        )
    return None


def policy(story: Story) -> Verdict | None:
    """Tell what the configuration forbids."""
    text = story.text
    if story.error == EDE_BLOCKED and _BY_LOCAL_ZONE in text:
        return Verdict(
            "blocked",
            POLICY,
            sentence("The name is blocked here", text),
            "If it should not be, take it out of [local] in the settings.",
        )
    if story.error == EDE_BLOCKED:
        return Verdict(
            "rebinding",
            POLICY,
            sentence("Addresses were taken out of the answer", text),
            "If that name may lead inside, add it to [rebinding] trusted.",
        )
    if story.error == EDE_NEGATIVE_ANCHOR:
        return Verdict(
            "negative-anchor",
            POLICY,
            sentence("It was not validated", text),
            "Remove the negative trust anchor when the zone is mended.",
        )
    if story.error in _REFUSING:
        return Verdict(
            "refused",
            POLICY,
            sentence("It was refused", text),
            "Whom this resolver serves, and with what, is set under [access].",
        )
    if text.startswith(_SENTINEL):
        return Verdict(
            "root-key-sentinel",
            POLICY,
            sentence("The name asks which root keys are trusted here", text),
            "It is a test of the trust anchors: nothing is broken.",
        )
    return None


def ours(story: Story) -> Verdict:
    """Tell what nobody was asked about."""
    return Verdict(
        "answered-here",
        POLICY,
        f"It is {story.record.rcode} by what is configured here: nobody was asked.",
        "See [local] in the settings, and special-use names (RFC 6761, RFC 6303).",
    )


def aliases(story: Story) -> Verdict | None:
    """Tell aliases that lead nowhere."""
    if not story.text.startswith("the chain of aliases"):
        return None
    targets = [
        _name(note.facts[0])
        for note in story.record.diary
        if note.kind == "alias" and not note.depth
    ]
    way = " -> ".join([_name(story.record.question.name), *targets][-_SHOWN:])
    if len(targets) < MAX_ALIASES:
        rule, what = (
            "alias-loop",
            f"The aliases of the name are a loop: {way}, and so on.",
        )
    else:
        rule = "alias-chain"
        what = f"The chain of aliases goes on after {len(targets)}: {way}, and so on."
    mend = "One of the CNAME or DNAME records has to lead to something else."
    kind = "are a loop" if rule == "alias-loop" else f"go on after {len(targets)}"
    return Verdict(rule, ZONE_OWNER, what, mend, f"the aliases {kind}: {way}")


def limits(story: Story) -> Verdict | None:
    """Tell which of our limits ended it."""
    if not story.text.startswith(_LIMIT):
        return None
    told = story.text.removeprefix(_LIMIT)
    name = told.split(" ", 1)[0]
    what = _LIMITS.get(name, "more than it may have")
    mend = "An honest zone stays below it; this one may be built as a maze."
    if name == "query_deadline":
        mend = "Servers or the way to them are slow; the tree shows which."
    elif name == "max_open_per_zone":
        mend = "Somebody may be asking for made-up names in that zone."
    return Verdict(
        f"limit-{name}",
        ZONE_OWNER if name not in {"query_deadline", "max_open_per_zone"} else US,
        f"A limit of this resolver ended it: {told}; it would have taken {what}.",
        mend,
    )


def cut_short(story: Story) -> Verdict:
    """Tell that something was left out because of a limit, and it was answered."""
    deepest = max((it.depth for it in story.lookups), default=0)
    what = "server names that need themselves to be looked up"
    if deepest >= MAX_DEPTH:
        what = f"server names behind server names, more than {MAX_DEPTH} deep"
    return Verdict(
        "cut-short",
        ZONE_OWNER,
        f"It was answered, but part of the way was given up: {what}.",
        "The delegations on the way need glue, or servers under other names.",
    )


def _name(fact: object) -> str:
    return names.to_text(fact) if isinstance(fact, bytes) else str(fact)
