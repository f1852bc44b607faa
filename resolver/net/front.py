"""The reception: what happens to a client's packet before and after the thinking.

A packet has three ways out of here, tried in this order.

*Known.*  `known` hands the bytes to the hot room.  Most packets end there, a few
microseconds after they came.  The only thing looked at before is the access list,
whose verdict is remembered for each host.

*At once.*  `packet` hands the bytes to the service, which may have a reply without
asking anybody, or decide that silence is the reply.

*Later.*  What has to be resolved waits.  Clients that ask the same thing at the same
time share one walk: the first starts a task, the others join it, and each gets a
reply composed for its own packet (id, case, EDNS).  This is the only place where
client questions are joined, so no two walks ever wait for each other.

Everything that waits is counted, in all and for each host, and a question beyond the
limits is not taken: over UDP it is dropped, as if the network had lost it, for a reply
would serve whoever forges the flood; over a stream the client is real and gets
SERVFAIL.

The one promise that the counting stands on: `send` is called exactly once for each
packet, with the reply, or with no bytes at all when there will be none.  Errors in a
walk, in composing and in sending are reported and do not reach the next client.
"""

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from typing import Final, Generic, NamedTuple, Protocol, TypeVar, final

from resolver.ports import EDE_OTHER, Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question

# Clients waiting for one walk; BIND `clients-per-query` 10, growing to 100.
MAX_WAITING_FOR_ONE: Final = 256
# Questions of one host that wait, loopback excepted; Unbound
# `wait-limit` 1000, `wait-limit-netblock` for loopback none.
MAX_WAITING_OF_HOST: Final = 500
# Questions that wait, in all; BIND `recursive-clients` 1000, PowerDNS
# `max-mthreads` 2048.
MAX_WAITING: Final = 4096
# Hosts whose access verdict is remembered: about 2 MB.  Forged sources can fill it,
# and then it starts afresh: the price of a miss is one look at the access list.
MAX_JUDGED_HOSTS: Final = 16_384
# Seconds that a walk may outlive its deadline before it is ended by force.  A walk
# sees to its own deadline; this is for a walk that hangs (its clients would wait,
# and its question would be poisoned, for ever) and for a clock that was set back.
GRACE: Final = 1.0

# Called with the reply, or with b"" when there will be none.
Send = Callable[[bytes], None]


class Query(Protocol):
    """A client's question that has to be resolved, as the service understood it."""

    @property
    def question(self) -> Question:
        """What is asked."""

    @property
    def key(self) -> Hashable:
        """What queries have in common that one walk can serve."""


AnyQuery = TypeVar("AnyQuery", bound=Query)


class Answers(Protocol[AnyQuery]):
    """What the reception needs of the service."""

    def receive(
        self, packet: bytes, host: str, *, stream: bool, now: float
    ) -> bytes | AnyQuery | None:
        """Give a reply to send now, a query to resolve, or None for silence."""

    async def resolve(self, query: AnyQuery, errand: Errand) -> Resolution:
        """Find the answer; failures are SERVFAIL, not exceptions."""

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


class _Waiting(NamedTuple, Generic[AnyQuery]):
    query: AnyQuery
    host: str
    send: Send


@final
class _Walk(Generic[AnyQuery]):
    """A question being resolved, and everybody who waits for it."""

    __slots__ = ("hangs_at", "hung", "task", "waiting")

    def __init__(self, task: asyncio.Task[Resolution], hangs_at: float) -> None:
        self.task: Final = task
        self.hangs_at: Final = hangs_at  # on the loop's clock
        self.hung = False
        self.waiting: Final[list[_Waiting[AnyQuery]]] = []


_FAILED: Final = Resolution(types.SERVFAIL, ede=((EDE_OTHER, "internal error"),))
_BUSY: Final = Resolution(
    types.SERVFAIL, ede=((EDE_OTHER, "too many questions are waiting"),)
)


@final
class Front(Generic[AnyQuery]):
    """Where the listeners bring packets.  Belongs to one event loop.

    `clock` gives seconds on the clock that ages records, `allowed` is the access
    list, `query_deadline` the seconds a client question may take, `on_error` is told
    of what should not happen: what it happened to, and the exception.

    The counters: `at_once` replies without a walk (those of the hot room not
    counted), `silences`, `walks` started, `joined` to a walk, `dropped` because of a
    limit, `errors` reported, `waiting` right now.
    """

    __slots__ = (
        "_allowed",
        "_answer",
        "_clock",
        "_draining",
        "_judged",
        "_loop",
        "_on_error",
        "_query_deadline",
        "_service",
        "_waiting_of_host",
        "_walks",
        "_watch",
        "at_once",
        "dropped",
        "errors",
        "joined",
        "silences",
        "waiting",
        "walks",
    )

    def __init__(
        self,
        service: Answers[AnyQuery],
        replies: Replies,
        clock: Callable[[], float],
        allowed: Callable[[str], bool],
        query_deadline: float,
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        self._service = service
        self._answer: Final = replies.answer
        self._clock: Final = clock
        self._allowed: Final = allowed
        self._query_deadline: Final = query_deadline
        self._on_error: Final = on_error
        self._judged: Final[dict[str, bool]] = {}
        self._walks: Final[dict[Hashable, _Walk[AnyQuery]]] = {}
        self._waiting_of_host: Final[dict[str, int]] = {}
        # Kept, for asking which loop runs is a system call (CPython 3.11).
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._draining = False
        self.at_once = 0
        self.silences = 0
        self.walks = 0
        self.joined = 0
        self.dropped = 0
        self.errors = 0
        self.waiting = 0

    def known(self, packet: bytes, host: str) -> bytes | None:
        """Give the reply to a datagram from memory, or None: take the long way."""
        allowed = self._judged.get(host)
        if allowed is None:
            allowed = self._judge(host)
        if not allowed:
            return None
        try:
            return self._answer(packet, self._clock())
        except Exception as error:  # costs nothing until it happens
            self._report(f"hot reply to {host}", error)
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
            self._report(f"packet from {host}", error)
            outcome = None
        if outcome is None:
            self.silences += 1
            self._send(send, b"")
        elif isinstance(outcome, bytes):
            self.at_once += 1
            self._send(send, outcome)
        else:
            walk = self._walks.get(outcome.key)
            if self._has_room(walk, host):
                self._wait(walk, _Waiting(outcome, host, send), now)
            else:
                self.dropped += 1
                self._send(send, self._compose(outcome, _BUSY, now) if stream else b"")

    async def drain(self, seconds: float) -> bool:
        """Take no more questions that have to wait, and let the waiting ones end.

        What is still open after `seconds` is cancelled: its clients get no reply.
        Says whether everybody was answered.
        """
        self._draining = True
        tasks = [walk.task for walk in self._walks.values()]
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            # A walk that ignores even this must not keep the process alive.
            await asyncio.wait(late, timeout=GRACE)
        return not late

    def _judge(self, host: str) -> bool:
        if len(self._judged) >= MAX_JUDGED_HOSTS:
            self._judged.clear()
        allowed = self._judged[host] = self._allowed(host)
        return allowed

    def _has_room(self, walk: _Walk[AnyQuery] | None, host: str) -> bool:
        return (
            not self._draining
            and self.waiting < MAX_WAITING
            and (walk is None or len(walk.waiting) < MAX_WAITING_FOR_ONE)
            and (
                self._waiting_of_host.get(host, 0) < MAX_WAITING_OF_HOST
                or _is_loopback(host)
            )
        )

    def _wait(
        self,
        walk: _Walk[AnyQuery] | None,
        waiting: _Waiting[AnyQuery],
        now: float,
    ) -> None:
        if walk is None:
            walk = self._start(waiting.query, now)
        else:
            self.joined += 1
        walk.waiting.append(waiting)
        self.waiting += 1
        host = waiting.host
        self._waiting_of_host[host] = self._waiting_of_host.get(host, 0) + 1

    def _start(self, query: AnyQuery, now: float) -> _Walk[AnyQuery]:
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        errand = Errand(self._clock, now + self._query_deadline)
        task = loop.create_task(self._service.resolve(query, errand))
        # Not a `finally` in the task: a task cancelled before its first step never
        # gets there, and its clients would be counted for ever.
        key = query.key
        task.add_done_callback(partial(self._finish, key))
        hangs_at = loop.time() + self._query_deadline + GRACE
        walk = self._walks[key] = _Walk(task, hangs_at)
        self.walks += 1
        if self._watch is None:
            self._watch = loop.call_at(hangs_at, self._end_hung)
        return walk

    def _end_hung(self) -> None:
        """Cancel the walks that hang.  One timer serves them all: the oldest is first."""
        self._watch = None
        loop = asyncio.get_running_loop()
        for walk in self._walks.values():
            if walk.hangs_at > loop.time():
                self._watch = loop.call_at(walk.hangs_at, self._end_hung)
                return
            walk.hung = True
            walk.task.cancel()

    def _finish(self, key: Hashable, task: asyncio.Task[Resolution]) -> None:
        walk = self._walks.pop(key)
        resolution = self._outcome(walk, task)
        now = self._clock()
        for query, host, send in walk.waiting:
            self._leave(host)
            reply = b"" if resolution is None else self._compose(query, resolution, now)
            self._send(send, reply)

    def _outcome(
        self, walk: _Walk[AnyQuery], task: asyncio.Task[Resolution]
    ) -> Resolution | None:
        """Say what to answer, or None when this program gave the question up."""
        error: BaseException | None
        if not task.cancelled():
            error = task.exception()
        elif walk.hung:
            error = TimeoutError("the walk outlived its deadline")
        elif self._draining:
            return None
        else:
            # Nobody here cancelled it: something that it waited for was.
            error = asyncio.CancelledError("cancelled from within")
        if error is None:
            return task.result()
        self._report(str(walk.waiting[0].query.question), error)
        return _FAILED

    def _leave(self, host: str) -> None:
        self.waiting -= 1
        left = self._waiting_of_host[host] - 1
        if left:
            self._waiting_of_host[host] = left
        else:
            del self._waiting_of_host[host]

    def _compose(self, query: AnyQuery, resolution: Resolution, now: float) -> bytes:
        try:
            return self._service.compose(query, resolution, now)
        except Exception as error:
            self._report(str(query.question), error)
        # It may have been this resolution that could not be encoded.
        with suppress(Exception):
            return self._service.compose(query, _FAILED, now)
        return b""

    def _send(self, send: Send, reply: bytes) -> None:
        try:
            send(reply)
        except Exception as error:
            self._report("sending a reply", error)

    def _report(self, what: str, error: BaseException) -> None:
        self.errors += 1
        # Where the errors go may itself be broken: no reason to answer nobody.
        with suppress(Exception):
            self._on_error(what, error)


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"
