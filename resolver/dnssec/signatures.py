"""Is this set of records as its zone signed it?

A set comes with signatures, a zone with keys; one signature that one key made is
enough.  Nobody says which, and whoever wants our time sends many of both (KeyTrap,
CVE-2023-50387: keys times signatures).  So all that is cheap is looked at first:
signer, labels, algorithm, key and time.  What remains is tried, a few signatures with
a few keys, and each try is paid for by the errand; three tries that fail end it,
whoever sent them.

Of all signatures that did not do, the one that came closest is the reason that people
read: "expired" says more than "made by an unknown key", when both were there.

RFC 4035 section 5.3; RFC 6840 for the corrections.
"""

from typing import Final, NamedTuple, final

from resolver.dnssec.anchors import clock_is_wrong
from resolver.dnssec.canonical import (
    Signature,
    owner_labels,
    read_signature,
    signed_data,
)
from resolver.dnssec.crypto import Crypto
from resolver.dnssec.keys import USUAL_COLLIDING_KEYS, ZoneKeys, algorithm_name
from resolver.ports import MAX_SIGNATURE_CHECKS, Errand
from resolver.wire import names, types
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_DNSKEY_MISSING,
    EDE_EXPIRED_BEFORE_VALID,
    EDE_NO_ZONE_KEY_BIT,
    EDE_RRSIGS_MISSING,
    EDE_SIGNATURE_EXPIRED,
    EDE_SIGNATURE_NOT_YET_VALID,
    EDE_UNSUPPORTED_ALGORITHM,
)
from resolver.wire.message import RRset

# Signatures of one set that are tried; PowerDNS 2, Unbound and hickory 8.
MAX_SIGNATURES_TRIED: Final = 4
# Signatures of one set that are looked at, to find those; Unbound cuts sets at 8.
MAX_SIGNATURES_READ: Final = 32
# Checks between two turns of the event loop, which is the caller's to give: half a
# millisecond, with the slowest algorithm.  Unbound 8.
CHECKS_PER_TURN: Final = 4

# The tolerance for clocks, as a share of a signature's life; Unbound the same.
SKEW_SHARE: Final = 10

# Why a signature does not do, in the order in which they are looked for: the later,
# the closer it came.
_MALFORMED: Final = 0
_OTHER_SET: Final = 1
_OTHER_SIGNER: Final = 2
_LABELS: Final = 3
_ALGORITHM: Final = 4
_NO_KEY: Final = 5
_NO_ZONE_KEY: Final = 6
_BACKWARDS: Final = 7
_TOO_EARLY: Final = 8
_EXPIRED: Final = 9
_FORGED: Final = 10
_FIT: Final = 11

_EDE: Final = {
    _MALFORMED: EDE_BOGUS,
    _OTHER_SET: EDE_RRSIGS_MISSING,
    _OTHER_SIGNER: EDE_RRSIGS_MISSING,
    _LABELS: EDE_BOGUS,
    _ALGORITHM: EDE_UNSUPPORTED_ALGORITHM,
    _NO_KEY: EDE_DNSKEY_MISSING,
    _NO_ZONE_KEY: EDE_NO_ZONE_KEY_BIT,
    _BACKWARDS: EDE_EXPIRED_BEFORE_VALID,
    _TOO_EARLY: EDE_SIGNATURE_NOT_YET_VALID,
    _EXPIRED: EDE_SIGNATURE_EXPIRED,
    _FORGED: EDE_BOGUS,
}


class Valid(NamedTuple):
    """The set is as its zone signed it.

    `ttl` is the longest time that it may be kept, in seconds: that of the set, of the
    signer, or until the signature expires.  `encloser` is the name below which the
    wildcard stands that the set was made from, and empty for other sets: then it must
    be proven that no closer name exists (RFC 4035 section 5.3.4).  `checks` is how
    many signatures were computed.  `warning` tells what should be mended in the zone.
    """

    ttl: int
    tag: int
    algorithm: int
    encloser: bytes = b""
    checks: int = 1
    warning: str = ""


class Invalid(NamedTuple):
    """No signature of the set does: an extended error, and why in words."""

    ede: int
    text: str


@final
class Signatures:
    """Checks signatures, for everybody.

    `skew` is the tolerance for wrong clocks in seconds, never more than a tenth of a
    signature's life.
    """

    __slots__ = ("_crypto", "_skew")

    def __init__(self, crypto: Crypto, skew: int) -> None:
        self._crypto: Final = crypto
        self._skew: Final = skew

    def verify(
        self, rrset: RRset, keys: ZoneKeys, wall: int, errand: Errand
    ) -> Valid | Invalid:
        """Look for a signature of `rrset` that one of the zone's `keys` made.

        `keys` are those of the zone that must have signed: which one that is, is the
        caller's to know.  `wall` is the time in seconds since 1970.  Raises `Spent`.
        """
        closest, problem = None, _MALFORMED
        tried = 0
        before = errand.signature_checks_left
        for rdata in rrset.signatures[:MAX_SIGNATURES_READ]:
            signature = read_signature(rdata)
            if signature is None:
                continue
            fitness = self._fitness(rrset, signature, keys, wall)
            if fitness == _FIT:
                tried += 1
                if self._try(rrset, signature, keys, errand):
                    checks = before - errand.signature_checks_left
                    return self._valid(rrset, signature, keys, wall, checks)
                fitness = _FORGED
            if closest is None or fitness > problem:
                closest, problem = signature, fitness
            if tried == MAX_SIGNATURES_TRIED:
                break
        return self._invalid(rrset, closest, problem, keys, wall)

    def _fitness(
        self, rrset: RRset, signature: Signature, keys: ZoneKeys, wall: int
    ) -> int:
        """Look at all that is cheap: `_FIT`, or why the signature will not do."""
        if signature.covered != rrset.rdtype:
            return _OTHER_SET
        if signature.signer != keys.zone or not names.is_below(rrset.name, keys.zone):
            return _OTHER_SIGNER
        # Fewer labels than the signer's: a wildcard above the zone, which is not the
        # zone's to sign (CVE-2026-44690 and its kin).
        if not keys.zone_labels <= signature.labels <= owner_labels(rrset.name):
            return _LABELS
        if not self._crypto.supports(signature.algorithm):
            return _ALGORITHM
        if not keys.fit(signature.tag, signature.algorithm, signature.covered):
            named = keys.named(signature.tag, signature.algorithm)
            return _NO_ZONE_KEY if named else _NO_KEY
        return self._timeliness(signature, wall)

    def _timeliness(self, signature: Signature, wall: int) -> int:
        """Compare the clock with a signature's life, in serial arithmetic (RFC 1982)."""
        life = _between(signature.inception, signature.expiration)
        if life < 0:
            return _BACKWARDS
        skew = min(self._skew, life // SKEW_SHARE)
        if _between(wall, signature.inception) > skew:
            return _TOO_EARLY
        if _between(signature.expiration, wall) > skew:
            return _EXPIRED
        return _FIT

    def _try(
        self, rrset: RRset, signature: Signature, keys: ZoneKeys, errand: Errand
    ) -> bool:
        """Check a signature with the keys that it names."""
        data = signed_data(rrset, signature)
        for key in keys.fit(signature.tag, signature.algorithm, signature.covered):
            errand.spend_signature_check()
            if self._crypto.check(key, signature.signature, data):
                return True
            errand.failed_checks_left -= 1
        return False

    def _valid(
        self, rrset: RRset, signature: Signature, keys: ZoneKeys, wall: int, checks: int
    ) -> Valid:
        encloser = b""
        if signature.labels < owner_labels(rrset.name):
            encloser = names.keep_labels(rrset.name, signature.labels)
        return Valid(
            min(rrset.ttl, self._left(signature, wall)),
            signature.tag,
            signature.algorithm,
            encloser,
            checks,
            _warning(signature, keys),
        )

    def _left(self, signature: Signature, wall: int) -> int:
        """Count the seconds that what was signed may be kept (RFC 4035 section 5.3.3)."""
        left = _between(wall, signature.expiration)
        if left <= 0:
            # Expired, but for the tolerance: good for what is left of that.
            life = _between(signature.inception, signature.expiration)
            left += min(self._skew, life // SKEW_SHARE)
        return min(signature.original_ttl, left)

    def _invalid(
        self,
        rrset: RRset,
        closest: Signature | None,
        problem: int,
        keys: ZoneKeys,
        wall: int,
    ) -> Invalid:
        """Say in words why the signature that came closest will not do."""
        what = _set_text(rrset)
        zone = names.to_text(keys.zone)
        if not rrset.signatures:
            return Invalid(EDE_RRSIGS_MISSING, f"{what} has no signature of {zone}")
        if closest is None:
            return Invalid(EDE_BOGUS, f"{what}: the signature is malformed")
        if problem <= _OTHER_SIGNER:
            signer = names.to_text(closest.signer)
            text = f"{what} has no signature of {zone}, but one of {signer}"
            return Invalid(EDE_RRSIGS_MISSING, text)
        why = _reason(closest, problem, wall)
        algorithm = algorithm_name(closest.algorithm)
        text = f"{what}: signature by {zone} key {closest.tag} ({algorithm}) {why}"
        return Invalid(_EDE[problem], text)


def is_turn_over(before: int, after: int) -> bool:
    """Say whether others are to have a turn, by the checks left before and after some.

    Counted from the first check of the errand: it is the fifth that others come before.
    """
    spent = MAX_SIGNATURE_CHECKS - after
    return (
        spent // CHECKS_PER_TURN != (MAX_SIGNATURE_CHECKS - before) // CHECKS_PER_TURN
    )


def _between(start: int, end: int) -> int:
    """Count the seconds from `start` to `end`, both modulo 2^32 (RFC 1982)."""
    return (end - start + 0x80000000 & 0xFFFFFFFF) - 0x80000000


def _warning(signature: Signature, keys: ZoneKeys) -> str:
    """Tell of keys that share a tag, where they are more than chance gives."""
    count = len(keys.named(signature.tag, signature.algorithm))
    if count <= USUAL_COLLIDING_KEYS:
        return ""
    return f"{count} keys of {names.to_text(keys.zone)} have tag {signature.tag}"


def _set_text(rrset: RRset) -> str:
    return f"{names.to_text(rrset.name)} {types.type_name(rrset.rdtype)}"


def _reason(signature: Signature, problem: int, wall: int) -> str:
    if problem == _TOO_EARLY:
        ahead = _duration(_between(wall, signature.inception))
        shows = f"the clock of this host shows {utc(wall)}"
        if clock_is_wrong(wall):
            shows += ", which is wrong"
        return f"is not yet valid, only in {ahead}; {shows}"
    if problem == _EXPIRED:
        late = _between(signature.expiration, wall)
        return f"expired {_duration(late)} ago, at {utc(wall - late)}"
    return _REASONS[problem]


_REASONS: Final = {
    _LABELS: "counts labels that the name or the zone does not have",
    _ALGORITHM: "is of an algorithm that does not count here",
    _NO_KEY: "is by a key that the zone does not have",
    _NO_ZONE_KEY: "is by a key that may not sign",
    _BACKWARDS: "expires before it is valid",
    _FORGED: "does not fit",
}

_UNITS: Final = ((86400, "days"), (3600, "hours"), (60, "minutes"))


def utc(wall: int) -> str:
    """Write a time in seconds since 1970 as people read it.

    Days since 1970-01-01 to the calendar's, in eras of 400 years that begin in March.
    """
    days, seconds = divmod(wall, 86_400)
    era, day_of_era = divmod(days + 719_468, 146_097)
    year = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day = day_of_era - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9  # noqa: PLR2004 - March is 0, January 10
    year += era * 400 + (1 if month <= 2 else 0)  # noqa: PLR2004 - see above
    hours, seconds = divmod(seconds, 3600)
    clock = f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}"
    return f"{year:04}-{month:02}-{day:02} {clock} UTC"


def _duration(seconds: int) -> str:
    """Write a duration in the largest unit that it has two of."""
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} second{'s' if seconds != 1 else ''}"
