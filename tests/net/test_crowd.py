"""Counting those who wait."""

import pytest

from resolver.net.crowd import (
    LOOPBACK,
    MAX_WAITING_FOR_ONE,
    MAX_WAITING_OF_NETWORK,
    Crowd,
    Tally,
    network_of,
)


def test_an_ipv4_address_is_a_network_of_its_own() -> None:
    assert network_of("192.0.2.7") != network_of("192.0.2.8")


def test_an_ipv6_address_is_counted_with_its_link() -> None:
    network = network_of("2001:db8:0:1::7")
    assert network_of("2001:db8::1:ffff:ffff:ffff:ffff") == network
    assert network_of("2001:db8:0:2::7") != network
    assert network_of("fe80::1%eth0") == network_of("fe80::2")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_is_known_as_such(host: str) -> None:
    assert network_of(host) == LOOPBACK


@pytest.mark.parametrize("host", ["128.0.0.1", "12.7.0.1", "::2", "1::1"])
def test_others_are_not_loopback(host: str) -> None:
    assert network_of(host) != LOOPBACK


def test_a_tally_forgets_who_has_left() -> None:
    tally = Tally()
    tally.enter("192.0.2.7")
    tally.enter("192.0.2.7")
    tally.leave("192.0.2.7")
    assert (tally.of("192.0.2.7"), len(tally)) == (1, 1)
    tally.leave("192.0.2.7")
    assert (tally.of("192.0.2.7"), len(tally)) == (0, 0)


def test_a_tally_does_not_count_loopback() -> None:
    tally = Tally()
    tally.enter(LOOPBACK)
    assert (tally.of(LOOPBACK), len(tally)) == (0, 0)
    tally.leave(LOOPBACK)
    assert len(tally) == 0


def test_the_limit_that_keeps_a_question_out_is_named_and_counted() -> None:
    crowd = Crowd()
    assert crowd.objection("192.0.2.7", 0) == ""
    assert "this answer" in crowd.objection("192.0.2.7", MAX_WAITING_FOR_ONE)
    for _ in range(MAX_WAITING_OF_NETWORK):
        assert crowd.admit("192.0.2.7", 0) == ""
    assert "your network" in crowd.admit("192.0.2.7", 0)
    assert "your network" in crowd.objection("192.0.2.7", 0)
    assert crowd.objection("192.0.2.8", 0) == ""
    assert crowd.overflow() == "too many questions are waiting"
    assert (crowd.over_question, crowd.over_network, crowd.over_total) == (1, 2, 1)
    assert (crowd.waiting, crowd.networks) == (MAX_WAITING_OF_NETWORK, 1)
