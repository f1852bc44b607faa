"""Packets for the listener: good queries, bad ones, and everything in between."""

from collections.abc import Callable
from typing import Final

from resolver.wire import types
from resolver.wire.writer import write
from tests.hot.packets import query
from tests.wire.strategies import Dice, some_message, some_name

HEADER: Final = 12
LONGEST: Final = 65_535


def some_query(dice: Dice) -> bytes:
    """A query as clients send them, from a few names, so that they come again."""
    name = dice.choice(
        [b"\x00", b"\x03www\x07example\x03com\x00", _name(dice.randrange(40))]
    )
    if dice.random() < 0.1:
        name = some_name(dice)
    return query(
        name if dice.random() < 0.8 else name.upper(),
        dice.choice([types.A, types.A, types.AAAA, types.HTTPS, types.TXT, types.ANY]),
        dice.choice([0x0100, 0x0100, 0x0110, 0x0120, 0x0000]),
        dice.choice([None, 1232, 1232, 512, 4096, dice.randrange(65536)]),
        dice.choice([0, 0x8000]),
        dice.randrange(65536),
        dice.choice([b"", b"", b"8 bytes.", dice.randbytes(24)]),
    )


def some_packet(dice: Dice) -> bytes:
    """A query, a message or noise, as it is or changed a few times."""
    make = dice.choice([some_query] * 6 + [_message, _noise])
    packet = make(dice)
    for _ in range(dice.choice([0, 1, 1, 2, 5])):
        packet = dice.choice(_CHANGES)(packet, dice)[:LONGEST]
    return packet


def _name(number: int) -> bytes:
    return b"\x04w%03d\x07example\x03org\x00" % number


def _message(dice: Dice) -> bytes:
    return write(some_message(dice))


def _noise(dice: Dice) -> bytes:
    return dice.randbytes(dice.choice([0, 1, 11, 12, 13, 40, 300, 2000]))


def _put(packet: bytes, place: int, some: bytes) -> bytes:
    return packet[:place] + some + packet[place + len(some) :]


def _somewhere(packet: bytes, dice: Dice) -> int:
    return dice.randrange(len(packet) + 1)


def _byte(packet: bytes, dice: Dice) -> bytes:
    return _put(packet, _somewhere(packet, dice), dice.randbytes(1))


def _bit(packet: bytes, dice: Dice) -> bytes:
    place = _somewhere(packet, dice)
    there = packet[place] if place < len(packet) else 0
    return _put(packet, place, bytes((there ^ 1 << dice.randrange(8),)))


def _truncate(packet: bytes, dice: Dice) -> bytes:
    return packet[: _somewhere(packet, dice)]


def _extend(packet: bytes, dice: Dice) -> bytes:
    return packet + dice.choice(
        [b"\x00", dice.randbytes(20), bytes(1000), packet, bytes(60_000)]
    )


def _insert(packet: bytes, dice: Dice) -> bytes:
    place = _somewhere(packet, dice)
    return packet[:place] + dice.randbytes(dice.randrange(1, 9)) + packet[place:]


def _pointer(packet: bytes, dice: Dice) -> bytes:
    """A compression pointer: forwards, backwards, to itself."""
    place = _somewhere(packet, dice)
    target = dice.choice([0, HEADER, place, place + 2, dice.randrange(0x4000)])
    return _put(packet, place, (0xC000 | target & 0x3FFF).to_bytes(2, "big"))


def _pointers(packet: bytes, dice: Dice) -> bytes:
    """As many records as fit whose names are chains of pointers."""
    count = dice.choice([10, 1000, 3000])
    record = b"\xc0\x0c\x00\x01\x00\x01" + bytes(6)
    return _put(packet, 6, count.to_bytes(2, "big")) + record * count


def _count(packet: bytes, dice: Dice) -> bytes:
    count = dice.choice([0, 1, 2, 255, 65535])
    return _put(packet, dice.choice([4, 6, 8, 10]), count.to_bytes(2, "big"))


def _flags(packet: bytes, dice: Dice) -> bytes:
    return _put(packet, 2, dice.randbytes(2))


def _opcode(packet: bytes, dice: Dice) -> bytes:
    return _put(packet, 2, bytes((dice.randrange(16) << 3 | 1,)))


def _option(packet: bytes, dice: Dice) -> bytes:
    """An OPT record with random options, one more than there was."""
    options = b""
    for _ in range(dice.choice([0, 1, 3, 40, 500])):
        data = dice.randbytes(dice.choice([0, 1, 8, 30]))
        size = len(data) if dice.random() < 0.9 else dice.randrange(65536)
        options += (
            dice.randrange(20).to_bytes(2, "big") + size.to_bytes(2, "big") + data
        )
    opt = b"\x00\x00\x29" + dice.randbytes(6)
    return (
        _put(packet, 10, b"\x00\x01") + opt + len(options).to_bytes(2, "big") + options
    )


_CHANGES: Final[list[Callable[[bytes, Dice], bytes]]] = [
    _byte,
    _bit,
    _truncate,
    _extend,
    _insert,
    _pointer,
    _pointers,
    _count,
    _flags,
    _opcode,
    _option,
]
