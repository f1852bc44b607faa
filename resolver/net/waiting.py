"""Questions that take their time: the walks under way, and who waits for them.

Clients that ask the same thing at the same time share one walk: the first starts a
task, the others join it, and each gets a reply composed for its own packet (id, case,
EDNS).  This is the only place where client questions are joined, so no two walks ever
wait for each other.

**Limits.**  `crowd` counts who waits.  A question beyond a limit is not taken: over UDP
it is dropped, as if the network had lost it, for a reply would serve whoever forges the
flood; over a stream the client is real and gets SERVFAIL.

**A full house.**  Questions that take long, and somebody may see to it that they do,
must not keep out the many that are quick.  So when there is no room, the oldest walk
that has had `JOSTLE` seconds is given up for the newcomer.  Slow questions deserve an
answer as well, so the first half of all places is theirs: a walk that begins while
that half has room may take its time, and only one of the other half is given up
(Unbound's `jostle-timeout`, two lists).  Age is counted from the start of a walk,
whoever joins it, and those who join count for their walk's half; when they fill more
than that half, its oldest walk has to go too, or a few slow names could hold every
place (CVE-2026-42534).

**Too late.**  Over UDP nobody waits as long as a walk may take.  A client that has gone,
or never was (DNSBomb), gets no reply; one that asked again has joined the walk again,
and gets the reply to that.
"""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final, Generic, NamedTuple, Protocol, TypeVar, final

from resolver.net.crowd import MAX_WAITING, Crowd, Network, network_of
from resolver.net.outlet import FAILED, Outlet, Send
from resolver.ports import EDE_OTHER, Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question

# Seconds that a walk may outlive its deadline before it is ended by force.  A walk
# sees to its own deadline; this is for a walk that hangs (its clients would wait,
# and its question would be poisoned, for ever) and for a clock that was set back.
GRACE: Final = 1.0
# Seconds that every walk has before it may be given up; Unbound `jostle-timeout` 0.2.
JOSTLE: Final = 0.2
# Places whose walks are not given up while there is a younger one.
LASTING: Final = MAX_WAITING // 2
# Seconds after which a datagram is not answered any more: what glibc's resolver and
# dig wait before they ask again; Unbound `discard-timeout` 1.9.
DISCARD: Final = 5.0


class Query(Protocol):
    """A client's question that has to be resolved, as the service understood it."""

    @property
    def question(self) -> Question:
        """What is asked."""

    @property
    def key(self) -> Hashable:
        """What queries have in common that one walk can serve."""


AnyQuery = TypeVar("AnyQuery", bound=Query)


_Query_contra = TypeVar("_Query_contra", bound=Query, contravariant=True)


class Resolves(Protocol[_Query_contra]):
    """What is needed of the service here."""

    async def resolve(self, query: _Query_contra, errand: Errand) -> Resolution:
        """Find the answer; failures are SERVFAIL, not exceptions."""


class Client(NamedTuple, Generic[AnyQuery]):
    """One who waits.  `since` is on the clock that ages records."""

    query: AnyQuery
    network: Network
    stream: bool
    since: float
    send: Send


@final
class Walk(Generic[AnyQuery]):
    """A question being resolved, and everybody who waits for it.

    `lasting` says that it began in the half of places that is for slow ones.
    """

    __slots__ = (
        "errand",
        "given_up",
        "hangs_at",
        "hung",
        "key",
        "lasting",
        "task",
        "waiting",
    )

    def __init__(
        self, key: Hashable, errand: Errand, task: asyncio.Task[Resolution]
    ) -> None:
        self.key: Final = key
        self.errand: Final = errand
        self.task: Final = task
        self.hangs_at = 0.0  # on the loop's clock
        self.hung = False
        self.given_up = False
        self.lasting = False
        self.waiting: Final[list[Client[AnyQuery]]] = []


@final
class Walks(Generic[AnyQuery]):
    """All walks under way.  Belongs to one event loop.

    `clock` gives seconds on the clock that ages records, `query_deadline` the seconds
    that a client's question may take.

    `started` counts walks, `joined` clients that did not need one of their own, and
    `dropped` questions that were not taken, because of a limit or of the end.
    """

    __slots__ = (
        "_brief",
        "_clock",
        "_draining",
        "_lasting",
        "_loop",
        "_outlet",
        "_query_deadline",
        "_service",
        "_settled",
        "_watch",
        "crowd",
        "dropped",
        "joined",
        "started",
    )

    def __init__(
        self,
        service: Resolves[AnyQuery],
        outlet: Outlet[AnyQuery],
        clock: Callable[[], float],
        query_deadline: float,
    ) -> None:
        self._service = service
        self._outlet: Final = outlet
        self._clock: Final = clock
        self._query_deadline: Final = query_deadline
        # Each in the order in which they began.
        self._lasting: Final[dict[Hashable, Walk[AnyQuery]]] = {}
        self._brief: Final[dict[Hashable, Walk[AnyQuery]]] = {}
        self._settled = 0  # clients that wait for lasting walks
        # Kept, for asking which loop runs is a system call (CPython 3.11).
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._draining = False
        self.crowd: Final = Crowd()
        self.started = 0
        self.joined = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._lasting) + len(self._brief)

    def take(
        self,
        query: AnyQuery,
        host: str,
        stream: bool,  # noqa: FBT001 - as Front.packet
        send: Send,
        now: float,
    ) -> None:
        """Have a client wait, if it may; `send` is called exactly once."""
        client = Client(query, network_of(host), stream, now, send)
        key = query.key
        walk = self._lasting.get(key) or self._brief.get(key)
        objection = self._objection(client, walk)
        if objection:
            self.dropped += 1
            self._refuse(client, objection, now)
            return
        if walk is None or walk.given_up:
            walk = self._start(query, now)
        else:
            self.joined += 1
        walk.waiting.append(client)
        self._settled += walk.lasting
        self.crowd.enter(client.network)

    async def drain(self, seconds: float) -> bool:
        """Take no more questions, and let those that wait end.

        What is still open after `seconds` is cancelled: its clients get no reply.
        Says whether everybody was answered.
        """
        self._draining = True
        tasks = [walk.task for walk in self._all()]
        if not tasks:
            return True
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            # A walk that ignores even this must not keep the process alive.
            await asyncio.wait(late, timeout=GRACE)
        return not late

    def _all(self) -> list[Walk[AnyQuery]]:
        return [*self._lasting.values(), *self._brief.values()]

    # Who may wait, and who has to go.

    def _objection(self, client: Client[AnyQuery], walk: Walk[AnyQuery] | None) -> str:
        """Say why a client may not wait; "" if it may, and then there is room."""
        if self._draining:
            return "the resolver is being stopped"
        joining = 0 if walk is None else len(walk.waiting)
        objection = self.crowd.objection(client.network, joining)
        if objection or self.crowd.waiting < MAX_WAITING:
            return objection
        oldest = self._oldest()
        if oldest is None:
            return self.crowd.overflow()
        self._give_up(oldest)
        return ""

    def _oldest(self) -> Walk[AnyQuery] | None:
        """Find the walk that has to go when there is no room."""
        # When a walk hangs is known of each, and so when it began.
        allowance = self._query_deadline + GRACE - JOSTLE
        begun = asyncio.get_running_loop().time() + allowance
        overfull = self._settled > LASTING
        for walks in (self._brief, self._lasting) if overfull else (self._brief,):
            walk = next(iter(walks.values()), None)
            if walk is not None and walk.hangs_at <= begun:
                return walk
        return None

    def _give_up(self, walk: Walk[AnyQuery]) -> None:
        """End a walk to make room."""
        walk.given_up = True
        reason = f"given up for newer questions: {self.crowd.waiting} were waiting"
        walk.errand.note("failed", reason)
        walk.task.cancel()
        self._remove(walk)
        self.crowd.shed += len(walk.waiting)
        now = self._clock()
        for client in walk.waiting:
            self._refuse(client, "given up for newer questions", now)

    def _refuse(self, client: Client[AnyQuery], reason: str, now: float) -> None:
        reply = b""
        if client.stream:
            busy = Resolution(types.SERVFAIL, ede=((EDE_OTHER, reason),))
            reply = self._outlet.compose(client.query, busy, now)
        self._outlet.send(client.send, reply)

    # The life of a walk.

    def _start(self, query: AnyQuery, now: float) -> Walk[AnyQuery]:
        loop = self._loop
        if loop is None:
            loop = self._loop = asyncio.get_running_loop()
        errand = Errand(self._clock, now + self._query_deadline)
        task = loop.create_task(self._service.resolve(query, errand))
        walk: Walk[AnyQuery] = Walk(query.key, errand, task)
        # Not a `finally` in the task: a task cancelled before its first step never
        # gets there, and its clients would be counted for ever.
        task.add_done_callback(partial(self._finish, walk))
        walk.hangs_at = loop.time() + self._query_deadline + GRACE
        walk.lasting = self._settled < LASTING
        (self._lasting if walk.lasting else self._brief)[walk.key] = walk
        self.started += 1
        if self._watch is None:
            self._watch = loop.call_at(walk.hangs_at, self._end_hung)
        return walk

    def _end_hung(self) -> None:
        """Cancel the walks that hang.  One timer serves them all."""
        self._watch = None
        loop = asyncio.get_running_loop()
        soonest = None
        for walks in (self._lasting, self._brief):
            for walk in walks.values():
                if walk.hangs_at > loop.time():  # and so do all that began later
                    soonest = min(soonest or walk.hangs_at, walk.hangs_at)
                    break
                walk.hung = True
                walk.task.cancel()
        if soonest is not None:
            self._watch = loop.call_at(soonest, self._end_hung)

    def _finish(self, walk: Walk[AnyQuery], task: asyncio.Task[Resolution]) -> None:
        resolution = self._outcome(walk, task)
        if walk.given_up:
            return
        self._remove(walk)
        now = self._clock()
        for client in walk.waiting:
            reply = b""
            if now - client.since > DISCARD and not client.stream:
                self.crowd.late += 1
            elif resolution is not None:
                reply = self._outlet.compose(client.query, resolution, now)
            self._outlet.send(client.send, reply)

    def _outcome(
        self, walk: Walk[AnyQuery], task: asyncio.Task[Resolution]
    ) -> Resolution | None:
        """Say what to answer, or None when this program gave the question up."""
        error: BaseException | None
        if not task.cancelled():
            error = task.exception()
        elif walk.hung:
            error = TimeoutError("the walk outlived its deadline")
        elif self._draining or walk.given_up:
            return None
        else:
            # Nobody here cancelled it: something that it waited for was.
            error = asyncio.CancelledError("cancelled from within")
        if error is None:
            return task.result()
        self._outlet.report(str(walk.waiting[0].query.question), error)
        return FAILED

    def _remove(self, walk: Walk[AnyQuery]) -> None:
        """Count out a walk and all who wait for it, before the first has its reply.

        One who asks again from within `send` then begins anew.
        """
        del (self._lasting if walk.lasting else self._brief)[walk.key]
        if walk.lasting:
            self._settled -= len(walk.waiting)
        for client in walk.waiting:
            self.crowd.leave(client.network)
