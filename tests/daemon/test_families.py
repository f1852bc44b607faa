"""A reading as metrics."""

from resolver.daemon.families import families
from resolver.daemon.processes import Usage
from resolver.daemon.reading import Reading, Worker
from resolver.daemon.statistics import NAMES, Statistics
from resolver.observe.exposition import exposition
from tests.observe.prometheus import Family, parse

LABELLED: dict[str, float] = {
    "questions|udp|A|NOERROR": 5,
    "questions|tcp|other|SERVFAIL": 1,
    "waits|2": 3,
    "waits|13": 1,
    "waits|sum": 12.5,
    "upstream|udp|answered|4": 7,
    "upstream|udp|answered|sum": 0.1,
    "upstream|tcp|timeout|10": 1,
    "upstream|tcp|timeout|sum": 3.0,
    "limits|max_asks": 2,
    "verdicts|secure|": 4,
    "verdicts|bogus|signature_expired": 2,
}


def usage(pid: int) -> Usage | None:
    return Usage(1.5, 4096, 1e9, 10, 1024) if pid == 2 else None


def told(statistics: Statistics, *, ready: bool = True) -> dict[str, Family]:
    workers = (Worker("supervisor", 1, answers=False), Worker("1", 2, answers=True))
    reading = Reading(statistics, workers, wanted=2, replaced=3)
    found = families(reading, build="compiled", ready=ready, usage=usage)
    return parse(exposition(found))


def test_everything_there_is_makes_an_exposition_that_is_right() -> None:
    numbers = {name: i for i, name in enumerate(NAMES)}
    found = told(Statistics(**numbers, labelled=LABELLED))
    assert found["resolver_walks_total"].value() == numbers["walks"]
    hits = found["resolver_cache_hits_total"]
    assert hits.value(cache="replies") == numbers["hot"]
    assert hits.value(cache="shared") == numbers["shared_hits"]


def test_a_resolver_that_has_just_begun_has_metrics_too() -> None:
    found = told(Statistics())
    assert found["resolver_walks_total"].value() == 0
    assert "resolver_questions_total" not in found


def test_what_is_counted_with_labels_is_told_with_them() -> None:
    found = told(Statistics(labelled=LABELLED))
    asked = found["resolver_questions_total"]
    assert asked.value(transport="udp", type="A", rcode="NOERROR") == 5
    assert asked.value(transport="tcp", type="other", rcode="SERVFAIL") == 1
    checked = found["resolver_validations_total"]
    assert checked.value(outcome="secure", reason="") == 4
    assert checked.value(outcome="bogus", reason="signature_expired") == 2
    assert found["resolver_walk_limits_hit_total"].value(limit="max_asks") == 2


def test_histograms_are_put_together() -> None:
    found = told(Statistics(labelled=LABELLED))
    waits = found["resolver_answer_wait_seconds"]
    assert waits.value("_bucket", le="0.0025") == 0
    assert waits.value("_bucket", le="0.005") == 3
    assert waits.value("_bucket", le="10") == 3
    assert waits.value("_count") == 4
    assert waits.value("_sum") == 12.5
    upstream = found["resolver_upstream_duration_seconds"]
    assert upstream.value("_count", transport="udp", outcome="answered") == 7
    assert upstream.value("_sum", transport="tcp", outcome="timeout") == 3.0


def test_who_runs_is_told() -> None:
    found = told(Statistics(), ready=False)
    assert found["resolver_workers"].value() == 1
    assert found["resolver_workers_wanted"].value() == 2
    assert found["resolver_workers_replaced_total"].value() == 3
    assert found["resolver_ready"].value() == 0
    assert found["resolver_build_info"].value(build="compiled") == 1
    assert found["process_cpu_seconds_total"].value(worker="1") == 1.5
    assert len(found["process_open_fds"].samples) == 1
