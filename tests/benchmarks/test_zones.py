import dns.zone
import pytest

from benchmarks import zones

LEAVES = {zone.name: zone for zone in zones.leaf_zones()}
EXAMPLES = (0, 1, 2, 3, zones.LARGE_SITES, zones.LARGE_SITES + 1, zones.SITES - 1)


def read(zone: zones.Zone) -> dns.zone.Zone:
    return dns.zone.from_text(
        zones.text_of(zone), origin=zone.name, relativize=False, check_origin=True
    )


def test_every_site_has_a_zone_of_its_own() -> None:
    sites = {zones.site(number) for number in range(zones.SITES)}
    assert len(sites) == zones.SITES
    assert sites < LEAVES.keys()


def test_half_of_the_sites_are_signed() -> None:
    signed = sum(LEAVES[zones.site(number)].signed for number in range(zones.SITES))
    assert signed == zones.SITES // 2


@pytest.mark.parametrize("number", EXAMPLES)
def test_a_site_answers_for_its_hosts(number: int) -> None:
    content = read(LEAVES[zones.site(number)])
    last = zones.names_in(number) - 1
    for index in (0, last):
        found = content.get_rdataset(zones.host(number, index), "A")
        assert found is not None
        assert [rdata.to_text() for rdata in found] == [zones.address(number, index)]
    assert content.get_rdataset(zones.host(number, last + 1), "A") is None


@pytest.mark.parametrize("number", EXAMPLES)
def test_only_unsigned_sites_answer_for_every_name(number: int) -> None:
    wildcard = read(LEAVES[zones.site(number)]).get_node(f"*.{zones.site(number)}")
    assert (wildcard is None) == zones.is_signed(number)


def test_parents_delegate_to_the_servers_that_the_zones_name() -> None:
    above = {record for top in zones.TOPS for record in zones.top_zone(top, {}).records}
    for zone in LEAVES.values():
        servers = [record for record in zone.records if record.rdtype == "NS"]
        assert len(servers) == 2
        assert above.issuperset(servers)


def test_every_server_has_an_address_and_glue_where_it_serves_its_own_zone() -> None:
    above = {record for top in zones.TOPS for record in zones.top_zone(top, {}).records}
    addresses = {
        record.owner: record
        for zone in LEAVES.values()
        for record in zone.records
        if record.rdtype == "A"
    }
    for number in range(zones.SITES):
        for server in zones.servers_of(number):
            assert addresses[server].rdata in zones.LEAF_ADDRESSES
            assert addresses[server] in above
            assert server.endswith(zones.site(number)) != zones.is_hosted(number)


def test_the_root_vouches_for_signed_domains_and_knows_their_servers() -> None:
    root = read(zones.root_zone({"com.": "1 13 2 " + "ab" * 32}))
    assert root.get_rdataset("com.", "DS") is not None
    assert root.get_rdataset("net.", "DS") is None
    for top in zones.TOPS:
        servers = root.get_rdataset(f"{top}.", "NS")
        assert servers is not None
        for server in servers:
            assert root.get_rdataset(server.target, "A") is not None


def test_hints_are_a_zone_file_of_the_root_servers() -> None:
    hints = dns.zone.from_text(
        zones.hints(), origin=".", relativize=False, check_origin=False
    )
    servers = hints.get_rdataset(".", "NS")
    assert servers is not None
    found = [hints.get_rdataset(server.target, "A") for server in servers]
    assert [rdata.address for rdataset in found if rdataset for rdata in rdataset] == [
        *zones.ROOT_ADDRESSES
    ]
