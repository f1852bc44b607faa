"""What is counted with labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.counts import (
    BOUNDS,
    NO_TYPE,
    OUTCOMES,
    SUM,
    TYPES,
    Findings,
    Histogram,
    Questions,
    Upstream,
    rcode_label,
)
from resolver.wire import types


def test_a_bucket_holds_what_is_as_long_as_its_upper_end() -> None:
    histogram = Histogram()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.01, BOUNDS[-1], 1e6):
        histogram.add(seconds)
    told = histogram.told("x")
    assert told.pop(f"x|{SUM}") == pytest.approx(sum(BOUNDS[:1]) * 2.01 + 1e6 + 10)
    assert told == {
        "x|0": 2,
        "x|1": 1,
        f"x|{len(BOUNDS) - 1}": 1,
        f"x|{len(BOUNDS)}": 1,
    }


def test_a_clock_set_back_takes_nothing_from_a_sum() -> None:
    histogram = Histogram()
    histogram.add(-3600.0)
    assert histogram.told("x") == {"x|0": 1, f"x|{SUM}": 0.0}


def test_nothing_counted_is_nothing_told() -> None:
    assert Histogram().told("x") == {}
    assert Questions().told("x") == {}
    assert Upstream().told("x") == {}


def test_questions_are_told_apart_by_transport_type_and_code() -> None:
    questions = Questions()
    questions.add(0, types.A, 0)
    questions.add(0, types.A, 0)
    questions.add(1, types.A, types.SERVFAIL)
    questions.add(1, 257, types.NXDOMAIN)
    questions.add(0, NO_TYPE, types.FORMERR)
    assert questions.told("q") == {
        "q|udp|A|NOERROR": 2,
        "q|tcp|A|SERVFAIL": 1,
        "q|tcp|CAA|NXDOMAIN": 1,
        "q|udp|unreadable|FORMERR": 1,
    }


@given(st.integers(0, 65535), st.integers(0, 4095), st.booleans())
def test_no_packet_makes_a_label(
    rdtype: int,
    rcode: int,
    stream: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    questions = Questions()
    questions.add(stream, rdtype, rcode)
    [(labels, count)] = questions.told("q").items()
    _, transport, name, code = labels.split("|")
    assert count == 1
    assert transport == ("tcp" if stream else "udp")
    assert name == TYPES.get(rdtype, "other")
    assert code == (rcode_label(rcode) if rcode < 24 else "other")


@pytest.mark.parametrize(
    ("doubt", "rcode", "outcome"),
    [
        (0, types.NOERROR, "answered"),
        (0, types.NXDOMAIN, "answered"),
        (0, types.SERVFAIL, "error"),
        (1, types.NOERROR, "truncated"),
        (3, types.NOERROR, "doubted"),
    ],
)
def test_a_reply_of_a_server_has_an_outcome(
    doubt: int, rcode: int, outcome: str
) -> None:
    upstream = Upstream()
    upstream.heard(doubt, rcode, 0.02, 0)
    assert upstream.told("u") == {f"u|udp|{outcome}|4": 1, f"u|udp|{outcome}|sum": 0.02}


@pytest.mark.parametrize(
    ("reason", "sent", "outcome"),
    [
        ("timeout", True, "timeout"),
        ("connection refused", True, "failed"),
        ("timeout", False, "unreachable"),
    ],
)
def test_a_silence_has_an_outcome(
    reason: str,
    sent: bool,  # noqa: FBT001 - parametrized
    outcome: str,
) -> None:
    assert outcome in OUTCOMES
    upstream = Upstream()
    upstream.silent(reason, 0.4, sent=sent, stream=1)
    assert set(upstream.told("u")) == {f"u|tcp|{outcome}|8", f"u|tcp|{outcome}|sum"}


def test_a_limit_is_counted_by_its_name_and_not_by_its_value() -> None:
    findings = Findings()
    findings.limit("max_asks (100)")
    findings.limit("max_asks (50)")
    findings.limit("query_deadline")
    assert findings.limits == {"max_asks": 2, "query_deadline": 1}


def test_verdicts_are_counted_with_their_reason() -> None:
    findings = Findings()
    findings.verdict(0, 7)
    findings.verdict(0, 7)
    findings.verdict(3, 0)
    assert findings.verdicts == {(0, 7): 2, (3, 0): 1}
