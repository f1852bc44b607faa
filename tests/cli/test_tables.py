"""Tables of what has been counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cli.tables import _TROUBLE, Span, Told, lines, quantile
from resolver.counts import BOUNDS
from resolver.daemon.reading import Reading, Worker, as_json
from resolver.daemon.statistics import NAMES, Statistics


def told(labelled: dict[str, float] | None = None, **numbers: int) -> Told:
    statistics = Statistics(**numbers, labelled=labelled or {})
    return Told(**as_json(Reading(statistics, (Worker("1", 1, answers=True),))))


def row(found: list[str], name: str) -> list[str]:
    [line] = [line for line in found if line.strip().startswith(name)]
    return line.strip().removeprefix(name).split()


def test_nothing_counted_is_told_without_dividing_by_it() -> None:
    found = lines(Span(told()))
    assert found[0] == "1 of 1 workers answer; counted since start"
    assert row(found, "questions answered") == ["0"]
    assert "trouble" not in found


def test_answers_are_shared_out_to_how_they_were_found() -> None:
    labelled = {"waits|0": 10.0, "waits|sum": 0.001}
    found = lines(Span(told(labelled, hot=60, at_once=30)))
    assert row(found, "questions answered")[0] == "100"
    assert row(found, "from bytes") == ["60", "60.0%"]
    assert row(found, "after a wait") == ["10", "10.0%"]


def test_with_a_reading_from_before_there_are_rates() -> None:
    before = told({"waits|0": 1.0}, hot=100, at_once=10)
    now = told({"waits|0": 1.0}, hot=150, at_once=10)
    found = lines(Span(now, before, 2.0))
    assert "2.0 s ago" in found[0]
    assert row(found, "questions answered") == ["50", "25.0/s"]
    assert row(found, "from bytes") == ["50", "25.0/s", "100.0%"]


def test_a_worker_that_was_replaced_makes_no_number_negative() -> None:
    before = told({"waits|0": 5.0}, hot=100)
    found = lines(Span(told({"waits|0": 2.0}, hot=10), before, 2.0))
    assert row(found, "questions answered")[:2] == ["0", "0.0/s"]


def test_servers_are_told_by_what_became_of_the_packets() -> None:
    labelled: dict[str, float] = {
        "upstream|udp|answered|4": 90,
        "upstream|udp|answered|sum": 2.0,
        "upstream|udp|timeout|8": 6,
        "upstream|tcp|answered|5": 4,
        "upstream|tcp|answered|sum": 0.1,
    }
    found = lines(Span(told(labelled, asked=100, hedged=3)))
    assert row(found, "packets to servers") == ["100"]
    assert row(found, "answered") == ["94", "94.0%"]
    assert row(found, "timeout") == ["6", "6.0%"]
    assert row(found, "over tcp") == ["4", "4.0%"]
    assert row(found, "to a second server") == ["3", "3.0%"]
    assert "50% within" in " ".join(row(found, "time to answer"))


def test_the_hit_ratio_of_each_cache_is_told() -> None:
    counted = told(hot=75, reply_misses=25, replies=1234, replies_bytes=2_500_000)
    assert row(lines(Span(counted)), "replies") == ["1,234", "2.5", "75.0%", "0"]


def test_types_and_codes_are_told_by_their_shares() -> None:
    labelled = {
        "questions|udp|A|NOERROR": 6.0,
        "questions|udp|AAAA|NOERROR": 3.0,
        "questions|tcp|A|SERVFAIL": 1.0,
    }
    unread = {"questions|udp|unread|NOERROR": 90.0}
    found = lines(Span(told(labelled | unread)))
    assert row(found, "codes")[:2] == ["NOERROR", "99.0%,"]
    found = lines(Span(told(labelled)))
    assert row(found, "types") == row(lines(Span(told(labelled | unread))), "types")
    assert row(found, "types") == ["A", "70.0%,", "AAAA", "30.0%"]
    assert row(found, "codes") == ["NOERROR", "90.0%,", "SERVFAIL", "10.0%"]
    assert row(found, "transports") == ["udp", "90.0%,", "tcp", "10.0%"]


def test_verdicts_are_told_with_their_reason() -> None:
    labelled = {"verdicts|secure|": 3.0, "verdicts|bogus|signature_expired": 1.0}
    found = lines(Span(told(labelled)))
    assert row(found, "secure") == ["3", "75.0%"]
    assert row(found, "bogus: signature expired") == ["1", "25.0%"]


def test_trouble_is_told_the_worst_first_and_only_where_there_is_some() -> None:
    found = lines(Span(told({"limits|max_asks": 5.0}, dropped=2, rate_limited=9)))
    trouble = found[found.index("trouble") + 1 :]
    assert [line.split("  ")[1] for line in trouble] == [
        "limit: rate",
        "limit: max asks",
        "questions not taken",
    ]


def test_every_trouble_is_one_that_is_counted() -> None:
    assert set(_TROUBLE) <= set(NAMES)


def test_a_worker_that_is_missing_is_told() -> None:
    reading = Reading(Statistics(), (Worker("1", 1, answers=False),), 2, 4)
    head = lines(Span(Told(**as_json(reading))))[0]
    assert head.startswith("0 of 2 workers answer, 4 had to be replaced")


@pytest.mark.parametrize(
    ("buckets", "part", "seconds"),
    [
        ({0: 10.0}, 0.5, BOUNDS[0] / 2),
        ({0: 5.0, 4: 5.0}, 0.5, BOUNDS[0]),
        ({4: 10.0}, 1.0, BOUNDS[4]),
        ({len(BOUNDS): 1.0}, 0.5, float("inf")),
    ],
)
def test_a_part_of_all_was_within_so_many_seconds(
    buckets: dict[int, float], part: float, seconds: float
) -> None:
    assert quantile(buckets, part) == pytest.approx(seconds)


@given(
    st.dictionaries(st.integers(0, len(BOUNDS) - 1), st.integers(1, 100), min_size=1),
    st.floats(0.01, 1.0),
)
def test_more_of_all_takes_no_less_time(buckets: dict[int, int], part: float) -> None:
    counts = {index: float(count) for index, count in buckets.items()}
    assert 0 <= quantile(counts, part) <= quantile(counts, 1.0) <= BOUNDS[-1]


def test_what_took_longer_than_any_bound_is_told_so() -> None:
    found = lines(Span(told({f"waits|{len(BOUNDS)}": 1.0})))
    assert "more than 10 s" in " ".join(row(found, "wait "))
