"""What is held of zones: for how long, and how many."""

import pytest
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from resolver.beliefs import BOGUS, INSECURE, SECURE
from resolver.dnssec.anchors import Anchor
from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.keys import ZoneKeys
from resolver.dnssec.trust import (
    FIRST_BOGUS,
    LONGEST,
    LONGEST_BOGUS,
    MAX_TAGS,
    MAX_ZONES,
    Trust,
    TrustStore,
    Vouched,
    unusable,
)
from resolver.lab.pretend import Clock
from resolver.ports import Errand
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_DNSKEY_MISSING,
    EDE_NO_ZONE_KEY_BIT,
    EDE_UNSUPPORTED_ALGORITHM,
    EDE_UNSUPPORTED_DIGEST,
)
from resolver.wire.message import RRset
from resolver.wire.names import ROOT
from resolver.wire.types import DS
from tests.dnssec.signing import dnskey, our_key, wire

ZONE = b"\x07example\x00"
CRYPTO = KeyStore()


def errand(now: float = 0.0) -> Errand:
    return Errand(Clock(now), now + 8)


def test_trust_is_remembered_until_it_expires() -> None:
    store = TrustStore()
    trust = store.keep(ZONE, Trust(SECURE, 60.0), errand())
    assert store.known(ZONE, 59.9) == trust
    assert store.known(ZONE, 60.0) is None
    assert store.known(ROOT, 0.0) is None


def test_trust_is_remembered_for_a_day_at_most() -> None:
    kept = TrustStore().keep(ZONE, Trust(INSECURE, 10 * LONGEST), errand(100.0))
    assert kept.expires == 100.0 + LONGEST


def test_what_is_remembered_can_be_forgotten() -> None:
    store = TrustStore()
    store.keep(ZONE, Trust(SECURE, 60.0), errand())
    store.clear()
    assert store.known(ZONE, 0.0) is None


def test_the_diary_tells_what_was_found_out() -> None:
    one = errand()
    TrustStore().keep(ZONE, Trust(SECURE, 60.0, text="because"), one)
    assert [note.facts for note in one.diary] == [(ZONE, "secure", "because")]


def test_a_zone_is_bogus_for_a_minute_at_first_and_then_for_longer() -> None:
    store = TrustStore()
    first = store.bogus(ZONE, EDE_BOGUS, "why", 0.0)
    assert first == Trust(BOGUS, FIRST_BOGUS, None, EDE_BOGUS, "why")
    store.keep(ZONE, first, errand())
    assert store.bogus(ZONE, EDE_BOGUS, "why", 60.0).expires == 60.0 + LONGEST_BOGUS


def test_a_zone_that_was_bogus_long_ago_or_has_been_good_since_begins_anew() -> None:
    store = TrustStore()
    store.keep(ZONE, store.bogus(ZONE, EDE_BOGUS, "why", 0.0), errand())
    later = FIRST_BOGUS + LONGEST_BOGUS
    assert store.bogus(ZONE, EDE_BOGUS, "why", later).expires == later + FIRST_BOGUS
    store.keep(ZONE, Trust(SECURE, 90.0), errand(60.0))
    assert store.bogus(ZONE, EDE_BOGUS, "why", 90.0).expires == 90.0 + FIRST_BOGUS


def test_the_zone_found_out_about_first_makes_room() -> None:
    store = TrustStore()
    for number in range(MAX_ZONES + 1):
        store.keep(b"%d" % number, Trust(INSECURE, 60.0), errand())
    assert store.known(b"0", 0.0) is None
    assert store.known(b"1", 0.0) is not None


def test_keys_are_named_by_their_tags_and_not_all_of_many() -> None:
    keys = [dnskey(13, number) for number in range(MAX_TAGS)]
    signer = b"\x30\x39\x0d\x02" + bytes(32)
    anchor = Anchor(ZONE, (signer, b""), tuple(map(wire, keys)))
    tags = ["12345", *(str(our_key(key).tag) for key in keys)]
    listed = f"{', '.join(tags[:MAX_TAGS])} and 1 more"
    assert Vouched(anchor, 0.0).tags == f"trust anchor {listed}"
    assert Vouched(anchor, 0.0, ROOT, 7).tags == f"DS {listed}"


def test_whose_word_it_is_is_told() -> None:
    anchor = Anchor(ZONE, (b"\0\x07\x0d\x02" + bytes(32),), ())
    assert Vouched(anchor, 0.0).origin == "trust anchor 7"
    assert Vouched(anchor, 0.0, ROOT, 9).origin == "DS 7 (signed by . key 9)"


REVOKED = dnskey(13, 1, flags=257 | 128)
ORDINARY = our_key(dnskey(13, 1, flags=257))


@pytest.mark.parametrize(
    ("tag", "key", "code", "why"),
    [
        (our_key(REVOKED).tag, REVOKED, EDE_DNSKEY_MISSING, "is revoked"),
        # The tag is another one since it is.
        (ORDINARY.tag, REVOKED, EDE_DNSKEY_MISSING, "is revoked"),
        (0, dnskey(13, 1, flags=1), EDE_NO_ZONE_KEY_BIT, "is no zone key"),
        (0, dnskey(13, 1), EDE_DNSKEY_MISSING, "has another digest or algorithm"),
    ],
)
def test_a_key_that_is_meant_and_will_not_do_is_named(
    tag: int, key: DNSKEY, code: int, why: str
) -> None:
    ours = our_key(key)
    ds = (tag or ours.tag).to_bytes(2, "big") + b"\x0d\x02" + bytes(32)
    vouched = Vouched(Anchor(ZONE, (ds,), ()), 0.0, ROOT, 9)
    found, text = vouched.misfit(ZoneKeys(ZONE, [ours]))
    assert found == code
    assert text.endswith(f"fits its DS {tag or ours.tag}: key {ours.tag} {why}")


def test_keys_that_are_not_meant_are_listed() -> None:
    anchor = Anchor(ZONE, (b"\0\x07\x0d\x02" + bytes(32),), ())
    vouched = Vouched(anchor, 0.0, ROOT, 9)
    _, text = vouched.misfit(ZoneKeys(ZONE, [ORDINARY]))
    assert text == f"no DNSKEY of example. fits its DS 7: it has {ORDINARY.tag}"
    _, text = vouched.misfit(ZoneKeys(ZONE, []))
    assert text.endswith("fits its DS 7: it has none that is one")
    _, text = Vouched(anchor, 0.0).misfit(ZoneKeys(ZONE, []))
    assert "fits the trust anchor 7: " in text


@pytest.mark.parametrize(
    ("algorithm", "digest", "code", "words"),
    [
        (13, 99, EDE_UNSUPPORTED_DIGEST, "a digest that counts here (of type 99)"),
        (12, 2, EDE_UNSUPPORTED_ALGORITHM, "an algorithm that counts here (ECC-GOST)"),
    ],
)
def test_what_does_not_count_of_a_ds_is_named(
    algorithm: int, digest: int, code: int, words: str
) -> None:
    ds = RRset(ZONE, DS, 60, (bytes((0, 7, algorithm, digest)) + bytes(32),))
    assert unusable(ds, CRYPTO) == (code, f"no DS of example. has {words}")


def test_a_zone_is_forgotten_alone_or_with_all_below_it() -> None:
    store = TrustStore()
    below, beside = b"\x01a" + ZONE, b"\x08xexample\x00"
    for zone in (ROOT, ZONE, below, beside):
        store.keep(zone, Trust(SECURE, 60.0), errand())
    assert store.remove(ROOT, below=False) == 1
    assert store.remove(ZONE, below=True) == 2
    assert store.remove(ZONE, below=True) == 0
    assert store.known(beside, 0.0) is not None
