"""Numbers that nobody can guess, drawn many at a time."""

import os
from collections import Counter

import pytest

from resolver.net.lots import BLOCK, Lots


def test_numbers_have_the_bits_asked_for_and_all_of_them_come_up() -> None:
    lots = Lots()
    for bits in (1, 3, 8, 16, 17, 152, 2000):
        drawn = 0
        for _ in range(200):
            number = lots(bits)
            assert 0 <= number < 1 << bits
            drawn |= number
        assert drawn == (1 << bits) - 1


def test_numbers_are_drawn_evenly() -> None:
    lots = Lots()
    draws = 32_000
    buckets = Counter(lots(16) >> 12 for _ in range(draws))
    assert sorted(buckets) == list(range(16))
    # 2,000 each, standard deviation 43: six of them are off once in 10^8 runs.
    assert all(abs(size - draws / 16) < 6 * 43.3 for size in buckets.values())


def test_the_system_is_asked_once_for_many_numbers_and_none_comes_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks: list[int] = []

    def urandom(size: int) -> bytes:
        """Give each 16-bit number once, in whatever order."""
        first = len(blocks) * BLOCK
        blocks.append(size)
        numbers = range(first, first + BLOCK)
        return b"".join(number.to_bytes(2, "big") for number in numbers)

    monkeypatch.setattr(os, "urandom", urandom)
    lots = Lots()
    drawn = {lots(16) for _ in range(2 * BLOCK)}
    assert len(drawn) == 2 * BLOCK
    assert blocks == [2 * BLOCK, 2 * BLOCK]


def test_long_numbers_too_come_many_at_a_time_and_no_byte_is_used_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks: list[int] = []

    def urandom(size: int) -> bytes:
        """Give bytes of which each three in a row come but once."""
        first = sum(blocks) // 3 + 1
        blocks.append(size)
        count = range(first, first + size // 3 + 1)
        return b"".join(number.to_bytes(3, "big") for number in count)[:size]

    monkeypatch.setattr(os, "urandom", urandom)
    lots = Lots()
    drawn = {lots(24) for _ in range(BLOCK)}
    assert len(drawn) == BLOCK
    assert len(blocks) == 2
    assert 0 < lots(8 * 3 * BLOCK) < 1 << 8 * 3 * BLOCK, "one longer than a block"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a thing of Unix")
def test_a_forked_process_draws_other_numbers() -> None:
    lots = Lots()
    lots(16)
    lots(128)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(lots(16).to_bytes(2, "big") for _ in range(32)))
        os.write(writing, lots(128).to_bytes(16, "big"))
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        theirs = pipe.read()
    assert len(theirs) == 80
    assert theirs[64:] != lots(128).to_bytes(16, "big")
    assert theirs[:64] != b"".join(lots(16).to_bytes(2, "big") for _ in range(32))
