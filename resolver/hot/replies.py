"""Whole replies, kept as bytes, for questions that are asked again.

**The idea.**  A stub resolver that asks the same question twice sends the same packet
twice, but for the id.  So a reply is kept under all bytes of its query behind the id:
header, question, OPT record.  A slice, a look-up, a comparison of times and a
concatenation answer it; nothing is parsed or understood.  This is safe because only
`remember` ever puts a key in, and it has judged every byte of it.

**Other spellings.**  Letter case (0x20) and the size in the OPT record change nothing
but bytes.  So replies are kept under one spelling: name in lower case, size 1232.  A
query that misses is spelled that way and looked up once more, and its reply gets the
question as it was sent, which clients compare.  Only the name is lowered: the type
HTTPS is 65, the byte `A`.

**Time.**  A reply lies ready with the TTLs of the last whole second since it was
stored, and with the moment when they are due for the next one.

**Bound.**  Two generations.  New replies, and old ones when they are used, go to the
young generation; when that holds half the capacity, the old one is let go, and the
young one is the old one.  This approximates LRU, and a hit changes nothing at all.
Letting 100,000 replies go stops the process for 3 to 6 ms.

**Shape.**  A reply is one `bytes`, with its times packed in front of it.  Unpacking
costs 0.09 us more than a tuple or a slotted object if everything is in the processor's
cache, and nothing or less from 100,000 replies on.  It takes 260 bytes for a small
answer and not 420, and the garbage collector need not visit it.

The room may be incomplete; it may not be wrong.  Whatever is unusual gets None.
"""

from struct import Struct
from typing import Final, final

from resolver.hot.question import (
    HEADER,
    MAX_SIZE,
    PLAIN_SIZE,
    Profile,
    profile_of,
    question_end,
)

# Profiles in the memo.  Clients of one network show some dozens; one who plays with
# the size of the OPT record has 260,000, so the memo starts anew when it is full.
MAX_PROFILES: Final = 1024

# In front of a reply: when its TTLs are due, and where the reply starts; when it
# expires; then the places of its TTLs, two bytes each.  The reply lacks the id.
_DUE: Final = Struct("!dB")
_TIMES: Final = Struct("!dBd")
_TTL: Final = Struct("!I")
# TTLs in one reply, so that the start fits its byte.  1232 bytes hold no more than 110
# records.
_MAX_TTLS: Final = (255 - _TIMES.size) // 2

# In the third byte of the header (RFC 1035 section 4.1.1).
_QR: Final = 0x80
_QR_AND_TC: Final = 0x82

# What a slot in a growing dictionary costs: 30 to 60 bytes, by how full it is, and the
# holes that the smaller tables before it leave behind.  Measured: with 80, filling up
# 32 to 256 MB with a million replies makes the process grow by 0.9 to 1.1 of that.
_SLOT: Final = 80

_unpack_due: Final = _DUE.unpack_from


@final
class Replies:
    """Replies that can be given again.

    `capacity` is in bytes, everything included.  `now` is seconds on any clock, the
    same one for all calls.
    """

    __slots__ = (
        "_half",
        "_old",
        "_old_bytes",
        "_profiles",
        "_young",
        "_young_bytes",
        "hits",
        "misses",
    )

    def __init__(self, capacity: int) -> None:
        self._half: Final = capacity // 2
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}
        self._young_bytes = 0
        self._old_bytes = 0
        self._profiles: Final[dict[bytes, Profile]] = {}
        self.hits = 0
        self.misses = 0

    def answer(self, packet: bytes, now: float) -> bytes | None:
        """Give the whole reply to a packet, or None: take the long way.

        Any bytes will do as a packet.  Who may ask is for the caller to say.
        """
        kept = self._young.get(packet[2:])
        if kept is not None:
            due, start = _unpack_due(kept)
            if now < due:
                self.hits += 1
                return packet[:2] + kept[start:]
        return self._answer_with_care(packet, now)

    def remember(
        self,
        query: bytes,
        reply: bytes,
        ttl_offsets: tuple[int, ...],
        now: float,
        expires: float,
    ) -> None:
        """Keep the reply to a query, to be given until `expires`.

        `ttl_offsets` says where in the reply the TTLs are that count down.  A query
        that could not be answered from here is ignored, and so is a reply that is
        truncated, or longer than every client takes who asks in this way.

        Raises ValueError if a TTL is not behind the question and inside the reply.
        """
        end = question_end(query)
        profile = self._profile(query[2:HEADER], query[end:]) if end else None
        if profile is None or now >= expires or not _fits(query, end, reply, profile):
            return
        if len(ttl_offsets) > _MAX_TTLS:
            return
        if any(not end <= offset <= len(reply) - 4 for offset in ttl_offsets):
            raise ValueError("a TTL is outside the records of the reply")
        question = _lowered(query, end)
        start = _TIMES.size + 2 * len(ttl_offsets)
        due = min(now + 1, expires) if ttl_offsets else expires
        kept = b"".join(
            (
                _TIMES.pack(due, start, expires),
                # Places count from the front of what is kept, which has no id.
                *[(start + offset - 2).to_bytes(2, "big") for offset in ttl_offsets],
                reply[2:HEADER],
                question,
                reply[end:],
            )
        )
        key = profile.head + question + profile.tail
        if _cost(key, kept) <= self._half:
            self._insert(key, kept)

    def clear(self) -> None:
        """Forget all replies; the counters go on."""
        self._young.clear()
        self._old.clear()
        self._young_bytes = self._old_bytes = 0

    def __len__(self) -> int:
        """Count the replies, expired ones included."""
        return len(self._young) + len(self._old)

    @property
    def size_bytes(self) -> int:
        """Estimate the memory in use.  Never above the capacity."""
        return self._young_bytes + self._old_bytes

    def _answer_with_care(self, packet: bytes, now: float) -> bytes | None:
        """Answer what is not ready in the young generation, as it was sent."""
        body = self._body(packet[2:], now)
        if body is not None:
            self.hits += 1
            return packet[:2] + body
        end = packet.find(0, HEADER) + 5
        profile = self._profile(packet[2:HEADER], packet[end:])
        if profile is not None:
            # Cut where the first zero byte says.  If that is not the end of the name,
            # or the packet ends early, this is no key: every key has a whole name
            # without zeros, and four bytes behind it.
            key = profile.head + _lowered(packet, end) + profile.tail
            body = self._body(key, now)
            if body is not None and len(body) + 2 <= profile.limit:
                self.hits += 1
                return (
                    packet[:2]
                    + body[: HEADER - 2]
                    + packet[HEADER:end]
                    + body[end - 2 :]
                )
        self.misses += 1
        return None

    def _body(self, key: bytes, now: float) -> bytes | None:
        """Find a reply without its id, in whichever generation, with TTLs of now."""
        kept = self._young.get(key) or self._old.get(key)
        if kept is None:
            return None
        due, start, expires = _TIMES.unpack_from(kept)
        if now >= expires:
            return None
        if now >= due:
            kept = _aged(kept, now)
        if key in self._young:
            self._young[key] = kept
        else:
            self._insert(key, kept)
        return kept[start:]

    def _insert(self, key: bytes, kept: bytes) -> None:
        """Put a reply into the young generation, and out of the old one."""
        cost = _cost(key, kept)
        if self._young_bytes + cost > self._half:
            self._turn()
        before = self._young.get(key)
        if before is not None:
            self._young_bytes -= _cost(key, before)
        else:
            before = self._old.pop(key, None)
            if before is not None:
                self._old_bytes -= _cost(key, before) - _SLOT  # the slot stays
        self._young[key] = kept
        self._young_bytes += cost

    def _turn(self) -> None:
        """Let the old generation go and begin a new one."""
        self._old.clear()
        self._young, self._old = self._old, self._young
        self._young_bytes, self._old_bytes = 0, self._young_bytes

    def _profile(self, head: bytes, tail: bytes) -> Profile | None:
        """Judge what surrounds a question, mostly from memory."""
        both = head + tail
        profile = self._profiles.get(both)
        if profile is None:
            profile = profile_of(head, tail)
            if profile is not None:
                if len(self._profiles) >= MAX_PROFILES:
                    self._profiles.clear()
                self._profiles[both] = profile
        return profile


def _lowered(packet: bytes, end: int) -> bytes:
    """Take the question of a packet, its name in lower case.

    Lengths of labels are below the letters, so they stay as they are.
    """
    return packet[HEADER : end - 4].lower() + packet[end - 4 : end]


def _fits(query: bytes, end: int, reply: bytes, profile: Profile) -> bool:
    """Say whether a reply may be given to everybody who asks like this."""
    return (
        len(reply) <= (MAX_SIZE if profile.tail else PLAIN_SIZE)
        and _lowered(reply, end) == _lowered(query, end)
        and reply[2] & _QR_AND_TC == _QR
        and reply[4:6] == b"\x00\x01"
    )


def _aged(kept: bytes, now: float) -> bytes:
    """Count the TTLs down for the seconds that have begun since they were due."""
    due, start, expires = _TIMES.unpack_from(kept)
    seconds = 1 + int(now - due)
    aged = bytearray(kept)
    for place in range(_TIMES.size, start, 2):
        offset = kept[place] << 8 | kept[place + 1]
        (ttl,) = _TTL.unpack_from(aged, offset)
        _TTL.pack_into(aged, offset, ttl - seconds if ttl > seconds else 0)
    _DUE.pack_into(aged, 0, min(due + seconds, expires), start)
    return bytes(aged)


def _cost(key: bytes, kept: bytes) -> int:
    """Count what a reply takes: two strings, 33 bytes each of its own, and a slot.

    CPython hands out memory in steps of 16 bytes.
    """
    return _SLOT + ((len(key) + 48) & -16) + ((len(kept) + 48) & -16)
