from resolver.policy.special import LOOPBACK_POINTERS, SPECIAL_NAMES, plain_name
from resolver.wire.presentation import name_from_text


def test_plain_names_are_written_as_on_the_wire() -> None:
    for text in SPECIAL_NAMES:
        assert plain_name(text) == name_from_text(f"{text}.")


def test_this_machine_is_pointed_to_from_inside_a_special_zone() -> None:
    zones = {plain_name(text) for text in SPECIAL_NAMES}
    for pointer in LOOPBACK_POINTERS:
        assert any(pointer.endswith(zone) for zone in zones)


def test_the_list_of_special_names_is_complete() -> None:
    # The names; RFC 6303 with 172.16.0.0/12; RFC 7793; the zones of IPv6.
    assert len(SPECIAL_NAMES) == 11 + 1 + 16 + 1 + 7 + 64 + 8


def test_names_that_only_look_special_are_resolved_as_any_others() -> None:
    assert not {"example", "example.com", "ipv4only.arpa", "internal"} & set(
        SPECIAL_NAMES
    )
