"""What the lab does not show; the rest is in `test_verdict`."""

import pytest

from resolver.observe.cause import POLICY, US, ZONE_OWNER
from resolver.observe.verdict import verdict_of
from resolver.ports import MAX_DEPTH
from resolver.wire import types
from tests.observe.boxed import asked_for, remade


@pytest.mark.parametrize(
    ("told", "rule", "blame", "words"),
    [
        ("max_asks (100)", "limit-max_asks", ZONE_OWNER, "maze"),
        ("max_bytes (262144)", "limit-max_bytes", ZONE_OWNER, "maze"),
        ("query_deadline", "limit-query_deadline", US, "slow"),
        ("max_open_per_zone (200) of a.", "limit-max_open_per_zone", US, "made-up"),
    ],
)
def test_a_limit_is_named_with_what_it_stopped(
    told: str, rule: str, blame: str, words: str
) -> None:
    error = (0, f"a limit was reached: {told}")
    verdict = verdict_of(remade("www.a. A", (error,)))
    assert (verdict.rule, verdict.blame) == (rule, blame)
    assert told in verdict.cause
    assert words in verdict.mend


@pytest.mark.parametrize(
    ("error", "rule", "blame"),
    [
        ((0, "internal error"), "internal-error", US),
        ((0, "given up for newer questions: 4096 were waiting"), "overload", US),
        ((18, "not for you"), "refused", POLICY),
    ],
)
def test_what_we_do_ourselves_is_not_blamed_on_others(
    error: tuple[int, str], rule: str, blame: str
) -> None:
    verdict = verdict_of(remade("www.a. A", (error,)))
    assert (verdict.rule, verdict.blame) == (rule, blame)


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        ((15, "www.a. is public and its address is private"), "rebinding"),
        ((15, "blocked by the local zone a."), "blocked"),
        ((33, "a negative trust anchor at a. covers it"), "negative-anchor"),
        ((21, "zone transfers are not offered by a resolver"), "refused"),
    ],
)
def test_policies_are_told_where_there_is_an_answer(
    error: tuple[int, str], rule: str
) -> None:
    verdict = verdict_of(remade("www.a. A", (error,), types.NOERROR))
    assert (verdict.rule, verdict.blame) == (rule, POLICY)
    assert error[1] in verdict.cause
    assert verdict.mend


def test_a_failure_that_was_asked_for_is_no_fault() -> None:
    error = (0, "the root key sentinel says so: RFC 8509")
    name = "root-key-sentinel-not-ta-20326.a. A"
    verdict = verdict_of(remade(name, (error,)))
    assert (verdict.rule, verdict.blame) == ("root-key-sentinel", POLICY)
    assert "nothing is broken" in verdict.mend


def test_an_answer_with_something_left_out_tells_of_it() -> None:
    deep = [(MAX_DEPTH, "question", asked_for("ns.c. A"))]
    verdict = verdict_of(
        remade("www.a. A", (), types.NOERROR, deep, reasons=("limited",))
    )
    assert verdict.rule == "cut-short"
    assert f"{MAX_DEPTH} deep" in verdict.cause
