import ipaddress

import pytest

from resolver.policy.local import SPECIAL_NAMES, LocalNames
from resolver.ports import Resolution
from resolver.wire import types
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import lines, question


def answer(asked: str, names: LocalNames | None = None) -> Resolution | None:
    return (names or LocalNames()).answer(question(asked))


def rcode(asked: str, names: LocalNames | None = None) -> int | None:
    resolution = answer(asked, names)
    return None if resolution is None else resolution.rcode


def reverse(address: str) -> str:
    return f"{ipaddress.ip_address(address).reverse_pointer}."


def test_ordinary_names_are_not_ours() -> None:
    for name in ("example.com.", "com.", ".", "notlocalhost.", "11.in-addr.arpa."):
        assert answer(f"{name} A") is None


def test_localhost_is_this_machine_and_so_is_everything_below_it() -> None:
    for name in ("localhost.", "LOCALHOST.", "www.localhost."):
        four, six = answer(f"{name} A"), answer(f"{name} AAAA")
        assert four is not None
        assert six is not None
        assert lines(four)[0].endswith("A 127.0.0.1")
        assert lines(six)[0].endswith("AAAA ::1")
        assert four.authoritative
    mail = answer("localhost. MX")
    assert mail is not None
    assert (mail.rcode, mail.answer) == (types.NOERROR, ())


@pytest.mark.parametrize("zone", ["invalid.", "test.", "onion.", "alt."])
def test_names_that_dns_must_not_know_do_not_exist(zone: str) -> None:
    for name in (zone, f"www.{zone}"):
        resolution = answer(f"{name} A")
        assert resolution is not None
        assert resolution.rcode == types.NXDOMAIN
        [soa] = resolution.authority
        assert soa.name == name_from_text(zone)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "169.254.1.1",
     "100.64.0.1", "100.127.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1",
     "0.0.0.1", "127.0.0.2", "255.255.255.255", "fd00::1", "fe80::1", "2001:db8::1"],
)  # fmt: skip
def test_reverse_names_of_addresses_without_a_place_never_leave_here(
    address: str,
) -> None:
    assert rcode(f"{reverse(address)} PTR") in {types.NXDOMAIN, types.NOERROR}


@pytest.mark.parametrize(
    "address", ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "2001:4860::1"]
)
def test_reverse_names_next_to_them_are_asked_about(address: str) -> None:
    assert answer(f"{reverse(address)} PTR") is None


def test_loopback_addresses_point_to_localhost() -> None:
    for address in ("127.0.0.1", "::1"):
        resolution = answer(f"{reverse(address)} PTR")
        assert resolution is not None
        assert lines(resolution)[0].endswith("PTR localhost.")


def test_an_empty_zone_has_an_soa_and_ns_and_nothing_else() -> None:
    for kind, found in (("SOA", 1), ("NS", 1), ("A", 0)):
        resolution = answer(f"home.arpa. {kind}")
        assert resolution is not None
        assert (resolution.rcode, len(resolution.answer)) == (types.NOERROR, found)
    assert rcode("nas.home.arpa. A") == types.NXDOMAIN


def test_the_ds_of_an_empty_zone_is_its_parents_to_know() -> None:
    assert answer("home.arpa. DS") is None


def test_special_names_can_be_switched_off() -> None:
    assert answer("localhost. A", LocalNames(special_use=False)) is None


def test_a_configured_zone_wins_over_a_special_name() -> None:
    names = LocalNames(configured=(name_from_text("corp.home.arpa."),))
    assert answer("www.corp.home.arpa. A", names) is None
    assert rcode("www.home.arpa. A", names) == types.NXDOMAIN


def test_configured_records_are_answered_with_authority() -> None:
    names = LocalNames(tuple(rrsets_from_text("nas.home. 300 A 192.168.1.9")))
    resolution = answer("nas.home. A", names)
    assert resolution is not None
    assert lines(resolution) == ["nas.home. 300 IN A 192.168.1.9"]
    assert resolution.authoritative


def test_a_configured_name_has_no_other_types_and_hides_nothing_beside_it() -> None:
    names = LocalNames(tuple(rrsets_from_text("nas.home. 300 A 192.168.1.9")))
    assert rcode("nas.home. AAAA", names) == types.NOERROR
    assert answer("home. A", names) is None
    assert answer("tv.home. A", names) is None


def test_a_configured_alias_answers_every_type() -> None:
    names = LocalNames(tuple(rrsets_from_text("www.home. 300 CNAME nas.home.")))
    resolution = answer("www.home. A", names)
    assert resolution is not None
    assert [rrset.rdtype for rrset in resolution.answer] == [types.CNAME]


def test_a_configured_record_wins_over_a_special_name() -> None:
    names = LocalNames(tuple(rrsets_from_text("nas.home.arpa. 300 A 192.168.1.9")))
    assert rcode("nas.home.arpa. A", names) == types.NOERROR


def test_a_name_between_configured_names_exists() -> None:
    text = "home. 300 A 192.168.1.1\na.b.home. 300 A 192.168.1.2"
    names = LocalNames(tuple(rrsets_from_text(text)))
    assert rcode("b.home. A", names) == types.NOERROR
    assert answer("c.home. A", names) is None


def test_the_list_of_special_names_is_complete() -> None:
    # RFC 6761, 6303, 7686, 7793, 8375, 9462, 9476.
    assert len(SPECIAL_NAMES) == 7 + 1 + 16 + 1 + 7 + 64 + 8
