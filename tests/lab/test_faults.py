"""What can be wrong, told apart by name."""

from resolver.lab.faults import BOGUS, FAULTS, GOOD, INSECURE, SECURE, Fault


def test_each_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_each_fault_differs_from_a_zone_that_is_in_order() -> None:
    plain = GOOD._replace(name="", worth="")
    others = [it._replace(name="", worth="") for it in FAULTS if it is not GOOD]
    assert plain not in others
    assert len(set(others)) == len(others)


def test_what_is_wrong_comes_to_one_of_three_things() -> None:
    assert {fault.worth for fault in FAULTS} == {SECURE, INSECURE, BOGUS}


def test_a_fault_without_anything_wrong_is_bogus_until_it_says_otherwise() -> None:
    assert Fault("new").worth == BOGUS
