"""Collect what the rooms have counted, each for itself, as numbers that can be added.

What a resolver did is apart from what is remembered, for its memory may outlive it.
"""

from typing import Final

from resolver.beliefs import SECURE, security_name
from resolver.counts import OTHER, UDP, UNREAD, rcode_label
from resolver.daemon.build import Core, Stores
from resolver.daemon.statistics import Statistics
from resolver.wire import errors

_REASONS: Final = {
    code: name.removeprefix("EDE_").lower()
    for name, code in vars(errors).items()
    if name.startswith("EDE_")
}


def counted(core: Core) -> Statistics:
    """Count what one resolver has done: questions, and what was asked because of them."""
    front, crowd, rates = core.front, core.front.crowd, core.rates
    exchange, service = core.exchange, core.service
    return Statistics(
        at_once=front.at_once,
        walks=front.walks,
        walking=len(front.under_way),
        failed=front.under_way.failed,
        joined=front.joined,
        renewals=front.renewals,
        stale=service.stale,
        dropped=front.dropped,
        silences=front.silences,
        over_total=crowd.over_total,
        over_network=crowd.over_network,
        over_question=crowd.over_question,
        shed=crowd.shed,
        late=crowd.late,
        rate_limited=0 if rates is None else rates.limited,
        slipped=0 if rates is None else rates.slipped,
        asked=exchange.asked,
        shared_asks=exchange.joined,
        hedged=exchange.hedges.begun,
        hedges_won=exchange.hedges.won,
        doubted=exchange.doubted,
        mismatches=exchange.mismatches,
        errors=front.errors,
        waiting=front.waiting,
        cache_hits=service.hits,
        cache_misses=service.misses,
        labelled=_labelled(core),
    )


def remembered(stores: Stores) -> Statistics:
    """Count what is remembered, and what was answered from bytes."""
    return Statistics(
        hot=stores.replies.hits,
        cache_sets=len(stores.rrsets),
        cache_bytes=stores.rrsets.size_bytes + stores.replies.size_bytes,
        evictions=stores.rrsets.evictions,
        reply_misses=stores.replies.misses,
        reply_evictions=stores.replies.evictions,
        replies=len(stores.replies),
        replies_bytes=stores.replies.size_bytes,
        records_bytes=stores.rrsets.size_bytes,
        delegations=len(stores.zones),
        servers=len(stores.servers),
        failures=len(stores.failures),
        labelled={
            f"questions|{UDP}|{UNREAD}|{rcode_label(rcode)}": replies
            for rcode, replies in enumerate(stores.replies.rcodes)
            if replies
        },
    )


def _labelled(core: Core) -> dict[str, float]:
    """Give what is counted with labels; see `resolver.counts`."""
    found = core.service.questions.told("questions")
    found |= core.front.under_way.waits.told("waits")
    found |= core.exchange.counts.told("upstream")
    for limit, times in core.walk.findings.limits.items():
        found[f"limits|{limit}"] = times
    for (security, ede), links in core.walk.findings.verdicts.items():
        reason = "" if security == SECURE else _REASONS.get(ede, OTHER)
        reason = reason if ede else ""
        found[f"verdicts|{security_name(security)}|{reason}"] = links
    return found
