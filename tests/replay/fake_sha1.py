"""Scenarios of old are signed with what nobody accepts any more.

Unbound's tests for them switch on `fake-sha1` and `fake-dsa`: signatures of DSA and
of RSA with SHA-1 count as good, whatever is in them.  Digests are computed: those of
the scenarios are right.  Nothing in `resolver` can do this.
"""

from typing import final

from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.keys import Key

FAKED = frozenset((3, 5, 6, 7))


@final
class FakeSha1:
    """Crypto for the player, where a scenario asks for it."""

    def __init__(self) -> None:
        self._real = KeyStore(accept_sha1=True)

    def supports(self, algorithm: int) -> bool:
        return algorithm in FAKED or self._real.supports(algorithm)

    def supports_digest(self, digest_type: int) -> bool:
        return self._real.supports_digest(digest_type)

    def check(self, key: Key, signature: bytes, data: bytes) -> bool:
        return key.algorithm in FAKED or self._real.check(key, signature, data)

    def digest_fits(self, digest_type: int, digest: bytes, data: bytes) -> bool:
        return self._real.digest_fits(digest_type, digest, data)
