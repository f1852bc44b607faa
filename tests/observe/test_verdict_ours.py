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


@pytest.mark.parametrize(("code", "rule"), [(15, "rebinding"), (33, "negative-anchor")])
def test_policies_are_told_where_there_is_an_answer(code: int, rule: str) -> None:
    verdict = verdict_of(remade("www.a. A", ((code, "because"),), types.NOERROR))
    assert (verdict.rule, verdict.blame) == (rule, POLICY)


def test_an_answer_with_something_left_out_tells_of_it() -> None:
    deep = [(MAX_DEPTH, "question", asked_for("ns.c. A"))]
    verdict = verdict_of(
        remade("www.a. A", (), types.NOERROR, deep, reasons=("limited",))
    )
    assert verdict.rule == "cut-short"
    assert f"{MAX_DEPTH} deep" in verdict.cause
