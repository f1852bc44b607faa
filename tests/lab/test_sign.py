import dns.dnssec
import dns.name
import dns.rdatatype
import dns.rrset
import dns.zone
import pytest
from dns.exception import ValidationFailure
from dns.name import Name
from dns.node import Node
from dns.rdataset import Rdataset

from resolver.lab.sign import BEGIN, END, Key, make_key, sign

NOW = 1_800_000_000
ORIGIN = dns.name.from_text("example.com.")
TEXT = """$TTL 3600
@ SOA ns1 hostmaster 1 2 3 4 300
@ NS ns1
ns1 A 192.0.2.1
sub NS ns.sub
ns.sub A 192.0.2.2
"""


def signed() -> tuple[dns.zone.Zone, Key]:
    content = dns.zone.from_text(TEXT, origin=ORIGIN, relativize=False)
    key = make_key()
    sign(content, key, NOW)
    return content, key


def keys_of(content: dns.zone.Zone) -> dict[Name, Node | Rdataset]:
    return {ORIGIN: content.find_rdataset(ORIGIN, "DNSKEY")}


@pytest.mark.parametrize(
    ("owner", "rdtype"),
    [("@", "SOA"), ("@", "NS"), ("@", "DNSKEY"), ("ns1", "A"), ("sub", "NSEC")],
)
def test_what_the_zone_is_the_authority_for_is_signed(owner: str, rdtype: str) -> None:
    content, _ = signed()
    name = dns.name.from_text(owner, ORIGIN)
    rrset = content.find_rrset(name, rdtype)
    signatures = content.find_rdataset(name, "RRSIG", rdtype)
    dns.dnssec.validate(rrset, (name, signatures), keys_of(content), now=NOW)


@pytest.mark.parametrize(("owner", "rdtype"), [("sub", "NS"), ("ns.sub", "A")])
def test_delegations_and_glue_are_not_signed(owner: str, rdtype: str) -> None:
    content, _ = signed()
    name = dns.name.from_text(owner, ORIGIN)
    assert content.get_rdataset(name, "RRSIG", rdtype) is None


@pytest.mark.parametrize("now", [NOW + BEGIN - 1, NOW + END + 1])
def test_signatures_have_a_beginning_and_an_end(now: float) -> None:
    content, _ = signed()
    rrset = content.find_rrset(ORIGIN, "SOA")
    signatures = content.find_rdataset(ORIGIN, "RRSIG", "SOA")
    with pytest.raises(ValidationFailure):
        dns.dnssec.validate(rrset, (ORIGIN, signatures), keys_of(content), now=now)


def test_the_ds_is_that_of_the_key() -> None:
    content, key = signed()
    dnskey = content.find_rdataset(ORIGIN, "DNSKEY")[0]
    expected = dns.dnssec.make_ds(ORIGIN, dnskey, "SHA256").to_text()
    assert key.ds("example.com.") == expected


def test_an_anchor_is_a_record_that_can_be_read() -> None:
    key = make_key()
    owner, ttl, rdclass, rdtype, data = key.anchor(".").split(maxsplit=4)
    read = dns.rrset.from_text(owner, int(ttl), rdclass, rdtype, data)
    assert read[0] == key.public


def test_every_key_is_new() -> None:
    assert make_key().public != make_key().public
