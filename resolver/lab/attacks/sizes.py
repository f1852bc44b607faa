"""Answers that are too big: for a datagram, for the cache, for a client's buffer."""

from typing import Final

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.grounds import box_of, victim
from resolver.lab.attacks.stage import Build, Stage
from resolver.service import EDNS_UDP
from resolver.wire import types
from resolver.wire.reader import read

# Bytes of text in the sets that are asked for; the largest nearly fills a message.
SIZES: Final = (1_000, 4_000, 16_000, 60_000)
# Sets of each size.
ROUNDS: Final = 5
# Records in one set; most resolvers keep a hundred at most.
RECORDS: Final = 3_000


async def big_answers(build: Build) -> Verdict:
    """Answer with much: over UDP it does not fit, over TCP it does, and is not kept."""
    lines = [
        f't{size}-{turn} TXT "{number:04d}{"x" * 196}"'
        for size in SIZES
        for turn in range(ROUNDS)
        for number in range(size // 200)
    ]
    lines += [f"many A 203.0.{n >> 8}.{n & 255}" for n in range(RECORDS)]
    stage = Stage(build, box_of(victim(records="\n".join(lines))))
    names = [
        f"t{size}-{turn}.victim.net. TXT" for size in SIZES for turn in range(ROUNDS)
    ]
    wrong = 0
    for name in (*names, "many.victim.net. A"):
        short = await stage.send(name)
        whole = await stage.send(name, stream=True)
        wrong += len(short) > EDNS_UDP or not _is_whole(whole)
        wrong += len(short) < len(whole) - 64 and not short[2] & 0x02
    return Verdict(
        stage.cost,
        f"{wrong} of {2 * len(names) + 2} replies too long or not whole",
        not wrong and not stage.errors,
    )


def _is_whole(reply: bytes) -> bool:
    message = read(reply)
    return bool(message.answer) and not message.flags & types.TC
