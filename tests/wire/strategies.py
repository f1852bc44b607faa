"""Names, record data, sets and messages for hypothesis.

Names come from a small pool of labels, so that they share endings, repeat and
contain each other as they do in real messages; some have odd bytes or great length.
What `messages` makes is what `reader` would make: reading what was written must
give it back.

Hypothesis chooses the seed and plain dice do the rest: drawn part by part, a message
would take a hundred times longer to make than to check.
"""

import random
import struct
from collections.abc import Callable

from hypothesis import strategies as st

from resolver.wire import types
from resolver.wire.edns import MAX_OPTIONS
from resolver.wire.message import Edns, Message, Question, RRset

_LABELS = [b"a", b"b", b"www", b"ns1", b"example", b"com", b"*", b"_tcp", b"xn--nxa"]
_ODD_LABELS = [b"\0", b"\xff\xfe", b".", b"x" * 63, b'"\\\x1b', b"a b"]
_LOC = 29  # a type that is not made here
UNKNOWN_TYPE = 65280

Dice = random.Random


def some_label(dice: Dice) -> bytes:
    match dice.randrange(12):
        case 0:
            return dice.choice(_ODD_LABELS)
        case 1:
            return dice.randbytes(dice.randint(1, 63)).lower()
        case _:
            return dice.choice(_LABELS)


def some_name(dice: Dice) -> bytes:
    """A canonical name; now and then the root, or a very long one."""
    if dice.randrange(20) == 0:
        parts = dice.choices([b"a", b"b"], k=dice.randint(100, 127))
    else:
        parts = [some_label(dice) for _ in range(dice.randrange(7))]
    wire = b"\0"
    for part in parts:
        if len(wire) + len(part) + 1 > 255:
            break
        wire = bytes([len(part)]) + part + wire
    return wire


def cased_name(dice: Dice) -> bytes:
    """A name as it stands in record data: now and then not in lower case."""
    wire = some_name(dice)
    if dice.randrange(4):
        return wire
    # Length bytes are below the letters and stay as they are.
    return bytes(
        byte - 32 if 97 <= byte <= 122 and index % 2 else byte
        for index, byte in enumerate(wire)
    )


def _bytes(dice: Dice, most: int, least: int = 0) -> bytes:
    return dice.randbytes(dice.randint(least, most))


def _string(dice: Dice) -> bytes:
    text = _bytes(dice, 40)
    return bytes([len(text)]) + text


def _few(size: int) -> Callable[[Dice], bytes]:
    """Few different values: the same data has to come up again."""
    return lambda dice: dice.randrange(4).to_bytes(size, "big")


def _bitmap(dice: Dice) -> bytes:
    windows = sorted(dice.sample(range(4), dice.randrange(4)))
    return b"".join(bytes([window, 2, 0x40, 0x01]) for window in windows)


def _signature(dice: Dice, covered: int) -> bytes:
    head = struct.pack("!HBBIIIH", covered, 13, 2, 300, 2_000_000_000, 1, 4711)
    return head + cased_name(dice) + _bytes(dice, 64, 1)


# One row for each kind of data that a resolver meets, and some it seldom does.
RDATA: dict[int, Callable[[Dice], bytes]] = {
    types.A: _few(4),
    types.NS: cased_name,
    types.CNAME: cased_name,
    types.SOA: lambda dice: cased_name(dice) + cased_name(dice) + _few(20)(dice),
    types.PTR: cased_name,
    types.HINFO: lambda dice: _string(dice) + _string(dice),
    types.MX: lambda dice: _few(2)(dice) + cased_name(dice),
    types.TXT: lambda dice: b"".join(_string(dice) for _ in range(dice.randint(1, 3))),
    17: lambda dice: cased_name(dice) + cased_name(dice),  # RP
    18: lambda dice: _few(2)(dice) + cased_name(dice),  # AFSDB
    types.AAAA: _few(16),
    types.SRV: lambda dice: _few(6)(dice) + cased_name(dice),
    types.NAPTR: lambda dice: (
        _few(4)(dice) + _string(dice) + _string(dice) + _string(dice) + cased_name(dice)
    ),
    types.DNAME: cased_name,
    # A digest type that no library knows the length of.
    types.DS: lambda dice: b"\x12\x34\x0d\x7f" + _bytes(dice, 60, 1),
    types.NSEC: lambda dice: cased_name(dice) + _bitmap(dice),
    types.DNSKEY: lambda dice: b"\1\0\3\x0d" + _bytes(dice, 60, 1),
    types.NSEC3: lambda dice: (
        b"\1\0\0\0" + _string(dice) + _string(dice) + _bitmap(dice)
    ),
    types.SVCB: lambda dice: b"\0\1" + cased_name(dice) + b"\0\1\0\3\2h2",
    types.HTTPS: lambda dice: b"\0\0" + cased_name(dice),
    257: lambda dice: b"\0\5issue" + _bytes(dice, 20),  # CAA
    UNKNOWN_TYPE: lambda dice: _bytes(dice, 60),
}


def some_ttl(dice: Dice) -> int:
    return dice.choice([0, 60, 300, 86400, dice.randrange(2**31)])


def some_rrset(dice: Dice) -> RRset:
    rdtype = dice.choice(list(RDATA))
    rdatas = [RDATA[rdtype](dice) for _ in range(dice.randint(1, 4))]
    signatures = [_signature(dice, rdtype) for _ in range(dice.choice([0, 0, 0, 1, 2]))]
    return RRset(
        some_name(dice),
        rdtype,
        some_ttl(dice),
        tuple(dict.fromkeys(rdatas)),
        tuple(dict.fromkeys(signatures)),
    )


def some_section(dice: Dice) -> tuple[RRset, ...]:
    """Sets with different keys; perhaps signatures at the end that cover nothing."""
    sets = [some_rrset(dice) for _ in range(dice.choice([0, 0, 1, 2, 5]))]
    made = list({(rrset.name, rrset.rdtype): rrset for rrset in sets}.values())
    if dice.randrange(4) == 0:
        alone = (_signature(dice, _LOC), _signature(dice, _LOC))
        made.append(RRset(some_name(dice), types.RRSIG, some_ttl(dice), alone))
    return tuple(made)


def some_edns(dice: Dice) -> Edns:
    # COOKIE, and codes for local use, which nobody gives a structure.
    options = [
        dice.choice(
            [(10, dice.randbytes(8)), (dice.randint(65001, 65534), _bytes(dice, 20))]
        )
        for _ in range(dice.choice([0, 0, 1, 2, MAX_OPTIONS]))
    ]
    return Edns(
        dice.choice([0, 512, 1232, 65535]),
        dice.random() < 0.5,
        dice.choice([0, 0, 0, 1, 255]),
        tuple(options),
    )


def some_question(dice: Dice) -> Question:
    return Question(
        some_name(dice),
        dice.choice([types.A, types.HTTPS, types.ANY, dice.randrange(65536)]),
        dice.choice([types.IN, types.IN, types.CH, types.CLASS_ANY]),
    )


def some_message(dice: Dice) -> Message:
    edns = some_edns(dice) if dice.random() < 0.7 else None
    return Message(
        dice.randrange(65536),
        # Any flags; opcode QUERY, for the sake of those who read others differently.
        dice.randrange(65536) & 0x87F0,
        some_question(dice) if dice.randrange(10) else None,
        dice.choice([0, 3, dice.randrange(16 if edns is None else 4096)]),
        some_section(dice),
        some_section(dice),
        some_section(dice),
        edns,
    )


dices = st.integers(0, 2**64 - 1).map(Dice)


def wire_names() -> st.SearchStrategy[bytes]:
    return dices.map(some_name)


def edns() -> st.SearchStrategy[Edns]:
    return dices.map(some_edns)


def messages() -> st.SearchStrategy[Message]:
    return dices.map(some_message)
