"""Cookies for servers: what we send to show, next time, that it is us (RFC 7873).

A cookie of ours is a keyed hash of the server's address, so that no server learns what
we send to another, and none can be told from outside.  The key lives as long as the
process, and a day at most (RFC 7873 section 7.1: 26 hours).  The hash is our own
affair; RFC 9018 wants SipHash for a server's cookie, which several machines share.

The source address is not in it: where there are several of one family, one for each
question, cookies are not used at all, for a server's cookie holds for one address.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final, final

from resolver.cache.manners import CLIENT_COOKIE, Manners
from resolver.ports import Address
from resolver.wire.edns import before_cookie
from resolver.wire.message import Edns

# Seconds until the key is replaced.
KEY_LIFETIME: Final = 86_400.0
# Bytes of a cookie with the server's part (RFC 7873 section 4).
SHORTEST_WITH_SERVER: Final = 16
LONGEST: Final = 40

_KEY_BITS: Final = 128


@final
class Jar:
    """Makes our cookies, and OPT records with a cookie in them."""

    __slots__ = ("_heads", "_key", "_key_until", "_random_bits")

    def __init__(self, random_bits: Callable[[int], int], edns: Edns) -> None:
        self._random_bits: Final = random_bits
        self._key = b""
        self._key_until = 0.0
        # By the bytes that a cookie has.
        self._heads: Final = [before_cookie(edns, size) for size in range(LONGEST + 1)]

    def fill(self, manners: Manners, server: Address, now: float) -> None:
        """Give a server a new cookie of ours; what it gave us is forgotten."""
        if now >= self._key_until:
            self._key = self._random_bits(_KEY_BITS).to_bytes(_KEY_BITS // 8, "big")
            self._key_until = now + KEY_LIFETIME
        hashed = blake2b(
            f"{server.host} {server.port}".encode(),
            digest_size=CLIENT_COOKIE,
            key=self._key,
        )
        manners.cookie = hashed.digest()
        manners.cookie_until = self._key_until

    def record(self, cookie: bytes) -> bytes:
        """Build the OPT record with a cookie."""
        return self._heads[len(cookie)] + cookie
