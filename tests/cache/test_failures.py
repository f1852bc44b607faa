import pytest

from resolver.cache.failures import LONGEST, MAX_TEXT, Failures
from resolver.wire import types
from resolver.wire.message import Question

WWW = Question(b"\x03www\x00", types.A)
OTHER = Question(b"\x03www\x00", types.AAAA)


def fail(failures: Failures, now: float, question: Question = WWW) -> float:
    """Remember a failure and tell for how long it is believed."""
    failures.remember(question, "no server answers", 22, now)
    failure = failures.get(question, now)
    assert failure is not None
    return failure.seconds


def test_a_failure_says_why_while_it_is_believed() -> None:
    failures = Failures(10)
    failures.remember(WWW, "no server answers", 22, 100.0)
    failure = failures.get(WWW, 101.9)
    assert failure is not None
    assert (failure.text, failure.ede) == ("no server answers", 22)
    assert failures.get(WWW, 102.0) is None
    assert failures.get(OTHER, 100.0) is None


def test_each_failure_in_a_row_is_believed_twice_as_long_up_to_five_minutes() -> None:
    failures = Failures(10)
    now = 0.0
    believed = []
    for _ in range(10):
        believed.append(fail(failures, now))
        now += believed[-1]
    assert believed == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_failure_seen_twice_is_one_failure() -> None:
    failures = Failures(10)
    assert fail(failures, 0.0) == 2
    failures.remember(WWW, "another cause", 23, 1.0)
    failure = failures.get(WWW, 1.0)
    assert failure is not None
    assert (failure.text, failure.expires) == ("no server answers", 2.0)


def test_a_success_ends_the_row() -> None:
    failures = Failures(10)
    assert fail(failures, 0.0) == 2
    failures.forget(WWW)
    failures.forget(WWW)
    assert failures.get(WWW, 0.0) is None
    assert fail(failures, 0.0) == 2


def test_quiet_for_as_long_as_it_was_believed_ends_the_row() -> None:
    failures = Failures(10)
    assert fail(failures, 0.0) == 2
    assert fail(failures, 3.9) == 4
    assert fail(failures, 3.9 + 4 + 4) == 2


def test_questions_fail_each_on_its_own() -> None:
    failures = Failures(10)
    fail(failures, 0.0)
    assert fail(failures, 2.0, OTHER) == 2


@pytest.mark.parametrize(
    ("first", "believed"), [(1.0, 1.0), (10.0, 10.0), (1e6, LONGEST)]
)
def test_the_first_step_can_be_set(first: float, believed: float) -> None:
    assert fail(Failures(10, first), 0.0) == believed


def test_with_a_first_step_of_zero_nothing_is_believed() -> None:
    failures = Failures(10, 0.0)
    failures.remember(WWW, "no server answers", 22, 0.0)
    assert failures.get(WWW, 0.0) is None


def test_a_long_text_is_cut() -> None:
    failures = Failures(10)
    failures.remember(WWW, "x" * 1000, 0, 0.0)
    failure = failures.get(WWW, 0.0)
    assert failure is not None
    assert failure.text == "x" * MAX_TEXT


def test_the_number_of_questions_is_bounded() -> None:
    failures = Failures(2)
    for rdtype in (1, 2, 3):
        failures.remember(Question(b"\x00", rdtype), "lost", 0, 0.0)
    assert len(failures) == 2
    assert failures.get(Question(b"\x00", 1), 0.0) is None
    failures.clear()
    assert len(failures) == 0
    assert failures.get(Question(b"\x00", 3), 0.0) is None


def test_who_asks_again_is_told_of_old_news_and_for_how_long_it_is_believed() -> None:
    failures = Failures(10)
    failures.remember(WWW, "no server answers", 22, 100.0)
    failure = failures.get(WWW, 100.0)
    assert failure is not None
    assert failure.told(100.0) == (
        (13, "for 2 more seconds: no server answers"),
        (22, ""),
    )
    assert failure.told(101.4)[0] == (13, "for 1 more second: no server answers")
    assert failure.told(101.99)[0] == (13, "for 1 more second: no server answers")


def test_failures_are_listed_and_forgotten_by_name() -> None:
    failures = Failures(10)
    below = Question(b"\x01a\x03www\x00", types.A)
    for question in (WWW, OTHER, below):
        fail(failures, 0.0, question)
    assert [rdtype for rdtype, _ in failures.at(WWW.name, 1.0)] == [types.A, types.AAAA]
    assert failures.at(WWW.name, 2.0) == []
    assert failures.remove_at(WWW.name, types.A) == 1
    assert failures.get(WWW, 1.0) is None
    assert failures.get(OTHER, 1.0) is not None
    assert failures.remove_at(WWW.name) == 1
    assert len(failures) == 1
    fail(failures, 0.0)
    assert failures.remove_below(WWW.name) == 2
    assert len(failures) == 0


def test_how_long_a_first_failure_is_believed_can_be_changed() -> None:
    failures = Failures(10)
    failures.first_for(7.0)
    assert fail(failures, 0.0) == 7.0
    failures.first_for(1e9)
    assert fail(failures, 0.0, OTHER) == LONGEST
