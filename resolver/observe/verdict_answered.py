"""Rules about questions that were answered all the same: what stood in the way.

A resolver that does its work well hides what is broken: another server answers, a
question is put again without what the server does not understand.  Nobody would look for
it, and so it is told where somebody asks; the answer itself was not harmed.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from resolver.net.ways import DOUBTS, OTHER_CASE, WRONG_ID
from resolver.observe.cause import NOBODY, UNKNOWN, ZONE_OWNER, Verdict, sentence
from resolver.observe.plain import DISAGREE
from resolver.observe.story import Exchange, Story
from resolver.observe.verdict_servers import SIGNS
from resolver.walk.blame import deed
from resolver.wire import names

_NO_EDNS: Final = frozenset(("FORMERR", "NOTIMP", "BADVERS"))
_USELESS: Final = "useless "
# Another server, asked beside the first, was faster.
_OVERTAKEN: Final = "overtaken"
# What the walk says when it takes an answer that a better server should have given.
_WORSE: Final = "taken for want of better"
# Servers that are named, and what each of them did.
_NAMED: Final = 4


class _Remark(NamedTuple):
    """What to say where some exchange was of a kind."""

    rule: str
    blame: str
    what: str
    mend: str


_LOOK: Final = "Its owner has to look at the name servers"
_EDNS: Final = _Remark(
    "edns-broken",
    ZONE_OWNER,
    "It was answered, but only without EDNS (RFC 6891), which a server does not know",
    f"{_LOOK}: their software is from before 2013, or something filters EDNS.",
)
_CASE: Final = _Remark(
    "case-changed",
    ZONE_OWNER,
    "It was answered, but a server changes the letters of the question to lower case,"
    " and was asked again over TCP",
    f"{_LOOK}: what they send back has to be what was asked (0x20).",
)
_FORGED: Final = _Remark(
    "wrong-id",
    UNKNOWN,
    "It was answered, after a reply with a wrong id",
    "A server of the zone is broken, or somebody tries to forge.",
)
_STRAY: Final = _Remark(
    "strays",
    UNKNOWN,
    "It was answered, but something else came in the server's name and was thrown away",
    "A server of the zone is broken, or somebody tries to forge.",
)
_HEARSAY: Final = _Remark(
    "not-authoritative",
    ZONE_OWNER,
    "It was answered by somebody's resolver in the place of a name server, for want of"
    " better",
    "The delegation leads to a resolver, or somebody on the way intercepts DNS.",
)
_TCP: Final = _Remark(
    "truncated",
    NOBODY,
    "It was answered over TCP, the reply over UDP being cut short (truncated)",
    "Nothing, if the answer is big; if not, the server's owner has to look at it.",
)
_LATE: Final = _Remark(
    "packets-lost",
    UNKNOWN,
    "It was answered, but a server replied only when it was asked again: packets are"
    " lost, or it is slow",
    "If it comes often, look at the way to that server.",
)

_HEDGED: Final = _Remark(
    "overtaken",
    UNKNOWN,
    "It was answered, but not by the server that was asked first: it was late, and"
    " another was asked beside it",
    "If it is always the same server, it is gone or far away.",
)


def stumbled(story: Story) -> Verdict | None:
    """Tell whom it took more to be answered by, or in spite of whom it was."""
    for rule in (_trouble, _mismatch, _truncated, _empty_names):
        verdict = rule(story)
        if verdict is not None:
            return verdict
    return None


def _trouble(story: Story) -> Verdict | None:
    """Tell of servers that did not help at once, or not at all."""
    kinds: tuple[tuple[_Remark, Callable[[Exchange], bool]], ...] = (
        (_EDNS, lambda it: it.rcode in _NO_EDNS and not it.outcome),
        (_CASE, lambda it: it.silence == DOUBTS[OTHER_CASE]),
        (_FORGED, lambda it: it.silence == DOUBTS[WRONG_ID]),
        (_STRAY, lambda it: bool(it.stray) or ", but " in it.silence),
    )
    for remark, applies in kinds:
        found = [it for it in story.exchanges if applies(it)]
        if found:
            return _of(remark, found)
    lost = [it for it in story.exchanges if _is_lost(it)]
    if not lost:
        late = [it for it in story.exchanges if it.silence == _OVERTAKEN]
        return _of(_HEDGED, late) if late else None
    helped = {
        (it.server, it.zone)
        for it in story.exchanges
        if it.outcome and not _is_lost(it)
    }
    never = [it for it in lost if (it.server, it.zone) not in helped]
    if not never:
        return _of(_LATE, lost)
    if any(note.facts == (_WORSE,) for note in story.record.diary):
        return _of(_HEARSAY, lost)
    return _in_spite_of(never)


def _is_lost(exchange: Exchange) -> bool:
    if exchange.silence == _OVERTAKEN:
        return False
    return bool(exchange.silence) or exchange.outcome.startswith(_USELESS)


def _in_spite_of(lost: Sequence[Exchange]) -> Verdict:
    """Tell of servers that never helped, while others did."""
    who = _told(lost)
    signs = [sign for sign in SIGNS if sign.words in f"{who} "]
    zone = names.to_text(lost[0].zone)
    if all(it.transport == "tcp" for it in lost):
        return Verdict(
            "some-tcp-blocked",
            ZONE_OWNER,
            f"It was answered, but a server of {zone} cuts its replies short and does"
            f" not take TCP: {who}.",
            "Its owner has to open TCP port 53.",
        )
    rule = signs[0].rule if len({sign.rule for sign in signs}) == 1 else "servers-mixed"
    return Verdict(
        f"some-{rule}",
        ZONE_OWNER,
        f"It was answered, but not by every server of {zone}: {who}.",
        signs[0].mend if len(signs) == 1 else f"{_LOOK}, each of them.",
    )


def _mismatch(story: Story) -> Verdict | None:
    """Tell of a zone that names other servers than its parent does."""
    for exchange in story.exchanges:
        if exchange.remark.startswith(DISAGREE):
            zone = names.to_text(exchange.zone)
            told = exchange.remark.removeprefix(DISAGREE)
            return Verdict(
                "parent-child-mismatch",
                ZONE_OWNER,
                f"It was answered, but {zone} and its parent zone do not name the same"
                f" servers: {told.removesuffix('.')}.",
                "Make the NS records of the zone and those at its registrar the same;"
                " resolvers differ in whom they ask.",
            )
    return None


def _truncated(story: Story) -> Verdict | None:
    over_tcp = {
        (it.server, it.question)
        for it in story.exchanges
        if it.transport == "tcp" and it.outcome
    }
    found = [
        it
        for it in story.exchanges
        if it.transport == "udp"
        and it.rcode == "NOERROR"
        and not it.outcome
        and (it.server, it.question) in over_tcp
    ]
    return _of(_TCP, found) if found else None


def _empty_names(story: Story) -> Verdict | None:
    """Tell of a server that denies a name, and knows one below it (RFC 8020)."""
    denied = {
        it.question.split(" ")[0]: it
        for it in story.exchanges
        if it.outcome == "NXDOMAIN"
    }
    for exchange in story.exchanges:
        name = exchange.question.split(" ")[0]
        if not exchange.outcome.startswith("answer "):
            continue
        for above, denial in denied.items():
            if name.endswith(f".{above}"):
                return Verdict(
                    "denies-empty-names",
                    ZONE_OWNER,
                    f"It was answered, but {denial.server} says that there is no"
                    f" {above} and has {name} below it.",
                    f"{_LOOK}: a name with others below it exists (RFC 8020).",
                )
    return None


def _of(remark: _Remark, found: Sequence[Exchange]) -> Verdict:
    zone = names.to_text(found[0].zone)
    cause = sentence(remark.what, f"{_told(found)} (for {zone})")
    return Verdict(remark.rule, remark.blame, cause, remark.mend)


def _told(found: Sequence[Exchange]) -> str:
    each = dict.fromkeys(f"{it.server} {_did(it)}" for it in found)
    more = f" and {len(each) - _NAMED} more" if len(each) > _NAMED else ""
    return "; ".join(list(each)[:_NAMED]) + more


def _did(exchange: Exchange) -> str:
    if exchange.outcome.startswith(_USELESS):
        return exchange.outcome.removeprefix(_USELESS)
    if exchange.silence:
        doubtful = exchange.silence in DOUBTS
        return f"sent {exchange.silence}" if doubtful else deed(exchange.silence)
    if exchange.stray:
        return f"sent {exchange.stray} first"
    if exchange.rcode != "NOERROR":
        return f"said {exchange.rcode}"
    return "cut its reply short"
