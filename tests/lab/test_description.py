import dns.name
import dns.rdatatype
import pytest

from resolver.lab.description import Host, Sample, ZoneSpec, build_zones
from resolver.lab.sign import make_key
from resolver.lab.zones import Zone

NOW = 1_800_000_000.0
ROOT = ZoneSpec(".", (Host("a.root.", ("127.53.0.1",)),))
COM = ZoneSpec("com.", (Host("ns.com.", ("127.53.1.1",)),))
NET = ZoneSpec("net.", (Host("ns.net.", ("127.53.1.2",)),))


def build(*specs: ZoneSpec, signed: tuple[str, ...] = ()) -> dict[str, Zone]:
    keys = {origin: make_key() for origin in signed}
    zones = build_zones(specs, keys, NOW)
    return {spec.origin: zone for spec, zone in zip(specs, zones, strict=True)}


def records(zone: Zone, name: str, rdtype: str) -> list[str]:
    rrset = zone.rrset(dns.name.from_text(name), dns.rdatatype.from_text(rdtype))
    return [] if rrset is None else sorted(rdata.to_text() for rdata in rrset)


def test_the_parent_names_the_servers_of_the_child() -> None:
    zones = build(ROOT, COM)
    assert records(zones["."], "com.", "NS") == ["ns.com."]
    assert records(zones["com."], "com.", "NS") == ["ns.com."]


def test_the_closest_described_zone_is_the_parent() -> None:
    deep = ZoneSpec("a.b.com.", (Host("ns.a.b.com.", ("127.53.2.1",)),))
    zones = build(ROOT, COM, deep)
    assert records(zones["com."], "a.b.com.", "NS") == ["ns.a.b.com."]
    assert records(zones["."], "a.b.com.", "NS") == []


def test_an_address_is_in_the_zone_that_holds_the_name_and_in_the_parent_as_glue() -> (
    None
):
    zones = build(ROOT, COM, ZoneSpec("a.com.", (Host("ns.a.com.", ("127.53.2.1",)),)))
    assert records(zones["a.com."], "ns.a.com.", "A") == ["127.53.2.1"]
    assert records(zones["com."], "ns.a.com.", "A") == ["127.53.2.1"]
    assert records(zones["."], "ns.a.com.", "A") == []


def test_a_host_under_another_top_level_domain_has_no_glue() -> None:
    zones = build(
        *(ROOT, COM, NET),
        ZoneSpec("a.com.", (Host("ns.b.net.", ("127.53.2.1",)),)),
        ZoneSpec("b.net.", (Host("ns.b.net.", ("127.53.2.1",)),)),
    )
    assert records(zones["com."], "ns.b.net.", "A") == []
    assert records(zones["b.net."], "ns.b.net.", "A") == ["127.53.2.1"]


def test_a_host_of_a_sibling_has_glue_unless_it_is_left_out() -> None:
    hoster = ZoneSpec("h.com.", (Host("ns.h.com.", ("127.53.2.1",)),))
    zones = build(
        *(ROOT, COM, hoster),
        ZoneSpec("a.com.", (Host("ns2.h.com.", ("127.53.2.2",)),)),
        ZoneSpec("b.com.", (Host("ns3.h.com.", ("127.53.2.3",), glue=False),)),
    )
    assert records(zones["com."], "ns2.h.com.", "A") == ["127.53.2.2"]
    assert records(zones["com."], "ns3.h.com.", "A") == []
    assert records(zones["h.com."], "ns3.h.com.", "A") == ["127.53.2.3"]


def test_addresses_of_both_families_become_records() -> None:
    zones = build(ROOT, ZoneSpec("com.", (Host("ns.com.", ("127.53.1.1", "::1")),)))
    assert records(zones["com."], "ns.com.", "A") == ["127.53.1.1"]
    assert records(zones["."], "ns.com.", "AAAA") == ["::1"]


def test_the_root_knows_its_own_servers() -> None:
    zones = build(ROOT)
    assert records(zones["."], "a.root.", "A") == ["127.53.0.1"]


def test_a_host_may_have_no_address() -> None:
    zones = build(ROOT, ZoneSpec("com.", (Host("nowhere.com."),)))
    assert records(zones["."], "com.", "NS") == ["nowhere.com."]
    assert records(zones["com."], "nowhere.com.", "A") == []


def test_a_zone_may_see_its_own_servers_differently() -> None:
    spec = ZoneSpec("com.", (Host("ns.com.", ("127.53.1.1",)),), "", ("other.com.",))
    zones = build(ROOT, spec)
    assert records(zones["."], "com.", "NS") == ["ns.com."]
    assert records(zones["com."], "com.", "NS") == ["other.com."]


def test_a_signed_zone_is_vouched_for_by_its_parent() -> None:
    zones = build(ROOT, COM, NET, signed=(".", "com."))
    assert len(records(zones["."], "com.", "DS")) == 1
    assert records(zones["."], "net.", "DS") == []
    name = dns.name.from_text("com.")
    assert zones["com."].signatures(name, dns.rdatatype.SOA) is not None
    assert zones["."].signatures(name, dns.rdatatype.DS) is not None
    assert (
        zones["net."].signatures(dns.name.from_text("net."), dns.rdatatype.SOA) is None
    )


def test_a_zone_described_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        build(ROOT, COM, COM)


def test_a_sample_reads_as_a_question_and_what_is_right() -> None:
    sample = Sample("www.example.com. A", answer="192.0.2.1")
    assert str(sample) == "www.example.com. A  ->  NOERROR 192.0.2.1"
    assert str(Sample("x. A", "NXDOMAIN")) == "x. A  ->  NXDOMAIN"
