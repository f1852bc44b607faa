import itertools

from hypothesis import given
from hypothesis import strategies as st

from resolver.walk.minimise import MAX_STEPS, SINGLE_LABEL_STEPS, Steps
from resolver.wire import names, types
from resolver.wire.message import Question
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import question


def test_each_step_adds_one_label_until_the_whole_question() -> None:
    whole = question("a.b.example.com. TXT")
    steps = Steps(whole, minimise=True)
    assert str(steps.next(names.ROOT)) == "com. A"
    assert str(steps.next(name_from_text("com."))) == "example.com. A"
    assert str(steps.next(name_from_text("example.com."))) == "b.example.com. A"
    assert steps.next(name_from_text("example.com.")) is whole


def test_the_last_label_is_asked_with_the_real_type() -> None:
    whole = question("com. NS")
    assert Steps(whole, minimise=True).next(names.ROOT) is whole


def test_without_minimisation_the_whole_question_goes_everywhere() -> None:
    whole = question("a.b.example.com. TXT")
    assert Steps(whole, minimise=False).next(names.ROOT) is whole


def test_after_giving_up_the_whole_question_is_asked() -> None:
    whole = question("a.b.example.com. TXT")
    steps = Steps(whole, minimise=True)
    steps.next(names.ROOT)
    steps.give_up()
    assert steps.next(names.ROOT) is whole


def test_the_root_itself_is_asked_about_as_it_is() -> None:
    whole = Question(names.ROOT, types.NS)
    assert Steps(whole, minimise=True).next(names.ROOT) is whole


@given(st.integers(1, 120))
def test_a_long_name_takes_a_bounded_number_of_steps(labels: int) -> None:
    whole = Question(b"\x01x" * labels + names.ROOT, types.A)
    steps = Steps(whole, minimise=True)
    depths = [0]
    while (asked := steps.next(names.ROOT)) is not whole:
        depths.append(names.label_count(asked.name))
        assert names.is_below(whole.name, asked.name)
    strides = [b - a for a, b in itertools.pairwise(depths)]
    assert len(strides) <= MAX_STEPS
    assert set(strides[:SINGLE_LABEL_STEPS]) <= {1}
    assert all(stride >= 1 for stride in strides)
