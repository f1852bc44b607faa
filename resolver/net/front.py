"""The reception: what happens to a client's packet before and after the thinking.

A packet has four ways out of here, tried in this order.

*Known.*  `known` hands the bytes to the hot room.  Most packets end there, a few
microseconds after they came.  The only thing looked at before is who asks: the verdict
of the `door` is remembered for each host.  Who asks too often over UDP ends here, with
nothing or with a hint to come over TCP.

*At once.*  `packet` hands the bytes to the service, which may have a reply without
asking anybody, or decide that silence is the reply.

*Now and later.*  The service may have a reply that should be renewed.  The client gets
it, and a walk begins that nobody waits for.

*Later.*  What has to be resolved waits, with others who asked the same, and within
limits: `waiting` tells the rest.

The one promise that everything stands on: `send` is called exactly once for each
packet, with the reply, or with no bytes at all when there will be none.  Errors in a
walk, in composing and in sending are reported and do not reach the next client.
"""

from collections.abc import Callable
from typing import Final, Generic, Protocol, final

from resolver.hot.truncated import truncated
from resolver.net.crowd import Crowd
from resolver.net.door import FREE, Door, Verdict
from resolver.net.outlet import Outlet, Send, Witness
from resolver.net.query import AnyQuery
from resolver.net.waiting import Walks
from resolver.net.watch import Patience
from resolver.ports import Errand, Resolution

# Hosts whose verdict is remembered: about 2 MB.  Forged sources can fill it, and then
# it starts afresh: the price of a miss is one look at the access list.
MAX_JUDGED_HOSTS: Final = 16_384


class Answers(Protocol[AnyQuery]):
    """What the reception needs of the service."""

    def receive(
        self, packet: bytes, host: str, *, stream: bool, now: float
    ) -> bytes | AnyQuery | None:
        """Give a reply to send now, a query to resolve, or None for silence."""

    async def resolve(self, query: AnyQuery, errand: Errand) -> Resolution:
        """Find the answer; failures are SERVFAIL, not exceptions."""

    def late(self, query: AnyQuery, now: float) -> Resolution | None:
        """Give an answer to who has waited for long, or None: there is no old one."""

    def compose(self, query: AnyQuery, resolution: Resolution, now: float) -> bytes:
        """Encode the reply to the packet that `query` came from."""


class Replies(Protocol):
    """What the reception needs of the hot room."""

    def answer(self, packet: bytes, now: float) -> bytes | None:
        """Give the whole reply to a plain packet seen before, or None."""


class Reception(Protocol):
    """What the listeners need: `Front`, or something that stands before it."""

    def known(self, packet: bytes, host: str) -> bytes | None:
        """See `Front.known`."""

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - as Front.packet
        send: Send,
    ) -> None:
        """See `Front.packet`."""


@final
class Front(Generic[AnyQuery]):
    """Where the listeners bring packets.  Belongs to one event loop.

    `clock` gives seconds on the clock that ages records, `door` says who may ask and
    how often, `on_error` is told of what should not happen: what it happened to, and
    the exception.

    The counters: `at_once` replies without a walk (those of the hot room not
    counted), `silences`, `walks` started, `renewals` those that nobody waited for,
    `joined` to a walk, `dropped` because of a limit (`crowd` says which), `errors`
    reported, `waiting` right now.
    """

    __slots__ = (
        "_answer",
        "_clock",
        "_door",
        "_judged",
        "_outlet",
        "_service",
        "_walks",
        "at_once",
        "silences",
    )

    def __init__(
        self,
        service: Answers[AnyQuery],
        replies: Replies,
        clock: Callable[[], float],
        door: Door,
        patience: Patience,
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        self._service = service
        self._answer: Final = replies.answer
        self._clock: Final = clock
        self._door: Final = door
        self._judged: Final[dict[str, Verdict]] = {}
        self._outlet: Final[Outlet[AnyQuery]] = Outlet(service.compose, on_error)
        self._walks: Final[Walks[AnyQuery]] = Walks(
            service, self._outlet, clock, patience
        )
        self.at_once = 0
        self.silences = 0

    @property
    def under_way(self) -> Walks[AnyQuery]:
        """The walks, and what is counted about them."""
        return self._walks

    @property
    def crowd(self) -> Crowd:
        """Who waits, and how many could not: see there."""
        return self._walks.crowd

    @property
    def walks(self) -> int:
        """See the class."""
        return self._walks.started

    @property
    def renewals(self) -> int:
        """See the class."""
        return self._walks.renewals

    @property
    def joined(self) -> int:
        """See the class."""
        return self._walks.joined

    @property
    def dropped(self) -> int:
        """See the class."""
        return self._walks.dropped

    @property
    def waiting(self) -> int:
        """See the class."""
        return self._walks.crowd.waiting

    @property
    def errors(self) -> int:
        """See the class."""
        return self._outlet.errors

    def known(self, packet: bytes, host: str) -> bytes | None:
        """Give the reply to a datagram from memory, or None: take the long way.

        b"" is no reply at all, for one who asks too often.  To be called once for each
        datagram, for it counts them.
        """
        verdict = self._judged.get(host) or self._judge(host)
        now = self._clock()
        if verdict is not FREE:
            meter = verdict.meter
            if meter is not None and not meter.take(1, now):
                slips = verdict.allowed and meter.slips()
                return truncated(packet) if slips else b""
            if not verdict.allowed:
                return None
        try:
            return self._answer(packet, now)
        except Exception as error:  # costs nothing until it happens
            self._outlet.report(f"hot reply to {host}", error)
            return None

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - each listener passes its one constant
        send: Send,
    ) -> None:
        """Take a packet from `host`; `send` is called exactly once, now or later.

        `send` gets the whole reply, without any framing, or b"" when there will be
        none.  `stream` tells that the client is known to be where it says it is.
        """
        now = self._clock()
        try:
            outcome = self._service.receive(packet, host, stream=stream, now=now)
        except Exception as error:
            self._outlet.report(f"packet from {host}", error)
            outcome = None
        if outcome is None:
            self.silences += 1
            self._outlet.send(send, b"")
        elif isinstance(outcome, bytes):
            self.at_once += 1
            self._outlet.send(send, outcome)
        elif outcome.reply:
            self.at_once += 1
            self._walks.renew(outcome, now)
            self._outlet.send(send, outcome.reply)
        else:
            self._walks.take(outcome, host, stream, send, now)

    def show(self, witness: Witness) -> None:
        """Have somebody see how every walk ends; see `outlet.Witness`."""
        self._outlet.witness = witness

    async def drain(self, seconds: float) -> bool:
        """Take no more questions that have to wait, and let the waiting ones end.

        What is still open after `seconds` is cancelled: its clients get no reply.
        Says whether everybody was answered.
        """
        return await self._walks.drain(seconds)

    def _judge(self, host: str) -> Verdict:
        if len(self._judged) >= MAX_JUDGED_HOSTS:
            self._judged.clear()
        verdict = self._judged[host] = self._door.judge(host)
        return verdict
