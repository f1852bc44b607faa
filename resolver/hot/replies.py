"""Whole replies, kept as bytes, for questions that are asked again.

**The idea.**  A stub resolver that asks the same question twice sends the same packet
twice, but for the id.  So a reply is kept under all bytes of its query behind the id:
header, question, OPT record.  A slice, a look-up and a concatenation answer it; nothing
is parsed or understood.  This is safe because only replies that `remember` took are
ever given, and it has judged every byte of their queries.  A packet without its id is
called a body here, be it a query or a reply.

**Other spellings.**  Letter case (0x20), the size in the OPT record and a cookie change
nothing but bytes.  So replies are kept under one spelling: name in lower case, size
1232, no cookie.  A query that is not known is spelled that way and looked up once more,
and its reply gets the question as it was sent, which clients compare.  Only the name
is lowered: the type HTTPS is 65, the byte `A`.

**Time.**  TTLs count down by the whole seconds of the clock, as Unbound's and BIND's
do.  So all replies get older at the same moments, and in between there is nothing to
compare: what was given once in a second lies ready for the rest of it, as it was given,
and is forgotten when the second ends.  What expires before that is never ready.

**Many at once.**  As a ready reply takes one look-up and no decision, the loop over a
batch of queries runs in C (`answer_many`): 0.1 us for each, where one by one takes 0.4.

**Bound.**  Two generations.  New replies, and old ones when they are used, go to the
young generation; when that is full, the old one is let go, and the young one is the
old one.  This approximates LRU, and a hit changes nothing at all.  Letting 100,000
replies go stops the process for 3 to 6 ms.  A part of the capacity is for the ready
ones; what does not fit there is made anew each time.

The room may be incomplete; it may not be wrong.  Whatever is unusual is not known.
"""

from collections.abc import Collection, Iterator, Sequence
from operator import itemgetter
from typing import Final, cast, final

from resolver.hot.kept import MAX_TTLS, SLOT, current, has_any, pack, second_of, size_of
from resolver.hot.question import (
    BEHIND_SIZE,
    HEADER,
    MIN_OPT,
    PLAIN_SIZE,
    SIZE_AT,
    Profile,
    fits,
    lowered,
    profile_of,
    question_end,
    with_usual_end,
    without_cookie,
)

# Profiles in the memo.  Clients of one network show some dozens; one who plays with
# the size of the OPT record has 260,000, so the memo starts anew when it is full.
MAX_PROFILES: Final = 1024
# The part of the capacity that is for ready replies: one divided by this; and how many
# bytes at most.  That is 25,000 small answers.  With more of them the processor's cache
# is the limit: putting one there costs more than making it anew.
READY_SHARE: Final = 8
MAX_READY: Final = 8_000_000
# Sizes of OPT records, beside 1232, for which replies are ready in the same second.
MAX_SIZES: Final = 4

# Replies that are looked at in one go by who looks at all of them: about a millisecond.
SLICE: Final = 2_000

# What a ready reply takes beside its bytes and those of its query: a slot, and what
# belongs to two strings.
_READY: Final = SLOT + 80

# The header of a body; in it the byte with the response code, and that byte in most
# replies: RA and no error.
_HEADER: Final = HEADER - 2
_FLAGS: Final = itemgetter(1)
_GOOD: Final = 0x80

# A reply that every client takes, without its id.
_SMALL: Final = PLAIN_SIZE - 2


@final
class Replies:
    """Replies that can be given again.

    `capacity` is in bytes, everything included.  `now` is seconds on any clock, the
    same one for all calls.

    `rcodes` counts the replies given by their response code, `misses` the queries that
    were not known, `evictions` the replies let go for others.
    """

    __slots__ = (
        "_generation",
        "_next_second",
        "_old",
        "_old_bytes",
        "_profiles",
        "_ready",
        "_ready_bytes",
        "_ready_limit",
        "_second",
        "_sizes",
        "_today",
        "_young",
        "_young_bytes",
        "evictions",
        "misses",
        "rcodes",
    )

    def __init__(self, capacity: int) -> None:
        self._ready_limit = min(capacity // READY_SHARE, MAX_READY)
        self._generation = (capacity - self._ready_limit) // 2
        # By the spelling they are kept under, with their times.
        self._young: dict[bytes, bytes] = {}
        self._old: dict[bytes, bytes] = {}
        self._young_bytes = 0
        self._old_bytes = 0
        # By bodies of queries, as they are sent from `_second` until `_next_second`;
        # and the sizes in the OPT records of those that are kept under another one.
        self._ready: Final[dict[bytes, bytes]] = {}
        self._sizes: Final[list[bytes]] = []
        self._ready_bytes = 0
        self._second = self._next_second = 0.0
        self._today = 0
        self._profiles: Final[dict[bytes, Profile]] = {}
        self.rcodes: Final = [0] * 16
        self.misses = 0
        self.evictions = 0

    def answer(self, packet: bytes, now: float) -> bytes | None:
        """Give the whole reply to a packet, or None: take the long way.

        Any bytes will do as a packet.  Who may ask is for the caller to say.
        """
        if not self._second <= now < self._next_second:
            self._begin_second(now)
        body = packet[2:]
        reply = self._ready.get(body) or self._look(body, now)
        if not reply:
            self.misses += 1
            return None
        self.rcodes[reply[1] & 15] += 1
        return packet[:2] + reply

    def answer_many(self, bodies: Sequence[bytes], now: float) -> list[bytes]:
        """Give the reply to each query, and b"" where there is none; all without ids.

        Each reply is the one that `answer` would give.
        """
        if not self._second <= now < self._next_second:
            self._begin_second(now)
        found = list(map(self._ready.get, bodies))
        if all(found):
            replies = known = cast("list[bytes]", found)
        else:
            replies = [
                reply or self._look(body, now)
                for reply, body in zip(found, bodies, strict=True)
            ]
            known = [reply for reply in replies if reply]
            self.misses += len(replies) - len(known)
        self._count(list(map(_FLAGS, known)))
        return replies

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
        if profile is None or now >= expires or not fits(query, end, reply, profile):
            return
        if len(ttl_offsets) > MAX_TTLS:
            return
        question = lowered(query[HEADER:end])
        kept = pack(reply, question, ttl_offsets, int(now // 1), expires)
        key = profile.head + question + profile.tail
        if size_of(key, kept) <= self._generation:
            self._unready(key)
            self._insert(key, kept)

    def kept_since(self, query: bytes) -> int:
        """Say in which second of the clock a reply to a query was kept, expired or not.

        Gives -1 where none is.
        """
        end = question_end(query)
        profile = self._profile(query[2:HEADER], query[end:]) if end else None
        if profile is None:
            return -1
        key = profile.head + lowered(query[HEADER:end]) + profile.tail
        kept = self._young.get(key) or self._old.get(key)
        return second_of(kept) if kept else -1

    def clear(self) -> None:
        """Forget all replies; the counters go on."""
        self._young.clear()
        self._old.clear()
        self._young_bytes = self._old_bytes = 0
        self._forget_ready()

    def begin_anew(self, capacity: int) -> tuple[dict[bytes, bytes], ...]:
        """Be empty, and have room for `capacity` bytes; the counters go on.

        Gives what was kept: to throw it all away takes time, which others may need now.
        """
        before = (self._young, self._old)
        self._young, self._old = {}, {}
        self._young_bytes = self._old_bytes = 0
        self._forget_ready()
        self._ready_limit = min(capacity // READY_SHARE, MAX_READY)
        self._generation = (capacity - self._ready_limit) // 2
        return before

    def forget(
        self, labels: Collection[bytes], names: Collection[bytes]
    ) -> Iterator[int]:
        """Forget what has one of these labels anywhere in it, or is about these names.

        Both as in packets, in lower case.  What only looks like one goes as well.  Gives
        the number forgotten, of some replies at a time, so that others can have their
        turn in between.
        """
        self._forget_ready()
        for table in (self._young, self._old):
            entries = list(table.items())
            for start in range(0, len(entries), SLICE):
                found = [
                    (key, kept)
                    for key, kept in entries[start : start + SLICE]
                    if has_any(key, kept, labels, names)
                ]
                for key, kept in found:
                    self._remove(key, kept)
                self._forget_ready()
                yield len(found)

    def _remove(self, key: bytes, kept: bytes) -> None:
        if self._young.get(key) is kept:
            del self._young[key]
            self._young_bytes -= size_of(key, kept)
        elif self._old.get(key) is kept:
            del self._old[key]
            self._old_bytes -= size_of(key, kept)

    @property
    def hits(self) -> int:
        """Count the replies given."""
        return sum(self.rcodes)

    def __len__(self) -> int:
        """Count the replies kept, expired ones included."""
        return len(self._young) + len(self._old)

    @property
    def size_bytes(self) -> int:
        """Estimate the memory in use.  Never above the capacity."""
        return self._young_bytes + self._old_bytes + self._ready_bytes

    def _count(self, flags: list[int]) -> None:
        """Count replies by their response code; nearly all of them have 0."""
        good = flags.count(_GOOD)
        self.rcodes[0] += good
        if good < len(flags):
            for value in flags:
                if value != _GOOD:
                    self.rcodes[value & 15] += 1

    def _look(self, body: bytes, now: float) -> bytes:
        """Answer what is not ready.  Gives b"" for what is not known.

        Here are the frequent cases: there is a kept reply to this very query, or to one
        that differs in its OPT record only.
        """
        key = body
        kept = self._young.get(body)
        if kept is None:
            key = with_usual_end(body)
            kept = self._young.get(key)
        if kept is None:
            return self._look_closer(body, now)
        reply, expires = current(kept, now, self._today)
        if key is not body and len(reply) > _SMALL:
            at = len(key) + SIZE_AT
            size = int.from_bytes(body[at : at + 2], "big")
            if len(reply) + 2 > size:
                return b""
        if expires >= self._next_second and len(key) == len(body):
            self._make_ready(key, body, reply)
        return reply

    def _look_closer(self, body: bytes, now: float) -> bytes:
        """Spell a query as it would be kept, and look for that, everywhere."""
        # Cut where the first zero byte says.  If that is not the end of the name, or
        # the packet ends early, this becomes no key: every key has a whole name
        # without zeros, and four bytes behind it.
        end = body.find(0, _HEADER) + 5
        if end < _HEADER:
            return b""
        profile = self._profile(body[:_HEADER], body[end:])
        if profile is None:
            return b""
        asked = body[_HEADER:end]
        key = profile.head + lowered(asked) + profile.tail
        reply = self._ready.get(key) or self._fetch(key, now)
        if not reply or len(reply) + 2 > profile.limit:
            return b""
        return reply[:_HEADER] + asked + reply[end:]

    def _fetch(self, key: bytes, now: float) -> bytes:
        """Find a kept reply in whichever generation, and have it ready."""
        kept = self._young.get(key) or self._old.get(key)
        if kept is None:
            return b""
        reply, expires = current(kept, now, self._today)
        if reply and key not in self._young:
            self._insert(key, kept)
        if expires >= self._next_second:
            self._make_ready(key, key, reply)
        return reply

    def _make_ready(self, key: bytes, body: bytes, reply: bytes) -> None:
        """Have a reply ready for the rest of the second, if there is room."""
        size = _READY + len(body) + len(reply)
        if self._ready_bytes + size > self._ready_limit:
            return
        if key is not body:
            asked = body[SIZE_AT:BEHIND_SIZE]
            if asked not in self._sizes:
                if len(self._sizes) >= MAX_SIZES:
                    return
                self._sizes.append(asked)
        self._ready[body] = reply
        self._ready_bytes += size

    def _unready(self, key: bytes) -> None:
        """Have a kept reply no longer ready, however it is asked for."""
        self._ready.pop(key, None)
        for size in self._sizes:
            self._ready.pop(key[:SIZE_AT] + size + key[BEHIND_SIZE:], None)

    def _begin_second(self, now: float) -> None:
        self._second = now // 1
        self._next_second = self._second + 1
        self._today = int(self._second)
        self._forget_ready()

    def _forget_ready(self) -> None:
        self._ready.clear()
        self._sizes.clear()
        self._ready_bytes = 0

    def _insert(self, key: bytes, kept: bytes) -> None:
        """Put a reply into the young generation, and out of the old one."""
        size = size_of(key, kept)
        if self._young_bytes + size > self._generation:
            self._turn()
        before = self._young.get(key)
        if before is not None:
            self._young_bytes -= size_of(key, before)
        else:
            before = self._old.pop(key, None)
            if before is not None:
                self._old_bytes -= size_of(key, before) - SLOT  # the slot stays
        self._young[key] = kept
        self._young_bytes += size

    def _turn(self) -> None:
        """Let the old generation go and begin a new one."""
        self.evictions += len(self._old)
        self._old.clear()
        self._young, self._old = self._old, self._young
        self._young_bytes, self._old_bytes = 0, self._young_bytes

    def _profile(self, head: bytes, tail: bytes) -> Profile | None:
        """Judge what surrounds a question, mostly from memory."""
        if len(tail) > MIN_OPT:
            tail = without_cookie(tail)
        both = head + tail
        profile = self._profiles.get(both)
        if profile is None:
            profile = profile_of(head, tail)
            if profile is not None:
                if len(self._profiles) >= MAX_PROFILES:
                    self._profiles.clear()
                self._profiles[both] = profile
        return profile
