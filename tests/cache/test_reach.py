import pytest

from resolver.cache.reach import (
    CUT_OFF_NETWORKS,
    CUT_OFF_PACE,
    CUT_OFF_SECONDS,
    FAMILY_REST,
    NO_ROUTE,
    SILENT_NETWORKS,
    Reach,
)
from resolver.ports import Address

IPV4 = [Address(f"192.0.{net}.1") for net in range(SILENT_NETWORKS)]
IPV6 = [Address(f"2001:db8:{net}::1") for net in range(1, SILENT_NETWORKS + 1)]


def silent(addresses: list[Address], reach: Reach | None = None) -> Reach:
    reach = reach or Reach()
    for address in addresses:
        reach.timed_out(address, 100.0)
    return reach


def broken_ipv6() -> Reach:
    reach = silent(IPV6)
    reach.answered(IPV4[0], 101.0)
    reach.timed_out(IPV6[0], 102.0)
    return reach


def test_at_first_all_is_calm() -> None:
    assert Reach().calm


# --- families -------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(NO_ROUTE))
def test_a_family_without_a_route_is_avoided_at_once(reason: str) -> None:
    reach = Reach()
    reach.unreachable(IPV6[0], reason, 0.0)
    assert not reach.calm
    assert reach.avoids(IPV6[1])
    assert not reach.avoids(IPV4[0])
    assert reach.is_broken(is_ipv6=True)
    assert not reach.is_broken(is_ipv6=False)


def test_one_server_without_a_route_says_nothing_of_its_family() -> None:
    reach = Reach()
    reach.unreachable(IPV6[0], "permission denied", 0.0)
    assert not reach.avoids(IPV6[0])


def test_a_family_is_avoided_when_several_networks_keep_silent_and_the_other_answers() -> (
    None
):
    reach = broken_ipv6()
    assert reach.avoids(IPV6[0])
    assert not reach.avoids(IPV4[0])


def test_a_family_is_not_avoided_while_the_other_one_keeps_silent_too() -> None:
    reach = silent([*IPV6, *IPV6, *IPV4, *IPV4])
    assert not reach.avoids(IPV6[0])
    assert not reach.avoids(IPV4[0])


def test_many_servers_in_one_network_are_one_silence() -> None:
    reach = silent([Address(f"2001:db8:1::{host}") for host in range(1, 20)])
    reach.answered(IPV4[0], 101.0)
    reach.timed_out(IPV6[0], 102.0)
    assert not reach.avoids(IPV6[0])
    reach = silent([Address(f"192.0.2.{host}") for host in range(1, 20)])
    reach.answered(IPV6[0], 101.0)
    reach.timed_out(Address("192.0.2.1"), 102.0)
    assert not reach.avoids(IPV4[0])


def test_an_answer_in_between_begins_the_count_anew() -> None:
    reach = silent(IPV6[:-1])
    reach.answered(IPV6[0], 101.0)
    reach.timed_out(IPV6[-1], 102.0)
    reach.answered(IPV4[0], 103.0)
    reach.timed_out(IPV6[-1], 104.0)
    assert not reach.avoids(IPV6[0])


def test_one_answer_mends_a_family_and_all_is_calm() -> None:
    reach = broken_ipv6()
    reach.answered(IPV4[0], 103.0)
    assert not reach.calm
    reach.answered(IPV6[0], 104.0)
    assert not reach.avoids(IPV6[0])
    assert reach.calm


def test_where_both_families_are_broken_there_is_nothing_to_choose() -> None:
    reach = Reach()
    for address in (IPV4[0], IPV6[0]):
        reach.unreachable(address, "network unreachable", 0.0)
    assert not reach.avoids(IPV4[0])
    assert not reach.avoids(IPV6[0])
    assert not reach.is_broken(is_ipv6=True)


def test_a_broken_family_may_be_tried_once_a_minute() -> None:
    reach = Reach()
    reach.unreachable(IPV6[0], "network unreachable", 0.0)
    reach.unreachable(IPV6[0], "network unreachable", 30.0)
    assert not reach.may_retry(IPV6[0], FAMILY_REST - 0.1)
    assert reach.may_retry(IPV6[0], FAMILY_REST)
    assert not reach.may_retry(IPV6[1], FAMILY_REST + 1)
    assert reach.may_retry(IPV6[1], 2 * FAMILY_REST)


# --- cut off --------------------------------------------------------------------------


def test_silence_of_several_networks_for_some_seconds_means_that_we_are_cut_off() -> (
    None
):
    reach = silent(IPV4[:CUT_OFF_NETWORKS])
    assert not reach.is_cut_off(100.0 + CUT_OFF_SECONDS - 0.1)
    assert reach.is_cut_off(100.0 + CUT_OFF_SECONDS)
    assert not silent(IPV4[: CUT_OFF_NETWORKS - 1]).is_cut_off(1e6)


def test_packets_that_cannot_be_sent_are_silence() -> None:
    reach = Reach()
    for address in IPV4:
        reach.unreachable(address, "network unreachable", 100.0)
    assert reach.is_cut_off(100.0 + CUT_OFF_SECONDS)


def test_the_first_answer_after_that_is_news_and_the_second_is_none() -> None:
    reach = silent([*IPV4, *IPV6])
    assert reach.answered(IPV4[0], 200.0)
    assert reach.calm
    assert not reach.answered(IPV4[0], 200.0)


def test_an_answer_from_anybody_means_that_we_are_not_cut_off() -> None:
    reach = silent(IPV6)
    reach.answered(IPV4[0], 101.0)
    assert not reach.is_cut_off(1e6)
    # The old silence does not count for the next.
    reach.timed_out(IPV4[0], 200.0)
    assert not reach.is_cut_off(1e6)


def test_servers_that_are_down_are_asked_slowly_while_we_are_cut_off() -> None:
    reach = silent(IPV4)
    assert all(reach.may_probe(100.0) for _ in range(10))
    start = 100.0 + CUT_OFF_SECONDS
    allowed = [reach.may_probe(start + ms / 1000) for ms in range(1000)]
    assert sum(allowed) == round(1 / CUT_OFF_PACE)


def test_reset_forgets_everything() -> None:
    reach = broken_ipv6()
    silent(IPV4, reach)
    reach.reset()
    assert reach.calm
    assert not reach.avoids(IPV6[0])
    assert not reach.is_cut_off(1e6)
    silent(IPV6, reach)
    reach.timed_out(IPV6[0], 1e6)
    assert not reach.avoids(IPV6[0]), "what the other family did is forgotten, too"
