"""A zone that changes its keys, and someone who follows them."""

from resolver.dnssec.anchors import Anchor
from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.rollover import Observed, Rollover
from resolver.dnssec.signatures import Signatures
from resolver.dnssec.watches import Tracked, Watch, begin
from resolver.wire import types
from resolver.wire.message import RRset
from tests.dnssec.signing import (
    DAY,
    NOW,
    dnskey,
    errand,
    our_key,
    our_set,
    rdataset,
    sign,
    wire,
)

APEX = b"\x07example\0"
KSK, REVOKED_KSK, ZSK = 257, 257 + 128, 256


def key(number: int, flags: int = KSK, algorithm: int = 13) -> bytes:
    return wire(dnskey(algorithm, number, flags))


def tag(number: int, flags: int = KSK) -> int:
    return our_key(dnskey(13, number, flags)).tag


def published(
    *keys: tuple[int, int],
    signed_by: tuple[tuple[int, int], ...] = (),
    wall: int = NOW,
    life: int = 20 * DAY,
    ttl: int = 2 * DAY,
    also: tuple[str, ...] = (),
) -> RRset:
    """The DNSKEY set of the zone: keys by number and flags, signed by some of them."""
    texts = [dnskey(13, number, flags).to_text() for number, flags in keys]
    records = rdataset("DNSKEY", [*texts, *also], ttl)
    signatures = [
        sign(
            "example.",
            records,
            number=number,
            key=dnskey(13, number, flags),
            inception=wall - DAY,
            expiration=wall + life,
        )
        for number, flags in signed_by
    ]
    return our_set("example.", records, *signatures)


class Follower:
    """Follows the zone from key 1 on."""

    def __init__(self, anchor: Anchor | None = None) -> None:
        found = begin(anchor or Anchor(APEX, (), (key(1),)), NOW)
        assert found is not None
        self.watch: Watch = found
        self.wall = NOW
        store = KeyStore()
        self.rollover = Rollover(store, Signatures(store, 0))

    def sees(
        self,
        *keys: tuple[int, int],
        signed_by: tuple[tuple[int, int], ...],
        later: int = 0,
        chance: float = 0.0,
    ) -> Observed:
        self.wall += later
        rrset = published(*keys, signed_by=signed_by, wall=self.wall)
        observed = self.rollover.observe(self.watch, rrset, self.wall, chance, errand())
        self.watch = observed.watch
        return observed

    @property
    def states(self) -> dict[int, str]:
        return {one.tag: one.state for one in self.watch.keys}

    @property
    def trusted(self) -> set[int]:
        anchor = self.watch.anchor()
        return set() if anchor is None else set(anchor.tags())


def tracked(number: int, state: str, **others: int) -> Tracked:
    return Tracked(types.DNSKEY, key(number), state, others.get("since", NOW))


def changed(observed: Observed) -> list[tuple[int, str, str]]:
    return [(it.tag, it.before, it.after) for it in observed.changes]
