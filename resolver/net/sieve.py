"""Tell the reply to a query from everything else that arrives.

A socket that waits for a reply is open to the world: late replies to others, noise,
forgeries.  The tests run from the cheapest to the dearest, on bytes first: header,
question, and only then is the body read, once; the message is kept for the asker.

Whatever fails a test is not there.  A packet that cannot be read is ignored like one
with a wrong id: if it ended the wait, anybody who can get one packet through could
deny us the true reply (TuDoor, IEEE S&P 2024).

Two kinds of reply are accepted unread, since all they say is "come over TCP": one
with TC set (its body may be cut anywhere), and one that is right in all but the
case of the letters which we had chosen by lot.
"""

from typing import TYPE_CHECKING, Final, final

from resolver.wire import types
from resolver.wire.reader import Malformed, read

if TYPE_CHECKING:
    from resolver.wire.message import Message

# Replies to one query that were tried and could not be read.  Those that follow are
# thrown away unread, so that a flood of them costs little more than its receiving.
MAX_MALFORMED: Final = 8

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

    `packet` is the query, `name` the canonical name in its question.  `stream` says
    that it goes over TCP.  `exact` says that the case of the letters was chosen by
    lot and has to come back over UDP as it was sent.

    `message` is the reply, once `accept` has said yes.  It stays None for a UDP reply
    that only says that the answer has to be fetched over TCP.
    """

    __slots__ = (
        "_asked",
        "_canonical",
        "_end",
        "_exact",
        "_tries",
        "message",
        "packet",
        "stream",
    )

    def __init__(
        self, packet: bytes, name: bytes, *, stream: bool = False, exact: bool = False
    ) -> None:
        self.packet: Final = packet
        self.stream: Final = stream
        self.message: Message | None = None
        self._end: Final = _HEADER + len(name) + 4
        self._asked: Final = packet[_HEADER : self._end]
        self._canonical: Final = name + self._asked[-4:]
        self._exact: Final = exact
        self._tries = MAX_MALFORMED

    def accept(self, packet: bytes) -> bool:
        """Say whether this is a reply to the query, and read it."""
        if (
            len(packet) < _HEADER
            or packet[:2] != self.packet[:2]
            or packet[2] & _KIND != _REPLY
        ):
            return False
        asked = packet[_HEADER : self._end]
        if packet[4:6] != _ONE:
            bare = packet[4:6] == _NONE and packet[3] & RCODE_BITS in _BARE_ERRORS
            return bare and self._read(packet)
        if asked != self._asked and not self._is_alike(asked):
            return False
        if not self.stream and (
            packet[2] & _TRUNCATED or (self._exact and asked != self._asked)
        ):
            return True
        if asked != self._canonical:
            # Names in the body may point into the question: let them find lower case.
            packet = packet[:_HEADER] + self._canonical + packet[self._end :]
        return self._read(packet)

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
            self.message = read(packet)
        except Malformed:
            self._tries -= 1
            return False
        return True
