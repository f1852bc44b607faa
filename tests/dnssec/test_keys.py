"""Keys: their tags, what they may sign, and how they are found."""

import dns.dnssec
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from hypothesis import given
from hypothesis import strategies as st

from resolver.dnssec.keys import (
    MAX_COLLIDING_KEYS,
    Key,
    ZoneKeys,
    algorithm_name,
    key_tag,
    read_key,
    read_keys,
)
from resolver.wire import types
from tests.dnssec.signing import ALGORITHMS, dnskey, wire

ZONE = b"\x07example\0"


def key(rdata: bytes) -> Key:
    found = read_key(rdata)
    assert found is not None
    return found


@given(st.binary(min_size=8, max_size=600))
def test_the_tag_is_dnspythons(rdata: bytes) -> None:
    record = dns.rdata.from_wire(
        dns.rdataclass.IN, dns.rdatatype.DNSKEY, rdata, 0, len(rdata)
    )
    assert isinstance(record, DNSKEY)
    assert key_tag(rdata) == dns.dnssec.key_id(record)


def test_the_tag_of_the_oldest_algorithm_is_made_from_its_modulus() -> None:
    """RFC 4034 appendix B.1."""
    assert key_tag(b"\x01\x00\x03\x01" + b"\x01\x03\xab\xcd\xef") == 0xABCD


def test_a_key_comes_apart() -> None:
    for algorithm in ALGORITHMS:
        made = dnskey(algorithm, flags=257)
        found = key(wire(made))
        assert found[:4] == (257, 3, algorithm, dns.dnssec.key_id(made))
        assert found.public == made.key


def test_what_holds_no_key_is_none() -> None:
    assert read_key(b"\x01\x00\x03\x08") is None
    assert read_key(b"") is None
    assert read_keys([b"", b"\x01\x00\x03\x08a"]) == [key(b"\x01\x00\x03\x08a")]


def test_flags_say_what_a_key_is_for() -> None:
    assert key(b"\x01\x00\x03\x08a").is_zone_key
    assert not key(b"\x00\x00\x03\x08a").is_zone_key
    assert not key(b"\x01\x00\x02\x08a").is_zone_key
    assert key(b"\x01\x01\x03\x08a").is_entry_point
    assert not key(b"\x01\x00\x03\x08a").is_entry_point
    assert key(b"\x01\x80\x03\x08a").is_revoked
    assert not key(b"\x01\x01\x03\x08a").is_revoked


def test_a_key_that_may_not_sign_is_named_but_never_fit() -> None:
    made = key(b"\x00\x00\x03\x08a")
    keys = ZoneKeys(ZONE, [made])
    assert keys.named(made.tag, 8) == [made]
    assert keys.fit(made.tag, 8, types.A) == []
    assert keys.fit(made.tag, 8, types.DNSKEY) == []


def test_a_revoked_key_signs_the_keys_and_nothing_else() -> None:
    made = key(b"\x01\x81\x03\x08a")
    keys = ZoneKeys(ZONE, [made])
    assert keys.fit(made.tag, 8, types.DNSKEY) == [made]
    assert keys.fit(made.tag, 8, types.A) == []


def test_a_key_is_found_by_tag_and_algorithm() -> None:
    one, other = key(b"\x01\x00\x03\x08a"), key(b"\x01\x00\x03\x0db")
    keys = ZoneKeys(ZONE, [one, other])
    assert keys.fit(one.tag, one.algorithm, types.A) == [one]
    assert keys.fit(one.tag, other.algorithm, types.A) == []
    assert keys.fit(one.tag + 1, one.algorithm, types.A) == []


def test_of_keys_that_share_a_tag_only_a_few_are_given() -> None:
    """KeyTrap: swapping two 16-bit words of a key leaves its tag as it was."""
    rdatas = [
        b"\x01\x00\x03\x0d" + b"ab" * i + b"cd" + b"ab" * (20 - i) for i in range(20)
    ]
    keys = ZoneKeys(ZONE, read_keys(rdatas))
    assert len({made.tag for made in keys.keys}) == 1
    assert len(keys.named(keys.keys[0].tag, 13)) == 20
    assert len(keys.fit(keys.keys[0].tag, 13, types.A)) == MAX_COLLIDING_KEYS


def test_algorithms_have_names() -> None:
    assert algorithm_name(13) == "ECDSAP256SHA256"
    assert algorithm_name(99) == "algorithm 99"
