from resolver.config import kinds
from resolver.policy.places import KINDS, OPEN, STATIC, Place, table_of
from resolver.wire.presentation import name_from_text as name
from resolver.wire.presentation import rrsets_from_text


def table(text: str, kinds: dict[str, str]) -> dict[bytes, Place]:
    return table_of(
        tuple(rrsets_from_text(text)), {name(zone): kinds[zone] for zone in kinds}
    )


def test_a_zone_and_a_record_are_places_and_the_closest_zone_is_theirs() -> None:
    found = table("a.lan. 60 A 192.0.2.1", {"lan.": STATIC, ".": OPEN})
    assert found[name("a.lan.")] == Place(
        exists=True, wildcard=False, zone=name("lan."), kind=STATIC
    )
    assert found[name("lan.")].zone == name("lan.")
    assert found[name(".")].kind == OPEN


def test_in_a_zone_of_ours_all_names_down_from_it_exist() -> None:
    found = table("c.b.lan. 60 A 192.0.2.1", {"lan.": STATIC})
    assert found[name("b.lan.")].exists
    assert found[name("lan.")].exists


def test_elsewhere_names_exist_down_from_the_topmost_record() -> None:
    found = table("c.b.home. 60 A 192.0.2.1", {})
    assert set(found) == {name("c.b.home.")}
    assert found[name("c.b.home.")].kind == OPEN
    two = table("home. 60 A 192.0.2.1\nc.b.home. 60 A 192.0.2.1", {})
    assert two[name("b.home.")].exists


def test_a_name_above_a_wildcard_is_a_place_without_existing() -> None:
    found = table("*.dev.home. 60 A 192.0.2.1", {})
    assert found[name("dev.home.")].wildcard
    assert not found[name("dev.home.")].exists


def test_a_wildcard_below_the_root_does_not_make_the_root_ours() -> None:
    found = table("*. 60 A 192.0.2.1\nb.a. 60 A 192.0.2.1", {})
    assert not found[name(".")].exists
    assert found[name("a.")].exists


def test_the_configuration_takes_all_kinds_of_zones_and_no_others() -> None:
    assert set(kinds._LOCAL_ZONES) == set(KINDS)
