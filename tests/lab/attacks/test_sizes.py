"""Answers that do not fit."""

from resolver.lab.attacks import sizes
from tests.lab.attacks.play import play


def test_big_answers_are_cut_for_datagrams_and_whole_in_streams() -> None:
    verdict = play(sizes.big_answers)
    assert verdict.held
    # Each came over TCP, whole; what is too big to be kept came twice.
    assert verdict.cost.received > sizes.ROUNDS * sum(sizes.SIZES)
