"""What the lab does not show; the rest is in `test_verdict`."""

import pytest

from resolver.observe.cause import NETWORK, ZONE_OWNER
from resolver.observe.story import story_of
from resolver.observe.verdict import verdict_of
from resolver.observe.verdict_servers import nobody_helps
from resolver.ports import Address
from resolver.wire import types
from tests.observe.boxed import asked_for, remade

V6 = Address("2001:db8::1")
V4 = Address("192.0.2.1")
WWW = asked_for("www.a.b. A")
HEARD = [("sent", V4, WWW, "udp"), ("reply", V4, types.NOERROR, 0.0, 60)]


def test_each_server_for_its_own_reason() -> None:
    text = "a.b.: ns1.a.b (192.0.2.1) did not reply; ns2.a.b (192.0.2.2) REFUSED"
    verdict = verdict_of(remade("www.a.b. A", ((22, text),), notes=HEARD))
    assert (verdict.rule, verdict.blame) == ("servers-mixed", ZONE_OWNER)
    assert "ns2.a.b" in verdict.cause


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("did not reply", "servers-silent"),
        ("reset the connection", "servers-closed"),
        ("NOTAUTH", "lame-refused"),
        ("FORMERR", "servers-confused"),
        ("truncated, and silent over tcp", "tcp-blocked"),
        ("recursive and not authoritative", "not-authoritative"),
    ],
)
def test_every_way_to_fail_has_its_rule(words: str, rule: str) -> None:
    error = (22, f"a.b.: ns1.a.b (192.0.2.1) and 2 others {words}")
    assert verdict_of(remade("www.a.b. A", (error,), notes=HEARD)).rule == rule


def test_silence_is_the_networks_where_nobody_answers() -> None:
    error = ((22, "a.b.: ns1.a.b (192.0.2.1) did not reply"),)
    # Of one zone alone it says nothing about others.
    assert verdict_of(remade("www.a.b. A", error)).blame == ZONE_OWNER
    cut_off = remade("www.a.b. A", error, network="cut off")
    assert verdict_of(cut_off).rule == "network-down"
    broken = remade("www.a.b. A", error, network="IPv6 does not work here")
    assert verdict_of(broken).rule == "family-broken"


def test_silence_of_the_root_or_a_top_level_domain_is_the_networks_too() -> None:
    for zone in (".", "b."):
        error = ((22, f"{zone}: ns (192.0.2.1) did not reply"),)
        assert verdict_of(remade("www.b. A", error)).blame == NETWORK


def test_where_others_are_answered_the_network_is_not_to_blame() -> None:
    for zone in ("a.b.", "b."):
        error = ((22, f"{zone}: ns (192.0.2.1) did not reply"),)
        fine = remade("www.a.b. A", error, network="cut off", others_answered=True)
        assert verdict_of(fine).blame == ZONE_OWNER


def test_a_zone_with_ipv6_alone_shows_that_ours_is_broken() -> None:
    error = ((22, "a.b.: ns1.a.b (2001:db8::1) could not be reached"),)
    notes = [
        *HEARD,
        ("sent", V6, WWW, "udp"),
        ("silent", V6, "network unreachable", 0.0),
    ]
    verdict = verdict_of(remade("www.a.b. A", error, notes=notes))
    assert (verdict.rule, verdict.blame) == ("ipv6-broken", NETWORK)


def test_keys_that_cannot_be_had_are_told_as_what_they_are_for() -> None:
    error = (22, "the DNSKEY of a.b. cannot be had: a.b.: 192.0.2.1 REFUSED")
    verdict = verdict_of(remade("www.a.b. A", (error,), notes=HEARD))
    assert verdict.rule == "lame-refused"
    assert "the DNSKEY of a.b. is needed for DNSSEC" in verdict.cause


def test_a_deadline_that_servers_ate_up_is_theirs() -> None:
    text = "a limit was reached: query_deadline (ns1.a.b (192.0.2.1) did not reply)"
    notes = [("zone", b"\x01a\x01b\x00"), *HEARD]
    verdict = verdict_of(remade("www.a.b. A", ((22, text),), notes=notes))
    assert (verdict.rule, verdict.blame) == ("servers-silent", ZONE_OWNER)
    assert "a.b." in verdict.cause


def test_what_is_told_in_other_words_is_left_to_others() -> None:
    for text in ("", "a.b.: something else", "no colon at all"):
        assert nobody_helps(story_of(remade("www.a.b. A", ((22, text),)))) is None
    assert nobody_helps(story_of(remade("www.a.b. A", ((0, "a.b.: x"),)))) is None
