"""The story of a question.

A packet comes in.  It may not deserve a reply; it may deserve a refusal; its answer
may be ours to give, or in memory; otherwise somebody has to go and ask.  `receive`
is that list, in that order, without waiting for anything.  What is left over, a
`Query`, is resolved by the walk, and `compose` turns what the walk found into the
bytes for this client: its id, its spelling of the name, its buffer size.

Whatever may be repeated is also handed to the hot room, so that the next client who
asks the same is answered from bytes and never gets here.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, final

from resolver.hot.replies import Replies
from resolver.policy.local import LocalNames
from resolver.policy.manners import objection
from resolver.ports import EDE_PROHIBITED, Errand, Lookup, Resolution
from resolver.wire import types
from resolver.wire.edns import extended_error
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.reader import Malformed, read
from resolver.wire.writer import write, write_with_ttls

HEADER: Final = 12  # bytes, RFC 1035 section 4.1.1
QUESTION_TAIL: Final = 4  # bytes of type and class, section 4.1.2
# The largest UDP reply without EDNS (RFC 1035 section 4.2.1) and with it (RFC 9715
# and DNS Flag Day 2020: what crosses every path unfragmented).
PLAIN_UDP: Final = 512
EDNS_UDP: Final = 1232
STREAM: Final = 65_535
# Extended errors in one reply; BIND 3.
MAX_EDE: Final = 3

# For who may not ask: recursion is available, but not to everybody, so RA is not set.
_STRANGER: Final = Resolution(
    types.REFUSED, ede=((EDE_PROHIBITED, "this resolver does not serve your network"),)
)


class Query(NamedTuple):
    """A client's question, with what a reply to it has to repeat or respect."""

    packet: bytes
    message: Message
    question: Question
    question_wire: bytes  # as the client spelled it: name, type and class
    limit: int  # bytes of the largest reply the client takes

    @property
    def key(self) -> Question:
        """Equal for queries that the same resolution answers."""
        return self.question


class Recall(Protocol):
    """Memory, as far as a question's first glance needs it."""

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer to a question in memory, or None."""


@final
class Service:
    """A question's whole path, but for the packets that the hot room answers."""

    def __init__(
        self,
        lookup: Lookup,
        memory: Recall,
        local: LocalNames,
        replies: Replies,
        allowed: Callable[[str], bool],
    ) -> None:
        self._lookup: Final = lookup
        self._memory: Final = memory
        self._local: Final = local
        self._replies: Final = replies
        self._allowed: Final = allowed

    def receive(
        self, packet: bytes, host: str, *, stream: bool, now: float
    ) -> bytes | Query | None:
        """Give the reply to a packet, or the query to resolve, or None: silence.

        `host` is the client's address, `stream` says that it came over TCP.  Never
        raises: whatever a client may send has an answer here.
        """
        if len(packet) < HEADER or packet[2] & 0x80:
            return None  # a runt, or a response: answering those makes loops
        if packet[2] & 0x78:
            return _bare_reply(packet, types.NOTIMP)
        try:
            message = read(packet)
        except Malformed:
            return _bare_reply(packet, types.FORMERR)
        question = message.question
        if question is None:
            return write(_echo(message, None, types.FORMERR))  # RFC 9619
        query = _understand(packet, message, question, stream=stream)
        if not self._allowed(host):
            return write(_reply(query, _STRANGER), query.limit, query.question_wire)
        known = self._at_once(query, now)
        return query if known is None else self.compose(query, known, now)

    def _at_once(self, query: Query, now: float) -> Resolution | None:
        """Answer what can be answered without asking anybody."""
        return (
            objection(query.message)
            or self._local.answer(query.question)
            or self._memory.whole(query.question, now)
        )

    async def resolve(self, query: Query, errand: Errand) -> Resolution:
        """Find out what is not known yet.  Failures are resolutions, too."""
        return await self._lookup(query.question, errand)

    async def answer(self, question: Question, errand: Errand) -> Resolution:
        """Answer a question that came in no packet: ours to give, known, or walked for."""
        asked = Message(0, types.RD, question)
        known = objection(asked) or self._local.answer(question)
        return known or await self._lookup(question, errand)

    def compose(self, query: Query, resolution: Resolution, now: float) -> bytes:
        """Write the reply for this client, and keep it for the next one who asks."""
        reply = _reply(query, resolution)
        ttl = _shortest_ttl(resolution)
        if ttl <= 0 or resolution.ede or resolution.authoritative:
            return write(reply, query.limit, query.question_wire)
        packet, ttl_offsets = write_with_ttls(reply, query.limit, query.question_wire)
        if not packet[2] & 0x02:  # whole, TC is not set
            self._replies.remember(query.packet, packet, ttl_offsets, now, now + ttl)
        return packet


def _understand(
    packet: bytes, message: Message, question: Question, *, stream: bool
) -> Query:
    """Pick out what a reply needs."""
    # The first name in a packet has nothing behind it that a pointer could lead to.
    end = HEADER + len(question.name) + QUESTION_TAIL
    if stream:
        limit = STREAM
    elif message.edns is None:
        limit = PLAIN_UDP
    else:
        limit = max(PLAIN_UDP, min(message.edns.size, EDNS_UDP))
    return Query(packet, message, question, packet[HEADER:end], limit)


def _reply(query: Query, resolution: Resolution) -> Message:
    """Make the reply for this client."""
    asked = query.message
    reply = _echo(asked, query.question, resolution.rcode)
    if resolution is not _STRANGER:
        reply.flags |= types.RA
    if resolution.authoritative:
        reply.flags |= types.AA
    reply.answer, reply.authority = resolution.answer, resolution.authority
    if asked.edns is None or not asked.edns.do:
        reply.answer = _unsigned(reply.answer)
        reply.authority = _unsigned(reply.authority)
    if reply.edns is not None and resolution.ede:
        options = tuple(extended_error(*ede) for ede in resolution.ede[:MAX_EDE])
        reply.edns = reply.edns._replace(options=options)
    return reply


def _echo(asked: Message, question: Question | None, rcode: int) -> Message:
    """Begin a reply: what it repeats of the query, and OPT if that had one."""
    flags = types.QR | asked.flags & (types.RD | types.CD)
    edns = None if asked.edns is None else Edns(EDNS_UDP, asked.edns.do)
    return Message(asked.id, flags, question, rcode, edns=edns)


def _unsigned(section: tuple[RRset, ...]) -> tuple[RRset, ...]:
    """Leave out the signatures, for who did not ask for them (RFC 4035 section 3.2.1)."""
    if not any(rrset.signatures for rrset in section):
        return section
    return tuple(
        RRset(rrset.name, rrset.rdtype, rrset.ttl, rrset.rdatas) for rrset in section
    )


def _shortest_ttl(resolution: Resolution) -> int:
    """Give the seconds for which a reply may be repeated; 0 where it may not."""
    rrsets: tuple[RRset, ...] = resolution.answer + resolution.authority
    return min((rrset.ttl for rrset in rrsets), default=0)


def _bare_reply(packet: bytes, rcode: int) -> bytes:
    """Reply with nothing but a header: what follows it in the question is unclear."""
    flags = bytes((0x80 | packet[2] & 0x79, rcode))
    return packet[:2] + flags + bytes(8)
