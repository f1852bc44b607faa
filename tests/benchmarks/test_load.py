import pytest

from benchmarks.load import Run, parse, percentile
from benchmarks.process import Broken

OUTPUT = """\
DNS Performance Testing Tool
Version 2.10.0

[Status] Command line: dnsperf -s 127.0.0.1 -p 5300 -d names -e -n 1 -v
> NOERROR h1.site00001.com. A 0.000300
> NXDOMAIN nothing1.site00002.com. A 0.000100
> SERVFAIL h3.site00003.com. A 0.000200
> T h4.site00003.com. A

Statistics:

  Queries sent:         4
  Queries completed:    3 (75.00%)
  Queries lost:         1 (25.00%)

  Response codes:       NOERROR 1 (33.33%), SERVFAIL 1 (33.33%), NXDOMAIN 1 (33.33%)
  Average packet size:  request 45, response 61
  Run time (s):         0.500000
  Queries per second:   6.000000

  Average Latency (s):  0.000200 (min 0.000100, max 0.000300)
"""


def test_counts_are_read() -> None:
    run = parse(OUTPUT)
    assert (run.sent, run.completed, run.seconds) == (4, 3, 0.5)
    assert run.codes == {"NOERROR": 1, "SERVFAIL": 1, "NXDOMAIN": 1}
    assert run.rate == 6.0
    assert run.longest == 0.0003


def test_answers_times_are_in_order_and_lost_questions_have_none() -> None:
    assert parse(OUTPUT).latencies == [0.0001, 0.0002, 0.0003]


def test_lost_questions_and_useless_answers_have_failed() -> None:
    assert parse(OUTPUT).failed == 2


def test_a_run_without_any_answer_is_a_run() -> None:
    lines = [line for line in OUTPUT.splitlines() if "Response codes" not in line]
    run = parse("\n".join(lines).replace("completed:    3", "completed:    0"))
    assert run == Run(4, 0, 0.5, {}, 0.0003, [0.0001, 0.0002, 0.0003])
    assert run.failed == 4


def test_output_without_statistics_is_broken_and_told() -> None:
    with pytest.raises(Broken, match="unable to open"):
        parse("Error: unable to open file: names")


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.9, 90), (0.99, 99), (1.0, 100), (0.0, 1)]
)
def test_percentiles_are_values_that_occurred(share: float, expected: int) -> None:
    assert percentile([*range(1, 101)], share) == expected


def test_all_percentiles_of_one_value_are_that_value() -> None:
    assert {percentile([7.0], share) for share in (0.0, 0.5, 1.0)} == {7.0}
