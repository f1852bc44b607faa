"""Forgetting a name, everywhere: `resolver flush`.

What is known of a name is in many places, and one that is left out would bring the old
answer back.  So all are gone through: first what is shared with other processes, from
where it would come back; then records and the news that there are none; delegations,
failures, and what is held of keys and denials; in the end the encoded replies, all of
them: a reply may have the name behind an alias, where it cannot be found, and those
that are wanted are soon there again.

A zone above that is bogus is a reason why the name fails, so its keys are fetched anew,
too.

Looking through a large cache takes long enough for others to need their turn, so it
is done in parts.
"""

import asyncio
from typing import Final

from resolver.beliefs import BOGUS
from resolver.daemon.asked import name_of, switch_of, type_of
from resolver.daemon.commands import Arguments, Refused
from resolver.daemon.sharing import RETRY, Backing
from resolver.daemon.subject import Subject
from resolver.wire import names, types

# How often it is tried to get a turn at the shared store: a second.
_TRIES: Final = 200


async def flush(subject: Subject, arguments: Arguments) -> dict[str, int]:
    """Forget `name`; with `subtree` all below it, with `type` that type of it only.

    Gives how much of what was forgotten.  Raises `Refused`.
    """
    name, rdtype = name_of(arguments), type_of(arguments)
    below = switch_of(arguments, "subtree")
    if below and rdtype is not None:
        raise Refused("a type is flushed of one name, not of all below it")
    return await forget(subject, name, rdtype, below=below)


async def forget(
    subject: Subject, name: bytes, rdtype: int | None = None, *, below: bool
) -> dict[str, int]:
    """Do as `flush`, for who has read the arguments."""
    shared = 0
    if subject.backing is not None:
        shared = await _forget_shared(subject.backing, name, rdtype, below=below)
    records = await _forget_records(subject, name, rdtype, below=below)
    stores = subject.core.stores
    delegations = 0
    if below:
        delegations = stores.zones.remove_below(name)
    elif rdtype in {None, types.NS}:
        delegations = int(stores.zones.get(name, subject.clock()) is not None)
        stores.zones.remove(name)
    failures = sum(
        it.remove_below(name) if below else it.remove_at(name, rdtype)
        for it in (stores.failures, stores.absences)
    )
    trust = _forget_trust(subject, name, below=below)
    stores.replies.clear()
    return {
        "records": records,
        "delegations": delegations,
        "failures": failures,
        "trust": trust,
        "shared": shared,
    }


async def _forget_records(
    subject: Subject, name: bytes, rdtype: int | None, *, below: bool
) -> int:
    rrsets = subject.core.stores.rrsets
    if rdtype is not None:
        return rrsets.take(name, rdtype)
    count = 0
    for forgotten in rrsets.forget(name, below=below):
        count += forgotten
        await asyncio.sleep(0)
    return count


def _forget_trust(subject: Subject, name: bytes, *, below: bool) -> int:
    """Have the keys of a zone fetched anew, and those of bogus zones above it.

    What has denied the name goes as well: nothing may deny it from memory (RFC 8198).
    """
    validation = subject.core.validation
    if validation is None:
        return 0
    if validation.denials is not None:
        validation.denials.forget(name, below=below)
    now = subject.clock()
    count = validation.chain.remove(name, below=below)
    for zone in names.ancestors(name):
        trust = validation.chain.known(zone, now)
        if trust is not None and trust.security == BOGUS:
            count += validation.chain.remove(zone, below=False)
            for rdtype in (types.DNSKEY, types.DS):
                subject.core.stores.rrsets.take(zone, rdtype)
    return count


async def _forget_shared(
    backing: Backing, name: bytes, rdtype: int | None, *, below: bool
) -> int:
    wanted: set[bytes] | None = None
    if rdtype is not None:
        wanted = {name, name + rdtype.to_bytes(2, "big")}
    keys: set[bytes] = set()
    where: tuple[int, bytes] | None = (0, b"")
    while where is not None:
        found, where = backing.store.matching(name, where)
        keys.update(
            key
            for key in found
            if (below or key.startswith(name))
            and (below or len(key) <= len(name) + 2)
            and (wanted is None or key in wanted)
        )
        await asyncio.sleep(0)
    for _ in range(_TRIES):
        if not keys or backing.remove(keys):
            return len(keys)
        await asyncio.sleep(RETRY)
    raise Refused("the shared store is busy; nothing was flushed")
