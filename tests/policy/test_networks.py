from ipaddress import IPv4Address

import pytest

from resolver.policy.networks import NO_SERVERS, REMEMBERED_HOSTS, Networks


def test_addresses_are_found_in_their_networks() -> None:
    allowed = Networks(("192.0.2.0/24", "2001:db8::/32"))
    assert allowed.contains("192.0.2.255")
    assert allowed.contains("2001:db8::1")
    assert not allowed.contains("192.0.3.1")
    assert not allowed.contains("2001:db9::1")


def test_nothing_is_in_no_networks() -> None:
    assert not Networks(()).contains("127.0.0.1")


def test_an_address_alone_is_a_network() -> None:
    assert Networks(("192.0.2.1",)).contains("192.0.2.1")


def test_a_mapped_ipv4_address_counts_as_itself() -> None:
    assert Networks(("192.0.2.0/24",)).contains("::ffff:192.0.2.7")
    assert not Networks(("::/0",)).contains("::ffff:192.0.2.7")


def test_a_scope_is_ignored() -> None:
    assert Networks(("fe80::/10",)).contains("fe80::1%eth0")


def test_what_is_remembered_is_bounded() -> None:
    allowed = Networks(("10.0.0.0/9",))
    hosts = (str(IPv4Address("10.127.128.0") + n) for n in range(REMEMBERED_HOSTS + 4))
    for n, host in enumerate(hosts):
        assert allowed.contains(host) is (n < 0x8000)
    assert len(allowed._known) == 4


def test_text_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="somewhere"):
        Networks(("somewhere",))


def test_no_server_has_an_address_that_means_no_host_but_may_have_a_private_one() -> (
    None
):
    never = Networks(NO_SERVERS)
    for host in ("0.0.0.0", "224.0.0.1", "255.255.255.255", "169.254.1.1", "::",
                 "fe80::1", "ff02::1", "::ffff:0.0.0.0"):  # fmt: skip
        assert never.contains(host), host
    for host in ("10.0.0.1", "100.64.0.1", "127.0.0.1", "::1", "fd00::1", "192.0.2.1"):
        assert not never.contains(host), host
