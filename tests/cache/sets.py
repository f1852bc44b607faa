"""Record sets to put into caches."""

from resolver.cache.rrsets import (
    RANK_ADDITIONAL,
    RANK_ANSWER,
    RANK_AUTHORITATIVE,
    RANK_AUTHORITY,
)
from resolver.wire import types
from resolver.wire.message import RRset

RANKS = [RANK_ADDITIONAL, RANK_AUTHORITY, RANK_ANSWER, RANK_AUTHORITATIVE]

WWW = b"\x03www\x07example\x00"
ZONE = b"\x07example\x00"
ROOMY = 1_000_000


def a_set(
    ttl: int = 300, *addresses: bytes, name: bytes = WWW, rdtype: int = types.A
) -> RRset:
    return RRset(name, rdtype, ttl, addresses or (b"\x01\x02\x03\x04",))


def soa(ttl: int = 900, minimum: int = 600, name: bytes = ZONE) -> RRset:
    names = b"\x02ns\x07example\x00\x05admin\x07example\x00"
    numbers = bytes(16) + minimum.to_bytes(4, "big")
    return RRset(name, types.SOA, ttl, (names + numbers,), (b"signature",))
