"""Packets that pretend to come from the server that was asked.

Who is off the path sees no question, and has to guess: the port, the id, the case of
the letters.  The port is given away here, as if a side channel had told it (SAD DNS).
"""

import itertools
import random
from collections.abc import Callable
from typing import Final

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.grounds import LIE, TRUTH, box_of, victim
from resolver.lab.attacks.stage import Accept, Build, Stage, data_of

# Forged packets in all, for a victim's names that were never asked before, and those
# that arrive before each true reply.
FORGERIES: Final = 1_000_000
GUESSES: Final = 1_000
# Names whose true reply comes behind each kind of malformed packet.
ROUNDS: Final = 20

_ANSWER: Final = b"\xc0\x0c\x00\x01\x00\x01\x00\x01\x51\x80\x00\x04"
_COUNTS: Final = b"\x00\x01\x00\x01\x00\x00\x00\x00"  # one question, one record


async def kaminsky(build: Build) -> Verdict:
    """Have made-up names looked up, and race each true reply with guesses of its id."""
    return await guess(build, FORGERIES)


async def guess(build: Build, forgeries: int) -> Verdict:
    """Play `kaminsky` with another number of packets."""
    chance = random.Random(2)  # noqa: S311 - every play is to be the same

    def guesses(packet: bytes, accept: Accept) -> bytes | None:
        body = forge(packet)
        for _ in range(GUESSES):
            forged = chance.randbytes(2) + body
            if accept(forged):
                return forged
        return None

    stage = Stage(build, box_of(victim(records=f"* A {TRUTH}")), intruder=guesses)
    believed = 0
    for number in range(forgeries // GUESSES):
        believed += LIE in data_of(await stage.ask(f"r{number}.victim.net. A"))
    return Verdict(
        stage.cost,
        f"{believed} of {forgeries:,} forgeries believed",
        not believed and not stage.errors,
    )


async def tudor(build: Build) -> Verdict:
    """Send a packet that cannot be read, or answers nothing, before each true reply."""
    turns = itertools.cycle(SPOILT)

    def intrude(packet: bytes, accept: Accept) -> bytes | None:
        spoilt = next(turns)(packet, question_end(packet))
        return spoilt if accept(spoilt) else None

    stage = Stage(build, box_of(victim(records=f"* A {TRUTH}")), intruder=intrude)
    names = [f"r{number}.victim.net. A" for number in range(ROUNDS * len(SPOILT))]
    answered = sum([data_of(await stage.ask(name)) == (TRUTH,) for name in names])
    return Verdict(
        stage.cost,
        f"{answered} of {len(names)} names answered all the same",
        answered == len(names) and not stage.errors,
    )


def forge(packet: bytes) -> bytes:
    """Make a false reply, but for its id, from what a forger may know of a question."""
    asked = packet[12 : question_end(packet)].lower()
    return b"\x84\x00" + _COUNTS + asked + _forged_answer()


def question_end(packet: bytes) -> int:
    """Find the end of the question of a query."""
    return packet.index(0, 12) + 5


def _forged_answer() -> bytes:
    return _ANSWER + bytes(map(int, LIE.split(".")))


def _half_a_record(packet: bytes, end: int) -> bytes:
    return packet[:2] + b"\x84\x00" + _COUNTS + packet[12:end] + b"\xc0\x0c\x00"


def _endless_name(packet: bytes, end: int) -> bytes:
    loop = end.to_bytes(2, "big")
    pointer = bytes((0xC0 | loop[0], loop[1]))
    return packet[:2] + b"\x84\x00" + _COUNTS + packet[12:end] + pointer + _ANSWER[2:]


def _no_reply(packet: bytes, end: int) -> bytes:
    """Send the question back, QR clear."""
    return packet[:end]


def _runt(packet: bytes, end: int) -> bytes:
    del end
    return packet[:7]


def _other_question(packet: bytes, end: int) -> bytes:
    asked = bytearray(packet[12:end])
    asked[1] ^= 1
    return packet[:2] + b"\x84\x00" + _COUNTS + bytes(asked) + _forged_answer()


def _two_opts(packet: bytes, end: int) -> bytes:
    head = packet[:2] + b"\x84\x00\x00\x01\x00\x00\x00\x00\x00\x02"
    return head + packet[12:end] + 2 * packet[end:]


Spoil = Callable[[bytes, int], bytes]
SPOILT: Final[tuple[Spoil, ...]] = (
    _half_a_record,
    _endless_name,
    _no_reply,
    _runt,
    _other_question,
    _two_opts,
)
