from pathlib import Path

import pytest

from benchmarks import questions, zones
from benchmarks.plan import FULL, QUICK, Plan

NAMES = {
    zones.host(number, index)
    for number in range(zones.SITES)
    for index in range(zones.names_in(number))
}
PLANS = pytest.mark.parametrize("plan", [QUICK, FULL], ids=lambda plan: plan.name)


def names(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines]


@PLANS
def test_new_zones_are_asked_once_each_all_large_ones_among_them(plan: Plan) -> None:
    asked = names(questions.new_zones(plan.new_zones))
    assert len(asked) == len(set(asked)) == plan.new_zones
    assert set(asked) <= NAMES
    assert {zones.host(number, 0) for number in range(zones.LARGE_SITES)} <= set(asked)


@PLANS
def test_new_names_in_known_zones_were_never_asked_before(plan: Plan) -> None:
    late = int(plan.cold_rate * plan.latency_seconds)
    known = names(questions.known_zones(0, plan.known_names))
    still_new = names(questions.known_zones(plan.known_names, late))
    before = names(questions.new_zones(plan.new_zones))
    assert len({*known, *still_new}) == plan.known_names + late
    assert {*known, *still_new} <= NAMES
    assert {*known, *still_new}.isdisjoint(before)


def test_more_names_than_the_lab_has_are_refused() -> None:
    with pytest.raises(ValueError, match="do not have so many"):
        questions.known_zones(0, zones.LARGE_SITES * zones.NAMES_IN_LARGE)


def test_the_warm_names_differ_and_exist() -> None:
    warm = names([*questions.warm(10_000)])
    assert len(set(warm)) == 10_000
    assert set(warm) <= NAMES


def test_the_mix_repeats_popular_names_and_has_some_wrong_ones() -> None:
    lines = questions.mix(20_000)
    counts: dict[str, int] = {}
    for name in names(lines):
        counts[name] = counts.get(name, 0) + 1
    wrong = sum(name.startswith("nothing") for name in names(lines))
    assert len(lines) == 20_000
    assert max(counts.values()) > 100
    assert len(counts) > 5_000
    assert 300 < wrong < 1_000
    assert {line.split()[1] for line in lines} == {"A", "AAAA"}


def test_the_mix_is_the_same_every_time() -> None:
    assert questions.mix(500) == questions.mix(500)


def test_the_names_that_a_cache_grows_by_are_new_and_in_unsigned_sites() -> None:
    grown = names([*questions.growing(0, 3_000), *questions.growing(3_000, 5_000)])
    unsigned = {
        zones.site(number)
        for number in range(zones.SITES)
        if not zones.is_signed(number)
    }
    assert len(set(grown)) == 5_000
    assert {name.partition(".")[2] for name in grown} <= unsigned
    assert set(grown).isdisjoint(NAMES)


def test_a_data_file_has_a_question_a_line(tmp_path: Path) -> None:
    path = questions.write(tmp_path / "names", ["a. A", "b. AAAA"])
    assert path.read_text() == "a. A\nb. AAAA\n"
