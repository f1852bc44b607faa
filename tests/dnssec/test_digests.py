"""DS records: which of them count, and which key they mean."""

from typing import Any

import dns.dnssec
import dns.name
import pytest
from dns.dnssec import allow_all_policy

from resolver.dnssec.crypto import Crypto, KeyStore
from resolver.dnssec.digests import (
    MAX_DELEGATION_SIGNERS,
    DelegationSigner,
    matches,
    read_ds,
    supported_ds,
    usable_ds,
    vouched_keys,
)
from resolver.dnssec.keys import Key, ZoneKeys, read_keys
from tests.dnssec.signing import ALGORITHMS, ZONE, dnskey, our_key, wire, zone_keys

OWNER = b"\x07example\0"


def ds(algorithm: int = 13, digest: int = 2, **flags: int) -> bytes:
    key = dnskey(algorithm, **flags)
    return wire(
        dns.dnssec.make_ds(ZONE, key, digest, policy=allow_all_policy)  # type: ignore[arg-type]  # numbers do
    )


def taken_apart(rdata: bytes) -> DelegationSigner:
    found = read_ds(rdata)
    assert found is not None
    return found


@pytest.mark.parametrize("digest", [1, 2, 4])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_ds_is_that_of_its_key_and_of_no_other(algorithm: int, digest: int) -> None:
    store = KeyStore(accept_sha1=True)
    signer = taken_apart(ds(algorithm, digest))
    key = our_key(dnskey(algorithm))
    assert matches(signer, OWNER, key, store)
    assert not matches(signer, b"\x05other\0", key, store)
    assert not matches(signer, OWNER, our_key(dnskey(algorithm, 1)), store)
    assert not matches(signer._replace(digest=signer.digest[:-1]), OWNER, key, store)
    assert not matches(signer._replace(tag=signer.tag ^ 1), OWNER, key, store)
    assert not matches(signer._replace(algorithm=5), OWNER, key, store)


def test_a_ds_without_a_digest_is_none() -> None:
    assert read_ds(b"\0\x01\x0d\x02") is None
    assert read_ds(b"") is None
    assert usable_ds([b"\0\x01\x0d\x02"], KeyStore()) == []


@pytest.mark.parametrize(
    ("algorithm", "digest", "supported"),
    [(13, 2, True), (13, 4, True), (13, 1, False), (13, 3, False), (5, 2, False)],
)
def test_algorithm_and_digest_have_to_be_supported_both(
    algorithm: int, digest: int, *, supported: bool
) -> None:
    signer = DelegationSigner(1, algorithm, digest, b"d")
    assert supported_ds(signer, KeyStore()) == supported


def test_what_is_not_supported_does_not_shadow_what_is() -> None:
    unknown = b"\0\x01\xfd\x02" + bytes(32)
    good = ds()
    assert usable_ds([unknown, good], KeyStore()) == [taken_apart(good)]
    assert usable_ds([unknown], KeyStore()) == []


def test_sha1_counts_alone_but_not_beside_something_stronger() -> None:
    """RFC 4509 section 3."""
    store = KeyStore(accept_sha1=True)
    weak, strong = ds(digest=1), ds(digest=2)
    assert usable_ds([weak], store) == [taken_apart(weak)]
    assert usable_ds([weak, strong], store) == [taken_apart(strong)]
    unusable = b"\0\x01\xfd\x02" + bytes(32)
    assert usable_ds([weak, unusable], store) == [taken_apart(weak)]


def test_the_keys_that_are_vouched_for_are_found_among_others() -> None:
    keys = zone_keys(dnskey(13, 1), dnskey(13, flags=257), dnskey(8))
    signers = usable_ds([ds(flags=257), ds(8), ds(15)], KeyStore())
    found = vouched_keys(signers, keys, KeyStore())
    assert found == [our_key(dnskey(13, flags=257)), our_key(dnskey(8))]


@pytest.mark.parametrize("flags", [0, 1, 256 + 128, 257 + 128])
def test_a_key_that_is_revoked_or_none_of_the_zone_cannot_be_vouched_for(
    flags: int,
) -> None:
    signers = usable_ds([ds(flags=flags)], KeyStore())
    assert vouched_keys(signers, zone_keys(dnskey(13, flags=flags)), KeyStore()) == []


class Counting:
    """Crypto that counts the digests it was asked for; none of them fits."""

    def __init__(self) -> None:
        self.digests = 0

    def supports(self, algorithm: int) -> bool:
        return True

    def supports_digest(self, digest_type: int) -> bool:
        return True

    def check(self, key: Key, signature: bytes, data: bytes) -> bool:
        return False

    def digest_fits(self, *args: Any) -> bool:
        self.digests += 1
        return False


def test_many_ds_and_many_keys_of_one_tag_cost_no_more_than_a_few_digests() -> None:
    """HashTrap (KeyTrap's third variant): each DS with each key."""
    rdatas = [
        b"\x01\x00\x03\x0d" + b"ab" * i + b"cd" + b"ab" * (99 - i) for i in range(99)
    ]
    keys = ZoneKeys(OWNER, read_keys(rdatas))
    tag = keys.keys[0].tag.to_bytes(2, "big")
    counting = Counting()
    crypto: Crypto = counting
    signers = usable_ds([tag + b"\x0d\x02" + bytes((i,)) for i in range(99)], crypto)
    assert vouched_keys(signers, keys, crypto) == []
    assert counting.digests == 4 * MAX_DELEGATION_SIGNERS
