"""Clients who wait for the wrong reason."""

import pytest

from resolver.lab.attacks import crowds
from tests.lab.attacks.play import interpreted_only, play


def test_no_more_replies_are_gathered_for_one_host_than_may_wait() -> None:
    verdict = play(crowds.dnsbomb)
    assert verdict.held
    assert verdict.cost.questions == crowds.BOMB
    # Each is asked twice, since the servers of the bomb are late.
    assert verdict.cost.packets <= 2 * crowds.MOST_AT_ONCE


def test_a_client_is_answered_though_idlers_take_every_connection() -> None:
    verdict = play(crowds.slow_loris)
    assert verdict.held
    assert verdict.outcome.startswith("10 of 10 honest clients answered")


@interpreted_only
def test_idlers_would_keep_everybody_out_of_a_patient_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whose = "resolver.net.connections.Connections.patience"
    monkeypatch.setattr(whose, lambda table: 60.0)
    assert not play(crowds.slow_loris).held
