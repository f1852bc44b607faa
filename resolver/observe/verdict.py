"""Why did it go wrong?  A diary is read, and one sentence comes out.

The rules are asked in turn, from what is certain to what is likely, and the first that
recognises its kind of trouble has the say: what we remember or refuse ourselves, what is
not as it was signed, our own limits, and then the servers.  None of them guesses: where
no rule knows, the verdict says that the cause is not known, and what was seen.
"""

from collections.abc import Callable
from typing import Final

from resolver.observe import (
    verdict_answered,
    verdict_ours,
    verdict_servers,
    verdict_trust,
)
from resolver.observe.cause import NOBODY, UNKNOWN, ZONE_OWNER, Verdict
from resolver.observe.record import Record
from resolver.observe.story import NO_ERROR, Story, story_of
from resolver.wire.errors import (
    EDE_CACHED_ERROR,
    EDE_STALE_ANSWER,
    EDE_STALE_NXDOMAIN,
)

_STALE: Final = frozenset((EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN))
_RULES: Final[tuple[Callable[[Story], Verdict | None], ...]] = (
    verdict_ours.broken,
    verdict_ours.policy,
    verdict_trust.distrust,
    verdict_ours.aliases,
    verdict_servers.nobody_helps,
    verdict_ours.limits,
)
# The share of a slow question's time that waiting must have taken to be its cause.
_MOST: Final = 0.5


def verdict_of(record: Record) -> Verdict:
    """Say what a record comes to."""
    story = story_of(record)
    if story.error in _STALE:
        return _stale(story)
    return _failure(story) if story.failed else _remarks(story)


def _failure(story: Story) -> Verdict:
    if story.error == EDE_CACHED_ERROR:
        return _remembered(story)
    for rule in _RULES:
        verdict = rule(story)
        if verdict is not None:
            return verdict
    seen = f"; the last thing said was: {story.text}" if story.text else ""
    return Verdict(
        "unknown",
        UNKNOWN,
        f"The cause is not known{seen}.",
        "The tree shows all that happened.",
    )


def _remembered(story: Story) -> Verdict:
    """Tell a failure that was remembered, and what is still known of its cause."""
    codes = [code for code, _ in story.record.ede if code != EDE_CACHED_ERROR]
    _, _, text = story.text.partition(": ")
    of_old = story._replace(error=codes[-1] if codes else NO_ERROR, text=text)
    verdict = _failure(of_old)
    cause = f"It had failed shortly before and was not tried again: {verdict.cause}"
    origin = story.record.origin
    mend = verdict.mend + (f"  Record {origin} tells how it failed." if origin else "")
    return Verdict(verdict.rule, verdict.blame, cause, mend.strip())


def _stale(story: Story) -> Verdict:
    """Say why somebody was given what has expired."""
    record = story.record
    given = f"An old answer was given, which {story.text}"
    if len(record.ede) > 1:
        why = _failure(story.about(1))
        cause = f"{given}, because nobody had a newer one: {why.cause}"
        return Verdict("stale", why.blame, cause, why.mend)
    return Verdict("stale", NOBODY, f"{given}, while a newer one was looked for.")


def _remarks(story: Story) -> Verdict:
    """Judge a question that was answered after all."""
    if story.error >= 0:
        for rule in (verdict_ours.policy, verdict_trust.remarks):
            verdict = rule(story)
            if verdict is not None:
                return verdict
    if not story.record.diary:
        return verdict_ours.ours(story)
    slow = _slow(story)
    if slow is not None:
        return slow
    if "limited" in story.record.reasons:
        return verdict_ours.cut_short(story)
    return verdict_answered.stumbled(story) or Verdict(
        "answered", NOBODY, "It was answered, and nothing stood in the way."
    )


def _slow(story: Story) -> Verdict | None:
    """Find whom the time was lost to."""
    record = story.record
    if "slow" not in record.reasons:
        return None
    waits: dict[str, float] = {}
    for exchange in story.exchanges:
        if exchange.silence:
            waits[exchange.server] = waits.get(exchange.server, 0) + exchange.seconds
    lost = sum(waits.values())
    took = f"It took {record.seconds:.1f} s"
    if waits and lost >= record.seconds * _MOST:
        worst = max(waits, key=waits.__getitem__)
        others = f" and {len(waits) - 1} more" if len(waits) > 1 else ""
        cause = f"{took}, of which {lost:.1f} s were spent waiting for {worst}{others}"
        return Verdict(
            "slow-servers",
            ZONE_OWNER,
            f"{cause}, which did not reply.",
            "Servers that are gone should leave the delegation.",
        )
    slowest = max(story.exchanges, key=lambda it: it.seconds, default=None)
    if slowest is None:
        return Verdict("slow", UNKNOWN, f"{took}; no server was asked.")
    cause = (
        f"{took} for {len(story.exchanges)} questions to servers; the slowest reply,"
        f" from {slowest.server}, took {slowest.seconds:.1f} s."
    )
    return Verdict("slow", UNKNOWN, cause)
