"""Feed the reader whatever libFuzzer finds interesting.

    python -m tests.fuzz.fuzz_reader -max_total_time=60 [folder of packets]

No input may raise anything but `Malformed`, and what was accepted has to be sound:
writing it and reading that gives the same message again, and the small readers agree
with the large one.  A failure leaves its packet in a file named crash-...
"""

import sys

import atheris

with atheris.instrument_imports(include=["resolver.wire"]):
    from resolver.wire.reader import Malformed, header_of, question_of, read
    from resolver.wire.writer import write, write_with_ttls

from tests.wire.packets import parts
from tests.wire.strategies import Dice, some_message

# More than any packet has room for, decompressed: nothing is left out.
NO_LIMIT = 1 << 26
SEEDS = 200


def check(data: bytes) -> None:
    """Read one packet, and judge what came of it."""
    try:
        message = read(data)
    except Malformed:
        return
    header = header_of(data)
    assert (header.id, header.flags) == (message.id, message.flags)
    assert header.opcode == message.opcode
    assert header.rcode == message.rcode & 15
    assert (message.question is not None) == bool(header.questions)
    if message.question is not None:
        assert question_of(data)[0] == message.question
    again = read(write(message, NO_LIMIT))
    assert parts(again) == parts(message)
    short, ttls = write_with_ttls(message, 1232)
    assert all(12 < offset < len(short) for offset in ttls)
    read(short)


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Now and then give libFuzzer a packet that makes sense, to change that."""
    if seed % SEEDS == 0:
        return write(some_message(Dice(seed)))[:max_size]
    return bytes(atheris.Mutate(data, max_size))


if __name__ == "__main__":
    atheris.Setup(sys.argv, check, custom_mutator=mutate)
    atheris.Fuzz()
