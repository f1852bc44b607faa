"""Telling zones which of their keys are trusted here (RFC 8145 section 5).

Once a day, for each zone with an anchor, a question with the tags of its keys in the
name: `_ta-4f66-9728.` of type NULL.  Nobody needs the answer.  Whoever serves the root
counts who still waits for the new key, before the old one goes.

It is one question, asked by one worker, and not again when it fails.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from resolver.beliefs import Fetch
from resolver.dnssec.anchors import Anchor, Anchors
from resolver.ports import Dice, Errand, Lost, Spent
from resolver.wire.message import Question

# Type NULL: RFC 1035 section 3.3.10.
NULL: Final = 10
# Seconds from the start to the first signal, at least, and between two; the RFC asks
# for one with each refresh of the root's DNSKEY set, whose TTL is two days.
FIRST: Final = 600.0
PERIOD: Final = 86_400.0
# What part of that is left to chance.
JITTER: Final = 0.1
# Seconds that one signal may take.
PATIENCE: Final = 10.0
# Tags in one name: 12 of them fill a label.
MAX_TAGS: Final = 12


def signal_name(anchor: Anchor) -> bytes:
    """Give the name that tells the tags of an anchor's keys: section 5.1."""
    tags = "-".join(f"{tag:04x}" for tag in anchor.tags()[:MAX_TAGS])
    label = f"_ta-{tags}".encode()
    return bytes((len(label),)) + label + anchor.zone


async def signal(
    anchors: Anchors, fetch: Fetch, clock: Callable[[], float]
) -> list[bytes]:
    """Send the signals of all zones, once; give the names that were asked for."""
    asked: list[bytes] = []
    for zone in anchors.zones():
        anchor = anchors.at(zone)
        if anchor is None:
            continue
        name = signal_name(anchor)
        try:
            errand = Errand(clock, clock() + PATIENCE)
            await fetch(Question(name, NULL), errand, again=True)
        except (Lost, Spent):
            pass  # that it was asked is all that counts
        asked.append(name)
    return asked


async def keep_signalling(
    anchors: Anchors,
    fetch: Fetch,
    clock: Callable[[], float],
    dice: Dice,
    is_first: Callable[[], bool],
) -> None:
    """Send signals until this is cancelled; only where `is_first` of all workers."""
    await asyncio.sleep(FIRST * (1 + dice.random()))
    while True:
        if is_first():
            await signal(anchors, fetch, clock)
        await asyncio.sleep(PERIOD * (1 - JITTER * dice.random()))
