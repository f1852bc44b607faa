"""Whole resolutions: our own stories, and the scenarios published with Unbound.

The published ones are read from beside the project (or from $SCENARIOS) and skipped
where they are absent; a scenario that needs what this version lacks is skipped with
that reason.  A few fail, each for a reason that is written down here.
"""

import functools
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.replay.parse import parse
from tests.replay.player import Result, play
from tests.replay.report import details
from tests.replay.where import found, scenarios_folder, stories_folder


class Known(NamedTuple):
    """Where a scenario fails, and why that is as it should be."""

    where: str
    because: str


KNOWN_FAILURES: Final[dict[str, Known]] = {
    # The rest of what this one wants, our story `ghost_delegation` checks.
    "ghost_glue_a": Known(
        "STEP 13 CHECK_ANSWER",
        "the parent's short TTL limits our delegation, not the answer that the zone"
        " itself gives about its server",
    ),
    "iter_nxns_cached": Known(
        "STEP 40 CHECK_ANSWER",
        "eleven of twelve server names do not exist: five fruitless look-ups for each"
        " client question find the twelfth with the third question, not the second",
    ),
    "iter_prefetch_change2": Known(
        "STEP 100 CHECK_ANSWER",
        "a zone that calls its own NS set short-lived does not shorten the parent's"
        " delegation, so the renewal still asks the servers that the parent named",
    ),
    "iter_resolve_minimised_timeout": Known(
        "STEP 40 CHECK_OUT_QUERY",
        "the whole name is asked for with the client's type at once, without a"
        " question of type A before it (RFC 9156 section 3)",
    ),
    "ttl_msg": Known(
        "STEP 36 CHECK_ANSWER",
        "a negative answer keeps the SOA it came with; a newer one, from another"
        " question, does not prolong it",
    ),
}

STORIES: Final = found([stories_folder()])
SCENARIOS: Final = found([scenarios_folder()]) if scenarios_folder().is_dir() else []
# Chance must not decide: every story is played with each of these.
SEEDS: Final = (0, 1, 2, 3)


@functools.cache
def played(path: Path, seed: int) -> Result:
    """Play a file, once."""
    return play(parse(path), seed=seed)


def name(path: Path) -> str:
    """Name a test after its scenario."""
    return path.stem


def test_there_are_stories() -> None:
    assert len(STORIES) >= 8


def test_a_story_keeps_the_diaries_of_its_walks() -> None:
    result = played(stories_folder() / "glueless_referral.rpl", 0)
    assert [diary[0].kind for diary in result.diaries] == ["question"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("path", STORIES, ids=name)
def test_our_own_stories_end_well_whatever_the_dice_say(path: Path, seed: int) -> None:
    result = played(path, seed)
    assert result.status == "passed", details(result)


@pytest.mark.skipif(not SCENARIOS, reason="the published scenarios are not there")
@pytest.mark.parametrize("path", SCENARIOS, ids=name)
def test_published_scenarios_end_as_they_do_with_unbound(path: Path) -> None:
    result = played(path, 0)
    if result.status == "needs":
        pytest.skip(f"needs {', '.join(result.needs)}")
    known = KNOWN_FAILURES.get(path.stem)
    if known is None:
        assert result.status == "passed", details(result)
    else:
        assert result.faults, f"passes now, take it off the list: {known.because}"
        assert result.faults[0].startswith(known.where), details(result)
        assert len(result.faults) == 1, details(result)


@pytest.mark.skipif(not SCENARIOS, reason="the published scenarios are not there")
def test_the_list_of_known_failures_names_scenarios_that_exist() -> None:
    assert set(KNOWN_FAILURES) <= {path.stem for path in SCENARIOS}
