"""Zones that outlive their delegation, or reach for others."""

import pytest

from resolver.cache import zones
from resolver.lab.attacks import takeovers
from tests.lab.attacks.play import interpreted_only, play


def test_a_ghost_is_gone_when_its_parent_s_word_is() -> None:
    verdict = play(takeovers.ghost_domain)
    assert verdict.held
    assert verdict.outcome.startswith("gone after 24 h")


@interpreted_only
def test_a_ghost_lives_on_where_delegations_are_kept_for_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zones, "MIN_TTL", 10 * 86_400)
    monkeypatch.setattr(zones, "MAX_TTL", 10 * 86_400)
    assert not play(takeovers.ghost_domain).held


def test_nobody_takes_over_a_zone_by_naming_its_servers() -> None:
    verdict = play(takeovers.promiscuous_ns)
    assert verdict.held
    assert verdict.outcome == "0 of 60 answers were the attacker's"
