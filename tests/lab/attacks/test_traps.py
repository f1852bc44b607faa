"""Zones that are dear to validate, and limits without which they would be dearer."""

from collections.abc import Awaitable, Callable

import pytest

from resolver import ports
from resolver.dnssec import denial, keys, nsec3, signatures
from resolver.lab.attacks import traps
from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.stage import Build
from tests.lab.attacks.play import interpreted_only, play

TRAPS = (
    traps.key_sig_trap,
    traps.sig_jam,
    traps.lock_cram,
    traps.hash_trap,
    traps.many_ds,
    traps.exotic_rsa,
    traps.nsec3_closest_encloser,
)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_question_takes_little_work_and_others_have_their_turn(
    trap: Callable[[Build], Awaitable[Verdict]],
) -> None:
    verdict = play(trap)
    assert verdict.held, verdict.outcome
    assert verdict.cost.turn > 0


@interpreted_only
def test_keys_and_signatures_multiply_where_nothing_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("MAX_SIGNATURE_CHECKS", "MAX_FAILED_CHECKS"):
        monkeypatch.setattr(ports, name, 1_000_000)
    for name in ("MAX_SIGNATURES_TRIED", "MAX_SIGNATURES_READ"):
        monkeypatch.setattr(signatures, name, 1_000)
    monkeypatch.setattr(keys, "MAX_COLLIDING_KEYS", 1_000)
    monkeypatch.setattr(traps, "ROUNDS", 2)
    assert not play(traps.key_sig_trap).held


@interpreted_only
def test_hashes_add_up_where_zones_may_ask_for_any_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nsec3, "MAX_PRICE", 10_000)
    monkeypatch.setattr(denial, "MAX_PRICE", 10_000)
    monkeypatch.setattr(traps, "ITERATIONS", 2_500)
    monkeypatch.setattr(traps, "ROUNDS", 4)
    assert not play(traps.nsec3_closest_encloser).held
