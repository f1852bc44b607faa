"""What is known of the keys by which a zone is trusted, while they change (RFC 5011).

The configuration names the first keys of a zone.  From then on they are followed
(`rollover`), and what has become of them is kept from one start to the next.  A `Watch`
is that knowledge for one zone; here it begins, and here what was kept and what the
configuration says by now become one.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from resolver.dnssec.anchors import Anchor
from resolver.dnssec.crypto import Crypto
from resolver.dnssec.digests import matches, read_ds
from resolver.dnssec.keys import REVOKED as REVOKED_FLAG
from resolver.dnssec.keys import Key, key_tag, read_key, read_keys
from resolver.wire import types

DAY: Final = 86_400
HOUR: Final = 3600
# The longest time between two looks at a zone's keys (RFC 5011 section 2.3).
LONGEST_INTERVAL: Final = 15 * DAY
# Keys of one zone that are followed; the RFC asks for five (section 3).
MAX_KEYS: Final = 32

ADDPEND: Final = "addpend"
VALID: Final = "valid"
MISSING: Final = "missing"
REVOKED: Final = "revoked"
REMOVED: Final = "removed"
STATES: Final = (ADDPEND, VALID, MISSING, REVOKED, REMOVED)


class Tracked(NamedTuple):
    """A key that is followed: the data of its DNSKEY, or of a DS until it is seen.

    In `state` `since`; `seen` counts how often while it is pending.  `configured`: we
    were told of it, rather than having learnt of it.
    """

    rdtype: int
    rdata: bytes
    state: str
    since: int
    seen: int = 0
    configured: bool = False

    @property
    def tag(self) -> int:
        """Give the key's tag, with which people name it."""
        if self.rdtype == types.DS:
            return int.from_bytes(self.rdata[:2], "big")
        return key_tag(self.rdata)

    @property
    def is_trusted(self) -> bool:
        """Say whether it is an anchor."""
        return self.state in {VALID, MISSING}


class Watch(NamedTuple):
    """What is known of the keys of a zone, and when to look again: at `due`.

    `asked` and `succeeded` are the moments of the last try and the last good one,
    `failures` counts those in between.
    """

    zone: bytes
    keys: tuple[Tracked, ...]
    asked: int = 0
    succeeded: int = 0
    due: int = 0
    failures: int = 0
    interval: int = HOUR
    retry: int = HOUR

    def anchor(self) -> Anchor | None:
        """Give what is trusted now; None when all of it was revoked."""
        trusted = [it for it in self.keys if it.is_trusted]
        if not trusted:
            return None
        return Anchor(
            self.zone,
            tuple(it.rdata for it in trusted if it.rdtype == types.DS),
            tuple(it.rdata for it in trusted if it.rdtype == types.DNSKEY),
        )


def begin(anchor: Anchor, wall: int) -> Watch | None:
    """Follow a zone from what the configuration says; None where nobody could.

    Keys without the SEP bit take no part (section 3): if there are no others, the
    zone's anchor stays as it is.
    """
    keys = [
        Tracked(types.DNSKEY, key.rdata, VALID, wall, configured=True)
        for key in read_keys(anchor.keys)
        if key.is_entry_point
    ]
    signers = [
        Tracked(types.DS, it, VALID, wall, configured=True) for it in anchor.signers
    ]
    keys = [*signers, *keys][:MAX_KEYS]
    return Watch(anchor.zone, tuple(keys)) if keys else None


def resume(fresh: Watch, kept: Watch, crypto: Crypto, wall: int) -> Watch:
    """Go on from what was kept, with what the configuration says by now.

    What it names anew is trusted at once, what it no longer names and was not learnt
    is not trusted any more; of all the rest, what was kept knows more: a key that
    was revoked stays so.  If nothing trusted is left like that, the configuration counts.
    """
    known = [_named(it, fresh, crypto) for it in kept.keys]
    left = [
        one
        for one, was in zip(known, kept.keys, strict=True)
        if one.configured or not was.configured
    ]
    new = [
        it
        for it in fresh.keys
        if not any(_same(it, one, kept.zone, crypto) for one in left)
    ]
    keys = (*left, *new)[:MAX_KEYS]
    if len(left) < len(known) and not any(it.is_trusted for it in keys):
        return fresh
    due = 0 if new else min(kept.due, wall + LONGEST_INTERVAL)
    return kept._replace(keys=keys, due=due)


def _named(one: Tracked, fresh: Watch, crypto: Crypto) -> Tracked:
    """Say of a key that was kept whether the configuration names it."""
    if not any(_same(one, it, fresh.zone, crypto) for it in fresh.keys):
        return one._replace(configured=False)
    state = VALID if one.state == ADDPEND else one.state
    return one._replace(configured=True, state=state)


def is_key(one: Tracked, key: Key, zone: bytes, crypto: Crypto) -> bool:
    """Say whether a key is the one that is followed, revoked or not."""
    if one.rdtype == types.DNSKEY:
        return unrevoked(one.rdata) == unrevoked(key.rdata)
    plain = read_key(unrevoked(key.rdata))
    signer = read_ds(one.rdata)
    return (
        plain is not None
        and signer is not None
        and matches(signer, zone, plain, crypto)
    )


def _same(one: Tracked, other: Tracked, zone: bytes, crypto: Crypto) -> bool:
    """Say whether two that are followed are the same key, as far as one can tell."""
    if other.rdtype == types.DNSKEY:
        one, other = other, one
    if one.rdtype == types.DNSKEY:
        key = read_key(one.rdata)
        return key is not None and is_key(other, key, zone, crypto)
    return one.rdata == other.rdata


def once(keys: Iterable[Tracked]) -> tuple[Tracked, ...]:
    """Leave out keys that are there twice: two DS may have led to one."""
    found: dict[bytes, Tracked] = {}
    for one in keys:
        plain = one.rdata if one.rdtype == types.DS else unrevoked(one.rdata)
        found.setdefault(plain, one)
    return tuple(found.values())


def unrevoked(rdata: bytes) -> bytes:
    """Give the data of a key as it is before its revocation."""
    return rdata[:1] + bytes((rdata[1] & ~REVOKED_FLAG & 0xFF,)) + rdata[2:]
