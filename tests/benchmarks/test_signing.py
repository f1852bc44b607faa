import dns.dnssec
import dns.name
import dns.rdata
import dns.zone
import pytest
from dns.dnssectypes import DSDigest
from dns.rdataset import Rdataset
from dns.rdatatype import RdataType

from benchmarks import signing, zones
from benchmarks.zones import Record, Zone

SITE = next(zone for zone in zones.leaf_zones() if zone.name == zones.site(2))
DELEGATING = Zone(
    "top.",
    [
        Record("top.", "SOA", "a.top. b.nic. 1 2 3 4 5"),
        Record("top.", "NS", "a.top."),
        Record("a.top.", "A", "127.0.0.1"),
        Record("signed.top.", "NS", "ns.signed.top."),
        Record("signed.top.", "NS", "ns2.signed.top."),
        Record("signed.top.", "DS", signing.ds("signed.top.")),
        Record("ns.signed.top.", "A", "127.0.0.2"),
        Record("unsigned.top.", "NS", "ns.signed.top."),
    ],
    signed=True,
)


def read(zone: Zone) -> dns.zone.Zone:
    text = zones.text_of(signing.sign(zone))
    return dns.zone.from_text(text, origin=zone.name, relativize=False)


def rdataset(
    zone: dns.zone.Zone, owner: dns.name.Name | str, rdtype: RdataType | str
) -> Rdataset:
    found = zone.get_rdataset(owner, rdtype)
    assert found is not None
    return found


@pytest.mark.parametrize("zone", [SITE, DELEGATING])
def test_every_signature_is_valid(zone: Zone) -> None:
    content = read(zone)
    origin = dns.name.from_text(zone.name)
    key = content.find_node(origin)
    signed = 0
    for owner, signatures in content.iterate_rdatasets():
        if signatures.rdtype == RdataType.RRSIG:
            records = rdataset(content, owner, signatures.covers)
            dns.dnssec.validate((owner, records), (owner, signatures), {origin: key})
            signed += 1
    assert signed > len(content.nodes)


def test_glue_and_delegations_are_not_signed() -> None:
    content = read(DELEGATING)
    assert content.get_rdataset("ns.signed.top.", "RRSIG", "A") is None
    assert content.get_rdataset("ns.signed.top.", "NSEC") is None
    assert content.get_rdataset("signed.top.", "RRSIG", "NS") is None
    assert content.get_rdataset("signed.top.", "RRSIG", "DS") is not None


def test_nsec_goes_round_all_names_in_canonical_order() -> None:
    content = read(SITE)
    names = sorted({owner for owner, _ in content.iterate_rdatasets()})
    chain = [rdataset(content, owner, "NSEC")[0].next for owner in names]
    assert chain == [*names[1:], names[0]]


def test_nsec_lists_the_types_of_its_name() -> None:
    nsec = rdataset(read(DELEGATING), "signed.top.", "NSEC")
    assert nsec[0].to_text() == "unsigned.top. NS DS RRSIG NSEC"


def test_the_parent_vouches_for_the_key() -> None:
    key = dns.rdata.from_text("IN", "DNSKEY", signing.dnskey("signed.top."))
    expected = dns.dnssec.make_ds("signed.top.", key, DSDigest.SHA256)
    assert signing.ds("signed.top.") == expected.to_text()


def test_a_key_follows_from_the_name_of_its_zone() -> None:
    signing.dnskey.cache_clear()
    first = signing.dnskey("a.")
    signing.dnskey.cache_clear()
    assert signing.dnskey("a.") == first != signing.dnskey("b.")


def test_a_type_that_the_lab_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no MX records"):
        signing.rdata_wire("MX", "10 mail.")
