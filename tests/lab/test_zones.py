import dns.name
import dns.rdatatype
import dns.zone
import pytest
from dns.name import Name

from resolver.lab.zones import ZoneSet, parse_zone

ZONE = parse_zone(
    "example.com.",
    """$TTL 3600
@ SOA ns1 hostmaster 1 2 3 4 300
@ NS ns1
ns1 A 192.0.2.1
a.b.c A 192.0.2.2
*.wild A 192.0.2.3
d DNAME example.net.
sub NS ns.sub
ns.sub A 192.0.2.4
deeper.sub NS ns.sub
""",
)


def name(text: str) -> Name:
    return dns.name.from_text(text)


@pytest.mark.parametrize(
    "text", ["example.com.", "c.example.com.", "b.c.example.com.", "sub.example.com."]
)
def test_a_name_exists_when_something_is_at_or_below_it(text: str) -> None:
    assert ZONE.exists(name(text))


@pytest.mark.parametrize("text", ["x.example.com.", "ns.sub.example.com."])
def test_what_is_below_a_cut_or_nowhere_does_not_exist(text: str) -> None:
    assert not ZONE.exists(name(text))


def test_names_are_compared_without_case() -> None:
    assert ZONE.exists(name("NS1.Example.COM."))


def test_the_topmost_cut_ends_authority() -> None:
    assert ZONE.cut_above(name("x.deeper.sub.example.com.")) == name("sub.example.com.")
    assert ZONE.cut_above(name("sub.example.com.")) == name("sub.example.com.")
    assert ZONE.cut_above(name("a.b.c.example.com.")) is None
    assert ZONE.cut_above(name("example.com.")) is None


def test_the_closest_encloser_may_be_an_empty_name() -> None:
    assert ZONE.closest_encloser(name("x.y.b.c.example.com.")) == name(
        "b.c.example.com."
    )


def test_a_wildcard_stands_directly_below_the_encloser() -> None:
    assert ZONE.wildcard_below(name("wild.example.com.")) == name("*.wild.example.com.")
    assert ZONE.wildcard_below(name("example.com.")) is None


def test_no_wildcard_fits_below_the_longest_name() -> None:
    longest = Name(
        [b"x" * 60, b"y" * 60, b"z" * 60, b"w" * 57, b"example", b"com", b""]
    )
    assert sum(len(label) + 1 for label in longest.labels) == 254
    assert ZONE.wildcard_below(longest) is None


def test_a_dname_is_above_what_it_redirects() -> None:
    assert ZONE.dname_above(name("x.y.d.example.com.")) == name("d.example.com.")
    assert ZONE.dname_above(name("d.example.com.")) is None


def test_records_can_be_given_to_another_owner() -> None:
    star, owner = name("*.wild.example.com."), name("x.wild.example.com.")
    rrset = ZONE.rrset(star, dns.rdatatype.A, owner)
    assert rrset is not None
    assert (rrset.name, rrset[0].to_text()) == (owner, "192.0.2.3")


def test_a_zone_gives_fresh_sets() -> None:
    first = ZONE.rrset(name("ns1.example.com."), dns.rdatatype.A)
    assert first is not None
    first.update_ttl(1)
    again = ZONE.rrset(name("ns1.example.com."), dns.rdatatype.A)
    assert again is not None
    assert again.ttl == 3600


def test_a_denial_lives_as_long_as_the_smaller_of_two_times() -> None:
    assert ZONE.soa_for_denial().ttl == 300


def test_an_unsigned_zone_has_no_proofs() -> None:
    assert ZONE.proof_at(name("x.example.com.")) == []
    assert ZONE.signatures(name("ns1.example.com."), dns.rdatatype.A) is None


def test_a_zone_survives_its_own_text() -> None:
    again = parse_zone("example.com.", ZONE.to_text())
    assert again.to_text() == ZONE.to_text()
    assert again.exists(name("b.c.example.com."))


def test_a_zone_needs_an_soa() -> None:
    with pytest.raises(dns.zone.NoSOA):
        parse_zone("example.com.", "@ 3600 NS ns1.example.net.")


def test_the_deepest_zone_answers_except_for_ds() -> None:
    root, com = (
        parse_zone(origin, "@ 60 SOA . . 1 2 3 4 5\n@ 60 NS ns.example.net.")
        for origin in (".", "com.")
    )
    zones = ZoneSet([root, com])
    assert zones.closest(name("www.com."), dns.rdatatype.A) is com
    assert zones.closest(name("com."), dns.rdatatype.A) is com
    assert zones.closest(name("com."), dns.rdatatype.DS) is root
    assert zones.closest(name("."), dns.rdatatype.DS) is root
    assert ZoneSet([com]).closest(name("com."), dns.rdatatype.DS) is com
    assert ZoneSet([com]).closest(name("net."), dns.rdatatype.A) is None
