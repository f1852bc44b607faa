"""Referrals that make work, and what one question may cost because of them."""

import pytest

from resolver.lab.attacks import delegations
from resolver.lab.attacks.delegations import ROUNDS
from resolver.walk import choose
from tests.lab.attacks.play import interpreted_only, play


def test_nxns_makes_no_more_than_twelve_packets_of_a_question() -> None:
    verdict = play(delegations.nxns)
    assert verdict.held
    assert verdict.cost.questions == ROUNDS
    assert verdict.cost.worst <= 12
    # It is an attack: the referral alone would be two.
    assert verdict.cost.worst > 2


@interpreted_only
def test_nxns_breaks_a_resolver_that_looks_up_whatever_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choose, "MAX_FRUITLESS", 100)
    monkeypatch.setattr(choose, "MAX_LOOKUPS", 100)
    assert not play(delegations.nxns).held


def test_nrdelegation_costs_little_to_look_through() -> None:
    verdict = play(delegations.nrdelegation)
    assert verdict.held
    assert verdict.cost.worst <= 12
    # 1500 names did arrive, each time.
    assert verdict.cost.received > ROUNDS * 1500 * 15
    assert verdict.cost.cpu <= ROUNDS * 0.05


def test_tsuname_ends_where_it_comes_round_and_is_not_begun_again_at_once() -> None:
    verdict = play(delegations.tsuname)
    assert verdict.held
    assert verdict.cost.packets <= 4 * ROUNDS


def test_glue_at_the_address_just_asked_is_asked_there_once() -> None:
    verdict = play(delegations.self_glue)
    assert verdict.held
    # The referral over UDP and TCP, then the same from itself.
    assert verdict.cost.worst <= 4


def test_one_address_under_many_names_is_one_server() -> None:
    verdict = play(delegations.overlapping_addresses)
    assert verdict.held
    assert verdict.cost.worst <= 2 + 2 * choose.MAX_TRIES
