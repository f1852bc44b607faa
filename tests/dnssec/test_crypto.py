"""Which algorithms count, and what is remembered of their keys."""

import hashlib
import subprocess
import sys

import pytest

from resolver.dnssec import algorithms
from resolver.dnssec.crypto import ALGORITHMS, SHA1_ALGORITHMS, Crypto, KeyStore
from resolver.dnssec.keys import Key
from tests.dnssec.signing import dnskey, our_key, raw_signature


def key(public: bytes = b"k" * 64, algorithm: int = 13) -> Key:
    return Key(256, 3, algorithm, 1, public, public)


def test_what_everybody_validates_is_supported_and_sha1_is_not() -> None:
    store: Crypto = KeyStore()
    assert {it for it in range(256) if store.supports(it)} == {8, 10, 13, 14, 15, 16}
    assert {it for it in range(256) if store.supports_digest(it)} == {2, 4}


def test_sha1_is_for_those_who_ask_for_it() -> None:
    store = KeyStore(accept_sha1=True)
    supported = {it for it in range(256) if store.supports(it)}
    assert supported == ALGORITHMS | SHA1_ALGORITHMS == {5, 7, 8, 10, 13, 14, 15, 16}
    assert {it for it in range(256) if store.supports_digest(it)} == {1, 2, 4}


@pytest.mark.parametrize("algorithm", [5, 7])
def test_a_good_signature_with_sha1_counts_only_if_it_is_accepted(
    algorithm: int,
) -> None:
    signature = raw_signature(algorithm, b"data")
    made = our_key(dnskey(algorithm))
    assert KeyStore(accept_sha1=True).check(made, signature, b"data")
    assert not KeyStore().check(made, signature, b"data")


def test_a_digest_has_to_be_the_whole_of_one_that_is_supported() -> None:
    store = KeyStore()
    digest = hashlib.sha256(b"data").digest()
    assert store.digest_fits(2, digest, b"data")
    assert not store.digest_fits(2, digest, b"other")
    assert not store.digest_fits(2, digest[:-1], b"data")
    assert not store.digest_fits(2, b"", b"data")
    assert not store.digest_fits(4, digest, b"data")
    assert not store.digest_fits(3, digest, b"data")
    sha1 = hashlib.sha1(b"data").digest()
    assert not store.digest_fits(1, sha1, b"data")
    assert KeyStore(accept_sha1=True).digest_fits(1, sha1, b"data")
    assert store.digest_fits(4, hashlib.sha384(b"data").digest(), b"data")


def test_a_key_that_cannot_be_decoded_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bytes] = []
    monkeypatch.setattr(algorithms, "decode", lambda _, public: seen.append(public))
    store = KeyStore()
    for _ in range(3):
        assert not store.check(key(), b"", b"")
    assert seen == [key().public]


def test_keys_are_bounded_and_those_in_use_stay() -> None:
    store = KeyStore(most=3)
    publics = [bytes((i,)) * 64 for i in range(6)]
    for public in publics:
        store.check(key(), b"", b"")
        store.check(key(public), b"", b"")
    assert len(store._decoded) == 3
    assert (13, key().public) in store._decoded


def test_a_start_does_not_load_cryptography() -> None:
    script = (
        "import sys, resolver.dnssec.signatures, resolver.dnssec.anchors; "
        "print([it for it in ('cryptography', 'dns') if it in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
