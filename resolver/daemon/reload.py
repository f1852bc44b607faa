"""What is remembered, brought in line with another configuration.

A reload builds a new resolver around the memory of the old one: what is right under both
configurations is known from the first packet on.  `config.changes` says what is not, and
this module forgets it.

**Twice.**  Questions that are open end where they began, in the old resolver, and what
they find out goes into the same memory: an answer from a forwarder that is no longer
wanted.  So what has to go goes at once, and again when the last of them has ended.

**In slices.**  A cache of a million entries takes half a second to look through, and
nobody shall wait that long.  So it is done in slices of a millisecond or two, with the
loop's other work in between.  Encoded replies are let go first, in one step, and
once more at the end, since one may have been made meanwhile from what was to be
forgotten.  To make them again takes a fifth of a core for each thousand that are asked
for in a second, so names of ours that come and go cost only the replies they are in.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from resolver.config import Config
from resolver.config.changes import (
    BELOW,
    DELEGATIONS,
    EVERYTHING,
    LIVES,
    NAMES,
    ROOM,
    Wrong,
    wrong,
)
from resolver.daemon.build import REPLIES_SHARE, RRSETS_SHARE, Core, Stores, World
from resolver.daemon.configured import local_differences
from resolver.daemon.trust import carry_over
from resolver.wire import names

# Entries thrown away between two turns of the loop: a millisecond's work.
SLICE: Final = 5_000


def adopt(stores: Stores, config: Config) -> None:
    """Have the memory heed the settings of a configuration from now on."""
    cache = config.cache
    stores.rrsets.bound(cache.min_ttl, cache.max_ttl, cache.max_negative_ttl)
    stores.failures.first_for(cache.failure_ttl)


def carry_on(old: Core, new: Core, world: World) -> None:
    """Have a resolver go on from what the one before it was told, and has on record."""
    if old.validation is not None and new.validation is not None:
        carry_over(old.validation, new.validation, world.wall(), world.clock())
    if old.recorder is not None and new.recorder is not None:
        new.recorder.take_over(old.recorder)
        old.front.show(new.recorder.watch)


async def forget(
    stores: Stores, before: Config, after: Config, *, again: bool = False
) -> int:
    """Forget what is not right any more; give the number of record sets that went.

    `again`, it is done for what open questions have brought meanwhile.
    """
    found = wrong(before, after)
    if again:
        found = found._replace(effects=found.effects - {ROOM})
    if not found.effects:
        return 0
    if found.effects - {LIVES, NAMES}:
        await _let_replies_go(stores, after)
    elif NAMES in found.effects:
        await _forget_names(stores, before, after)
    count = await _forget_records(stores, found, before, after)
    if found.effects & {BELOW, DELEGATIONS, EVERYTHING}:
        stores.failures.clear()
        stores.absences.clear()
    if found.effects & {DELEGATIONS, EVERYTHING}:
        stores.zones.clear()
    if EVERYTHING in found.effects:
        stores.servers.reset()
    if count:
        await _let_replies_go(stores, after)
    return count


def is_shared_wrong(before: Config, after: Config) -> bool:
    """Say whether what is shared with other processes cannot be believed any more.

    What is below forward and stub zones is not shared.
    """
    if EVERYTHING in wrong(before, after).effects:
        return True
    former, latter = before.dnssec, after.dnssec
    return former.negative_trust_anchors != latter.negative_trust_anchors


async def _forget_records(
    stores: Stores, found: Wrong, before: Config, after: Config
) -> int:
    rrsets, capacity = stores.rrsets, int(after.cache.size * RRSETS_SHARE)
    if EVERYTHING in found.effects:
        count = len(rrsets)
        known = rrsets.begin_anew(capacity)
        await _in_slices(known.sweep(lambda _key, _value: True))
        return count
    count = 0
    if ROOM in found.effects:
        await _in_slices(rrsets.refill(rrsets.begin_anew(capacity)))
    if LIVES in found.effects:
        lowered = after.cache.min_ttl < before.cache.min_ttl
        lengthened = before.cache.min_ttl if lowered else -1
        count += await _in_slices(rrsets.forget_lasting(lengthened))
    for text in found.below:
        zone = name_of(text)
        stores.zones.remove_below(zone)
        count += await _in_slices(rrsets.forget(zone, below=True))
    return count


async def _in_slices(counts: Iterable[int]) -> int:
    total = 0
    for count in counts:
        total += count
        await asyncio.sleep(0)
    return total


async def _forget_names(stores: Stores, before: Config, after: Config) -> None:
    """Let go of the replies that names of ours are in, be it behind an alias."""
    changed = local_differences(before, after)
    above = {up for name in changed for up in names.ancestors(name)}
    labels = {name[: name[0] + 1].lower() for name in changed}
    await _in_slices(stores.replies.forget(labels, above))


async def _let_replies_go(stores: Stores, config: Config) -> None:
    for table in stores.replies.begin_anew(int(config.cache.size * REPLIES_SHARE)):
        await _throw_away(table)


async def _throw_away(table: dict[Any, Any]) -> None:
    while table:
        for _ in range(min(SLICE, len(table))):
            table.popitem()
        await asyncio.sleep(0)


def name_of(text: str) -> bytes:
    """Read a zone as the configuration has it."""
    if text == ".":
        return names.ROOT
    # Brings all of dnspython along.
    from resolver.wire.presentation import name_from_text  # noqa: PLC0415 - see above

    return name_from_text(text)
