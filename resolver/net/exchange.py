"""Put a question to a server and hand back its reply, whole: the seam below a walk.

The walk says whom to ask and what; everything that stands between the question and
a reply that one may take to be *to this question* is dealt with here:

1. Identical questions in flight to one server are joined: one packet, one reply for
   all who wait.  The first to ask leads; the others ride along on a future.  When the
   leader gives up (cancelled, or its own errand ended), one of the others takes the
   lead and asks anew.
2. A reply counts when its id, opcode and question are those of the query, its body can
   be read, and a cookie in it is ours.  Anything else is ignored and the wait goes on:
   who can end a wait with a wrong packet can deny us every name (TuDoor, IEEE S&P 2024).
3. Every letter of the name is sent in a case chosen by lot ("0x20",
   draft-vixie-dnsext-dns0x20), and every query has a cookie (RFC 7873).  Once a server
   has sent its own, that stands in for the case.
4. TC means: the same question again, over TCP (RFC 7766 section 5).  So does a reply in
   doubt, see `ways`, and a server that has been silent twice over UDP.
5. FORMERR, NOTIMP or BADVERS to a query with EDNS means: once more without (RFC 6891
   section 7).  A time-out does not.
6. What a server gets wrong is remembered on evidence that no single forged packet can
   give, see `manners`.
7. With a `hedge`, a second server is asked if the first is late, see `hedging`.
8. No server has more than so many questions to answer at a time.

How bytes travel is a `Transport`'s affair; this module knows no socket.  No task is
made: the leader's own coroutine does the work, and a question that nobody else asks
costs a handful of small objects besides its packet and its parse.
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Final, Protocol, final

from resolver.cache.infra import Facts, Servers
from resolver.cache.manners import (
    CLIENT_COOKIE,
    DEAF_TO_TCP,
    DEAF_TO_UDP,
    UDP_REST,
    Manners,
)
from resolver.counts import Upstream
from resolver.net import ways
from resolver.net.cookies import Jar
from resolver.net.flights import Flight
from resolver.net.hedging import Hedges
from resolver.net.lessons import learn
from resolver.net.letters import shuffle_case
from resolver.net.sieve import RCODE_BITS, Query
from resolver.ports import Address, Errand, Hedge, Silence, Spent
from resolver.wire import types
from resolver.wire.edns import encode
from resolver.wire.message import Edns, Message, Question
from resolver.wire.writer import query_in_case

# Seconds for one question over TCP, connecting included; Unbound's
# tcp-auth-query-timeout.  The measured round trip is no guide here: a lost SYN alone
# is sent again after a second.
TCP_TIMEOUT: Final = 3.0
# Seconds by which timers may go off early: uvloop's have whole milliseconds.
TIMER_GRAIN: Final = 0.002

# Questions that one server has to answer at a time, so that a zone that nobody answers
# for holds no more of our sockets than that.  BIND's fetches-per-server is the same
# limit (0: none, by default), Unbound's ratelimit one on a zone's questions a second.
# At 20 ms, 400 are 20,000 questions a second.  A forwarder gets all that we ask.
MAX_OPEN: Final = 400
MAX_OPEN_FORWARDED: Final = 4000

# Response codes about how the question was put.
_ABOUT_THE_WAY: Final = ways.NO_EDNS | {types.BADCOOKIE}


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


# Which server is asked, what, and the flags.
Key = tuple[Address, Question, int]


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
        "_flights",
        "_jar",
        "_opt",
        "_random_bits",
        "_servers",
        "_steady",
        "_tcp",
        "_udp",
        "_wanted",
        "asked",
        "counts",
        "doubted",
        "hedges",
        "joined",
        "mismatches",
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
        cookies: bool = False,
        dnssec: bool = False,
    ) -> None:
        self._servers = servers
        self._udp = udp
        self._tcp = tcp
        self._clock = clock
        self._random_bits = random_bits
        edns = Edns(edns_buffer, dnssec)
        self._opt = encode(edns)
        self._jar = Jar(random_bits, edns) if cookies else None
        # The way to a server of which nothing is known.
        self._wanted = ways.EDNS | ways.WARY
        if cookies:
            self._wanted |= ways.COOKIE
        if randomise_case:
            self._wanted |= ways.MIXED
        # ... and to one without a fault that sends cookies.
        self._steady = ways.first_way(self._wanted, 0, 0, has_server_cookie=True)
        self.hedges: Final = Hedges(self)
        self._flights: dict[Key, Flight] = {}
        self.counts: Final = Upstream()
        self.asked = 0  # packets sent, or tried to
        self.joined = 0  # questions that rode along with another
        self.doubted = 0  # replies that were in doubt, ...
        self.mismatches = 0  # ... those among them with a wrong id

    def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Coroutine[Any, Any, Message]:
        """Put a question to a server; see `ports.Ask`."""
        first = self._ask((server, question, types.RD if recursive else 0), errand)
        if hedge is None:
            return first
        return self.hedges.ask(first, server, (question, errand, recursive), hedge)

    async def _ask(self, key: Key, errand: Errand) -> Message:
        """Put a question to one server, or ride along with somebody who does."""
        errand.spend_ask()
        server, question, flags = key
        while (flight := self._flights.get(key)) is not None:
            reply = await self._ride(flight, server, question, errand)
            if reply is not None:
                return reply
        now = self._clock()
        facts = self._servers.facts(server, now)
        manners = facts.manners
        if manners.open >= (MAX_OPEN_FORWARDED if flags else MAX_OPEN):
            errand.asks_left += 1
            raise _silence(errand, server, "too many questions open")
        flight = self._flights[key] = Flight()
        manners.open += 1
        try:
            message = await self._lead(key, errand, facts, now)
            flight.outcome = message
        except Silence as silence:
            flight.outcome = silence
            raise
        finally:
            manners.open -= 1
            del self._flights[key]
            flight.land()
        return message

    async def _lead(
        self, key: Key, errand: Errand, facts: Facts, now: float
    ) -> Message:
        """Ask until the reply is whole and beyond doubt, one way or another."""
        manners = facts.manners
        begun = way = self._first_way(key[0], facts, now)
        doubt = ways.CERTAIN
        while True:
            query = self._query(key, way, manners)
            further = ways.DONE
            try:
                message = await self._send(key, query, errand, facts)
            except Silence:
                if not way & ways.CONFIRMING:
                    raise
                further = ways.once_more(way)
            else:
                if message is None or message.rcode in _ABOUT_THE_WAY:
                    doubt = doubt or query.doubt
                    further = self._further(key[0], query, errand, manners)
                if message is not None and further == ways.DONE:
                    if way != begun or manners.suspected:
                        learn(manners, begun, query, doubt, self._clock())
                    return message
            way = further
            errand.spend_ask()

    def _first_way(self, server: Address, facts: Facts, now: float) -> int:
        """Choose how to begin, by what is known of the server."""
        manners = facts.manners
        if self._jar is not None and now >= manners.cookie_until:
            self._jar.fill(manners, server, now)
        faults = manners.faults(now)
        has_server_cookie = len(manners.cookie) > CLIENT_COOKIE
        if not (faults or facts.silences):
            return self._steady if has_server_cookie else self._wanted
        return ways.first_way(
            self._wanted, faults, facts.silences, has_server_cookie=has_server_cookie
        )

    def _query(self, key: Key, way: int, manners: Manners) -> Query:
        """Write a query with an id, and perhaps letters, that nobody can guess."""
        _, question, flags = key
        name = asked = question.name
        if way & ways.MIXED:
            # One draw for both.
            bits = 8 * len(name)
            lots = self._random_bits(16 + bits)
            asked = shuffle_case(name, lots)
            lots >>= bits
        else:
            lots = self._random_bits(16)
        cookie = record = b""
        if way & ways.COOKIE and self._jar is not None:
            cookie = manners.cookie
            record = self._jar.record(cookie)
        elif way & ways.EDNS:
            record = self._opt
        packet = query_in_case(lots, flags, question, asked, record)
        return Query(packet, name, way, cookie)

    def _further(
        self, server: Address, query: Query, errand: Errand, manners: Manners
    ) -> int:
        """Say how to go on after a reply that will not do, or that it has to.

        Raises `Silence` where TCP has nothing better either.
        """
        way, message = query.way, query.message
        if message is None:
            if not manners.faults(self._clock()) & DEAF_TO_TCP:
                return ways.over_tcp(way, query.doubt)
            if query.doubt != ways.TRUNCATED:
                return ways.once_more(way)
            raise _silence(errand, server, "truncated, and silent over tcp")
        if message.rcode == types.BADCOOKIE and way & ways.COOKIE:
            return ways.after_bad_cookie(way, renewed=query.returned != b"")
        if message.rcode in ways.NO_EDNS and way & ways.EDNS:
            knows_edns = message.edns is not None
            return ways.after_error(way, self._wanted, knows_edns=knows_edns)
        return ways.DONE

    async def _send(
        self, key: Key, query: Query, errand: Errand, facts: Facts
    ) -> Message | None:
        """Send one packet and wait for its reply.  None: it will not do.

        What came of it goes into the errand's diary and, where it tells something about
        the server, to `servers`.
        """
        server, question, _ = key
        stream = query.way & ways.STREAM
        transport = self._udp
        patience = facts.timeout()
        if stream:
            transport = self._tcp
            if not facts.silences or patience > TCP_TIMEOUT:
                patience = TCP_TIMEOUT
        started = self._clock()
        left = errand.deadline - started
        errand.note("sent", server, question, "tcp" if stream else "udp")
        self.asked += 1
        try:
            reply = await transport(
                server, query.packet, min(patience, left), query.accept
            )
        except Silence as silence:
            self._regret(silence, key, query, errand, started)
            raise
        now = self._clock()
        message = query.message
        self.counts.heard(query.doubt, reply[3] & RCODE_BITS, now - started, stream)
        if query.doubt > ways.TRUNCATED:
            self.doubted += 1
            self.mismatches += query.doubt == ways.WRONG_ID
            errand.note("silent", server, ways.DOUBTS[query.doubt], now - started)
        else:
            rcode = reply[3] & RCODE_BITS if message is None else message.rcode
            errand.note("reply", server, rcode, now - started, len(reply), query.stray)
            if not stream:
                self._servers.answered(server, now - started, now)
            else:
                self._heard_over_tcp(key, query, errand, facts.manners, started)
            if query.returned and query.returned != facts.manners.cookie:
                facts.manners.keep_cookie(query.returned)
        errand.spend_bytes(len(reply))
        return message

    def _heard_over_tcp(
        self, key: Key, query: Query, errand: Errand, manners: Manners, started: float
    ) -> None:
        """Note that TCP works, and whether it is what works instead of UDP.

        Only then is what it took the server's distance: a connection is made first.
        Raises `Silence` if there is more to be said even so.
        """
        manners.tcp_answered()
        if query.way & ways.INSTEAD:
            now = self._clock()
            self._servers.answered(key[0], now - started, now)
            manners.prove(DEAF_TO_UDP, now, UDP_REST)
        if query.message is not None and query.message.flags & types.TC:
            raise _silence(errand, key[0], "truncated over tcp")

    def _regret(
        self, silence: Silence, key: Key, query: Query, errand: Errand, started: float
    ) -> None:
        """Find who is to blame: this host, the errand's deadline, or the server.

        Raises `Spent` for the deadline.  A server silent over TCP is not down where it
        has just answered over UDP.
        """
        server = key[0]
        now = self._clock()
        reason, seconds, stream = str(silence), now - started, query.way & ways.STREAM
        self.counts.silent(reason, seconds, sent=silence.sent, stream=stream)
        errand.note("silent", server, query.silence(reason), seconds)
        if isinstance(silence, Unreachable):
            errand.asks_left += 1
            return
        if now >= errand.deadline - TIMER_GRAIN:
            raise Spent("query_deadline") from silence
        if query.way & ways.STREAM:
            self._servers.facts(server, now).manners.tcp_failed(now)
        if query.way & (ways.STREAM | ways.INSTEAD) != ways.STREAM:
            self._servers.timed_out(server, now, started)

    async def _ride(
        self, flight: Flight, server: Address, question: Question, errand: Errand
    ) -> Message | None:
        """Wait for what another asks already.  None: its leader gave up."""
        started = self._clock()
        errand.note("sent", server, question, "joined")
        self.joined += 1
        outcome = await flight.ride(errand.deadline - started)
        seconds = self._clock() - started
        if isinstance(outcome, Message):
            errand.note("reply", server, outcome.rcode, seconds, 0)
            return outcome
        if outcome is not None:
            errand.note("silent", server, str(outcome), seconds)
            raise Silence(str(outcome))
        return None


def _silence(errand: Errand, server: Address, reason: str) -> Silence:
    """Give the reason for nothing more being tried, and write it in the diary."""
    errand.note("silent", server, reason, 0.0)
    return Silence(reason)
