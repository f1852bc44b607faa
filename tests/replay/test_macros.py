"""The arithmetic of steps.  Most cases are those of testbound's own self-test."""

import pytest

from tests.replay.macros import MacroError, expand

VARIABLES = {"bla": "ww", "t1": "123456", "x": "1", "y": "2"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        ("${}", ""),
        ("blabla ${} dinges", "blabla  dinges"),
        ("1${$bla}2${$bla}3", "1ww2ww3"),
        ("it is ${ctime 123456}", "it is Fri Jan  2 10:17:36 1970"),
        ("it is ${ctime ${$t1}}", "it is Fri Jan  2 10:17:36 1970"),
        ("it is ${ctime $t1}", "it is Fri Jan  2 10:17:36 1970"),
        ("${$x + $x}", "2"),
        ("${$x - $x}", "0"),
        ("${$y * $y}", "4"),
        ("${32 / $y + $x + $y}", "19"),
        ("${32 / ${$y+$y} + ${${100*3}/3}}", "108"),
        ("${1 2 33 2 1}", "1 2 33 2 1"),
        ("${123 3 + 5}", "123 8"),
        ("${123 glug 3 + 5}", "123 glug 8"),
        ("${time}", "50"),
        ("${timeout}", "12"),
        ("${range 10 ${timeout} 14}", "12"),
        ("${30*24*3600}", "2592000"),
    ],
)
def test_expressions_have_the_values_testbound_gives_them(
    text: str, value: str
) -> None:
    assert expand(text, VARIABLES, now=50.0, next_timer=62.0) == value


def test_no_timer_is_a_timeout_of_zero() -> None:
    assert expand("${timeout}", {}, now=50.0) == "0"


@pytest.mark.parametrize("text", ["${$nobody}", "${range 1 9 5}"])
def test_what_has_no_value_is_an_error(text: str) -> None:
    with pytest.raises(MacroError):
        expand(text, VARIABLES)
