import sys

import pytest

from resolver.hot.kept import MAX_TTLS, current, pack, size_of
from tests.hot.packets import MIXED, NAME, query, reply_to

QUESTION = query()[12:]
FOREVER = 1e9


@pytest.mark.parametrize("ttls", [(), (300,), (300, 60), (300, 60, 0, 2**31 - 1)])
@pytest.mark.parametrize("passed", [0, 1, 59, 60, 61, 1000])
def test_every_ttl_counts_down_and_stops_at_zero(
    ttls: tuple[int, ...], passed: int
) -> None:
    reply, offsets = reply_to(query(), *ttls)
    kept = pack(reply, QUESTION, offsets, 1000, FOREVER)
    older, _ = reply_to(query(), *[max(0, ttl - passed) for ttl in ttls])
    assert current(kept, 1000.0 + passed, 1000 + passed) == (older[2:], FOREVER)


def test_ttls_do_not_grow_when_the_clock_is_set_back() -> None:
    reply, offsets = reply_to(query(), 300, 60)
    kept = pack(reply, QUESTION, offsets, 1000, FOREVER)
    assert current(kept, 400.0, 400) == (reply[2:], FOREVER)


def test_an_expired_reply_is_empty() -> None:
    reply, offsets = reply_to(query(), 300)
    kept = pack(reply, QUESTION, offsets, 1000, 1300.5)
    assert current(kept, 1300.25, 1300)[0] == reply_to(query(), 0)[0][2:]
    assert current(kept, 1300.5, 1300) == (b"", 1300.5)


def test_the_question_is_kept_as_it_is_given() -> None:
    reply, offsets = reply_to(query(MIXED), 300)
    kept = pack(reply, QUESTION, offsets, 1000, FOREVER)
    assert NAME in kept
    assert current(kept, 1000.0, 1000)[0] == reply_to(query(), 300)[0][2:]


def test_as_many_ttls_fit_as_are_promised() -> None:
    reply, _ = reply_to(query(), *[300] * MAX_TTLS)
    offsets = reply_to(query(), *[300] * MAX_TTLS)[1]
    kept = pack(reply, QUESTION, offsets, 1000, FOREVER)
    older, _ = reply_to(query(), *[299] * MAX_TTLS)
    assert current(kept, 1001.0, 1001)[0] == older[2:]


@pytest.mark.parametrize("offset", [-1, 0, 32, 46, 10_000])
def test_a_ttl_outside_the_records_is_an_error(offset: int) -> None:
    reply, (good,) = reply_to(query(), 300)
    assert (len(query()), len(reply)) == (33, 49)
    with pytest.raises(ValueError, match="TTL"):
        pack(reply, QUESTION, (good, offset), 1000, FOREVER)


def test_the_size_is_what_both_strings_take_and_a_slot() -> None:
    for length in range(100):
        key, kept = bytes(length), bytes(2 * length)
        strings = sys.getsizeof(key) + sys.getsizeof(kept)
        assert strings + 60 <= size_of(key, kept) <= strings + 120
