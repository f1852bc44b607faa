"""What validation is put together from: anchors, algorithms, and the chain of trust."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from resolver.beliefs import Fetch
from resolver.config import Dnssec
from resolver.daemon import anchorfile
from resolver.dnssec.aggressive import Denials
from resolver.dnssec.anchors import (
    Anchor,
    Anchors,
    collect,
    parse_anchors,
    read_built_in,
)
from resolver.dnssec.chain import Chain
from resolver.dnssec.crypto import Crypto, KeyStore
from resolver.dnssec.negative import FOREVER, NegativeAnchors
from resolver.dnssec.rollover import Rollover
from resolver.dnssec.signatures import Signatures
from resolver.dnssec.validate import Validator
from resolver.dnssec.watches import Watch, begin
from resolver.wire import names
from resolver.wire.message import RRset

BUILT_IN_ANCHORS: Final = Path(__file__).parent.parent / "data" / "root.anchors"


class Validation(NamedTuple):
    """What a walk needs to believe, and what can be changed about it later.

    `configured` are the zones whose anchors are followed, as they begin, and `watches`
    as they were kept.  `recheck` validates as if there were no negative anchors, and
    remembers for itself.  `denials` are what zones have denied, None: not kept.
    """

    validator: Validator
    chain: Chain
    anchors: Anchors
    negative: NegativeAnchors
    fetch: Fetch
    rollover: Rollover
    configured: dict[bytes, Watch]
    watches: dict[bytes, Watch]
    recheck: tuple[Validator, Chain]
    denials: Denials | None

    def root_tags(self) -> list[int]:
        """List the tags of the root's keys that are trusted now."""
        anchor = self.anchors.at(names.ROOT)
        return [] if anchor is None else anchor.tags()


def validation_of(
    dnssec: Dnssec,
    fetch: Fetch,
    wall: Callable[[], float],
    crypto: Crypto | None = None,
    breathe: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0),
) -> Validation:
    """Put validation together.

    `crypto` stands in for the algorithms that the configuration allows.  Raises
    ValueError for an anchor that cannot serve as one, and OSError for a file that
    cannot be read.
    """
    if crypto is None:
        crypto = KeyStore(accept_sha1=dnssec.accept_sha1)
    collected = collect(_anchors(dnssec.trust_anchors), crypto)
    anchors = Anchors(collected)
    signatures = Signatures(crypto, dnssec.signature_skew)
    rollover = Rollover(crypto, signatures)
    configured = _configured(dnssec, collected, int(wall()))
    watches = _kept(dnssec, configured, rollover, int(wall()))
    for watch in watches.values():
        anchors.replace(watch.zone, watch.anchor())
    negative = NegativeAnchors(tuple(map(_name, dnssec.negative_trust_anchors)))
    checking = (crypto, signatures)
    chain = Chain(anchors, negative, checking, fetch, wall, breathe)
    bare = Chain(anchors, NegativeAnchors(), checking, fetch, wall, breathe)
    denials = Denials(chain.known, negative) if dnssec.aggressive_nsec else None
    return Validation(
        Validator(anchors, chain, denials),
        chain,
        anchors,
        negative,
        fetch,
        rollover,
        configured,
        watches,
        (Validator(anchors, bare), bare),
        denials,
    )


def carry_over(old: Validation, new: Validation, wall: float, now: float) -> None:
    """Go on from what an earlier one has learned of anchors, and was told by operators.

    Anchors have followed their zones' keys.  Negative anchors that were added for a time
    keep what is left of that.
    """
    for zone, configured in new.configured.items():
        if zone in old.watches:
            watch = new.rollover.resume(configured, old.watches[zone], int(wall))
            new.watches[zone] = watch
            new.anchors.replace(zone, watch.anchor())
    for zone, until in old.negative.listed(now):
        if until != FOREVER:
            new.negative.add(zone, until)


def _configured(
    dnssec: Dnssec, collected: list[Anchor], wall: int
) -> dict[bytes, Watch]:
    """Begin to follow the anchors that the configuration names."""
    if not dnssec.follow_anchor_rollovers:
        return {}
    begun = [begin(anchor, wall) for anchor in collected]
    return {it.zone: it for it in begun if it is not None}


def _kept(
    dnssec: Dnssec, configured: dict[bytes, Watch], rollover: Rollover, wall: int
) -> dict[bytes, Watch]:
    """Go on from what was kept; what cannot be believed is the follower's to tell of."""
    path = anchorfile.path_of(dnssec)
    kept: dict[bytes, Watch] = {}
    if path and configured:
        with suppress(anchorfile.Damaged, OSError):
            kept = anchorfile.read(path)
    return {
        zone: rollover.resume(watch, kept[zone], wall) if zone in kept else watch
        for zone, watch in configured.items()
    }


def _anchors(texts: tuple[str, ...]) -> list[RRset]:
    """Read the anchors that the configuration names, or our own."""
    if not texts:
        return read_built_in(BUILT_IN_ANCHORS.read_text("utf-8"))
    found: list[RRset] = []
    for text in texts:
        try:
            is_file = len(text.split()) == 1
            found += parse_anchors(Path(text).read_text("utf-8") if is_file else text)
        except ValueError as error:
            raise ValueError(f"dnssec.trust_anchors: {text}: {error}") from error
    return found


def _name(text: str) -> bytes:
    """Read a name as people write it."""
    # Brings all of dnspython along, and most configurations have none.
    from resolver.wire.presentation import name_from_text  # noqa: PLC0415

    return name_from_text(text)
