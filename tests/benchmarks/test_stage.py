from benchmarks.load import Run
from benchmarks.stage import Sample


def test_a_price_is_per_answer_and_upstream_per_question() -> None:
    run = Run(sent=200, completed=100, seconds=2.0, codes={}, longest=0.1, latencies=[])
    sample = Sample(run, cpu_seconds=0.01, system_seconds=0.005, upstream=300)
    assert sample.cpu_micro == 100.0
    assert sample.upstream_each == 1.5


def test_a_run_without_answers_divides_nothing_by_zero() -> None:
    run = Run(sent=0, completed=0, seconds=2.0, codes={}, longest=0.1, latencies=[])
    sample = Sample(run, cpu_seconds=0.0, system_seconds=0.0, upstream=0)
    assert (sample.cpu_micro, sample.upstream_each) == (0.0, 0.0)
