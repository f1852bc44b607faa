"""Public keys: what is decoded, and what is refused before it costs anything."""

from time import process_time

import pytest

from resolver.dnssec.algorithms import MAX_EXPONENT_BITS, RSA_BITS, decode
from tests.dnssec.signing import ALGORITHMS, SHA1_ALGORITHMS, dnskey, raw_signature


def rsa_key(exponent: int, bits: int, *, long_form: bool = False) -> bytes:
    size = max(1, (exponent.bit_length() + 7) // 8)
    head = b"\0" + size.to_bytes(2, "big") if long_form else bytes((size,))
    modulus = (1 << bits - 1 | 1).to_bytes((bits + 7) // 8, "big")
    return head + exponent.to_bytes(size, "big") + modulus


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, *SHA1_ALGORITHMS])
def test_a_key_says_yes_to_what_it_signed_and_no_to_all_else(algorithm: int) -> None:
    key = dnskey(algorithm)
    check = decode(algorithm, key.key)
    assert check is not None
    signature = raw_signature(algorithm, b"data")
    assert check(signature, b"data")
    assert not check(signature, b"other")
    for wrong in (b"", signature[:-1], signature + b"\0", bytes(len(signature))):
        assert not check(wrong, b"data")


@pytest.mark.parametrize("algorithm", [0, 1, 3, 6, 12, 17, 253, 254, 255])
def test_an_unknown_algorithm_decodes_nothing(algorithm: int) -> None:
    assert decode(algorithm, b"\x01\x03" + b"\xff" * 128) is None


@pytest.mark.parametrize(
    ("bits", "accepted"),
    [
        (512, False),
        (1023, False),
        (1024, True),
        (2048, True),
        (4096, True),
        (4097, False),
    ],
)
def test_rsa_keys_have_1024_to_4096_bits(bits: int, *, accepted: bool) -> None:
    assert (decode(8, rsa_key(65537, bits)) is not None) == accepted
    assert (bits in RSA_BITS) == accepted


@pytest.mark.parametrize(
    ("exponent", "accepted"),
    [
        (3, True),
        (65537, True),
        (2**32 - 1, True),
        (2**32 + 1, False),
        (1, False),
        (2, False),
        (0, False),
    ],
)
def test_rsa_exponents_are_odd_and_have_32_bits(
    exponent: int, *, accepted: bool
) -> None:
    assert (decode(8, rsa_key(exponent, 1024)) is not None) == accepted
    assert (exponent.bit_length() <= MAX_EXPONENT_BITS) or not accepted


def test_an_even_modulus_is_no_rsa_key() -> None:
    assert decode(8, b"\x01\x03\x80" + bytes(127)) is None
    assert decode(8, b"\x01\x03\x80" + bytes(126) + b"\x01") is not None


def test_an_exponent_may_state_its_length_in_the_long_form() -> None:
    """RFC 3110 section 2."""
    assert decode(8, rsa_key(65537, 1024, long_form=True)) is not None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_cut_short_anywhere_is_refused_or_another_key(algorithm: int) -> None:
    public = dnskey(algorithm).key
    for length in range(len(public)):
        check = decode(algorithm, public[:length])
        assert check is None or not check(bytes(64), b"data")
        if algorithm > 10:
            assert check is None


def test_a_point_beside_its_curve_is_refused() -> None:
    for algorithm, size in ((13, 64), (14, 96)):
        assert decode(algorithm, b"\x01" * size) is None
        assert decode(algorithm, bytes(size)) is None


def test_a_monstrous_key_is_refused_without_work() -> None:
    monsters = [b"\x00\xff\xf0" + b"\xff" * 65500, b"\x01\x03" + b"\xff" * 65500]
    began = process_time()
    for monster in monsters:
        for _ in range(100):
            assert decode(8, monster) is None
    assert (process_time() - began) / 200 < 0.001
