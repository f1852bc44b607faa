"""Packets put together by hand, byte by byte, so that tests can put them wrongly."""

import struct
from typing import NamedTuple

from resolver.wire import types
from resolver.wire.message import Message

# The question at offset 12 of most packets here: www.example.com. A IN.
WWW = b"\3www\7example\3com\0"
QUESTION = WWW + b"\0\1\0\1"
# Pointers to it and to its endings.
TO_WWW = b"\xc0\x0c"
TO_EXAMPLE = b"\xc0\x10"
TO_COM = b"\xc0\x18"
# Where the first record of such a packet starts.
FIRST_RECORD = 12 + len(QUESTION)


def name(text: str) -> bytes:
    """Encode a name of plain ASCII labels: `www.example.com`, with or without a dot."""
    labels = [label.encode() for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pointer(offset: int) -> bytes:
    return struct.pack("!H", 0xC000 | offset)


def record(
    owner: bytes, rdtype: int, rdata: bytes, ttl: int = 300, rdclass: int = types.IN
) -> bytes:
    head = struct.pack("!HHIH", rdtype, rdclass, ttl, len(rdata))
    return owner + head + rdata


def packet(
    answer: tuple[bytes, ...] = (),
    authority: tuple[bytes, ...] = (),
    additional: tuple[bytes, ...] = (),
    question: bytes = QUESTION,
    word: int = types.QR,
) -> bytes:
    """A packet with id 7 and the question above, unless told otherwise."""
    head = struct.pack(
        "!HHHHHH",
        7,
        word,
        1 if question else 0,
        len(answer),
        len(authority),
        len(additional),
    )
    return head + question + b"".join((*answer, *authority, *additional))


def opt(data: bytes = b"", size: int = 1232, ttl: int = 0) -> bytes:
    return record(b"\0", types.OPT, data, ttl, size)


def rrsig(covered: int, signer: str = "example.com", signature: bytes = b"s") -> bytes:
    head = struct.pack("!HBBIIIH", covered, 13, 2, 300, 2_000_000_000, 1, 4711)
    return head + name(signer) + signature


class Parts(NamedTuple):
    """Everything in a message, to be compared by value."""

    id: object
    flags: object
    question: object
    rcode: object
    answer: object
    authority: object
    additional: object
    edns: object


def parts(message: Message) -> Parts:
    return Parts(
        message.id,
        message.flags,
        message.question,
        message.rcode,
        message.answer,
        message.authority,
        message.additional,
        message.edns,
    )
