"""New keys are learnt from old ones, and from nobody else (RFC 5011)."""

import dns.dnssec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.dnssec.anchors import Anchor
from resolver.dnssec.rollover import failed, timers
from resolver.dnssec.watches import DAY, HOUR, MAX_KEYS, Watch
from resolver.ports import Spent
from resolver.wire.errors import EDE_DNSKEY_MISSING, EDE_SIGNATURE_EXPIRED
from tests.dnssec.rolling import (
    APEX,
    KSK,
    REVOKED_KSK,
    ZSK,
    Follower,
    changed,
    key,
    published,
    tag,
)
from tests.dnssec.signing import NOW, ZONE, dnskey, errand, wire

OLD, NEW, REVOKED = (1, KSK), (2, KSK), (1, REVOKED_KSK)


def test_a_key_that_is_there_stays_valid() -> None:
    one = Follower()
    observed = one.sees(OLD, (9, ZSK), signed_by=(OLD,))
    assert observed.changes == ()
    assert observed.problem == ""
    assert one.states == {tag(1): "valid"}
    assert one.watch.succeeded == NOW


def test_a_new_key_is_trusted_after_thirty_days_and_not_before() -> None:
    """RFC 5011 section 2.4.1."""
    one = Follower()
    seen = one.sees(OLD, NEW, signed_by=(OLD,))
    assert changed(seen) == [(tag(2), "unknown", "addpend")]
    one.sees(OLD, NEW, signed_by=(OLD,), later=15 * DAY)
    one.sees(OLD, NEW, signed_by=(OLD,), later=15 * DAY)
    assert one.trusted == {tag(1)}
    seen = one.sees(OLD, NEW, signed_by=(OLD,), later=1)
    assert changed(seen) == [(tag(2), "addpend", "valid")]
    assert one.trusted == {tag(1), tag(2)}


def test_a_key_that_goes_away_meanwhile_begins_anew() -> None:
    one = Follower()
    one.sees(OLD, NEW, signed_by=(OLD,))
    seen = one.sees(OLD, signed_by=(OLD,), later=DAY)
    assert changed(seen) == [(tag(2), "addpend", "unknown")]
    one.sees(OLD, NEW, signed_by=(OLD,), later=DAY)
    one.sees(OLD, NEW, signed_by=(OLD,), later=30 * DAY)
    assert one.states[tag(2)] == "addpend"


def test_the_new_keys_own_signature_counts_for_nothing_before_that() -> None:
    one = Follower()
    one.sees(OLD, NEW, signed_by=(OLD, NEW))
    observed = one.sees(NEW, (3, KSK), signed_by=(NEW,), later=29 * DAY)
    assert observed.problem
    assert one.states == {tag(1): "valid", tag(2): "addpend"}


def test_who_was_away_while_the_old_key_ended_follows_the_new_one() -> None:
    one = Follower()
    one.sees(OLD, NEW, signed_by=(OLD,))
    one.sees(OLD, NEW, signed_by=(OLD,), later=DAY)
    one.sees(NEW, signed_by=(NEW,), later=40 * DAY)
    assert one.states == {tag(1): "missing", tag(2): "valid"}


def test_a_key_seen_only_once_is_not_enough_for_that() -> None:
    one = Follower()
    one.sees(OLD, NEW, signed_by=(OLD,))
    assert one.sees(NEW, signed_by=(NEW,), later=40 * DAY).problem
    assert one.trusted == {tag(1)}


@pytest.mark.parametrize("signed_by", [(), ((2, KSK),), ((9, ZSK),)])
def test_a_set_that_no_anchor_signed_changes_nothing(
    signed_by: tuple[tuple[int, int], ...],
) -> None:
    one = Follower()
    before = one.watch.keys
    observed = one.sees(OLD, NEW, (9, ZSK), signed_by=signed_by)
    assert one.watch.keys == before
    assert observed.problem
    assert one.watch.failures == 1
    assert one.watch.due == NOW + one.watch.retry


def test_a_signature_that_has_expired_is_told_as_such() -> None:
    one = Follower()
    old = published(OLD, signed_by=(OLD,), wall=NOW - 90 * DAY)
    observed = one.rollover.observe(one.watch, old, NOW, 0.0, errand())
    assert observed.ede == EDE_SIGNATURE_EXPIRED
    assert "expired" in observed.problem


def test_where_no_key_fits_the_anchors_are_named() -> None:
    made = dns.dnssec.make_ds(ZONE, dnskey(13, 5, KSK), "SHA256")
    one = Follower(Anchor(APEX, (wire(made),), ()))
    observed = one.sees(OLD, signed_by=(OLD,))
    assert observed.ede == EDE_DNSKEY_MISSING
    assert str(tag(5)) in observed.problem


def test_a_key_that_revokes_itself_is_trusted_no_more_and_at_once() -> None:
    """RFC 5011 section 2.1."""
    one = Follower(Anchor(APEX, (), (key(1), key(2))))
    seen = one.sees(REVOKED, NEW, signed_by=(REVOKED, NEW))
    assert changed(seen) == [(tag(1), "valid", "revoked")]
    assert one.trusted == {tag(2)}
    assert one.states[tag(1, REVOKED_KSK)] == "revoked"


def test_a_revocation_counts_also_where_nothing_else_is_signed_well() -> None:
    one = Follower(Anchor(APEX, (), (key(1), key(2))))
    seen = one.sees(REVOKED, NEW, signed_by=(REVOKED,))
    assert seen.problem
    assert one.trusted == {tag(2)}


def test_nobody_else_can_revoke_a_key() -> None:
    one = Follower(Anchor(APEX, (), (key(1), key(2))))
    one.sees(REVOKED, NEW, signed_by=(NEW,))
    assert one.states == {tag(1): "missing", tag(2): "valid"}
    assert one.trusted == {tag(1), tag(2)}


def test_a_revoked_key_is_forgotten_thirty_days_after_it_was_last_seen() -> None:
    """Section 2.4.2.  What the configuration names stays, as a tombstone."""
    one = Follower(Anchor(APEX, (), (key(1), key(2))))
    one.sees(REVOKED, NEW, signed_by=(REVOKED, NEW))
    one.sees(REVOKED, NEW, signed_by=(REVOKED, NEW), later=29 * DAY)
    one.sees(NEW, signed_by=(NEW,), later=30 * DAY)
    assert one.states[tag(1, REVOKED_KSK)] == "revoked"
    seen = one.sees(NEW, signed_by=(NEW,), later=1)
    assert changed(seen) == [(tag(1, REVOKED_KSK), "revoked", "removed")]
    one.sees(OLD, NEW, signed_by=(NEW,), later=DAY)
    assert one.trusted == {tag(2)}
    assert one.states[tag(1, REVOKED_KSK)] == "removed"


def test_when_all_keys_are_revoked_there_is_no_anchor_left() -> None:
    one = Follower()
    one.sees(REVOKED, signed_by=(REVOKED,))
    assert one.watch.anchor() is None


def test_a_key_that_is_missing_is_trusted_and_may_come_back() -> None:
    one = Follower(Anchor(APEX, (), (key(1), key(2))))
    one.sees(NEW, signed_by=(NEW,))
    assert one.states == {tag(1): "missing", tag(2): "valid"}
    assert one.trusted == {tag(1), tag(2)}
    seen = one.sees(OLD, signed_by=(OLD,), later=DAY)
    assert (tag(1), "missing", "valid") in changed(seen)


def test_a_key_that_is_missing_for_a_year_is_removed_if_another_is_there() -> None:
    one = Follower(Anchor(APEX, (), (key(1), key(2))))
    one.sees(NEW, signed_by=(NEW,))
    one.sees(NEW, signed_by=(NEW,), later=366 * DAY)
    assert one.states[tag(1)] == "missing"
    one.sees(NEW, signed_by=(NEW,), later=1)
    assert one.trusted == {tag(2)}


def test_the_last_keys_are_not_removed_for_being_missing() -> None:
    one = Follower()
    one.sees((9, ZSK), signed_by=(OLD,))
    one.sees((9, ZSK), signed_by=(OLD,), later=400 * DAY)
    assert one.trusted == {tag(1)}


def test_a_ds_leads_to_its_key() -> None:
    made = [
        wire(dns.dnssec.make_ds(ZONE, dnskey(13, 1, KSK), digest))
        for digest in ("SHA256", "SHA384")
    ]
    one = Follower(Anchor(APEX, tuple(made), ()))
    observed = one.sees(OLD, signed_by=(OLD,))
    assert observed.changes == ()
    anchor = one.watch.anchor()
    assert anchor == Anchor(APEX, (), (key(1),))


def test_a_ds_can_be_revoked_before_its_key_was_seen() -> None:
    made = wire(dns.dnssec.make_ds(ZONE, dnskey(13, 1, KSK), "SHA256"))
    one = Follower(Anchor(APEX, (made,), (key(2),)))
    one.sees(REVOKED, NEW, signed_by=(REVOKED, NEW))
    assert one.trusted == {tag(2)}


def test_keys_of_unknown_algorithms_and_without_sep_are_not_followed() -> None:
    one = Follower()
    text = "257 3 253 AQNleGFtcGxl"
    rrset = published(OLD, (9, ZSK), signed_by=(OLD,), also=(text,))
    observed = one.rollover.observe(one.watch, rrset, NOW, 0.0, errand())
    assert observed.changes == ()


def test_not_more_keys_are_followed_than_the_limit() -> None:
    one = Follower()
    many = [(number, KSK) for number in range(2, MAX_KEYS + 10)]
    one.sees(OLD, *many, signed_by=(OLD,))
    assert len(one.watch.keys) == MAX_KEYS
    assert tag(1) in one.trusted


def test_many_revoked_keys_are_bounded_by_the_errand() -> None:
    one = Follower()
    poor = errand()
    poor.signature_checks_left = 0
    rrset = published(REVOKED, signed_by=(REVOKED,))
    with pytest.raises(Spent):
        one.rollover.observe(one.watch, rrset, NOW, 0.0, poor)


def test_the_next_look_is_after_half_the_ttl_or_half_the_signatures_life() -> None:
    """Section 2.3: an hour at least, fifteen days at most."""
    assert timers(published(OLD, signed_by=(OLD,)), NOW) == (DAY, 2 * DAY // 10)
    short = published(OLD, signed_by=(OLD,), life=3 * HOUR)
    assert timers(short, NOW) == (3 * HOUR // 2, HOUR)
    assert timers(published(OLD, signed_by=(OLD,), ttl=60), NOW) == (HOUR, HOUR)
    long = published(OLD, signed_by=(OLD,), ttl=90 * DAY, life=200 * DAY)
    assert timers(long, NOW) == (15 * DAY, DAY)
    assert timers(published(OLD), NOW) == (DAY, 2 * DAY // 10)


def test_a_tenth_of_the_time_is_left_to_chance() -> None:
    one = Follower()
    one.sees(OLD, signed_by=(OLD,), chance=1.0)
    assert one.watch.due == NOW + DAY * 9 // 10
    assert failed(one.watch, NOW, 0.0).due == NOW + one.watch.retry


FLAGS = st.sampled_from([KSK, REVOKED_KSK, ZSK])
PUBLISHED = st.lists(st.tuples(st.integers(1, 4), FLAGS), max_size=5, unique=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PUBLISHED, PUBLISHED, st.integers(0, 400)), max_size=5))
def test_nothing_is_trusted_that_no_anchor_vouched_for(
    story: list[tuple[list[tuple[int, int]], list[tuple[int, int]], int]],
) -> None:
    """Whatever is published: trust needs the signature of somebody trusted before."""
    one = Follower()
    for keys, signers, days in story:
        if not keys:
            continue
        before, pending = one.watch, dict(one.states)
        signed = {tag(*it) for it in signers}
        one.sees(*keys, signed_by=tuple(signers), later=days * DAY)
        fresh = one.trusted - set(_trusted(before))
        if fresh:
            assert all(pending.get(it) == "addpend" for it in fresh)
            assert signed & (set(_trusted(before)) | fresh)


def _trusted(watch: Watch) -> list[int]:
    anchor = watch.anchor()
    return [] if anchor is None else anchor.tags()
