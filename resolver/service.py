"""The story of a question.

A packet comes in.  It may not deserve a reply; it may deserve a refusal; its answer
may be ours to give, or in memory; otherwise somebody has to go and ask.  `receive`
is that list, in that order, without waiting for anything.  What is left over, a
`Query`, is resolved by the walk, and `compose` turns what the walk found into the
bytes for this client: its id, its spelling of the name, its buffer size.

Whatever may be repeated is also handed to the hot room, so that the next client who
asks the same is answered from bytes and never gets here.

What has expired is not forgotten: it is the answer where nobody has a newer one, because
the walk failed, or failed a moment ago, or takes its time (RFC 8767).  And what is about
to expire and is asked for again is renewed beside the answer.  The hot room hands such
questions over, for it knows its replies only until the last tenth of their life begins.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, final

from resolver.cache.failures import Failure
from resolver.counts import NO_TYPE, Questions
from resolver.hot.replies import Replies
from resolver.policy.identity import HIDDEN, Identity
from resolver.policy.local import LocalNames
from resolver.policy.manners import objection
from resolver.ports import Errand, Lookup, Recall, Resolution
from resolver.wire import types
from resolver.wire.edns import (
    EXTENDED_ERROR,
    extended_error,
    is_keepalive_broken,
    with_keepalive,
)
from resolver.wire.errors import EDE_PROHIBITED, EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.reader import Malformed, read
from resolver.wire.writer import write, write_with_ttls

HEADER: Final = 12  # bytes, RFC 1035 section 4.1.1
TC: Final = 0x02  # in the third byte of it: not the whole reply
QUESTION_TAIL: Final = 4  # bytes of type and class, section 4.1.2
# The largest UDP reply without EDNS (RFC 1035 section 4.2.1) and with it (RFC 9715
# and DNS Flag Day 2020: what crosses every path unfragmented).
PLAIN_UDP: Final = 512
EDNS_UDP: Final = 1232
STREAM: Final = 65_535
# Extended errors in one reply; BIND 3.
MAX_EDE: Final = 3
EDE_CODE: Final = 2  # bytes of its code, which its text comes behind
# The part of its life for which a reply is given from bytes, where replies are renewed;
# in the rest it may be time for that.
CAREFREE: Final = 0.9

_PROVING: Final = frozenset({types.NSEC, types.NSEC3})
_STALE: Final = frozenset({EDE_STALE_ANSWER, EDE_STALE_NXDOMAIN})
# For who may not ask: recursion is available, but not to everybody, so RA is not set.
_STRANGER: Final = Resolution(
    types.REFUSED, ede=((EDE_PROHIBITED, "this resolver does not serve your network"),)
)
# For a client that says how long we may be idle (RFC 7828 section 3.2.1).
_BROKEN: Final = Resolution(types.FORMERR)


class Query(NamedTuple):
    """A client's question, with what a reply to it has to repeat or respect."""

    packet: bytes
    message: Message
    question: Question
    question_wire: bytes  # as the client spelled it: name, type and class
    limit: int  # bytes of the largest reply the client takes
    # The reply to send at once, where all that is left to do is to find a newer one;
    # and what to take for expired then: what has only so many seconds left.
    reply: bytes = b""
    ahead: int = 0

    @property
    def key(self) -> tuple[Question, int]:
        """Equal for queries that the same resolution answers."""
        return self.question, self.message.flags & types.CD


class Ages(Protocol):
    """What is to be known about answers beside what they are."""

    def failing(self, question: Question, now: float) -> Failure | None:
        """Find the failure for which a question is not walked for at the moment."""

    def ending(
        self, question: Question, resolution: Resolution, now: float
    ) -> float | None:
        """Say when an answer's life began, if it is in its last tenth, or None."""


class Known(NamedTuple):
    """What there is to be said to a question at once: None where there is nothing.

    `ours`: by the configuration; `whole`: from memory; `failure`: why nobody is asked at
    the moment; `stale`: what has expired.
    """

    ours: Resolution | None
    whole: Resolution | None
    failure: Failure | None
    stale: Resolution | None


class Manners(NamedTuple):
    """How old answers are treated, and what clients are told beside the answers.

    `impatient`: a stale answer is given at once, and renewed behind the client's back.
    `renew`: answers that are asked for in the last tenth of their life are renewed.
    `identity`: who we say we are.  `idle` gives the seconds that a client's connection
    may be idle, at the moment; None where that is not told.
    """

    impatient: bool = False
    renew: bool = False
    identity: Identity = HIDDEN
    idle: Callable[[], float] | None = None


@final
class Service:
    """A question's whole path, but for the packets that the hot room answers.

    `questions` counts the replies given, `stale` the stale answers among them; `hits` the
    questions whose whole answer was in memory, `misses` those where it was not.
    """

    def __init__(
        self,
        lookup: Lookup,
        memory: tuple[Recall, Ages],
        local: LocalNames,
        replies: Replies,
        allowed: Callable[[str], bool],
        manners: Manners,
    ) -> None:
        self._lookup: Final = lookup
        self._memory: Final = memory[0]
        self._ages: Final = memory[1]
        self._local: Final = local
        self._replies: Final = replies
        self._allowed: Final = allowed
        self._impatient: Final = manners.impatient
        self._renew: Final = manners.renew
        self._identity: Final = manners.identity
        self._idle: Final = manners.idle
        self.questions: Final = Questions()
        self.stale = 0
        self.hits = 0
        self.misses = 0

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
            return self._unread(_bare_reply(packet, types.NOTIMP), stream)
        try:
            message = read(packet)
        except Malformed:
            return self._unread(_bare_reply(packet, types.FORMERR), stream)
        question = message.question
        if question is None:
            # RFC 9619
            return self._unread(write(_echo(message, None, types.FORMERR)), stream)
        query = _understand(packet, message, question, stream=stream)
        if not self._allowed(host):
            self.questions.add(stream, question.rdtype, types.REFUSED)
            return write(_reply(query, _STRANGER), query.limit, query.question_wire)
        known = objection(message, self._identity) or self._local.answer(question)
        if stream and message.edns is not None and is_keepalive_broken(message.edns):
            known = _BROKEN
        if known is not None:
            return self.compose(query, known, now)
        known = self._memory.whole(question, now)
        if known is None:
            self.misses += 1
            return self._from_the_past(query, now)
        self.hits += 1
        return self._from_memory(query, known, now)

    def _from_memory(
        self, query: Query, known: Resolution, now: float
    ) -> bytes | Query:
        """Answer with what is known; if it is asked for often, it may be renewed."""
        if not self._renew:
            return self.compose(query, known, now)
        begun = self._ages.ending(query.question, known, now)
        # Asked for before in this life: the reply has been in the hot room.
        if begun is None or self._replies.kept_since(query.packet) < begun // 1:
            return self.compose(query, known, now)
        failure = self._ages.failing(query.question, now)
        if failure is not None:
            expires = min(now + _shortest_ttl(known), failure.expires)
            return self._compose_until(query, known, now, expires)
        stream = query.limit == STREAM
        self.questions.add(stream, query.question.rdtype, known.rcode)
        reply = _reply(query, known, self._identity)
        packet = write(reply, query.limit, query.question_wire)
        packet = self._on_its_way(packet, reply, query)
        return query._replace(reply=packet, ahead=_shortest_ttl(known))

    def _from_the_past(self, query: Query, now: float) -> bytes | Query:
        """Answer with what has expired, where a walk is no use or is not waited for."""
        failure = self._ages.failing(query.question, now)
        if failure is None and not self._impatient:
            return query
        stale = self._memory.stale(query.question, now)
        if stale is None:
            return query
        if failure is not None:
            stale = stale._replace(ede=stale.ede + failure.told(now))
        reply = self.compose(query, stale, now)
        return query._replace(reply=reply) if failure is None else reply

    async def resolve(self, query: Query, errand: Errand) -> Resolution:
        """Find out what is not known yet.  Failures are resolutions, too."""
        errand.checking_disabled = query.message.flags & types.CD != 0
        found = await self._lookup(query.question, errand)
        if found.rcode == types.SERVFAIL:
            return self._instead(found, query.question, errand)
        return found

    async def answer(self, question: Question, errand: Errand) -> Resolution:
        """Answer a question that came in no packet: ours to give, known, or walked for."""
        asked = Message(0, types.RD, question)
        known = objection(asked, self._identity) or self._local.answer(question)
        found = known or await self._lookup(question, errand)
        if found.rcode == types.SERVFAIL:
            return self._instead(found, question, errand)
        return found

    def known(self, question: Question, now: float) -> Known:
        """Say what is known of a question, for somebody who looks into it."""
        return Known(
            self._local.answer(question),
            self._memory.whole(question, now),
            self._ages.failing(question, now),
            self._memory.stale(question, now),
        )

    def late(self, query: Query, now: float) -> Resolution | None:
        """Find an answer for clients who have waited long enough, if there is one."""
        question = query.question
        return self._memory.whole(question, now) or self._memory.stale(question, now)

    def _instead(
        self, failed: Resolution, question: Question, errand: Errand
    ) -> Resolution:
        """Find what was known before everybody failed, and say why it is told."""
        stale = self._memory.stale(question, errand.now())
        if stale is None:
            return failed
        if not stale.ede:
            return stale  # the walk was to renew what is still good
        errand.note("cached", f"stale answer: {stale.ede[0][1]}")
        return stale._replace(ede=stale.ede + failed.ede)

    def compose(self, query: Query, resolution: Resolution, now: float) -> bytes:
        """Write the reply for this client, and keep it for the next one who asks."""
        ttl = _shortest_ttl(resolution)
        if self._renew:
            return self._compose_until(query, resolution, now, now + ttl * CAREFREE)
        return self._compose_until(query, resolution, now, now + ttl)

    def _compose_until(
        self, query: Query, resolution: Resolution, now: float, expires: float
    ) -> bytes:
        """Write a reply, to be kept until it expires if others may have it."""
        stream = query.limit == STREAM
        self.questions.add(stream, query.question.rdtype, resolution.rcode)
        reply = _reply(query, resolution, self._identity)
        if resolution.ede and resolution.ede[0][0] in _STALE:
            self.stale += 1
        if resolution.ede:
            return self._on_its_way(_with_reasons(reply, query), reply, query)
        if expires <= now or resolution.authoritative:
            packet = write(reply, query.limit, query.question_wire)
            return self._on_its_way(packet, reply, query)
        packet, ttl_offsets = write_with_ttls(reply, query.limit, query.question_wire)
        if not packet[2] & TC:
            self._replies.remember(query.packet, packet, ttl_offsets, now, expires)
        return self._on_its_way(packet, reply, query)

    def _on_its_way(self, packet: bytes, reply: Message, query: Query) -> bytes:
        """Say on a connection how long it may be idle, to who knows EDNS.

        Also where the query has no such option (RFC 7828 section 3.3.2): who asked once
        hears of it when our patience shrinks.  Done last, as others get the same reply.
        """
        if query.limit != STREAM or reply.edns is None or self._idle is None:
            return packet
        bare = reply.rcode == types.BADVERS  # it knows another EDNS
        return packet if bare else with_keepalive(packet, reply.edns, self._idle())

    def _unread(self, reply: bytes, stream: bool) -> bytes:  # noqa: FBT001 - as received
        """Count a reply to what could not be understood."""
        self.questions.add(stream, NO_TYPE, reply[3] & 15)
        return reply


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


def _reply(
    query: Query, resolution: Resolution, identity: Identity = HIDDEN
) -> Message:
    """Make the reply for this client."""
    asked = query.message
    reply = _echo(asked, query.question, resolution.rcode)
    if resolution is not _STRANGER:
        reply.flags |= types.RA
    if resolution.authoritative:
        reply.flags |= types.AA
    reply.answer, reply.authority = resolution.answer, resolution.authority
    wants_proof = asked.edns is not None and asked.edns.do
    if not wants_proof:
        reply.answer = _unsigned(reply.answer)
        reply.authority = _unproven(_unsigned(reply.authority))
    if resolution.secure and (wants_proof or asked.flags & types.AD):
        reply.flags |= types.AD  # RFC 6840 sections 5.7 and 5.8
    if asked.edns is not None and (resolution.ede or asked.edns.options):
        # A query with NSID is not plain: the hot room does not keep the reply.
        errors = tuple(extended_error(*ede) for ede in resolution.ede[:MAX_EDE])
        options = identity.options(asked.edns) + errors
        reply.edns = Edns(EDNS_UDP, asked.edns.do, options=options)
    return reply


def _with_reasons(reply: Message, query: Query) -> bytes:
    """Write a reply with extended errors; no answer is cut short for their sake."""
    packet = write(reply, query.limit, query.question_wire)
    edns = reply.edns
    if packet[2] & TC and edns is not None and edns.options:
        codes = tuple(
            (option, data[:EDE_CODE] if option == EXTENDED_ERROR else data)
            for option, data in edns.options
        )
        reply.edns = edns._replace(options=codes)
        packet = write(reply, query.limit, query.question_wire)
    return packet


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


def _unproven(authority: tuple[RRset, ...]) -> tuple[RRset, ...]:
    """Leave out the records that only prove something (RFC 4035 section 3.2.1)."""
    if not any(rrset.rdtype in _PROVING for rrset in authority):
        return authority
    return tuple(rrset for rrset in authority if rrset.rdtype not in _PROVING)


def _shortest_ttl(resolution: Resolution) -> int:
    """Give the seconds for which a reply may be repeated; 0 where it may not."""
    rrsets: tuple[RRset, ...] = resolution.answer + resolution.authority
    return min((rrset.ttl for rrset in rrsets), default=0)


def _bare_reply(packet: bytes, rcode: int) -> bytes:
    """Reply with nothing but a header: what follows it in the question is unclear."""
    flags = bytes((0x80 | packet[2] & 0x79, rcode))
    return packet[:2] + flags + bytes(8)
