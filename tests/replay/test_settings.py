"""Unbound's options in our words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from resolver.config import Config, Forward, Stub
from tests.replay.parse import parse_text
from tests.replay.settings import (
    _ORDINARY_NAMES,
    OPTIONS,
    Wishes,
    hints_text,
    translate,
)


def wishes(config: str, steps: str = "") -> Wishes:
    text = f"{config}\nCONFIG_END\nSCENARIO_BEGIN t\n{steps}\nSCENARIO_END\n"
    return translate(parse_text(text, Path("t.rpl")))


def config(text: str, folder: Path) -> Config:
    found = wishes(text)
    assert found.needs == []
    return found.config(folder)


def test_without_options_nothing_happens_in_the_background(tmp_path: Path) -> None:
    found = config("", tmp_path)
    assert not found.recursion.prime
    assert not found.recursion.prefetch
    assert not found.recursion.randomise_case
    assert not found.cache.serve_stale
    assert not found.dnssec.validate
    assert found.recursion.minimise_qname
    assert found.access == Config().access


def test_a_stub_zone_for_the_root_becomes_the_root_hints(tmp_path: Path) -> None:
    found = config('stub-zone:\n name: "."\n stub-addr: 192.0.2.1', tmp_path)
    text = Path(found.recursion.root_hints).read_text(encoding="ascii")
    assert text == hints_text(["192.0.2.1"])
    assert "ns1.root-hint. 3600000 IN A 192.0.2.1" in text
    assert found.stub == ()


def test_other_zones_become_stub_and_forward_zones(tmp_path: Path) -> None:
    found = config(
        "stub-zone:\n name: example.com\n stub-addr: 192.0.2.1\n stub-prime: no\n"
        'forward-zone: name: "." forward-addr: 2001:db8::1@5353',
        tmp_path,
    )
    assert found.stub == (Stub(zone="example.com.", servers=("192.0.2.1",)),)
    assert found.forward == (Forward(zone=".", servers=("[2001:db8::1]:5353",)),)


@pytest.mark.parametrize(
    ("option", "setting", "value"),
    [
        ("qname-minimisation: no", "recursion.minimise_qname", False),
        ("do-ip6: no", "recursion.ipv6", False),
        ("do-not-query-localhost: no", "recursion.never_ask", ()),
        ("serve-expired: yes", "cache.serve_stale", True),
        ("serve-expired-client-timeout: 500", "cache.stale_wait", 0.5),
        ("serve-expired-reply-ttl: 12", "cache.stale_answer_ttl", 12),
        ("serve-expired-ttl: 13", "cache.stale_max_age", 13),
        ("serve-expired-ttl: 0", "cache.stale_max_age", 2**31 - 1),
        ("prefetch: yes", "recursion.prefetch", True),
        ("cache-max-ttl: 10", "cache.max_ttl", 10),
        ("cache-max-negative-ttl: 11", "cache.max_negative_ttl", 11),
        ('local-data: "a. A 192.0.2.1"', "local.records", ("a. A 192.0.2.1",)),
        (
            "local-zone: test. nodefault",
            "local.zones",
            (*_ORDINARY_NAMES, "test. transparent"),
        ),
        ("local-zone: a. always_null", "local.zones", (*_ORDINARY_NAMES, "a. null")),
        ("local-zone: a. static", "local.zones", (*_ORDINARY_NAMES, "a. static")),
        ("private-address: 10.0.0.0/8", "rebinding.remove", True),
        ("private-address: 10.0.0.0/8", "rebinding.networks", ("10.0.0.0/8",)),
        ("private-domain: a.", "rebinding.trusted", ("a.",)),
        ('nsid: "ascii_hopsa kidee"', "server.nsid", "hopsa kidee"),
        ('nsid: "01ef"', "server.nsid", "0x01ef"),
        ('identity: "who it is"', "server.identity", "who it is"),
        ("version: 1.0", "server.version", "1.0"),
        ("trust-anchor-signaling: no", "dnssec.signal_key_tags", False),
        ("access-control: 127.0.0.0/8 refuse", "access.allow", ("::1/128",)),
    ],
)
def test_an_option_that_we_have_changes_a_setting(
    option: str, setting: str, value: object, tmp_path: Path
) -> None:
    table, key = setting.split(".")
    found = config(f"server:\n {option}", tmp_path)
    assert getattr(getattr(found, table), key) == value


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("server:\n an-option-of-tomorrow: 1", "an-option-of-tomorrow"),
        ("server:\n module-config: 'respip validator iterator'", "respip"),
        ("server:\n local-zone: a. deny", "local-zone deny"),
        ('server:\n local-data: "a. CH A 192.0.2.1"', "local-data of another class"),
        ("server:\n access-control: 192.0.2.0/24 deny", "access-control deny"),
        ("rpz:\n name: a.", "rpz"),
        ("forward-zone:\n name: .\n forward-host: a.", "forward-host"),
    ],
)
def test_an_option_that_we_lack_is_a_need(text: str, need: str) -> None:
    assert need in wishes(text).needs


def test_a_zone_may_be_asked_only_first(tmp_path: Path) -> None:
    text = (
        "forward-zone:\n name: a.\n forward-addr: 192.0.2.1\n forward-first: yes\n"
        "stub-zone:\n name: b.\n stub-addr: 192.0.2.1\n stub-first: yes\n"
        "stub-zone:\n name: c.\n stub-addr: 192.0.2.1\n"
    )
    found = config(text, tmp_path)
    assert [zone.first for zone in found.forward] == [True]
    assert [zone.first for zone in found.stub] == [True, False]


def test_a_step_that_we_cannot_do_is_a_need() -> None:
    found = wishes("server:", "STEP 1 FLUSH_MESSAGE example.com. IN A")
    assert found.needs == ["STEP FLUSH_MESSAGE"]


def test_looking_into_the_cache_is_remembered_as_allowed() -> None:
    assert wishes("server:\n access-control: 127.0.0.1 allow_snoop").snooping
    assert not wishes("server:\n access-control: 127.0.0.1 allow").snooping


def test_every_handler_takes_the_values_that_options_have() -> None:
    for name, handler in OPTIONS.items():
        words = {
            "access-control": ("127.0.0.1", "allow"),
            "local-zone": ("a.", "static"),
        }
        handler(translate_nothing(), words.get(name, ("1",)))


def translate_nothing() -> Wishes:
    return wishes("server:")


def test_where_the_time_is_ignored_the_date_is_one_when_signatures_are_good() -> None:
    text = (
        'server:\n val-override-date: "-1"\nCONFIG_END\nSCENARIO_BEGIN t\n'
        "RANGE_BEGIN 0 100\nADDRESS 192.0.2.1\nENTRY_BEGIN\nMATCH opcode\n"
        "REPLY QR NOERROR\nSECTION QUESTION\na. IN A\nSECTION ANSWER\n"
        "a. 60 IN RRSIG A 8 1 60 20300101000000 20200101000000 1 a. AAEC\n"
        "a. 60 IN RRSIG A 8 1 60 20310101000000 20210101000000 1 a. AAEC\n"
        "a. 60 IN RRSIG A 8 1 60 20100101000000 20000101000000 1 a. AAEC\n"
        "ENTRY_END\nRANGE_END\nSCENARIO_END\n"
    )
    date = translate(parse_text(text, Path("t.rpl"))).date
    assert date == datetime(2021, 1, 1, tzinfo=UTC).timestamp()


def test_an_anchor_that_cannot_be_used_is_passed_over_as_unbound_does(
    tmp_path: Path,
) -> None:
    good, bad = f"a. DS 1 13 2 {'00' * 32}", f"b. DS 1 200 2 {'00' * 32}"
    text = "server:\n" + "".join(f' trust-anchor: "{it}"\n' for it in (good, bad))
    found = config(text, tmp_path).dnssec
    assert (found.trust_anchors, found.validate) == ((good,), True)
    found = config(f'server:\n trust-anchor: "{bad}"', tmp_path).dnssec
    assert (found.trust_anchors, found.validate) == ((), False)


ANCHOR = "example. IN DS 1 13 2 " + "AB" * 32
FILE = f"TEMPFILE_CONTENTS keys\n; ours\n{ANCHOR} ;it\nTEMPFILE_END\n"


def test_anchors_may_stand_in_a_file(tmp_path: Path) -> None:
    found = config(f"{FILE}server:\n trust-anchor-file:\nTEMPFILE_NAME keys", tmp_path)
    assert found.dnssec.validate
    assert found.dnssec.trust_anchors == (ANCHOR,)
    assert not found.dnssec.follow_anchor_rollovers
    assert wishes("server:\n trust-anchor-file: elsewhere").needs


def test_anchors_that_are_followed_have_a_file_of_their_own(tmp_path: Path) -> None:
    text = f"AUTOTRUST_FILE example.\n{ANCHOR}\nAUTOTRUST_END"
    found = config(text, tmp_path)
    assert found.dnssec.follow_anchor_rollovers
    assert found.dnssec.trust_anchors == (ANCHOR,)
    assert found.dnssec.anchor_state == str(tmp_path / "anchors")
    assert wishes("server:\n auto-trust-anchor-file: elsewhere").needs


def test_how_long_connections_may_be_idle_is_told_where_unbound_would() -> None:
    timeout = " edns-tcp-keepalive-timeout: 30000\n"
    assert wishes("server:\n edns-tcp-keepalive: yes").idle == 120.0
    assert wishes(f"server:\n{timeout} edns-tcp-keepalive: yes").idle == 30.0
    assert wishes(f"server:\n{timeout} edns-tcp-keepalive: no").idle is None
    assert wishes(f"server:\n{timeout}").idle is None
