"""What is asked: the data files of dnsperf.

All of them follow from the lab's numbering and a fixed seed, so that every server, and
every run on every machine, gets the same questions in the same order.
"""

import itertools
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from benchmarks import zones

SEED: Final = 1034
# Popularity of the name with rank r is r to the power of minus this: the exponent that
# measurements of resolvers' traffic keep finding (Jung et al. 2002: 0.91).
ZIPF_EXPONENT: Final = 0.91
# Of a thousand questions of the mix: how many ask for AAAA, and how many for names that
# do not exist.  The others ask for A.
AAAA_SHARE: Final = 250
NOTHING_SHARE: Final = 30
# Names of the caches that grow, in each unsigned site, before the next site's turn.
NAMES_IN_A_ROW: Final = 20

# In known zones, these are asked for in this order of host numbers: first by those that
# want new names, then by those that want still others.
FIRST_NEW: Final = 1


def write(path: Path, lines: Iterable[str]) -> Path:
    """Write a data file."""
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def warm(count: int) -> Iterator[str]:
    """Ask for names in many large sites."""
    every = (
        zones.host(number, index)
        for index in itertools.count()
        for number in range(zones.LARGE_SITES)
    )
    return (f"{name} A" for name in itertools.islice(every, count))


def new_zones(count: int) -> list[str]:
    """Ask for one name in each of so many sites, all large ones among them."""
    lines = [f"{zones.host(number, 0)} A" for number in range(count)]
    random.Random(SEED).shuffle(lines)
    return lines


def known_zones(start: int, count: int) -> list[str]:
    """Ask for names `start` to `start + count` of those in the large sites, new ones."""
    sites, names = zones.LARGE_SITES, zones.NAMES_IN_LARGE
    if start + count > sites * (names - FIRST_NEW):
        raise ValueError("the lab's large sites do not have so many names")
    every = [
        f"{zones.host(number, index)} A"
        for index in range(FIRST_NEW, names)
        for number in range(sites)
    ]
    random.Random(SEED).shuffle(every)
    return every[start : start + count]


def mix(count: int) -> list[str]:
    """Ask as a crowd does: some names often, most hardly ever, some of them wrong."""
    dice = random.Random(SEED)
    names = [
        zones.host(number, index)
        for number in range(zones.SITES)
        for index in range(zones.names_in(number))
    ]
    dice.shuffle(names)
    weights = [rank**-ZIPF_EXPONENT for rank in range(1, len(names) + 1)]
    drawn = dice.choices(names, cum_weights=[*itertools.accumulate(weights)], k=count)
    return [_varied(name, dice.randrange(1000)) for name in drawn]


def _varied(name: str, number: int) -> str:
    if number < NOTHING_SHARE:
        return f"nothing{number}.{name.partition('.')[2]} A"
    return f"{name} {'AAAA' if number < NOTHING_SHARE + AAAA_SHARE else 'A'}"


def growing(start: int, end: int) -> Iterator[str]:
    """Ask for the names `start` to `end` of an endless list, in unsigned sites."""
    for number in range(start, end):
        turn = number // NAMES_IN_A_ROW % (zones.SITES // 2)
        yield f"n{number}.{zones.site(turn * 2 + 1)} A"
