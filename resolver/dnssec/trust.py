"""What we hold of zones, and for how long.

One entry per zone, the least recently found out the first to go.  What is bogus is held
for a minute, so that a zone that was mended is soon seen to be, and for longer if it was
so before: a broken zone that many ask about shall not keep us busy.
"""

from collections import OrderedDict
from typing import Final, NamedTuple, final

from resolver.beliefs import BOGUS, security_name
from resolver.dnssec.anchors import Anchor
from resolver.dnssec.digests import read_ds
from resolver.dnssec.keys import ZoneKeys, read_keys
from resolver.ports import Errand
from resolver.wire import names

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


class Trust(NamedTuple):
    """What we hold of a zone: `security`, and its `keys` where that is SECURE.

    Until `expires`.  `ede` and `text` say why it is not SECURE.
    """

    security: int
    expires: float
    keys: ZoneKeys | None = None
    ede: int = 0
    text: str = ""


class Vouched(NamedTuple):
    """What is known of a zone's keys, from the zone above or from us."""

    anchor: Anchor
    expires: float

    @property
    def tags(self) -> str:
        """Name the keys, by their tags."""
        signers = [it for it in map(read_ds, self.anchor.signers) if it is not None]
        tags = [str(it.tag) for it in signers]
        tags += [str(it.tag) for it in read_keys(self.anchor.keys)]
        return ", ".join(tags[:MAX_TAGS])


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
