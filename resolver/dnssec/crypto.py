"""Which algorithms we believe, and the one place where they are run.

`Crypto` is all that validation wants from cryptography: is this algorithm one of
ours, is this signature good, does this digest fit?  `KeyStore` is the answer for the
world.  Decoding a key costs a few microseconds and the first check with it more, so
decoded keys are kept, the most recently used ones; what could not be decoded is
remembered in the same way, so that a malformed key is not looked at twice.

RFC 9904 says what a validator implements: 8, 10, 13, 14, 15 and 16, with digests
SHA-256 and SHA-384.  SHA-1 (RFC 9905) is for those who ask for it.
"""

import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Protocol, final

from resolver.dnssec.keys import Key

if TYPE_CHECKING:
    from resolver.dnssec.algorithms import Check

ALGORITHMS: Final = frozenset((8, 10, 13, 14, 15, 16))
SHA1_ALGORITHMS: Final = frozenset((5, 7))

DIGEST_SHA1: Final = 1
DIGEST_SHA256: Final = 2
DIGEST_SHA384: Final = 4
DIGEST_SIZES: Final = {DIGEST_SHA1: 20, DIGEST_SHA256: 32, DIGEST_SHA384: 48}

# Decoded keys that are kept; one takes 2 to 2.5 kB, most of it OpenSSL's.
MAX_DECODED_KEYS: Final = 2048


class Crypto(Protocol):
    """What validation wants from cryptography."""

    def supports(self, algorithm: int) -> bool:
        """Say whether signatures of this algorithm can be checked, and may count."""

    def supports_digest(self, digest_type: int) -> bool:
        """Say whether a DS with this digest type may count."""

    def check(self, key: Key, signature: bytes, data: bytes) -> bool:
        """Say whether `key` made `signature` over `data`.

        False for whatever is malformed as well.  Never raises.
        """

    def digest_fits(self, digest_type: int, digest: bytes, data: bytes) -> bool:
        """Say whether `digest` is that of `data`.  False for unsupported types."""


@final
class KeyStore:
    """Runs the algorithms of `cryptography`, and keeps the keys that it decoded."""

    __slots__ = ("_algorithms", "_decoded", "_digests", "_most")

    def __init__(
        self, *, accept_sha1: bool = False, most: int = MAX_DECODED_KEYS
    ) -> None:
        self._most: Final = most
        self._algorithms: Final = ALGORITHMS | (
            SHA1_ALGORITHMS if accept_sha1 else frozenset[int]()
        )
        self._digests: Final = {
            DIGEST_SHA256,
            DIGEST_SHA384,
            *((DIGEST_SHA1,) if accept_sha1 else ()),
        }
        self._decoded: Final[OrderedDict[tuple[int, bytes], Check | None]] = (
            OrderedDict()
        )

    def supports(self, algorithm: int) -> bool:
        """Say whether signatures of this algorithm can be checked, and may count."""
        return algorithm in self._algorithms

    def supports_digest(self, digest_type: int) -> bool:
        """Say whether a DS with this digest type may count."""
        return digest_type in self._digests

    def check(self, key: Key, signature: bytes, data: bytes) -> bool:
        """Say whether `key` made `signature` over `data`; never raises."""
        if key.algorithm not in self._algorithms:
            return False
        known = (key.algorithm, key.public)
        if known in self._decoded:
            self._decoded.move_to_end(known)
            check = self._decoded[known]
        else:
            check = self._decode(known)
        return check is not None and check(signature, data)

    def digest_fits(self, digest_type: int, digest: bytes, data: bytes) -> bool:
        """Say whether `digest` is that of `data`.  False for unsupported types."""
        if digest_type not in self._digests or len(digest) != DIGEST_SIZES[digest_type]:
            return False
        if digest_type == DIGEST_SHA256:
            wanted = hashlib.sha256(data).digest()
        elif digest_type == DIGEST_SHA384:
            wanted = hashlib.sha384(data).digest()
        else:
            wanted = hashlib.sha1(data, usedforsecurity=False).digest()
        return wanted == digest

    def _decode(self, known: tuple[int, bytes]) -> "Check | None":
        # Loads OpenSSL: with the first signature, and not at the start.
        from resolver.dnssec.algorithms import decode  # noqa: PLC0415

        if len(self._decoded) >= self._most:
            self._decoded.popitem(last=False)
        check = self._decoded[known] = decode(*known)
        return check
