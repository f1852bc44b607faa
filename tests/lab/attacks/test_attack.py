"""What is said about attacks."""

from resolver.lab.attacks.attack import Attack
from resolver.lab.attacks.catalogue import ATTACKS


def test_every_attack_says_what_it_is_and_what_stands_against_it() -> None:
    for attack in ATTACKS:
        assert isinstance(attack, Attack)
        assert all(attack[:4])


def test_every_attack_has_a_name_of_its_own() -> None:
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) == 23
