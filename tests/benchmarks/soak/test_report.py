"""What counts as good."""

from typing import Any

import pytest

from benchmarks.soak.report import Findings
from benchmarks.soak.watched import Sample

MB = 1_000_000


def findings(**changes: Any) -> Findings:
    flat = [Sample(float(at), 50 * MB, 20) for at in range(100)]
    good = Findings(
        seconds=100.0,
        asked=1000,
        outcomes={("cached", "NOERROR"): 999, ("cold", "excused"): 1},
        samples=flat,
        descriptors_before=16,
        descriptors_after=16,
        waiting=0,
        errors=0,
        complaints=(),
        status=0,
    )
    return good._replace(**changes)


def test_nothing_is_wrong_with_a_flat_line() -> None:
    assert findings().faults() == []
    assert findings().text().endswith("good\n")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"descriptors_after": 19}, "3 descriptors too many"),
        ({"waiting": 1}, "1 questions never ended"),
        ({"outcomes": {("big", "unanswered"): 2}}, "2 clients never answered"),
        ({"outcomes": {("cold", "SERVFAIL"): 9}}, "9 questions failed"),
        ({"errors": 4}, "4 errors"),
        ({"complaints": ["unexpected_error"]}, "in the log: unexpected_error"),
        ({"status": 1}, "exit status 1"),
    ],
)
def test_each_fault_is_named(changes: dict[str, Any], fault: str) -> None:
    bad = findings(**changes)
    assert bad.faults() == [fault]
    assert f"BAD: {fault}" in bad.text()


def test_memory_may_grow_until_it_is_warm_and_not_afterwards() -> None:
    early = [Sample(float(at), min(50, 20 + at) * MB, 20) for at in range(100)]
    assert findings(samples=early).faults() == []
    late = [Sample(float(at), (50 + at) * MB, 20) for at in range(100)]
    assert findings(samples=late).faults() == ["memory grew by 46.5 MB"]


def test_a_few_failures_are_bad_luck() -> None:
    lucky = findings(outcomes={("cold", "SERVFAIL"): 2, ("cold", "NOERROR"): 998})
    assert lucky.faults() == []
