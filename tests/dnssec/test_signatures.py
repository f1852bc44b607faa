"""Is a set as its zone signed it?  What is tried, what is refused, and what is said."""

from time import gmtime, strftime
from typing import Any

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.keys import Key, ZoneKeys, read_keys
from resolver.dnssec.signatures import (
    CHECKS_PER_TURN,
    MAX_SIGNATURES_TRIED,
    Invalid,
    Signatures,
    Valid,
    is_turn_over,
    utc,
)
from resolver.ports import MAX_FAILED_CHECKS, MAX_SIGNATURE_CHECKS, Spent
from resolver.wire.message import RRset
from tests.dnssec.signing import (
    DAY,
    NOW,
    dnskey,
    errand,
    our_key,
    our_set,
    rdataset,
    sign,
    verify,
    wire,
    zone_keys,
)
from tests.replay.fake_sha1 import FakeSha1

RECORDS = rdataset("A", ["192.0.2.1", "192.0.2.2"])
OTHER = rdataset("A", ["192.0.2.66"])
OWNER = "www.example."
TAG = our_key(dnskey(13)).tag


def test_others_have_a_turn_after_every_few_checks_and_not_after_the_first() -> None:
    left = range(MAX_SIGNATURE_CHECKS, 0, -1)
    after = [number for number, it in enumerate(left, 1) if is_turn_over(it, it - 1)]
    assert after == [*range(CHECKS_PER_TURN, MAX_SIGNATURE_CHECKS + 1, CHECKS_PER_TURN)]
    assert not is_turn_over(9, 9)


def test_a_good_signature_says_which_key_made_it() -> None:
    found = verify(our_set(OWNER, RECORDS, sign(OWNER, RECORDS)), zone_keys(dnskey(13)))
    assert found == Valid(3600, TAG, 13)


def test_a_set_without_signatures_says_so() -> None:
    found = verify(our_set(OWNER, RECORDS), zone_keys(dnskey(13)))
    assert found == Invalid(10, "www.example. A has no signature of example.")


def test_a_signature_of_other_records_does_not_fit() -> None:
    found = verify(our_set(OWNER, OTHER, sign(OWNER, RECORDS)), zone_keys(dnskey(13)))
    assert found == Invalid(
        6,
        f"www.example. A: signature by example. key {TAG} (ECDSAP256SHA256) does not fit",
    )


def test_one_good_signature_among_bad_ones_is_enough() -> None:
    signatures = [
        b"rubbish",
        sign(OWNER, RECORDS, expiration=NOW - 1),
        sign(OWNER, OTHER),
        sign(OWNER, RECORDS, number=7),
        sign(OWNER, RECORDS),
    ]
    found = verify(our_set(OWNER, RECORDS, *signatures), zone_keys(dnskey(13)))
    assert isinstance(found, Valid)
    assert found.checks == 2


def test_a_signature_of_another_zone_does_not_count() -> None:
    parent = sign(OWNER, RECORDS, signer=dns.name.root)
    found = verify(our_set(OWNER, RECORDS, parent), zone_keys(dnskey(13)))
    assert found == Invalid(
        10, "www.example. A has no signature of example., but one of ."
    )


def test_a_name_beside_the_zone_is_not_the_zones_to_sign() -> None:
    made = sign("www.other.", RECORDS)
    found = verify(our_set("www.other.", RECORDS, made), zone_keys(dnskey(13)))
    assert isinstance(found, Invalid)
    assert found.ede == 10


def test_a_signature_of_another_type_does_not_count() -> None:
    made = sign(OWNER, rdataset("AAAA", ["2001:db8::1"]))
    found = verify(our_set(OWNER, RECORDS, made), zone_keys(dnskey(13)))
    assert isinstance(found, Invalid)
    assert found.ede == 10


def test_a_wildcard_above_the_signers_zone_is_refused() -> None:
    """CVE-2026-44690: the zone b.example. signs a wildcard of example."""
    zone = dns.name.from_text("b.example.")
    made = sign("*.example.", RECORDS, signer=zone)
    found = verify(
        our_set("x.b.example.", RECORDS, made), zone_keys(dnskey(13), zone=zone)
    )
    assert isinstance(found, Invalid)
    assert "labels" in found.text
    # The same in the zone of the wildcard is good.
    made = sign("*.example.", RECORDS)
    good = verify(our_set("x.b.example.", RECORDS, made), zone_keys(dnskey(13)))
    assert isinstance(good, Valid)


def test_a_signature_with_more_labels_than_the_name_is_refused() -> None:
    made = sign("a.www.example.", RECORDS)
    found = verify(our_set(OWNER, RECORDS, made), zone_keys(dnskey(13)))
    assert isinstance(found, Invalid)
    assert "labels" in found.text


@pytest.mark.parametrize(
    ("owner", "encloser"),
    [
        ("a.example.", "example."),
        ("a.b.example.", "example."),
        ("*.example.", None),
        ("*.b.example.", "example."),
    ],
)
def test_an_expanded_wildcard_says_below_which_name_it_stands(
    owner: str, encloser: str | None
) -> None:
    made = sign("*.example.", RECORDS)
    found = verify(our_set(owner, RECORDS, made), zone_keys(dnskey(13)))
    assert isinstance(found, Valid)
    wanted = b"" if encloser is None else wire(dns.name.from_text(encloser))
    assert found.encloser == wanted


def test_a_wildcard_below_the_root_stands_below_the_root() -> None:
    made = sign("*.", RECORDS, signer=dns.name.root)
    found = verify(
        our_set("a.", RECORDS, made), zone_keys(dnskey(13), zone=dns.name.root)
    )
    assert isinstance(found, Valid)
    assert found.encloser == b"\0"


def test_an_algorithm_that_does_not_count_is_named() -> None:
    made = sign(OWNER, RECORDS, 7)
    found = verify(
        our_set(OWNER, RECORDS, made), zone_keys(dnskey(7)), crypto=KeyStore()
    )
    assert isinstance(found, Invalid)
    assert found.ede == 1
    assert "RSASHA1-NSEC3-SHA1" in found.text


def test_a_key_that_the_zone_does_not_have_is_missing() -> None:
    made = sign(OWNER, RECORDS)
    found = verify(our_set(OWNER, RECORDS, made), zone_keys(dnskey(13, 1)))
    assert isinstance(found, Invalid)
    assert found.ede == 9
    assert f"key {TAG}" in found.text


@pytest.mark.parametrize(("flags", "protocol"), [(0, 3), (1, 3), (256, 2), (384, 3)])
def test_a_key_that_may_not_sign_is_not_used(flags: int, protocol: int) -> None:
    key: Any = dnskey(13, flags=flags).replace(protocol=protocol)
    made = sign(OWNER, RECORDS, key=key)
    found = verify(our_set(OWNER, RECORDS, made), zone_keys(key))
    assert isinstance(found, Invalid)
    assert found.ede == 11


def test_a_revoked_key_signs_its_own_set() -> None:
    """RFC 5011 section 2.1: to show that the revocation is its owner's."""
    key = dnskey(13, flags=257 + 128)
    keys = rdataset("DNSKEY", [key.to_text()])
    made = sign("example.", keys, key=key)
    assert isinstance(verify(our_set("example.", keys, made), zone_keys(key)), Valid)


@pytest.mark.parametrize(
    ("offset", "text"),
    [(1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7200, "2 hours")],
)
def test_an_expired_signature_says_since_when(offset: int, text: str) -> None:
    made = sign(OWNER, RECORDS)
    found = verify(
        our_set(OWNER, RECORDS, made), zone_keys(dnskey(13)), wall=NOW + DAY + offset
    )
    assert isinstance(found, Invalid)
    assert found.ede == 7
    assert f" expired {text} ago, at 2027-01-16 08:00:00 UTC" in found.text


def test_a_signature_not_yet_valid_says_from_when() -> None:
    made = sign(OWNER, RECORDS)
    found = verify(
        our_set(OWNER, RECORDS, made), zone_keys(dnskey(13)), wall=NOW - 4 * DAY
    )
    assert isinstance(found, Invalid)
    assert found.ede == 8
    assert "is not yet valid, only in 3 days; the clock of this host" in found.text


def test_a_signature_that_expires_before_it_is_valid_is_told_apart() -> None:
    made = sign(OWNER, RECORDS, inception=NOW + 10, expiration=NOW - 10)
    found = verify(our_set(OWNER, RECORDS, made), zone_keys(dnskey(13)))
    assert isinstance(found, Invalid)
    assert found.ede == 25


def test_time_goes_on_where_32_bits_end() -> None:
    """RFC 1982, RFC 4034 section 3.1.5: in February 2106."""
    end = 2**32
    made = sign(OWNER, RECORDS, inception=end - 100, expiration=100)
    rrset, keys = our_set(OWNER, RECORDS, made), zone_keys(dnskey(13))
    for wall in (end - 100, end - 1, end, end + 100):
        assert isinstance(verify(rrset, keys, wall=wall), Valid)
    for wall in (end - 101, end + 101):
        assert isinstance(verify(rrset, keys, wall=wall), Invalid)


@pytest.mark.parametrize(
    ("skew", "life", "tolerance"),
    [(3600, 20 * DAY, 3600), (3600, 600, 60), (0, DAY, 0)],
)
def test_clocks_may_be_wrong_by_a_tenth_of_a_life_and_no_more_than_set(
    skew: int, life: int, tolerance: int
) -> None:
    made = sign(OWNER, RECORDS, inception=NOW, expiration=NOW + life)
    rrset, keys = our_set(OWNER, RECORDS, made), zone_keys(dnskey(13))
    for wall in (NOW - tolerance, NOW + life + tolerance):
        assert isinstance(verify(rrset, keys, wall=wall, skew=skew), Valid)
    for wall in (NOW - tolerance - 1, NOW + life + tolerance + 1):
        assert isinstance(verify(rrset, keys, wall=wall, skew=skew), Invalid)


@pytest.mark.parametrize(
    ("ttl", "original", "wall", "kept"),
    [
        (60, 3600, NOW, 60),
        (86400, 3600, NOW, 3600),
        (3600, 3600, NOW + DAY - 10, 10),
        (3600, 3600, NOW + DAY, 3600),  # the tolerance itself
        (3600, 3600, NOW + DAY + 100, 3500),
    ],
)
def test_a_set_is_kept_no_longer_than_its_signature_allows(
    ttl: int, original: int, wall: int, kept: int
) -> None:
    records = rdataset("A", ["192.0.2.1"], ttl=original)
    rrset = our_set(OWNER, records, sign(OWNER, records), ttl=ttl)
    found = verify(rrset, zone_keys(dnskey(13)), wall=wall, skew=3600)
    assert isinstance(found, Valid)
    assert found.ttl == kept


class NothingFits:
    """Crypto that counts its checks; all of them fail."""

    def __init__(self) -> None:
        self.checks = 0

    def supports(self, algorithm: int) -> bool:
        return True

    def supports_digest(self, digest_type: int) -> bool:
        return True

    def check(self, key: Key, signature: bytes, data: bytes) -> bool:
        self.checks += 1
        return False

    def digest_fits(self, digest_type: int, digest: bytes, data: bytes) -> bool:
        return False


def trap(keys: int, signatures: int) -> tuple[RRset, ZoneKeys]:
    """KeyTrap: keys that share a tag, and as many signatures that name it."""
    rdatas = [
        b"\x01\x00\x03\x0d" + b"ab" * i + b"cd" + b"ab" * (keys - i)
        for i in range(keys)
    ]
    found = ZoneKeys(b"\x07example\0", read_keys(rdatas))
    made = sign(OWNER, RECORDS).replace(key_tag=found.keys[0].tag)
    copies = [
        made.replace(signature=bytes((i,)) + made.signature[1:])
        for i in range(signatures)
    ]
    return our_set(OWNER, RECORDS, *copies), found


@pytest.mark.parametrize(("keys", "signatures"), [(1, 200), (200, 1), (200, 200)])
def test_many_keys_and_signatures_cost_three_checks(keys: int, signatures: int) -> None:
    rrset, found = trap(keys, signatures)
    crypto, one = NothingFits(), errand()
    with pytest.raises(Spent, match="max_failed_checks"):
        verify(rrset, found, crypto=crypto, on=one)
    assert crypto.checks == MAX_FAILED_CHECKS
    assert one.signature_checks_left == MAX_SIGNATURE_CHECKS - MAX_FAILED_CHECKS


def test_no_more_signatures_are_tried_than_a_few_whatever_is_left_to_spend() -> None:
    rrset, found = trap(1, 200)
    crypto, one = NothingFits(), errand()
    one.failed_checks_left = 100
    assert isinstance(verify(rrset, found, crypto=crypto, on=one), Invalid)
    assert crypto.checks == MAX_SIGNATURES_TRIED


def test_a_malformed_key_counts_as_a_check_that_failed() -> None:
    """CVE-2025-8677: skipped keys were tried for nothing, again and again."""
    rrset, found = trap(1, 1)
    one = errand()
    assert isinstance(verify(rrset, found, on=one), Invalid)
    assert one.failed_checks_left == MAX_FAILED_CHECKS - 1


def test_a_zone_whose_keys_share_a_tag_more_than_chance_has_it_is_warned_of() -> None:
    class LastFits(NothingFits):
        def check(self, key: Key, signature: bytes, data: bytes) -> bool:
            return not super().check(key, signature, data) and self.checks == 3

    rrset, found = trap(3, 1)
    outcome = verify(rrset, found, crypto=LastFits())
    assert isinstance(outcome, Valid)
    assert outcome.checks == 3
    assert outcome.warning == f"3 keys of example. have tag {found.keys[0].tag}"


def test_the_player_can_make_old_algorithms_count_and_no_others() -> None:
    for algorithm, kind in ((7, Valid), (13, Invalid)):
        made = sign(OWNER, RECORDS, algorithm)
        rrset = our_set(OWNER, OTHER, made)
        found = verify(rrset, zone_keys(dnskey(algorithm)), crypto=FakeSha1())
        assert isinstance(found, kind)


def test_checks_are_paid_for_from_one_purse() -> None:
    rrset, keys = our_set(OWNER, RECORDS, sign(OWNER, RECORDS)), zone_keys(dnskey(13))
    checks, one = Signatures(KeyStore(), 0), errand()
    for _ in range(MAX_SIGNATURE_CHECKS):
        assert isinstance(checks.verify(rrset, keys, NOW, one), Valid)
    with pytest.raises(Spent, match="max_signature_checks"):
        checks.verify(rrset, keys, NOW, one)


@pytest.mark.parametrize(
    "wall", [0, 86_399, 951_782_400, 951_868_800, 1_709_164_800, 4_107_542_400, NOW]
)
def test_a_time_is_written_as_calendars_have_it(wall: int) -> None:
    wanted = strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(wall))
    assert utc(wall) == wanted


@given(st.integers(0, 2**32))
def test_any_time_is_written_as_calendars_have_it(wall: int) -> None:
    assert utc(wall) == strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(wall))


def test_a_signature_not_yet_valid_shows_the_clock() -> None:
    records = rdataset("A", ["192.0.2.1"])
    late = sign("a.example.", records, inception=NOW + DAY, expiration=NOW + 9 * DAY)
    found = verify(our_set("a.example.", records, late), zone_keys(dnskey(13)))
    assert isinstance(found, Invalid)
    assert "the clock of this host shows 2027-01-15 08:00:00 UTC" in found.text
    assert "wrong" not in found.text
    found = verify(our_set("a.example.", records, late), zone_keys(dnskey(13)), wall=9)
    assert isinstance(found, Invalid)
    assert "1970-01-01 00:00:09 UTC, which is wrong" in found.text
