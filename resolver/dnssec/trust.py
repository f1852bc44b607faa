"""What we hold of zones, and for how long.

One entry per zone, the least recently found out the first to go.  What is bogus is held
for a minute, so that a zone that was mended is soon seen to be, and for longer if it was
so before: a broken zone that many ask about shall not keep us busy.
"""

from collections import OrderedDict
from typing import Final, NamedTuple, final

from resolver.beliefs import BOGUS, INSECURE, security_name
from resolver.dnssec.anchors import Anchor
from resolver.dnssec.crypto import Crypto
from resolver.dnssec.digests import read_ds, usable_ds
from resolver.dnssec.keys import ZoneKeys, algorithm_name, read_keys, unrevoked_tag
from resolver.ports import Errand
from resolver.wire import names
from resolver.wire.errors import (
    EDE_DNSKEY_MISSING,
    EDE_NO_ZONE_KEY_BIT,
    EDE_UNSUPPORTED_ALGORITHM,
    EDE_UNSUPPORTED_DIGEST,
)
from resolver.wire.message import RRset

# Zones whose trust is remembered.  One takes 1 to 3 kB, most of it keys.
MAX_ZONES: Final = 16_384
# Seconds for which trust is remembered at most, so that a zone that is unsigned today
# is looked at again; Unbound's key cache holds what the TTL says, a day at most.
LONGEST: Final = 86_400.0
# Seconds for which a zone is taken for bogus, at first and after failing again and
# again; Unbound 60.
FIRST_BOGUS: Final = 60.0
LONGEST_BOGUS: Final = 300.0
# Tags named in one text.
MAX_TAGS: Final = 4


class Vouched(NamedTuple):
    """What is known of a zone's keys, from the zone above or from us.

    `by` is the key of the zone above that signed it, 0 where it is a trust anchor.
    """

    anchor: Anchor
    expires: float
    above: bytes = b""
    by: int = 0

    @property
    def tags(self) -> str:
        """Name the keys, by their tags, and what names them."""
        kind = "DS" if self.above else "trust anchor"
        return f"{kind} {_listed(self._tags())}"

    @property
    def origin(self) -> str:
        """Name the keys, and whose word that is."""
        if not self.above:
            return self.tags
        return f"{self.tags} (signed by {names.to_text(self.above)} key {self.by})"

    def _tags(self) -> list[int]:
        signers = [it for it in map(read_ds, self.anchor.signers) if it is not None]
        tags = [it.tag for it in signers]
        return tags + [it.tag for it in read_keys(self.anchor.keys)]

    def misfit(self, keys: ZoneKeys) -> tuple[int, str]:
        """Say why none of a zone's keys is one of these: an extended error, and words.

        A key of the same tag is most likely the one that is meant.
        """
        meant = set(self._tags())
        code = EDE_DNSKEY_MISSING
        why = f"it has {_listed([key.tag for key in keys.keys]) or 'none that is one'}"
        for key in keys.keys:
            if key.is_revoked and {key.tag, unrevoked_tag(key)} & meant:
                why = f"key {key.tag} is revoked"
            elif key.tag not in meant:
                continue
            elif not key.is_zone_key:
                code, why = EDE_NO_ZONE_KEY_BIT, f"key {key.tag} is no zone key"
            else:
                why = f"key {key.tag} has another digest or algorithm"
        zone = names.to_text(keys.zone)
        return (
            code,
            f"no DNSKEY of {zone} fits {'its' if self.above else 'the'} {self.tags}: {why}",
        )


class Sealed(NamedTuple):
    """Why a zone is secure, to be put in words when somebody reads them.

    `tag` and `algorithm` are those of the key that signed the DNSKEY set.
    """

    vouched: Vouched
    tag: int
    algorithm: int

    def __str__(self) -> str:
        """Put it in words."""
        name = algorithm_name(self.algorithm)
        return f"{self.vouched.origin}, DNSKEY set signed by {self.tag} ({name})"


class Unsigned(NamedTuple):
    """Why a zone is insecure: `above` proves that there is no DS; as `Sealed`."""

    above: bytes
    zone: bytes

    def __str__(self) -> str:
        """Put it in words."""
        above, zone = names.to_text(self.above), names.to_text(self.zone)
        return f"{above} proves that {zone} has no DS"


class Trust(NamedTuple):
    """What we hold of a zone: `security`, and its `keys` where that is SECURE.

    Until `expires`.  `ede` and `text` (what `str` makes of it) say why.
    """

    security: int
    expires: float
    keys: ZoneKeys | None = None
    ede: int = 0
    text: str | Sealed | Unsigned = ""


def _listed(tags: list[int]) -> str:
    more = f" and {len(tags) - MAX_TAGS} more" if len(tags) > MAX_TAGS else ""
    return ", ".join(map(str, tags[:MAX_TAGS])) + more


class Signer(NamedTuple):
    """The key of a zone that has signed something that holds until `expires`."""

    zone: bytes
    tag: int
    expires: float


def vouched(rrset: RRset, by: Signer, crypto: Crypto) -> Trust | Vouched:
    """Judge a DS set that is well signed; if none of it counts, the zone is insecure."""
    if usable_ds(rrset.rdatas, crypto):
        anchor = Anchor(rrset.name, rrset.rdatas, ())
        return Vouched(anchor, by.expires, by.zone, by.tag)
    ede, text = unusable(rrset, crypto)
    return Trust(INSECURE, by.expires, None, ede, text)


def unusable(rrset: RRset, crypto: Crypto) -> tuple[int, str]:
    """Say why no DS of a set counts: an extended error (RFC 8914), and words."""
    read = [it for it in map(read_ds, rrset.rdatas) if it is not None]
    known = [it for it in read if crypto.supports(it.algorithm)]
    zone = names.to_text(rrset.name)
    if known:
        digests = sorted({it.digest_type for it in known})
        what = f"a digest that counts here (of type {', '.join(map(str, digests))})"
        return EDE_UNSUPPORTED_DIGEST, f"no DS of {zone} has {what}"
    algorithms = sorted({it.algorithm for it in read})
    named = ", ".join(map(algorithm_name, algorithms[:MAX_TAGS])) or "none"
    what = f"an algorithm that counts here ({named})"
    return EDE_UNSUPPORTED_ALGORITHM, f"no DS of {zone} has {what}"


class NoCut(NamedTuple):
    """The zone above goes on at this name, or ends above it: `is_end`."""

    text: str
    is_end: bool = False


@final
class TrustStore:
    """Remembers trust, zone by zone."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: Final[OrderedDict[bytes, Trust]] = OrderedDict()

    def known(self, zone: bytes, now: float) -> Trust | None:
        """Say what is remembered of a zone."""
        trust = self._known.get(zone)
        if trust is None or now >= trust.expires:
            return None
        return trust

    def remove(self, zone: bytes, *, below: bool) -> int:
        """Forget a zone, or it and all below; count them."""
        found = [
            it
            for it in self._known
            if it == zone or (below and names.is_below(it, zone))
        ]
        for it in found:
            del self._known[it]
        return len(found)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

    def bogus(self, zone: bytes, ede: int, text: str, now: float) -> Trust:
        """Call a zone bogus, for longer if it was so before."""
        seconds = FIRST_BOGUS
        before = self._known.get(zone)
        if before is not None and before.security == BOGUS:
            lately = now < before.expires + LONGEST_BOGUS
            seconds = LONGEST_BOGUS if lately else FIRST_BOGUS
        return Trust(BOGUS, now + seconds, None, ede, text)

    def keep(self, zone: bytes, trust: Trust, errand: Errand) -> Trust:
        """Remember what was found out about a zone, and give it as it is kept."""
        errand.note("trust", zone, security_name(trust.security), trust.text)
        longest = errand.now() + LONGEST
        kept = trust if trust.expires <= longest else trust._replace(expires=longest)
        self._known[zone] = kept
        self._known.move_to_end(zone)
        if len(self._known) > MAX_ZONES:
            self._known.popitem(last=False)
        return kept
