"""Public keys as `cryptography` knows them, decoded from the bytes of a DNSKEY.

The one module that imports `cryptography`, and it is itself imported with the first
signature that is checked: a start has better things to do.  `dns.dnssecalgs` does the
same from dnspython's objects; here bytes are at hand, lengths are exact, and what is
exotic is refused before OpenSSL sees it.

A decoded key is a function of signature and data that says yes or no.  It raises
nothing: whatever is wrong with a signature, it is not good.
"""

from collections.abc import Callable
from typing import Final, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Check = Callable[[bytes, bytes], bool]

# RFC 3110 allows 4096 bits at most.  Below 1024 (RFC 5702 allows 512) a key can be
# factored by anybody with a few computers.
RSA_BITS: Final = range(1024, 4096 + 1)
# In use are 3, 17 and 65537; a long exponent makes each check slow, and this is what
# an attacker would want it for.  BIND (9.21.24) draws the line there, too.
MAX_EXPONENT_BITS: Final = 32

_FAILURES: Final = (InvalidSignature, UnsupportedAlgorithm, ValueError)
_PADDING: Final = padding.PKCS1v15()


def decode(algorithm: int, public: bytes) -> Check | None:
    """Decode a public key; None where it is malformed, exotic, or of unknown kind."""
    decoder = _DECODERS.get(algorithm)
    if decoder is None or not public:
        return None
    try:
        return decoder(public)
    except (UnsupportedAlgorithm, ValueError):
        return None


@final
class _RSACheck:
    __slots__ = ("_hash", "_key")

    def __init__(self, key: rsa.RSAPublicKey, digest: hashes.HashAlgorithm) -> None:
        self._key: Final = key
        self._hash: Final = digest

    def __call__(self, signature: bytes, data: bytes) -> bool:
        try:
            self._key.verify(signature, data, _PADDING, self._hash)
        except _FAILURES:
            return False
        return True


@final
class _ECDSACheck:
    """ECDSA as in RFC 6605 section 4: r and s, each of the curve's size."""

    __slots__ = ("_algorithm", "_key", "_size")

    def __init__(
        self, key: ec.EllipticCurvePublicKey, size: int, algorithm: ec.ECDSA
    ) -> None:
        self._key: Final = key
        self._size: Final = size
        self._algorithm: Final = algorithm

    def __call__(self, signature: bytes, data: bytes) -> bool:
        size = self._size
        if len(signature) != 2 * size:
            return False
        r = int.from_bytes(signature[:size], "big")
        s = int.from_bytes(signature[size:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), data, self._algorithm)
        except _FAILURES:
            return False
        return True


@final
class _EdDSACheck:
    __slots__ = ("_key",)

    def __init__(self, key: ed25519.Ed25519PublicKey | ed448.Ed448PublicKey) -> None:
        self._key: Final = key

    def __call__(self, signature: bytes, data: bytes) -> bool:
        try:
            self._key.verify(signature, data)
        except _FAILURES:
            return False
        return True


def _decode_rsa(public: bytes, digest: hashes.HashAlgorithm) -> Check | None:
    """Decode an RSA key (RFC 3110 section 2)."""
    if public[0]:
        start, size = 1, public[0]
    else:
        start, size = 3, int.from_bytes(public[1:3], "big")
    exponent = int.from_bytes(public[start : start + size], "big")
    modulus = public[start + size :]
    if exponent.bit_length() > MAX_EXPONENT_BITS:
        return None
    # Before it is made a number: a DNSKEY has room for half a million bits.
    if len(modulus.lstrip(b"\0")) * 8 > RSA_BITS[-1]:
        return None
    number = int.from_bytes(modulus, "big")
    # Products of odd primes are odd, and so is what is coprime to their totient.
    if number.bit_length() not in RSA_BITS or not number & exponent & 1:
        return None
    key = rsa.RSAPublicNumbers(exponent, number).public_key()
    return _RSACheck(key, digest)


def _decode_ecdsa(
    public: bytes, curve: ec.EllipticCurve, digest: hashes.HashAlgorithm
) -> Check | None:
    """Decode an ECDSA key: x and y of a point that lies on the curve (RFC 6605)."""
    size = curve.key_size // 8
    if len(public) != 2 * size:
        return None
    # 4: both coordinates follow (SEC 1 section 2.3.3).
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + public)
    return _ECDSACheck(key, size, ec.ECDSA(digest))


def _decode_ed25519(public: bytes) -> Check | None:
    return _EdDSACheck(ed25519.Ed25519PublicKey.from_public_bytes(public))


def _decode_ed448(public: bytes) -> Check | None:
    return _EdDSACheck(ed448.Ed448PublicKey.from_public_bytes(public))


# SHA-1 is a broken hash, and 5 and 7 are here for those who accept it knowingly.
_SHA1: Final = hashes.SHA1()  # noqa: S303 - see above
_DECODERS: Final[dict[int, Callable[[bytes], Check | None]]] = {
    5: lambda public: _decode_rsa(public, _SHA1),
    7: lambda public: _decode_rsa(public, _SHA1),
    8: lambda public: _decode_rsa(public, hashes.SHA256()),
    10: lambda public: _decode_rsa(public, hashes.SHA512()),
    13: lambda public: _decode_ecdsa(public, ec.SECP256R1(), hashes.SHA256()),
    14: lambda public: _decode_ecdsa(public, ec.SECP384R1(), hashes.SHA384()),
    15: _decode_ed25519,
    16: _decode_ed448,
}
