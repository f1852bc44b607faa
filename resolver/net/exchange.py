"""Put a question to a server and hand back its reply, whole: the seam below a walk.

The walk says whom to ask and what; everything that stands between the question and
a reply that one may take to be *to this question* is dealt with here:

1. Identical questions in flight to one server are joined: one packet, one reply for
   all who wait.  The first to ask leads; the others ride along on a future.  When the
   leader gives up (cancelled, or its own errand ended), one of the others takes the
   lead and asks anew.
2. A reply counts when its id, opcode and question are those of the query and its body
   can be read.  Anything else is ignored and the wait goes on: who can end a wait with
   a wrong packet can deny us every name (TuDoor, IEEE S&P 2024).
3. TC means: the same question again, over TCP (RFC 7766 section 5).
4. FORMERR, NOTIMP or BADVERS to a query with EDNS means: once more without (RFC 6891
   section 7).  That the server is so plain is remembered only once the plain query
   got a good answer, so that a stray or forged error costs one question and no more.
5. With `randomise_case` every letter of the name is sent in a case chosen by lot
   ("0x20", draft-vixie-dnsext-dns0x20).  A UDP reply that has all right but the case
   is a forgery, or from a server that does not echo: TCP tells which.

How bytes travel is a `Transport`'s affair; this module knows no socket.  No task is
made: the leader's own coroutine does the work, and a question that nobody else asks
costs a handful of small objects besides its packet and its parse.
"""

import asyncio
from collections.abc import Callable
from typing import ClassVar, Final, Protocol, final

from resolver.cache.infra import Servers
from resolver.net.sieve import RCODE_BITS, Query
from resolver.ports import Address, Errand, Hedge, Silence, Spent
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.writer import query as write_query

# Seconds for one question over TCP, connecting included; Unbound's
# tcp-auth-query-timeout.  The measured round trip is no guide here: a lost SYN alone
# is sent again after a second.
TCP_TIMEOUT: Final = 3.0
# Seconds by which timers may go off early: uvloop's have whole milliseconds.
TIMER_GRAIN: Final = 0.002

_NO_EDNS: Final = frozenset((types.FORMERR, types.NOTIMP, types.BADVERS))
_GOOD: Final = frozenset((types.NOERROR, types.NXDOMAIN))
# For `bytes.translate`: the bit that makes a letter's case, nothing elsewhere.  The
# lengths of labels are below 64, so never letters.
_CASE_BITS: Final = bytes(
    0x20 if byte < 0x80 and chr(byte).isalpha() else 0  # noqa: PLR2004 - ASCII ends
    for byte in range(256)
)


class Transport(Protocol):
    """One way for bytes to reach a server and come back."""

    async def __call__(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - keeping time is a transport's work
        accept: Callable[[bytes], bool],
        /,
    ) -> bytes:
        """Send a packet and wait, `timeout` seconds at most, for an accepted reply.

        What `accept` refuses is ignored.  However it ends, nothing stays open.
        Raises `Silence` with the reason; `Unreachable` if no packet could be sent.
        """


class Unreachable(Silence):
    """No packet could leave this host: not the server's fault, and nothing spent."""

    sent: ClassVar[bool] = False


@final
class Exchange:
    """Asks servers; implements `ports.Ask`.

    `servers` learns who answers how fast.  `clock` is the errands' clock, in seconds.
    `random_bits(n)` gives an unguessable number of n bits.  `edns_buffer` is the UDP
    payload that we offer to take, in bytes; `dnssec` asks for signatures (DO).

    One reply may be handed to several errands: nobody may change it.
    """

    __slots__ = (
        "_clock",
        "_edns",
        "_flights",
        "_random_bits",
        "_randomise_case",
        "_servers",
        "_tcp",
        "_udp",
        "asked",
        "joined",
    )

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        servers: Servers,
        udp: Transport,
        tcp: Transport,
        clock: Callable[[], float],
        random_bits: Callable[[int], int],
        edns_buffer: int = 1232,
        *,
        randomise_case: bool = False,
        dnssec: bool = False,
    ) -> None:
        self._servers = servers
        self._udp = udp
        self._tcp = tcp
        self._clock = clock
        self._random_bits = random_bits
        self._edns = Edns(edns_buffer, dnssec)
        self._randomise_case = randomise_case
        self._flights: dict[tuple[Address, Question, int], _Flight] = {}
        self.asked = 0  # packets sent, or tried to
        self.joined = 0  # questions that rode along with another

    async def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Message:
        """Put a question to a server; see `ports.Ask`."""
        _ = hedge
        errand.spend_ask()
        flags = types.RD if recursive else 0
        key = (server, question, flags)
        while (flight := self._flights.get(key)) is not None:
            reply = await self._ride(flight, server, question, errand)
            if reply is not None:
                return reply
        flight = self._flights[key] = _Flight()
        try:
            message = await self._lead(server, question, errand, flags)
            flight.outcome = message
        except Silence as silence:
            flight.outcome = silence
            raise
        finally:
            del self._flights[key]
            flight.land()
        return message

    async def _lead(
        self, server: Address, question: Question, errand: Errand, flags: int
    ) -> Message:
        """Ask until the reply is whole: over UDP or TCP, with EDNS or without."""
        known_plain = self._servers.plain(server, self._clock())
        edns = None if known_plain else self._edns
        stream = False
        while True:
            query = self._query(question, flags, edns, stream=stream)
            message = await self._send(server, question, query, errand)
            if message is None:
                stream = True
            elif edns is not None and message.rcode in _NO_EDNS:
                edns = None
            elif stream and message.flags & types.TC:
                errand.note("silent", server, "truncated over tcp", 0.0)
                raise Silence("truncated over tcp")
            else:
                break
            errand.spend_ask()
        if edns is None and not known_plain and message.rcode in _GOOD:
            self._servers.set_plain(server, self._clock())
        return message

    def _query(
        self, question: Question, flags: int, edns: Edns | None, *, stream: bool
    ) -> Query:
        """Write a query with an id, and perhaps letters, that nobody can guess."""
        asked = question
        if self._randomise_case:
            asked = question._replace(name=self._shuffle_case(question.name))
        packet = write_query(self._random_bits(16), asked, flags=flags, edns=edns)
        return Query(packet, question.name, stream=stream, exact=self._randomise_case)

    def _shuffle_case(self, name: bytes) -> bytes:
        """Turn each letter of a lower-case name upper or leave it, by lot."""
        letters = int.from_bytes(name.translate(_CASE_BITS), "big")
        upper = letters & self._random_bits(8 * len(name))
        return (int.from_bytes(name, "big") ^ upper).to_bytes(len(name), "big")

    async def _send(
        self, server: Address, question: Question, query: Query, errand: Errand
    ) -> Message | None:
        """Send one packet and wait for its reply.  None: it has to come over TCP.

        What came of it goes into the errand's diary and, where it tells how far the
        server is, to `servers`.
        """
        started = self._clock()
        left = errand.deadline - started
        if query.stream:
            transport, patience = self._tcp, TCP_TIMEOUT
        else:
            transport, patience = self._udp, self._servers.timeout(server, started)
        errand.note("sent", server, question, "tcp" if query.stream else "udp")
        self.asked += 1
        try:
            reply = await transport(
                server, query.packet, min(patience, left), query.accept
            )
        except Silence as silence:
            self._regret(silence, server, query, errand, started)
            raise
        now = self._clock()
        if not query.stream:
            self._servers.answered(server, now - started, now)
        message = query.message
        rcode = reply[3] & RCODE_BITS if message is None else message.rcode
        errand.note("reply", server, rcode, now - started, len(reply))
        errand.spend_bytes(len(reply))
        return message

    def _regret(
        self,
        silence: Silence,
        server: Address,
        query: Query,
        errand: Errand,
        started: float,
    ) -> None:
        """Find who is to blame: this host, the errand's deadline, or the server.

        Raises `Spent` for the deadline.  A server silent over TCP has just answered
        over UDP, so nothing is held against it.
        """
        now = self._clock()
        errand.note("silent", server, str(silence), now - started)
        if isinstance(silence, Unreachable):
            errand.asks_left += 1
        elif now >= errand.deadline - TIMER_GRAIN:
            raise Spent("query_deadline") from silence
        elif not query.stream:
            self._servers.timed_out(server, now, started)

    async def _ride(
        self, flight: "_Flight", server: Address, question: Question, errand: Errand
    ) -> Message | None:
        """Wait for what another asks already.  None: its leader gave up.

        The flight may be aimed at a later deadline than this errand's, hence the
        timer.
        """
        started = self._clock()
        errand.note("sent", server, question, "joined")
        self.joined += 1
        loop = asyncio.get_running_loop()
        landed: asyncio.Future[Message | Silence | None] = loop.create_future()
        flight.riders.append(landed)
        timer = loop.call_later(errand.deadline - started, _give_up, landed)
        try:
            outcome = await landed
        finally:
            timer.cancel()
        seconds = self._clock() - started
        if isinstance(outcome, Message):
            errand.note("reply", server, outcome.rcode, seconds, 0)
            return outcome
        if outcome is not None:
            errand.note("silent", server, str(outcome), seconds)
            raise Silence(str(outcome))
        return None


@final
class _Flight:
    """A question on its way to a server, and those who ride along with its leader.

    `outcome` stays None when the leader gives up without having learned anything.
    """

    __slots__ = ("outcome", "riders")

    def __init__(self) -> None:
        self.outcome: Message | Silence | None = None
        self.riders: list[asyncio.Future[Message | Silence | None]] = []

    def land(self) -> None:
        """Tell the riders, those who have not left meanwhile."""
        for rider in self.riders:
            if not rider.done():
                rider.set_result(self.outcome)


def _give_up(landed: "asyncio.Future[Message | Silence | None]") -> None:
    """End a rider's wait: its errand is over, whatever the flight still brings."""
    if not landed.done():
        landed.set_exception(Spent("query_deadline"))
