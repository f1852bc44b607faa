"""The mark of the shared store's file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cache.mark import Damaged, mark, read_mark


@given(st.sampled_from([0, 1]), st.floats(allow_nan=False))
def test_a_mark_is_read_as_it_was_written(young: int, latest: float) -> None:
    assert read_mark(mark(young, latest)) == (young, latest)


@pytest.mark.parametrize(
    ("value", "whose"),
    [
        (None, "another program's"),
        (b"", "another program's"),
        (b"x" * len(mark(0, 0.0)), "another program's"),
        (mark(0, 0.0)[:8] + b"\xff" + mark(0, 0.0)[9:], "another version"),
        (mark(2, 0.0), "another version"),
    ],
)
def test_other_marks_are_not_ours(value: bytes | None, whose: str) -> None:
    with pytest.raises(Damaged, match=whose):
        read_mark(value)
