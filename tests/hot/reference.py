"""What `Replies` should say, told slowly: a model that takes packets apart.

Written from the contract and the RFCs, without a look at the room's own code: names
become lists of labels, records are found by walking over them, and nothing is shared
between one query and the next.
"""

import math
from typing import NamedTuple


class Asked(NamedTuple):
    """A plain query, as far as the reply depends on it, and where its question ends."""

    labels: tuple[bytes, ...]  # lower case
    rdtype: int
    rdclass: int
    flags: frozenset[str]
    edns: str  # "none", "DO 0", "DO 1"
    limit: int
    end: int


class Kept(NamedTuple):
    reply: bytes
    ttl_offsets: tuple[int, ...]
    stored: float
    expires: float


def number(packet: bytes | bytearray, offset: int, size: int = 2) -> int:
    return int.from_bytes(packet[offset : offset + size], "big")


def labels_at(packet: bytes, offset: int) -> tuple[tuple[bytes, ...], int] | None:
    """Read a name without compression: its labels, and the offset behind it."""
    labels: list[bytes] = []
    start = offset
    while True:
        if offset >= len(packet):
            return None
        length = packet[offset]
        offset += 1
        if length > 63 or offset - start > 255:
            return None
        if length == 0:
            return tuple(labels), offset
        labels.append(packet[offset : offset + length])
        offset += length


def asked(packet: bytes) -> Asked | None:
    """Understand a packet as a plain query, or give None."""
    if len(packet) < 12:
        return None
    flags = number(packet, 2)
    known = {"RD": 0x0100, "AD": 0x0020, "CD": 0x0010}
    named = frozenset(name for name, bit in known.items() if flags & bit)
    if flags & ~0x0130 or "RD" not in named:
        return None
    if [number(packet, 4), number(packet, 6), number(packet, 8)] != [1, 0, 0]:
        return None
    name = labels_at(packet, 12)
    if name is None or len(packet) < name[1] + 4:
        return None
    labels, offset = name
    rdtype, rdclass = number(packet, offset), number(packet, offset + 2)
    end = offset + 4
    additional, rest = number(packet, 10), packet[end:]
    if additional == 0 and not rest:
        edns, limit = "none", 512
    elif additional == 1 and len(rest) > 10 and rest[0] == 0 and number(rest, 1) == 41:
        bits = number(rest, 5, 4)
        if bits & ~0x8000 or number(rest, 9) != len(rest) - 11:
            return None
        if len(rest) > 11 and not is_cookie(rest[11:]):
            return None
        edns = "DO 1" if bits else "DO 0"
        limit = min(max(number(rest, 3), 512), 1232)
    else:
        return None
    lowered = tuple(label.lower() for label in labels)
    return Asked(lowered, rdtype, rdclass, named, edns, limit, end)


def is_cookie(options: bytes) -> bool:
    """Say whether there is one option, a cookie as RFC 7873 section 4 wants it."""
    if len(options) < 4 or number(options, 0) != 10:
        return False
    length = number(options, 2)
    return length == len(options) - 4 and (length == 8 or 16 <= length <= 40)


class Reference:
    """The replies it was told, each found by what was asked."""

    def __init__(self) -> None:
        self.kept: dict[tuple[object, ...], Kept] = {}

    def remember(
        self,
        query: bytes,
        reply: bytes,
        offsets: tuple[int, ...],
        now: float,
        end: float,
    ) -> None:
        question = asked(query)
        if question is None or now >= end or reply[2] & 0x02:
            return
        if len(reply) <= (512 if question.edns == "none" else 1232):
            self.kept[question[:5]] = Kept(reply, offsets, now, end)

    def answer(self, packet: bytes, now: float) -> bytes | None:
        """Say what the reply has to be, if there is one."""
        question = asked(packet)
        kept = None if question is None else self.kept.get(question[:5])
        if question is None or kept is None or now >= kept.expires:
            return None
        if len(kept.reply) > question.limit:
            return None
        reply = bytearray(kept.reply)
        reply[:2] = packet[:2]
        reply[12 : question.end] = packet[12 : question.end]
        passed = math.floor(now) - math.floor(kept.stored)
        for offset in kept.ttl_offsets:
            ttl = max(0, number(reply, offset, 4) - passed)
            reply[offset : offset + 4] = ttl.to_bytes(4, "big")
        return bytes(reply)
