"""Chains of aliases, and budgets that are shared along them."""

import pytest

from resolver import ports
from resolver.lab.attacks import chains
from resolver.walk import choose, walk
from tests.lab.attacks.play import interpreted_only, play


def test_camp_makes_no_more_than_a_hundred_packets_of_a_question() -> None:
    verdict = play(chains.camp)
    assert verdict.held
    assert 20 < verdict.cost.worst <= 100


@interpreted_only
def test_camp_breaks_a_resolver_whose_budget_does_not_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ports, "MAX_ASKS", 1000)
    monkeypatch.setattr(ports, "MAX_ADDRESS_LOOKUPS", 1000)
    monkeypatch.setattr(choose, "MAX_FRUITLESS", 100)
    assert not play(chains.camp).held


def test_a_chain_of_aliases_is_followed_for_eleven_links() -> None:
    verdict = play(chains.cname_chain)
    assert verdict.held
    assert verdict.cost.worst <= 12


@interpreted_only
def test_a_chain_of_aliases_would_be_followed_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walk, "MAX_ALIASES", 100)
    assert not play(chains.cname_chain).held
