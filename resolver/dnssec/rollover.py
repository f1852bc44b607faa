"""Anchors that live: a zone's new keys are learnt from the old ones (RFC 5011).

Whoever replaces the key that others have as an anchor publishes the new one long
before, signed by the old one, and later revokes the old one by the old one's own
signature.  A `Watch` holds what is known of the keys of one zone, and `observe` takes
the zone's DNSKEY set, as it was published at some moment, one step further:

    (start) --seen--> addpend --30 days later still there--> valid <--back-- missing
                        |                                      |--gone----->   |
                      gone: forgotten                          |--revoked------+
                                                               v
                      removed <--30 days after it was last seen-- revoked

Two things are believed, and nothing else: a set that a key signed which is an anchor
now, and a key that says of itself, in a set that it signed, that it is revoked.  A key
that is missing is still an anchor: its owner may have forgotten it, and who forges an
empty set gains nothing.

No clock and no chance here: `wall` is the time in seconds since 1970, and all that
varies is an argument.  A new `Watch` comes out, so that who keeps one on disk may write
it before anything rests on it.
"""

from typing import Final, NamedTuple, final

from resolver.dnssec.canonical import read_signature
from resolver.dnssec.crypto import Crypto
from resolver.dnssec.digests import usable_ds, vouched_keys
from resolver.dnssec.keys import Key, ZoneKeys, read_keys
from resolver.dnssec.signatures import Invalid, Signatures
from resolver.dnssec.watches import (
    ADDPEND,
    DAY,
    HOUR,
    LONGEST_INTERVAL,
    MAX_KEYS,
    MISSING,
    REMOVED,
    REVOKED,
    VALID,
    Tracked,
    Watch,
    is_key,
    once,
    resume,
)
from resolver.ports import Errand
from resolver.wire import names, types
from resolver.wire.errors import EDE_DNSKEY_MISSING
from resolver.wire.message import RRset

# Seconds that a new key has to have been there (section 2.4.1), that a revoked one is
# remembered (section 2.4.2), and that one may be missing while another is valid; the
# last is Unbound's, the RFC has none.
ADD_HOLD_DOWN: Final = 30 * DAY
REMOVE_HOLD_DOWN: Final = 30 * DAY
LONGEST_MISSING: Final = 366 * DAY
# How often a new key has to have been seen before; Unbound 2.
LEAST_SEEN: Final = 2
# Until the next look, after one that was in vain (section 2.3).
LONGEST_RETRY: Final = DAY
# What part of that is left to chance, so that not all ask at once; Unbound 10 %.
JITTER: Final = 0.1

# What a change comes from that begins, and leads to that ends, without a state.
UNKNOWN: Final = "unknown"


class Change(NamedTuple):
    """A key has gone from one state to another."""

    tag: int
    before: str
    after: str


class Observed(NamedTuple):
    """What has come of a look: the new watch, what changed, and what was wrong."""

    watch: Watch
    changes: tuple[Change, ...] = ()
    ede: int = 0
    problem: str = ""


def failed(watch: Watch, wall: int, chance: float) -> Watch:
    """Take note that nobody gave the keys."""
    return watch._replace(
        asked=wall,
        failures=watch.failures + 1,
        due=wall + _varied(watch.retry, chance),
    )


@final
class Rollover:
    """Takes watches further, with the signatures that validation believes."""

    __slots__ = ("_crypto", "_signatures")

    def __init__(self, crypto: Crypto, signatures: Signatures) -> None:
        self._crypto: Final = crypto
        self._signatures: Final = signatures

    def resume(self, fresh: Watch, kept: Watch, wall: int) -> Watch:
        """Go on from what was kept; see `watches.resume`."""
        return resume(fresh, kept, self._crypto, wall)

    def observe(
        self, watch: Watch, rrset: RRset, wall: int, chance: float, errand: Errand
    ) -> Observed:
        """Look at the DNSKEY set that a zone has published.

        `chance` is from 0 to 1.  Raises Spent: then nothing has been seen.
        """
        held = [key for key in read_keys(rrset.rdatas) if _takes_part(key)]
        changes: list[Change] = []
        watch = self._revoke(watch, held, rrset, wall, errand, changes)
        anchor = watch.anchor()
        if anchor is None:
            ended = watch._replace(asked=wall, succeeded=wall, failures=0)
            return Observed(ended, tuple(changes))
        trusted = self._trusted(watch, rrset, wall)
        verdict = self._signatures.verify(
            rrset, ZoneKeys(watch.zone, trusted), wall, errand
        )
        if isinstance(verdict, Invalid):
            ede, text = verdict if trusted else _no_key(watch)
            return Observed(failed(watch, wall, chance), tuple(changes), ede, text)
        interval, retry = timers(rrset, wall)
        watch = watch._replace(
            keys=self._step(watch, held, rrset, wall, changes),
            asked=wall,
            succeeded=wall,
            failures=0,
            interval=interval,
            retry=retry,
            due=wall + _varied(interval, chance),
        )
        return Observed(watch, tuple(changes))

    def _trusted(self, watch: Watch, rrset: RRset, wall: int) -> list[Key]:
        """List the keys whose signature counts: those kept, and those that a DS names."""
        hold_down = _hold_down(rrset)
        kept = [it for it in watch.keys if it.is_trusted]
        found = read_keys(it.rdata for it in kept if it.rdtype == types.DNSKEY)
        signers = usable_ds(
            [it.rdata for it in kept if it.rdtype == types.DS], self._crypto
        )
        keys = ZoneKeys(watch.zone, read_keys(rrset.rdatas))
        ripe = [it.rdata for it in watch.keys if _is_ripe(it, hold_down, wall)]
        found += read_keys(it for it in rrset.rdatas if it in ripe)
        named = vouched_keys(signers, keys, self._crypto)
        return found + [it for it in named if it not in found]

    def _revoke(
        self,
        watch: Watch,
        held: list[Key],
        rrset: RRset,
        wall: int,
        errand: Errand,
        changes: list[Change],
    ) -> Watch:
        """Believe those that revoke themselves, by a signature of their own."""
        keys = list(watch.keys)
        for key in held:
            if not key.is_revoked:
                continue
            for place, one in enumerate(keys):
                if not one.is_trusted or not self._is(one, key, watch.zone):
                    continue
                alone = ZoneKeys(watch.zone, [key])
                if isinstance(
                    self._signatures.verify(rrset, alone, wall, errand), Invalid
                ):
                    break
                changes.append(Change(one.tag, one.state, REVOKED))
                keys[place] = Tracked(
                    types.DNSKEY, key.rdata, REVOKED, wall, 0, one.configured
                )
        return watch._replace(keys=once(keys))

    def _step(
        self,
        watch: Watch,
        held: list[Key],
        rrset: RRset,
        wall: int,
        changes: list[Change],
    ) -> tuple[Tracked, ...]:
        """Take every key that is known one step further, and learn of new ones."""
        hold_down = _hold_down(rrset)
        any_valid = False
        found: list[Tracked] = []
        for one in watch.keys:
            there = self._published(one, held, watch.zone)
            after = _next(one, there, wall, hold_down)
            any_valid |= after.state == VALID and there is not None
            found.append(after)
        kept: list[Tracked] = []
        for one, after in zip(watch.keys, found, strict=True):
            if any_valid and _is_lost(after, wall):
                after = after._replace(state=REMOVED, since=wall)  # noqa: PLW2901
            if after.state != one.state:
                changes.append(Change(one.tag, one.state, after.state))
            # A tombstone is for what the configuration would bring back to life.
            if after.state != UNKNOWN and (after.configured or after.state != REMOVED):
                kept.append(after)
        for key in held:
            if key.is_revoked or not self._crypto.supports(key.algorithm):
                continue
            known = any(self._is(it, key, watch.zone) for it in watch.keys)
            if not known and len(kept) < MAX_KEYS:
                changes.append(Change(key.tag, UNKNOWN, ADDPEND))
                kept.append(Tracked(types.DNSKEY, key.rdata, ADDPEND, wall, 1))
        return once(kept)

    def _published(self, one: Tracked, held: list[Key], zone: bytes) -> Key | None:
        """Find a key that is followed among those of the set.

        A revocation that the key itself has not signed is none: then the key is gone.
        """
        for key in held:
            if key.is_revoked and one.state != REVOKED:
                continue
            if self._is(one, key, zone):
                return key
        return None

    def _is(self, one: Tracked, key: Key, zone: bytes) -> bool:
        """Say whether a key is the one that is followed, revoked or not."""
        return is_key(one, key, zone, self._crypto)


def timers(rrset: RRset, wall: int) -> tuple[int, int]:
    """Compute how long to wait until the next look, and after a failed one.

    Section 2.3: half of the TTL and of what the signatures have to live, an hour at
    least; a tenth after a failure.
    """
    ttl = _original_ttl(rrset)
    left = [ttl]
    for rdata in rrset.signatures:
        signature = read_signature(rdata)
        if signature is not None and signature.expiration > wall:
            left.append(signature.expiration - wall)
    shortest = min(left)
    interval = max(HOUR, min(LONGEST_INTERVAL, shortest // 2))
    return interval, max(HOUR, min(LONGEST_RETRY, shortest // 10))


def _next(one: Tracked, there: Key | None, wall: int, hold_down: int) -> Tracked:
    """Take one key through the table of section 4.1; UNKNOWN: forget it."""
    match one.state:
        case "addpend":
            if there is None:
                return one._replace(state=UNKNOWN)
            if _is_ripe(one, hold_down, wall):
                return one._replace(state=VALID, since=wall, seen=0)
            return one._replace(seen=one.seen + 1)
        case "valid" if there is None and one.rdtype == types.DNSKEY:
            return one._replace(state=MISSING, since=wall)
        case "missing" if there is not None:
            return one._replace(state=VALID, since=wall)
        case "valid" if there is not None:
            # A DS has led to its key.
            return one._replace(rdtype=types.DNSKEY, rdata=there.rdata)
        case "revoked" if there is not None:
            return one._replace(since=wall)
        case "revoked" if wall - one.since > REMOVE_HOLD_DOWN:
            return one._replace(state=REMOVED, since=wall)
        case _:
            return one


def _is_ripe(one: Tracked, hold_down: int, wall: int) -> bool:
    """Say whether a key that is pending has been so for long enough.

    Then its signature counts, too: it may be the only one that is left, when we have
    been switched off meanwhile (Unbound does the same).
    """
    waited = wall - one.since > hold_down
    return one.state == ADDPEND and waited and one.seen >= LEAST_SEEN


def _is_lost(one: Tracked, wall: int) -> bool:
    return one.state == MISSING and wall - one.since > LONGEST_MISSING


def _takes_part(key: Key) -> bool:
    return key.is_zone_key and key.is_entry_point


def _hold_down(rrset: RRset) -> int:
    return max(ADD_HOLD_DOWN, _original_ttl(rrset))


def _original_ttl(rrset: RRset) -> int:
    for rdata in rrset.signatures:
        signature = read_signature(rdata)
        if signature is not None and signature.covered == rrset.rdtype:
            return signature.original_ttl
    return rrset.ttl


def _varied(seconds: int, chance: float) -> int:
    return int(seconds * (1 - JITTER * chance))


def _no_key(watch: Watch) -> tuple[int, str]:
    tags = ", ".join(str(it.tag) for it in watch.keys if it.is_trusted)
    text = f"no DNSKEY of {names.to_text(watch.zone)} fits its anchor {tags}"
    return EDE_DNSKEY_MISSING, text
