import pytest

from resolver.net.letters import shuffle_case


def ones(name: bytes) -> int:
    return (1 << 8 * len(name)) - 1


def test_only_letters_have_a_case() -> None:
    name = b"\x05az-09\x03\xe1{@\x00"  # an octet above 127 is no letter
    assert shuffle_case(name, ones(name)) == b"\x05AZ-09\x03\xe1{@\x00"
    assert shuffle_case(name, 0) == name


@pytest.mark.parametrize("name", [b"\x00", b"\x3f" + b"a" * 63 + b"\x00"])
def test_lengths_of_labels_are_left_alone(name: bytes) -> None:
    assert shuffle_case(name, ones(name)) == name.upper()


def test_each_letter_has_a_lot_of_its_own() -> None:
    name = b"\x03www\x00"
    found = {shuffle_case(name, lots << 8) for lots in range(0, 1 << 24, 0x2020)}
    assert found == {
        bytes([3, a, b, c, 0]) for a in b"wW" for b in b"wW" for c in b"wW"
    }


def test_lots_beyond_the_name_do_not_count() -> None:
    name = b"\x03www\x00"
    assert shuffle_case(name, ones(name) << 40 | ones(name)) == b"\x03WWW\x00"


def test_a_shuffled_name_is_still_that_name() -> None:
    name = b"\x03www\x07example\x00"
    assert shuffle_case(name, 0x5A5A_5A5A_5A5A_5A5A).lower() == name
