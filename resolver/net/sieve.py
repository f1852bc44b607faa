"""Tell the reply to a query from everything else that arrives.

A socket that waits for a reply is open to the world: late replies to others, noise,
forgeries.  The tests run from the cheapest to the dearest, on bytes first: header,
question, and only then is the body read, once; the message is kept for the asker.

Whatever fails a test is not there.  A packet that cannot be read is ignored like one
with a wrong id: if it ended the wait, anybody who can get one packet through could
deny us the true reply (TuDoor, IEEE S&P 2024).

Some packets are accepted unread or without belief, since all they say is "come over
TCP" (see `ways`): a UDP reply with TC set, whose body may be cut anywhere; one that is
right in all but the case of the letters, which we had chosen by lot, or in all but the
id; and one without a cookie from a server that has been sending cookies.  A reply with
a cookie in it that is not ours is none at all (RFC 7873 section 5.3).
"""

from typing import TYPE_CHECKING, Final, final

from resolver.cache.manners import CLIENT_COOKIE
from resolver.net.cookies import LONGEST, SHORTEST_WITH_SERVER
from resolver.net.ways import (
    CERTAIN,
    MIXED,
    NO_COOKIE,
    OTHER_CASE,
    STEADY,
    STREAM,
    TRUNCATED,
    WARY,
    WRONG_ID,
)
from resolver.wire import types
from resolver.wire.edns import cookie as cookie_of
from resolver.wire.reader import Malformed, read

if TYPE_CHECKING:
    from resolver.wire.message import Message

# Replies to one query that were tried and could not be read.  Those that follow are
# thrown away unread, so that a flood of them costs little more than its receiving.
MAX_MALFORMED: Final = 8

# What came and was thrown away, for a diary.
OTHER_QUESTION: Final = "a reply to another question"
MALFORMED: Final = "a malformed reply"

RCODE_BITS: Final = 0x0F  # of the header's fourth byte

_HEADER: Final = 12  # bytes, RFC 1035 section 4.1.1
_KIND: Final = 0xF8  # of the third byte: QR and opcode
_REPLY: Final = 0x80  # ... QR set, opcode QUERY
_TRUNCATED: Final = 0x02  # of the third byte: TC
_NONE: Final = b"\x00\x00"
_ONE: Final = b"\x00\x01"
# Errors that servers send without the question, which they may not have understood.
_BARE_ERRORS: Final = frozenset(
    (types.FORMERR, types.SERVFAIL, types.NOTIMP, types.REFUSED)
)


@final
class Query:
    """One packet for a server, and the sieve for what comes back.

    `packet` is the query, `name` the canonical name in its question.  `way` says how it
    goes out and so what has to come back (see `ways`), `cookie` which one is in it.

    When `accept` has said yes, `message` is the reply.  It stays None for a UDP packet
    that only says that the answer has to be fetched over TCP; `doubt` is why.  `echoed`
    says whether the question came back letter by letter, `returned` is the cookie with
    the server's part in it, if one came back.  `stray` says what else came in the
    server's name and was thrown away, "" for nothing.
    """

    __slots__ = (
        "_asked",
        "_canonical",
        "_cookie",
        "_end",
        "_tries",
        "doubt",
        "echoed",
        "message",
        "packet",
        "returned",
        "stray",
        "way",
    )

    def __init__(
        self, packet: bytes, name: bytes, way: int = 0, cookie: bytes = b""
    ) -> None:
        self.packet: Final = packet
        self.way: Final = way
        self.message: Message | None = None
        self.doubt = CERTAIN
        self.echoed = False
        self.returned = b""
        self.stray = ""
        self._cookie: Final = cookie
        self._end: Final = _HEADER + len(name) + 4
        self._asked: Final = packet[_HEADER : self._end]
        self._canonical: Final = name + self._asked[-4:]
        self._tries = MAX_MALFORMED

    def accept(self, packet: bytes) -> bool:
        """Say whether this is a reply to the query, and read it."""
        if len(packet) < _HEADER or packet[2] & _KIND != _REPLY:
            return False
        asked = packet[_HEADER : self._end]
        if packet[:2] != self.packet[:2]:
            return self._is_guess(packet, asked)
        if packet[4:6] != _ONE:
            bare = packet[4:6] == _NONE and packet[3] & RCODE_BITS in _BARE_ERRORS
            return bare and self._read(packet)
        self.echoed = asked == self._asked
        if not self.echoed and not self._is_alike(asked):
            self.stray = OTHER_QUESTION
            return False
        if not self.way & STREAM:
            if not self.echoed and self.way & MIXED:
                return self._doubt(OTHER_CASE)
            if packet[2] & _TRUNCATED:
                return self._doubt(TRUNCATED)
        if asked != self._canonical:
            # Names in the body may point into the question: let them find lower case.
            packet = packet[:_HEADER] + self._canonical + packet[self._end :]
        return self._read(packet)

    def silence(self, reason: str) -> str:
        """Say why nothing came, and what did instead."""
        return f"{reason}, but {self.stray}" if self.stray else reason

    def _is_guess(self, packet: bytes, asked: bytes) -> bool:
        """Say whether a packet has all right but the id, and that is to be heeded.

        Who sends one has to guess, and will go on.
        """
        return (
            self.way & (WARY | STREAM) == WARY
            and packet[4:6] == _ONE
            and self._is_alike(asked)
            and self._doubt(WRONG_ID)
        )

    def _doubt(self, doubt: int) -> bool:
        self.doubt = doubt
        return True

    def _is_alike(self, asked: bytes) -> bool:
        """Compare questions without regard to the case of the name's letters."""
        return (
            asked[-4:] == self._canonical[-4:]
            and asked[:-4].lower() == self._canonical[:-4]
        )

    def _read(self, packet: bytes) -> bool:
        """Read the whole reply; one that cannot be read is none."""
        if not self._tries:
            return False
        try:
            message = read(packet)
        except Malformed:
            self._tries -= 1
            self.stray = MALFORMED
            return False
        if self._cookie:
            edns = message.edns
            cookie = cookie_of(edns) if edns is not None and edns.options else b""
            if cookie and cookie[:CLIENT_COOKIE] != self._cookie[:CLIENT_COOKIE]:
                self._tries -= 1
                return False
            if SHORTEST_WITH_SERVER <= len(cookie) <= LONGEST:
                self.returned = cookie
            elif self.way & (STEADY | STREAM) == STEADY:
                return self._doubt(NO_COOKIE)
        self.message = message
        return True
