"""A reading, and how it is told as JSON."""

import json

from resolver.daemon.reading import Reading, Worker, as_json, merged
from resolver.daemon.statistics import Statistics

READING = Reading(
    Statistics(walks=3, labelled={"waits|0": 2, "waits|sum": 0.5}),
    (
        Worker("supervisor", 1, answers=False),
        Worker("1", 2, answers=True),
        Worker("2", 3, answers=True),
    ),
    wanted=3,
    replaced=1,
)


def test_workers_are_those_that_answer() -> None:
    assert READING.workers == 2
    assert Reading(Statistics(), ()).workers == 0


def test_a_reading_is_told_as_json() -> None:
    told = as_json(READING)
    assert json.loads(json.dumps(told)) == told
    assert (told["workers"], told["workers_wanted"], told["replaced"]) == (2, 3, 1)
    assert told["counters"]["walks"] == 3
    assert told["labelled"] == {"waits|0": 2, "waits|sum": 0.5}


def test_what_several_told_is_added_up_but_for_what_they_share() -> None:
    one = Reading(
        Statistics(walks=1, shared_entries=7, labelled={"a": 1}),
        (Worker("1", 2, answers=True),),
    )
    both = merged([as_json(one), as_json(one)])
    assert (both["workers"], both["workers_wanted"]) == (2, 2)
    assert both["counters"]["walks"] == 2
    assert both["counters"]["shared_entries"] == 7
    assert both["labelled"] == {"a": 2}
