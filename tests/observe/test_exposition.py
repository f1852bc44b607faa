"""What is written has to be what a strict reader reads."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.observe.exposition import (
    COUNTER,
    GAUGE,
    HISTOGRAM,
    Family,
    Sample,
    exposition,
    histogram,
    number,
)
from tests.observe.prometheus import parse


def test_a_family_has_its_meaning_its_kind_and_its_samples() -> None:
    family = Family("x_total", COUNTER, "How many.", [Sample((("a", "b"),), 3)])
    assert exposition([family]) == (
        '# HELP x_total How many.\n# TYPE x_total counter\nx_total{a="b"} 3\n'
    )


def test_a_family_without_samples_is_left_out() -> None:
    assert exposition([Family("x_total", COUNTER, "How many.", [])]) == ""


@given(st.text(max_size=20), st.floats(allow_nan=False))
def test_whatever_a_label_says_is_read_as_it_was(text: str, value: float) -> None:
    family = Family("x", GAUGE, "a \\ and\na line", [Sample((("a", text),), value)])
    written = exposition([family])
    assert written.count("\n") == 3
    assert parse(written)["x"].value(a=text) == value


def test_buckets_hold_what_is_below_them_as_well() -> None:
    samples = histogram((("a", "b"),), (0.1, 1.0), {0: 2, 2: 1}, 5.5)
    family = parse(exposition([Family("x_seconds", HISTOGRAM, "Time.", samples)]))
    one = family["x_seconds"]
    assert one.value("_bucket", a="b", le="0.1") == 2
    assert one.value("_bucket", a="b", le="1") == 2
    assert one.value("_bucket", a="b", le="+Inf") == 3
    assert one.value("_count", a="b") == 3
    assert one.value("_sum", a="b") == 5.5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.25, "0.25"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (2e9, "2000000000"),
    ],
)
def test_numbers_are_as_short_as_they_can_be(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    "text",
    [
        "x 1",
        "# HELP x A.\n# TYPE x gauge\nx 1",
        "# HELP x A.\n# TYPE x gauge\nx{a=b} 1\n",
        '# HELP x A.\n# TYPE x gauge\nx{a="\\t"} 1\n',
        '# HELP x A.\n# TYPE x gauge\nx{a="1",} 1\n',
        "# HELP x A.\n# TYPE x counter\nx 1\n",
        "# HELP x A.\n# TYPE x gauge\nx one\n",
        "# HELP x A.\n# TYPE x gauge\nx 1\nx 2\n",
        "# HELP x A.\n# TYPE x gauge\ny 1\n",
    ],
)
def test_the_reader_is_strict(text: str) -> None:
    with pytest.raises(AssertionError):
        parse(text)
