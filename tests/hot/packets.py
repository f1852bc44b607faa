"""Queries, replies, and rooms that know them."""

from resolver.hot.replies import Replies
from tests.hot.reference import Reference, asked

ROOMY = 10_000_000
NAME = b"\x03www\x07example\x03com\x00"
MIXED = b"\x03wWw\x07eXAMPLE\x03cOM\x00"
A, NS, HTTPS, IN = 1, 2, 65, 1
AD, CD, DO = 0x0020, 0x0010, 0x8000
Reply = tuple[bytes, tuple[int, ...]]


def query(
    name: bytes = NAME,
    rdtype: int = A,
    flags: int = 0x0100,
    size: int | None = None,
    opt_flags: int = 0,
    number: int = 0xABCD,
    cookie: bytes = b"",
) -> bytes:
    """Encode a query; with a `size` it has an OPT record, with a `cookie` an option."""
    head = b"".join(
        value.to_bytes(2, "big")
        for value in (number, flags, 1, 0, 0, int(size is not None))
    )
    question = name + rdtype.to_bytes(2, "big") + IN.to_bytes(2, "big")
    if size is None:
        return head + question
    opt = b"\x00\x00\x29" + size.to_bytes(2, "big") + opt_flags.to_bytes(4, "big")
    option = b"\x00\x0a" + len(cookie).to_bytes(2, "big") + cookie if cookie else b""
    return head + question + opt + len(option).to_bytes(2, "big") + option


def reply_to(packet: bytes, *ttls: int, padding: int = 0, flags: int = 0x8180) -> Reply:
    """Encode a reply with an address for each TTL, and say where the TTLs are."""
    found = asked(packet)
    assert found is not None
    reply = packet[:2] + flags.to_bytes(2, "big") + b"\x00\x01"
    reply += len(ttls).to_bytes(2, "big") + bytes(4) + packet[12 : found.end]
    offsets = []
    for number, ttl in enumerate(ttls):
        offsets.append(len(reply) + 6)
        reply += b"\xc0\x0c\x00\x01\x00\x01" + ttl.to_bytes(4, "big")
        reply += b"\x00\x04\xc0\x00\x02" + bytes([number])
    return reply + bytes(padding), tuple(offsets)


def known(
    *packets: bytes, ttl: int = 300, now: float = 0.0
) -> tuple[Replies, Reference]:
    """Make both tell of the same replies."""
    replies, reference = Replies(ROOMY), Reference()
    for number, packet in enumerate(packets):
        reply, offsets = reply_to(packet, *[ttl] * (number % 3 + 1))
        replies.remember(packet, reply, offsets, now, now + ttl)
        reference.remember(packet, reply, offsets, now, now + ttl)
    return replies, reference
