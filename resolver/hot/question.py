"""What surrounds a question in a plain query, and where the question ends.

A query that can be answered from bytes is a header, one question, and either nothing
or one OPT record, which has no options or a cookie.  Header and end together are its
profile: the few things beside the question on which the reply depends.

The flags RD, CD and AD are part of it, as sent: RD because only a recursive question
gets the recursive answer, CD because it asks for data that failed validation, AD
because it asks for the AD bit in the reply (RFC 6840 section 5.7).  From the OPT
record the reply depends on DO, and on the size only in whether it fits.

Cookies are ignored, as RFC 7873 section 5.2 has it for servers that make none.  dig and
BIND send one with every query, so it is cut out, and what is left is a plain query.

Names, types and classes are not judged here: a question is only ever compared with
one that was answered before.
"""

from typing import Final, final

# What a client can take without EDNS (RFC 1035 section 4.2.1), and at least with it
# (RFC 6891 section 6.2.3).
PLAIN_SIZE: Final = 512
# What we send at most over UDP; DNS flag day 2020, as Unbound, BIND, Knot, PowerDNS.
MAX_SIZE: Final = 1232

# The same in an OPT record.
_USUAL_SIZE: Final = MAX_SIZE.to_bytes(2, "big")
# Bytes of an OPT record without options; where it begins, counted from the end of the
# query, and where in it the size is.
MIN_OPT: Final = 11
_OPT_AT: Final = -MIN_OPT
SIZE_AT: Final = -8
BEHIND_SIZE: Final = -6

HEADER: Final = 12

# In the third byte of the header of a packet (RFC 1035 section 4.1.1).
_QR: Final = 0x80
_QR_AND_TC: Final = 0x82
MAX_NAME: Final = 255  # RFC 1035 section 2.3.4
_MAX_LABEL: Final = 63

# RD, with or without AD (0x20) and CD (0x10).  Every other bit is 0: QR, opcode, AA,
# TC, RA, the reserved one and the response code.
_FLAGS: Final = (b"\x01\x00", b"\x01\x10", b"\x01\x20", b"\x01\x30")
_COUNTS: Final = b"\x00\x01\x00\x00\x00\x00\x00\x00"
_COUNTS_EDNS: Final = b"\x00\x01\x00\x00\x00\x00\x00\x01"
# OPT: the root's name, type 41, then two bytes of size.
_OPT: Final = b"\x00\x00\x29"
# Extended response code 0, version 0, DO and reserved bits, no options (RFC 6891
# section 6.1.3).
_NO_OPTIONS: Final = (b"\x00\x00\x00\x00\x00\x00", b"\x00\x00\x80\x00\x00\x00")
# An OPT record up to the length of its options.
_OPT_FIXED: Final = 9
# That length and the head of a COOKIE option, code 10, in an OPT record that has
# nothing else, and how long the record is then (RFC 7873 section 4: 8 bytes of the
# client's, and none or 8 to 32 of the server's).
_COOKIE: Final = {
    b"\x00" + bytes((size + 4,)) + b"\x00\x0a\x00" + bytes((size,)): size + 15
    for size in (8, *range(16, 41))
}
# A cookie of the client's only, and where that begins at the end of a query.
_CLIENT_COOKIE: Final = b"\x00\x0c\x00\x0a\x00\x08"
_COOKIE_AT: Final = -14


@final
class Profile:
    """What a reply depends on beside the question.

    `head` is flags and counts.  `tail` is the end of the query as it would be with the
    size of `MAX_SIZE`.  `limit` is how many bytes of reply the client takes from us.
    """

    __slots__ = ("head", "limit", "tail")

    def __init__(self, head: bytes, tail: bytes, limit: int) -> None:
        self.head: Final = head
        self.tail: Final = tail
        self.limit: Final = limit


def profile_of(head: bytes, tail: bytes) -> Profile | None:
    """Judge bytes 2 to 11 of a query and everything behind its question.

    None means that it is not a plain query.
    """
    if head[:2] not in _FLAGS:
        return None
    if not tail:
        return Profile(head, b"", PLAIN_SIZE) if head[2:] == _COUNTS else None
    if head[2:] != _COUNTS_EDNS or tail[:3] != _OPT or tail[5:] not in _NO_OPTIONS:
        return None
    size = int.from_bytes(tail[3:5], "big")
    return Profile(
        head,
        _OPT + _USUAL_SIZE + tail[5:],
        min(max(size, PLAIN_SIZE), MAX_SIZE),
    )


def without_cookie(tail: bytes) -> bytes:
    """Cut the COOKIE option out of an OPT record that has no other one.

    Any other end of a query is given back as it is.
    """
    if _COOKIE.get(tail[_OPT_FIXED : _OPT_FIXED + 6]) != len(tail):
        return tail
    return tail[:_OPT_FIXED] + b"\x00\x00"


def with_usual_end(body: bytes) -> bytes:
    """Spell the end of a query, without its id, as that of a kept one.

    Only the end is looked at, and taken for an OPT record if it looks like one.  It is
    one if the result is a query that is known to be plain.  Gives b"" if it can be none.
    """
    if body[_OPT_AT:SIZE_AT] == _OPT:
        return body[:SIZE_AT] + _USUAL_SIZE + body[BEHIND_SIZE:]
    if body[_COOKIE_AT : _COOKIE_AT + 6] == _CLIENT_COOKIE:
        short = body[:_COOKIE_AT] + b"\x00\x00"
        if short[_OPT_AT:SIZE_AT] == _OPT:
            return short[:SIZE_AT] + _USUAL_SIZE + short[BEHIND_SIZE:]
    return b""


def question_end(packet: bytes) -> int:
    """Find where the question ends, behind its class; 0 if it is not a plain one.

    Plain: no compression, at most 255 bytes of name, none of them zero but the last.  A
    zero inside a label is legal, and so rare that the long way may have it: thanks to
    that the first zero byte ends the name, which is what `Replies.answer` looks for.
    """
    position = HEADER
    length = len(packet)
    while position < length:
        label = packet[position]
        if label == 0:
            end = position + 5
            whole = end <= length and position < HEADER + MAX_NAME
            return end if whole and packet.find(0, HEADER) == position else 0
        if label > _MAX_LABEL:
            return 0
        position += label + 1
    return 0


def lowered(question: bytes) -> bytes:
    """Put the name of a question in lower case.

    Lengths of labels are below the letters, so they stay as they are.
    """
    return question[:-4].lower() + question[-4:]


def fits(query: bytes, end: int, reply: bytes, profile: Profile) -> bool:
    """Say whether a reply may be given to everybody who asks like this."""
    return (
        len(reply) <= (MAX_SIZE if profile.tail else PLAIN_SIZE)
        and lowered(reply[HEADER:end]) == lowered(query[HEADER:end])
        and reply[2] & _QR_AND_TC == _QR
        and reply[4:6] == b"\x00\x01"
    )
