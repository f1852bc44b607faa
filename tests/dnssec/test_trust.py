"""What is held of zones: for how long, and how many."""

from resolver.beliefs import BOGUS, INSECURE, SECURE
from resolver.dnssec.anchors import Anchor
from resolver.dnssec.trust import (
    FIRST_BOGUS,
    LONGEST,
    LONGEST_BOGUS,
    MAX_TAGS,
    MAX_ZONES,
    Trust,
    TrustStore,
    Vouched,
)
from resolver.lab.pretend import Clock
from resolver.ports import Errand
from resolver.wire.errors import EDE_BOGUS
from resolver.wire.names import ROOT
from tests.dnssec.signing import dnskey, our_key, wire

ZONE = b"\x07example\x00"


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
    assert Vouched(anchor, 0.0).tags == ", ".join(tags[:MAX_TAGS])


def test_a_zone_is_forgotten_alone_or_with_all_below_it() -> None:
    store = TrustStore()
    below, beside = b"\x01a" + ZONE, b"\x08xexample\x00"
    for zone in (ROOT, ZONE, below, beside):
        store.keep(zone, Trust(SECURE, 60.0), errand())
    assert store.remove(ROOT, below=False) == 1
    assert store.remove(ZONE, below=True) == 2
    assert store.remove(ZONE, below=True) == 0
    assert store.known(beside, 0.0) is not None
