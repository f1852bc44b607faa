"""Our checks against dnspython's, on sets it signed: good ones and spoilt ones."""

from typing import Any

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.dnssec.signatures import Valid
from resolver.wire import types
from tests.dnssec.signing import (
    ALGORITHMS,
    DAY,
    NOW,
    SHA1_ALGORITHMS,
    ZONE,
    dnskey,
    our_set,
    rdataset,
    sign,
    verify,
    wire,
    zone_keys,
)

SETS = {
    "A": ["192.0.2.2", "192.0.2.1", "192.0.2.10"],
    "AAAA": ["2001:db8::2", "2001:db8::1"],
    "NS": ["NS2.Example.", "ns1.example.NET.", "a."],
    "CNAME": ["Target.Example."],
    "DNAME": ["Other.Example.ORG."],
    "PTR": ["HOST.example."],
    "SOA": ["NS.Example. HostMaster.Example. 1 7200 3600 1209600 3600"],
    "MX": ["20 MAIL.example.", "10 Mail.Example.", "10 a."],
    "RP": ["Admin.Example. TXT.example."],
    "AFSDB": ["1 AFS.Example."],
    "RT": ["10 Relay.Example."],
    "PX": ["10 Net2.Example. ADMD-x.example."],
    "KX": ["10 KX.Example."],
    "SRV": ["0 5 5060 SIP.Example.", "0 5 5061 Sip.Example."],
    "NAPTR": ['100 10 "U" "E2U+SIP" "!^.*$!SIP:Info@Example!" Rest.Example.'],
    "TXT": ['"Case Is Kept"', '"b" "A"', '""'],
    "HINFO": ['"CPU" "OS"'],
    "NSEC": ["Next.Example. A RRSIG NSEC"],
    "NSEC3": ["1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A RRSIG"],
    "NSEC3PARAM": ["1 0 0 -"],
    "DS": [f"1 13 2 {'00' * 32}"],
    "CAA": ['0 issue "CA.Example"'],
    "TLSA": [f"3 1 1 {'AB' * 32}"],
    "SVCB": ["1 Svc.Example. alpn=h2"],
    "HTTPS": ["1 . alpn=h2,h3"],
    "LP": ["10 L64.Example."],
    "HIP": ["2 200100107B1A74DF365639CC39F1D578 AwEAAbdx Rvs.Example."],
    "URI": ['10 1 "https://Example/"'],
    "TYPE65280": [r"\# 3 415A61"],
}


def dnspython_says(
    owner: str, records: Any, signature: Any, key: Any, now: int = NOW
) -> bool:
    keys: Any = {ZONE: dns.rdataset.from_rdata(3600, key)}
    name = dns.name.from_text(owner)
    try:
        dns.dnssec.validate_rrsig(
            (name, records),
            signature,
            keys,
            now=now,
            policy=dns.dnssec.allow_all_policy,
        )
    except dns.exception.DNSException:
        return False
    except Exception as error:
        if type(error).__name__ != "InvalidSignature":
            raise
        return False
    return True


def we_say(owner: str, records: Any, signature: Any, key: Any, now: int = NOW) -> bool:
    rrset = our_set(owner, records, signature)
    return isinstance(verify(rrset, zone_keys(key), wall=now), Valid)


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, *SHA1_ALGORITHMS])
@pytest.mark.parametrize("rdtype", ["A", "MX", "SOA", "TXT", "NSEC"])
def test_what_dnspython_signs_is_good(algorithm: int, rdtype: str) -> None:
    records = rdataset(rdtype, SETS[rdtype])
    signature = sign("WWW.Example.", records, algorithm)
    assert dnspython_says("www.example.", records, signature, dnskey(algorithm))
    assert we_say("WWW.Example.", records, signature, dnskey(algorithm))


@pytest.mark.parametrize("rdtype", SETS)
def test_data_of_every_type_is_written_as_dnspython_writes_it(rdtype: str) -> None:
    records = rdataset(rdtype, SETS[rdtype])
    assert we_say("a.Example.", records, sign("a.Example.", records), dnskey(13))


@pytest.mark.parametrize("rdtype", ["A", "MX", "TXT"])
def test_a_wildcard_is_checked_as_the_wildcard_that_was_signed(rdtype: str) -> None:
    records = rdataset(rdtype, SETS[rdtype])
    signature = sign("*.B.Example.", records)
    for owner in ("x.b.example.", "x.y.b.example.", "*.b.example."):
        assert dnspython_says(owner, records, signature, dnskey(13))
        assert we_say(owner, records, signature, dnskey(13))
    for owner in ("b.example.", "x.c.example."):
        assert not dnspython_says(owner, records, signature, dnskey(13))
        assert not we_say(owner, records, signature, dnskey(13))


def test_a_wildcard_may_expand_to_a_name_that_begins_with_an_asterisk() -> None:
    """Here we differ: dnspython refuses, RFC 4592 section 2.1.1 has no such rule."""
    records = rdataset("A", SETS["A"])
    signature = sign("*.Example.", records)
    assert not dnspython_says("*.b.example.", records, signature, dnskey(13))
    assert we_say("*.b.example.", records, signature, dnskey(13))


@settings(max_examples=150, deadline=None)
@given(
    algorithm=st.sampled_from(ALGORITHMS),
    rdtype=st.sampled_from(sorted(SETS)),
    position=st.integers(0, 10_000),
    bit=st.integers(0, 7),
)
def test_one_bit_that_differs_anywhere_in_a_signature_record_is_judged_alike(
    algorithm: int, rdtype: str, position: int, bit: int
) -> None:
    records = rdataset(rdtype, SETS[rdtype])
    data = bytearray(wire(sign("www.Example.", records, algorithm)))
    data[position % len(data)] ^= 1 << bit
    try:
        signature = dns.rdata.from_wire(
            dns.rdataclass.IN, dns.rdatatype.RRSIG, bytes(data), 0, len(data)
        )
    except dns.exception.DNSException:
        return
    key = dnskey(algorithm)
    assert we_say("www.Example.", records, bytes(data), key) == dnspython_says(
        "www.Example.", records, signature, key
    )


@settings(max_examples=150, deadline=None)
@given(
    rdtype=st.sampled_from(sorted(SETS)),
    position=st.integers(0, 10_000),
    bit=st.integers(0, 7),
)
def test_one_bit_that_differs_anywhere_in_the_data_is_judged_alike(
    rdtype: str, position: int, bit: int
) -> None:
    """Case of names must not matter where it is lowered, and must elsewhere."""
    signature = sign("www.Example.", rdataset(rdtype, SETS[rdtype][:1]))
    data = bytearray(wire(rdataset(rdtype, SETS[rdtype][:1])[0]))
    data[position % len(data)] ^= 1 << bit
    number = int(dns.rdatatype.from_text(rdtype))
    try:
        spoilt = dns.rdata.from_wire(
            dns.rdataclass.IN,
            dns.rdatatype.RdataType.make(number),
            bytes(data),
            0,
            len(data),
        )
    except (dns.exception.DNSException, ValueError):
        return
    if wire(spoilt) != bytes(data):
        return
    records = dns.rdataset.from_rdata(3600, spoilt)
    args = ("www.Example.", records, signature, dnskey(13))
    assert we_say(*args) == dnspython_says(*args)


@settings(max_examples=100, deadline=None)
@given(
    algorithm=st.sampled_from(ALGORITHMS),
    position=st.integers(0, 10_000),
    bit=st.integers(0, 7),
    kept=st.integers(0, 200),
)
def test_a_key_that_is_spoilt_or_cut_short_is_judged_alike(
    algorithm: int, position: int, bit: int, kept: int
) -> None:
    records = rdataset("A", SETS["A"])
    data = bytearray(wire(dnskey(algorithm)))
    data[position % len(data)] ^= 1 << bit
    data = data[: max(5, kept)]
    key: Any = dns.rdata.from_wire(
        dns.rdataclass.IN, dns.rdatatype.DNSKEY, bytes(data), 0, len(data)
    )
    signature = sign("www.Example.", records, algorithm)
    # A signature that names the spoilt key, as an attacker would make it.
    signature = signature.replace(key_tag=dns.dnssec.key_id(key))
    args = ("www.Example.", records, signature, key)
    assert we_say(*args) == dnspython_says(*args)


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("end", ["inception", "expiration"])
def test_the_second_at_either_end_of_its_life_is_judged_alike(
    end: str, offset: int
) -> None:
    records = rdataset("A", SETS["A"])
    times = {"inception": NOW - DAY, "expiration": NOW + DAY}
    signature = sign(
        "www.Example.",
        records,
        inception=times["inception"],
        expiration=times["expiration"],
    )
    args = ("www.Example.", records, signature, dnskey(13), times[end] + offset)
    assert we_say(*args) == dnspython_says(*args)


def test_names_in_nsec_keep_their_case() -> None:
    """RFC 6840 section 5.1."""
    signature = sign("a.Example.", rdataset("NSEC", ["Next.Example. A"]))
    other = rdataset("NSEC", ["next.example. A"])
    assert not we_say("a.Example.", other, signature, dnskey(13))
    assert not dnspython_says("a.Example.", other, signature, dnskey(13))


def test_records_that_differ_in_case_alone_are_signed_once() -> None:
    records = rdataset("NS", ["ns.example."])
    rrset = our_set("example.", records, sign("example.", records))
    name = rrset.rdatas[0]
    twice = type(rrset)(
        rrset.name, types.NS, 3600, (name, name.upper()), rrset.signatures
    )
    assert isinstance(verify(twice, zone_keys(dnskey(13))), Valid)
