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
    "iter_class_any": Known(
        "STEP 10 CHECK_ANSWER",
        "class ANY is refused, as every class but IN: nobody asks it but scanners, and"
        " the answer cannot be validated",
    ),
    "local_ds": Known(
        "STEP 30 CHECK_ANSWER",
        "10.in-addr.arpa is served here (RFC 6303), and so is the question for its DS,"
        " which tells the world which private networks there are",
    ),
    "ds_wildcard_cname": Known(
        "STEP 40 CHECK_ANSWER",
        "a zone is trusted for as long as its DS may be kept, and not for as long as its"
        " DNSKEY: a forged DS is noticed, and there is nobody else to ask",
    ),
    "dname_unsigned_cname": Known(
        "nothing scripted answers b.tgt.example.test. IN A",
        "the CNAME that comes with a DNAME is never looked at, so that a wrong one does"
        " no harm: it is made from the DNAME (RFC 6672 section 3.3)",
    ),
    "iter_dname_ttl0": Known(
        "nothing scripted answers foo2.test-dname.example.com. IN A",
        "a DNAME with a TTL of 0 is for the question that it came for, and not for"
        " another one a second later",
    ),
    "serve_expired_client_timeout_val_bogus": Known(
        "STEP 70 CHECK_ANSWER",
        "what was bogus is not asked for again for 60 seconds, also where a stale answer"
        " is given meanwhile; Unbound tries again after 5",
    ),
    "serve_expired_val_bogus": Known(
        "STEP 110 CHECK_ANSWER",
        "what was bogus is not asked for again for 60 seconds, also where a stale answer"
        " is given meanwhile; Unbound tries again after 5",
    ),
    "serve_expired_wildcard_swap_ad": Known(
        "STEP 40 CHECK_ANSWER",
        "the stale end of a chain of aliases, secure when it was learnt, is told where"
        " the new one is forged; without AD, for the alias is not signed.  Unbound keeps"
        " whole answers, and had none for this alias",
    ),
    "ttl_msg": Known(
        "STEP 36 CHECK_ANSWER",
        "a negative answer keeps the SOA it came with; a newer one, from another"
        " question, does not prolong it",
    ),
    "val_cnameother": Known(
        "STEP 21 CHECK_ANSWER",
        "a name with an alias and other data is against RFC 1034 section 3.6.2: we tell"
        " what was asked for, Unbound what comes first in the packet",
    ),
    "val_cnameqtype_qmin": Known(
        "nothing scripted answers ns.example.com. IN A",
        "glue of one delegation does not lead to another one's servers: their address"
        " is asked of the zone that they are in",
    ),
    "val_cnametocnamewctoposwc": Known(
        "STEP 10 CHECK_ANSWER",
        "the whole answer fits into 1232 bytes, so it is not marked as truncated",
    ),
    "val_dnametoolong": Known(
        "STEP 10 CHECK_ANSWER",
        "all that YXDOMAIN rests on is the DNAME, and that is secure: so AD is set (RFC"
        " 4035 section 3.2.3)",
    ),
    "val_negcache_dssoa": Known(
        "STEP 30 CHECK_ANSWER",
        "the proof came with a referral, without the SOA, and is told as it came; it is"
        " not put together with an SOA from another answer",
    ),
    "val_negcache_ttl_prefetch": Known(
        "STEP 12 CHECK_ANSWER",
        "no proof in a denial from memory is told for longer than the zone's SOA, whose"
        " TTL is 900 seconds here (RFC 9077); Unbound tells the NSEC records' 3600",
    ),
    "val_nsec3_nods_badopt": Known(
        "STEP 10 CHECK_ANSWER",
        "123 iterations are above our limit of 50, so the zone is insecure (RFC 9276"
        " section 3.2) before anything else can be wrong with the proof; Unbound's is 150",
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
        # Where a question is not answered, what fails then follows from that.
        alone = len(result.faults) == 1 or known.where.startswith("nothing scripted")
        assert alone, details(result)


@pytest.mark.skipif(not SCENARIOS, reason="the published scenarios are not there")
def test_the_list_of_known_failures_names_scenarios_that_exist() -> None:
    assert set(KNOWN_FAILURES) <= {path.stem for path in SCENARIOS}
