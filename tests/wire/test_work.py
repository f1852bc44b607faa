"""No packet costs more work than its size allows.

Counted in executed lines of the codec, which no busy machine can falsify; and timed
with a bound so generous that only a change of order of growth can break it.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from resolver.wire import rdata, types
from resolver.wire.message import Message, Question, RRset
from resolver.wire.reader import Malformed, read
from resolver.wire.writer import MAX_MESSAGE, write
from tests.wire.packets import QUESTION, name, opt, packet, pointer, record, rrsig

ROOM = str(Path(rdata.__file__).parent)
# Lines for one byte of packet; an honest referral takes 2.3, the worst below 4.8.
LINES_PER_BYTE = 6
# The worst takes 0.008 s on a 2.5 GHz core; much more for a busy one.
SECONDS = 0.2
A1 = b"\xc0\0\2\1"


def filled(head: bytes, piece: Callable[[int], bytes]) -> bytes:
    """Add pieces, each made for its offset, until the packet is as long as can be."""
    wire = bytearray(head)
    while len(wire) + len(more := piece(len(wire))) <= MAX_MESSAGE:
        wire += more
    return bytes(wire)


def answers(wire: bytes, count: int) -> bytes:
    """Set the number of records in the answer section."""
    return wire[:6] + count.to_bytes(2, "big") + wire[8:]


HEAD = packet()
# Where the data of a first record begins whose owner is the root.
DATA = len(HEAD) + 11
# 127 labels, the most there can be, at offset 33 as the owner of a record.
LONG = b"\1a" * 127 + b"\0"


def pointers_to_every_label() -> bytes:
    """Short records, each with a pointer to another ending of long names."""
    # Long names as data of a record of unknown type; pointers reach 16 kB.
    wire = HEAD + record(b"\0", 65280, LONG * 63)
    targets = iter([DATA + 255 * i + 2 * j for i in range(63) for j in range(127)])
    count = (MAX_MESSAGE - len(wire)) // 12
    return answers(
        filled(wire, lambda _: record(pointer(next(targets)), 65281, b"")), count + 1
    )


def pointers_to_every_byte() -> bytes:
    """As above, but each byte of the labels is a target: names that cross."""
    wire = HEAD + record(b"\0", 65280, b"\1" * 15_000 + b"\0\0")
    targets = iter(range(DATA + 14_800, DATA + 15_000))
    count = 200
    for target in targets:
        wire += record(pointer(target), 65281, b"")
    return answers(wire, count + 1)


def chain_of_pointers() -> bytes:
    """Each owner points to the owner before."""
    wire = HEAD + record(name("a"), types.A, A1)
    wire = filled(
        wire,
        lambda at: record(
            # Pointers do not reach beyond 16 kB.
            pointer(33 if at == 50 or at > 0x3FFF else at - 12),
            65281,
            b"",
        ),
    )
    return answers(wire, 1 + (len(wire) - 50) // 12)


def chain_in_data() -> bytes:
    """A long chain of pointers in opaque data, and records that enter it anywhere."""
    chain = name("a") + b"".join(
        pointer(DATA if i == 0 else DATA + 1 + 2 * i) for i in range(8000)
    )
    wire = HEAD + record(b"\0", 65280, chain)
    entries = iter([DATA + 3 + 2 * i for i in range(0, 8000, 3)] * 9)
    return answers(
        filled(wire, lambda _: record(pointer(next(entries)), 65281, b"")), 4000
    )


def pointers_to_a_long_name() -> bytes:
    """Data of two names, both pointers to one of 255 bytes."""
    wire = HEAD + record(LONG, types.A, A1)
    two = pointer(33) * 2
    count = (MAX_MESSAGE - len(wire)) // 16 + 1
    return answers(filled(wire, lambda _: record(pointer(33), 14, two)), count)


def long_names() -> bytes:
    """As many names as fit, of as many labels as can be, none compressed."""
    count = (MAX_MESSAGE - len(HEAD)) // (255 + 10)
    return answers(filled(HEAD, lambda _: record(LONG, 65280, b"")), count)


def names_without_end() -> bytes:
    return answers(HEAD + b"\1a" * 32_000, 1)


def small_sets() -> bytes:
    """Every record a set of its own."""
    kinds = iter(range(40_000, 65536))
    count = (MAX_MESSAGE - len(HEAD)) // 11
    return answers(filled(HEAD, lambda _: record(b"\0", next(kinds), b"")), count)


def one_big_set() -> bytes:
    values = iter(range(1 << 20))
    count = (MAX_MESSAGE - len(HEAD)) // 16
    return answers(
        filled(
            HEAD,
            lambda _: record(pointer(12), types.A, next(values).to_bytes(4, "big")),
        ),
        count,
    )


def many_signatures() -> bytes:
    kinds = iter(range(1, 65536))
    one = len(record(pointer(12), types.RRSIG, rrsig(1)))
    count = (MAX_MESSAGE - len(HEAD)) // one
    return answers(
        filled(HEAD, lambda _: record(pointer(12), types.RRSIG, rrsig(next(kinds)))),
        count,
    )


def many_strings() -> bytes:
    return packet(answer=(record(b"\0", types.TXT, bytes(65_000)),))


def many_options() -> bytes:
    return packet(additional=(opt(b"\0\3\0\0" * 16_000),))


def counts_without_records() -> bytes:
    return b"\0\7\x80\0\0\1" + b"\xff\xff" * 3 + QUESTION


ATTACKS = [
    pointers_to_every_label,
    pointers_to_every_byte,
    chain_of_pointers,
    chain_in_data,
    pointers_to_a_long_name,
    long_names,
    names_without_end,
    small_sets,
    one_big_set,
    many_signatures,
    many_strings,
    many_options,
    counts_without_records,
]


def attempt(wire: bytes) -> Message | None:
    try:
        return read(wire)
    except Malformed:
        return None


def lines_of(action: Callable[[], object]) -> int:
    """Count the lines of this room that an action executes."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if event == "call":
            return trace if frame.f_code.co_filename.startswith(ROOM) else None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def seconds_of(action: Callable[[], object]) -> float:
    """Time an action: the best of three, as a busy machine only adds."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        action()
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("attack", ATTACKS)
def test_reading_takes_work_in_proportion_to_the_packet(
    attack: Callable[[], bytes],
) -> None:
    wire = attack()
    assert len(wire) <= MAX_MESSAGE
    assert lines_of(lambda: attempt(wire)) <= LINES_PER_BYTE * len(wire) + 500
    assert seconds_of(lambda: attempt(wire)) < SECONDS


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_read_is_written_with_work_in_proportion(
    attack: Callable[[], bytes],
) -> None:
    message = attempt(attack())
    if message is None:
        return
    assert lines_of(lambda: write(message)) <= LINES_PER_BYTE * MAX_MESSAGE
    assert seconds_of(lambda: write(message)) < SECONDS


def test_the_attacks_that_are_not_malformed_are_read() -> None:
    # Or the tests above would show less than they seem to.
    assert {attack.__name__ for attack in ATTACKS if attempt(attack()) is None} == {
        "names_without_end",
        "counts_without_records",
    }


@pytest.mark.parametrize("labels", [3, 63])
def test_names_that_share_nothing_are_written_with_work_in_proportion(
    labels: int,
) -> None:
    owners = [b"\1a" * labels + b"\4%04d\0" % i for i in range(9999)]
    message = Message(
        1,
        types.QR,
        None,
        0,
        tuple(RRset(owner, types.MX, 1, (b"\0\0" + owner,)) for owner in owners),
    )
    assert lines_of(lambda: write(message)) <= LINES_PER_BYTE * MAX_MESSAGE
    assert seconds_of(lambda: write(message)) < SECONDS


def test_data_grows_by_no_more_than_its_pointers_allow() -> None:
    message = attempt(pointers_to_a_long_name())
    assert message is not None
    # One record: they all say the same.
    assert [len(rrset.rdatas) for rrset in message.answer] == [1, 1]


def test_a_set_that_is_too_large_is_not_written_to_its_end() -> None:
    huge = RRset(
        name("a"), 65280, 1, tuple(i.to_bytes(4, "big") for i in range(99_999))
    )
    message = Message(1, types.QR, Question(name("b"), 65280), 0, (huge,))
    assert lines_of(lambda: write(message, 1232)) < 1000
