"""Trust anchors: those that come with the program, and those that people give."""

import re
from base64 import b64decode
from calendar import timegm
from pathlib import Path
from time import strptime

import dns.dnssec
import pytest

import resolver
from resolver.dnssec.anchors import (
    NEWEST_BUILT_IN,
    Anchors,
    clock_is_wrong,
    collect,
    parse_anchors,
    read_built_in,
)
from resolver.dnssec.crypto import KeyStore
from resolver.dnssec.keys import ZoneKeys, read_keys
from resolver.wire import types
from resolver.wire.presentation import rrsets_from_text
from tests.dnssec.signing import ZONE, dnskey, our_key, zone_keys

BUILT_IN = (Path(resolver.__file__).parent / "data" / "root.anchors").read_text("utf-8")
# The keys themselves, as IANA publishes them in root-anchors.xml and the root serves
# them: flags 257, protocol 3, algorithm 8.
PUBLIC_KEYS = {
    20326: (
        "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq"
        "7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnI"
        "DdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb"
        "9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTId"
        "sIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qih"
        "ylGa8subX2Nn6UwNR1AkUTV74bU="
    ),
    38696: (
        "AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyG"
        "wCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8"
        "e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/"
        "dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGO"
        "HOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2"
        "vaF18UYH9Z9GNUUeayffKC73PYc="
    ),
}
EXAMPLE = b"\x07example\0"


def anchor_line(algorithm: int = 13, flags: int = 257, owner: str = "Example.") -> str:
    return f"{owner} IN DNSKEY {dnskey(algorithm, flags=flags).to_text()}"


def ds_line(
    algorithm: int = 13, digest: str = "SHA256", owner: str = "example."
) -> str:
    made = dns.dnssec.make_ds(
        ZONE,
        dnskey(algorithm, flags=257),
        digest,
        policy=dns.dnssec.allow_all_policy,
    )
    return f"{owner} 3600 IN DS {made.to_text()}"


def anchors(text: str, *, accept_sha1: bool = False) -> Anchors:
    return Anchors(collect(parse_anchors(text), KeyStore(accept_sha1=accept_sha1)))


@pytest.mark.parametrize("tag", PUBLIC_KEYS)
def test_the_built_in_anchors_are_those_of_the_roots_keys(tag: int) -> None:
    rdata = b"\x01\x01\x03\x08" + b64decode(PUBLIC_KEYS[tag])
    keys = ZoneKeys(b"\0", read_keys([rdata]))
    assert keys.keys[0].tag == tag
    store = KeyStore()
    anchor = Anchors(collect(read_built_in(BUILT_IN), store)).above(b"\x03com\0")
    assert anchor is not None
    assert anchor.zone == b"\0"
    assert anchor.trusted(keys, store) == list(keys.keys)


def test_the_built_in_anchors_are_read_as_a_zone_file_parser_reads_them() -> None:
    [ours] = read_built_in(BUILT_IN)
    [theirs] = rrsets_from_text(BUILT_IN)
    assert ours == theirs.with_ttl(0)
    assert len(ours.rdatas) == 2


def test_the_clock_is_measured_by_the_newest_of_them() -> None:
    dates = re.findall(r"valid from (\S+)", BUILT_IN)
    assert max(timegm(strptime(it, "%Y-%m-%d")) for it in dates) == NEWEST_BUILT_IN
    assert clock_is_wrong(0)
    assert clock_is_wrong(NEWEST_BUILT_IN - 1)
    assert not clock_is_wrong(NEWEST_BUILT_IN)


@pytest.mark.parametrize(
    "line", ["example. IN DS 1 8 2 AA", ". DS 1 8 2 AA", ". IN NS a."]
)
def test_nothing_but_a_ds_of_the_root_is_built_in(line: str) -> None:
    with pytest.raises(ValueError, match="no built-in anchor"):
        read_built_in(line)


def test_a_name_has_the_closest_anchor_above_it() -> None:
    found = Anchors(
        collect([*read_built_in(BUILT_IN), *parse_anchors(ds_line())], KeyStore())
    )
    above = found.above(b"\x01a" + EXAMPLE)
    assert above is not None
    assert above.zone == EXAMPLE
    assert found.above(EXAMPLE) is above
    root = found.above(b"\x03com\0")
    assert root is not None
    assert root.zone == b"\0"
    assert found.at(b"\x01a" + EXAMPLE) is None
    assert found.at(EXAMPLE) is above
    assert sorted(found.zones()) == [b"\0", EXAMPLE]


def test_below_a_zone_there_may_be_an_anchor_while_one_is_longer() -> None:
    found = anchors(f"{ds_line()}\n{ds_line(owner='.')}")
    assert found.may_be_below(b"\0")
    assert not found.may_be_below(EXAMPLE)
    found.replace(b"\x01a" + EXAMPLE, found.at(EXAMPLE))
    assert found.may_be_below(EXAMPLE)
    found.replace(b"\x01a" + EXAMPLE, None)
    found.replace(EXAMPLE, None)
    assert not found.may_be_below(b"\0")


def test_without_an_anchor_above_it_a_name_has_none() -> None:
    assert anchors(ds_line()).above(b"\x03com\0") is None


def test_a_key_may_be_given_as_it_is_or_as_its_ds() -> None:
    keys = zone_keys(dnskey(13, 1), dnskey(13, flags=257))
    for text in (anchor_line(), ds_line(), f"{anchor_line()}\n{ds_line()}\n"):
        anchor = anchors(text).at(EXAMPLE)
        assert anchor is not None
        assert anchor.trusted(keys, KeyStore()) == [our_key(dnskey(13, flags=257))]


def test_a_key_that_was_revoked_since_is_not_trusted() -> None:
    """RFC 5011 section 2.1: the same key, with other flags."""
    revoked = zone_keys(dnskey(13, flags=257 + 128))
    for text in (anchor_line(), ds_line()):
        anchor = anchors(text).at(EXAMPLE)
        assert anchor is not None
        assert anchor.trusted(revoked, KeyStore()) == []


def test_a_file_may_hold_anchors_of_many_names_with_comments() -> None:
    text = f"; ours\n{anchor_line()} ; one\n{ds_line(8, owner='other.')}\n"
    assert sorted(anchors(text).zones()) == [b"\x05other\0", EXAMPLE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no trust anchor in it"),
        ("; nothing", "no trust anchor in it"),
        ("example. IN A 192.0.2.1", r"example\. A is no trust anchor"),
        ("example. CH DS 1 13 2 " + "AA" * 32, "is no trust anchor"),
        ("example. IN DS 1 13 2 XYZ", "line 1: .*XYZ"),
        ("<TrustAnchor/>", "line 1: .*TrustAnchor"),
    ],
)
def test_what_is_no_anchor_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_anchors(text)


@pytest.mark.parametrize(
    "text",
    [
        "example. IN DS 1 253 2 " + "AA" * 32,
        "example. IN DS 1 13 3 " + "AA" * 32,
        ds_line(digest="SHA1"),
        anchor_line(7),
        anchor_line(flags=0),
        anchor_line(flags=257 + 128),
    ],
)
def test_an_anchor_that_could_never_be_used_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no trust anchor of example\. can be used"):
        anchors(text)


@pytest.mark.parametrize("text", [ds_line(digest="SHA1"), anchor_line(7)])
def test_anchors_with_sha1_can_be_used_where_it_is_accepted(text: str) -> None:
    assert anchors(text, accept_sha1=True).zones() == [EXAMPLE]


def test_an_anchor_is_a_ds_or_a_dnskey_set() -> None:
    assert {it.rdtype for it in parse_anchors(f"{ds_line()}\n{anchor_line()}")} == {
        types.DS,
        types.DNSKEY,
    }


def test_an_anchor_names_its_keys_by_tag() -> None:
    both = anchors(f"{anchor_line()}\n{ds_line()}\n").at(EXAMPLE)
    assert both is not None
    assert both.tags() == [our_key(dnskey(13, flags=257)).tag]


def test_an_anchor_can_be_replaced_and_taken_away() -> None:
    found = anchors(ds_line())
    other = anchors(anchor_line(8)).at(EXAMPLE)
    found.replace(EXAMPLE, other)
    assert found.at(EXAMPLE) is other
    found.replace(EXAMPLE, None)
    found.replace(EXAMPLE, None)
    assert found.above(EXAMPLE) is None
