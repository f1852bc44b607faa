"""Floods, and those who are not part of them."""

import pytest

from resolver.cache import store
from resolver.lab.attacks import floods
from tests.lab.attacks.play import interpreted_only, play


def test_others_are_answered_while_names_of_a_dead_zone_are_asked_for() -> None:
    verdict = play(floods.random_subdomain)
    assert verdict.outcome == "60 of 60 honest questions answered meanwhile"
    assert verdict.held


def test_what_is_popular_survives_a_flood_of_new_entries() -> None:
    verdict = play(floods.cacheflush)
    assert verdict.held
    # More came in than there is room for.
    assert verdict.cost.received > 2 * floods.SMALL_CACHE


@interpreted_only
def test_what_is_popular_would_be_flushed_from_one_class_of_entries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "USED_SHARE", 0.0)
    assert not play(floods.cacheflush).held
