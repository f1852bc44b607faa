"""What was kept and what the configuration says become one."""

import dns.dnssec

from resolver.dnssec.anchors import Anchor
from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.watches import (
    LONGEST_INTERVAL,
    MAX_KEYS,
    Tracked,
    Watch,
    begin,
    resume,
)
from resolver.wire import types
from tests.dnssec.rolling import APEX, REVOKED_KSK, ZSK, key, tag
from tests.dnssec.signing import NOW, ZONE, dnskey, wire

STORE = KeyStore()


def configured(*numbers: int) -> Watch:
    found = begin(Anchor(APEX, (), tuple(key(it) for it in numbers)), NOW)
    assert found is not None
    return found


def kept(*states: tuple[int, str, bool]) -> Watch:
    keys = [
        Tracked(
            types.DNSKEY,
            key(number, REVOKED_KSK)
            if state in {"revoked", "removed"}
            else key(number),
            state,
            NOW - 5,
            0,
            named,
        )
        for number, state, named in states
    ]
    return Watch(APEX, tuple(keys), NOW - 5, NOW - 5, NOW + 100)


def states(watch: Watch) -> dict[int, str]:
    return {one.tag: one.state for one in watch.keys}


def test_a_zone_begins_with_the_keys_that_may_sign_keys() -> None:
    found = begin(Anchor(APEX, (), (key(1), key(2, ZSK))), NOW)
    assert found is not None
    assert states(found) == {tag(1): "valid"}
    assert found.due == 0
    assert found.anchor() == Anchor(APEX, (), (key(1),))


def test_a_zone_without_such_keys_is_not_followed() -> None:
    assert begin(Anchor(APEX, (), (key(2, ZSK),)), NOW) is None


def test_more_keys_than_the_limit_are_not_followed() -> None:
    many = configured(*range(1, MAX_KEYS + 5))
    assert len(many.keys) == MAX_KEYS


def test_what_was_learnt_is_trusted_after_a_restart() -> None:
    before = kept((1, "missing", True), (2, "valid", False), (3, "addpend", False))
    assert resume(configured(1), before, STORE, NOW) == before


def test_a_key_that_was_revoked_stays_so_whatever_the_configuration_says() -> None:
    for state in ("revoked", "removed"):
        before = kept((1, state, True), (2, "valid", False))
        after = resume(configured(1), before, STORE, NOW)
        anchor = after.anchor()
        assert anchor is not None
        assert anchor.tags() == [tag(2)]


def test_a_key_that_the_configuration_names_anew_is_trusted_at_once() -> None:
    after = resume(configured(1, 2), kept((1, "valid", True)), STORE, NOW)
    assert states(after) == {tag(1): "valid", tag(2): "valid"}
    assert after.due == 0
    pending = kept((1, "valid", True), (2, "addpend", False))
    assert states(resume(configured(1, 2), pending, STORE, NOW))[tag(2)] == "valid"


def test_a_key_that_it_no_longer_names_is_not_trusted_any_more() -> None:
    before = kept((1, "valid", True), (2, "valid", True), (3, "valid", False))
    after = resume(configured(2), before, STORE, NOW)
    assert states(after) == {tag(2): "valid", tag(3): "valid"}


def test_where_nothing_trusted_would_be_left_it_begins_anew() -> None:
    before = kept((1, "valid", True), (2, "revoked", True))
    after = resume(configured(2), before, STORE, NOW)
    assert states(after) == {tag(2): "valid"}


def test_a_ds_is_the_key_that_it_names() -> None:
    made = wire(dns.dnssec.make_ds(ZONE, dnskey(13, 1, 257), "SHA256"))
    fresh = begin(Anchor(APEX, (made,), ()), NOW)
    assert fresh is not None
    before = kept((1, "valid", True))
    assert resume(fresh, before, STORE, NOW).keys == before.keys
    again = resume(configured(1), fresh._replace(due=NOW), STORE, NOW)
    assert len(again.keys) == 1


def test_a_look_that_was_put_off_too_long_by_a_wrong_clock_is_made_sooner() -> None:
    before = kept((1, "valid", True))._replace(due=NOW + 10 * LONGEST_INTERVAL)
    after = resume(configured(1), before, STORE, NOW)
    assert after.due == NOW + LONGEST_INTERVAL
