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

**Old answers.**  Clients who have waited for long get what has expired, if there is such
an answer (RFC 8767), and so does everybody who joins them then; the walk goes on.  An
answer that the service wants renewed has a walk that nobody waits for, unless one is
on its way already.  Others may join it.

**Too late.**  Over UDP nobody waits as long as a walk may take.  A client that has gone,
or never was (DNSBomb), gets no reply; one that asked again has joined the walk again,
and gets the reply to that.
"""

import asyncio
from collections.abc import Callable, Hashable
from functools import partial
from typing import Final, Generic, NamedTuple, final

from resolver.counts import Histogram
from resolver.net.crowd import MAX_WAITING, Crowd, Network, network_of
from resolver.net.outlet import FAILED, Outlet, Send
from resolver.net.query import AnyQuery, Resolves
from resolver.net.watch import Patience, Watch
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.errors import EDE_OTHER

# Seconds that a walk may outlive its deadline before it is ended by force.  A walk
# sees to its own deadline; this is for a walk that hangs (its clients would wait,
# and its question would be poisoned, for ever) and for a clock that was set back.
GRACE: Final = 1.0
# Seconds that every walk has before it may be given up; Unbound `jostle-timeout` 0.2.
JOSTLE: Final = 0.2
# Places whose walks are not given up while there is a younger one.
LASTING: Final = MAX_WAITING // 2
# Walks that nobody waited for when they began: about as many as a second of the
# busiest resolvers brings.  Unbound counts them among all others.
MAX_RENEWALS: Final = 256
# Seconds after which a datagram is not answered any more: what glibc's resolver and
# dig wait before they ask again; Unbound `discard-timeout` 1.9.
DISCARD: Final = 5.0


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

    `lasting` says that it began in the half of places that is for slow ones, `renewal`
    that nobody waited for it when it began, `late` that who waits, waits for long.
    """

    __slots__ = (
        "begun",
        "errand",
        "given_up",
        "hung",
        "lasting",
        "late",
        "query",
        "renewal",
        "task",
        "waiting",
    )

    def __init__(
        self,
        query: AnyQuery,
        errand: Errand,
        task: asyncio.Task[Resolution],
        begun: float,
    ) -> None:
        self.query: Final = query  # the first one's
        self.errand: Final = errand
        self.task: Final = task
        self.begun: Final = begun  # on the loop's clock
        self.late = False
        self.hung = False
        self.given_up = False
        self.lasting = False
        self.renewal = False
        self.waiting: Final[list[Client[AnyQuery]]] = []


@final
class Walks(Generic[AnyQuery]):
    """All walks under way.  Belongs to one event loop.

    `clock` gives seconds on the clock that ages records.

    `started` counts walks, `renewals` those that nobody waited for, `joined` clients that did not need one of their own, and
    `dropped` questions that were not taken, because of a limit or of the end; `failed`
    counts the walks that found no answer, `waits` has how long clients had to wait.
    """

    __slots__ = (
        "_brief",
        "_clock",
        "_draining",
        "_lasting",
        "_outlet",
        "_query_deadline",
        "_renewing",
        "_service",
        "_settled",
        "_watch",
        "crowd",
        "dropped",
        "failed",
        "joined",
        "renewals",
        "started",
        "waits",
    )

    def __init__(
        self,
        service: Resolves[AnyQuery],
        outlet: Outlet[AnyQuery],
        clock: Callable[[], float],
        patience: Patience,
    ) -> None:
        self._service = service
        self._outlet: Final = outlet
        self._clock: Final = clock
        self._query_deadline: Final = patience.query_deadline
        # Each in the order in which they began.
        self._lasting: Final[dict[Hashable, Walk[AnyQuery]]] = {}
        self._brief: Final[dict[Hashable, Walk[AnyQuery]]] = {}
        self._settled = 0  # clients that wait for lasting walks
        self._watch: Final[Watch[Walk[AnyQuery]]] = Watch(
            (self._lasting, self._brief),
            patience.late_after,
            patience.query_deadline + GRACE,
            self._answer_late,
        )
        self._renewing = 0
        self._draining = False
        self.crowd: Final = Crowd()
        self.started = 0
        self.renewals = 0
        self.joined = 0
        self.dropped = 0
        self.failed = 0
        self.waits: Final = Histogram()

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
        key = query.key
        walk = self._lasting.get(key) or self._brief.get(key)
        crowd, network = self.crowd, network_of(host)
        client = Client(query, network, stream, now, send)
        if walk is not None and walk.late and self._answer_old(client, now):
            return
        joining = 0 if walk is None else len(walk.waiting)
        objection = ""
        if crowd.waiting >= MAX_WAITING or self._draining:
            objection = self._make_room(network, joining)
        objection = objection or crowd.admit(network, joining)
        if objection:
            self.dropped += 1
            self._refuse(client, objection, now)
            return
        if walk is None or walk.given_up:
            walk = self._start(query, now)
        else:
            self.joined += 1
        walk.waiting.append(client)
        if walk.lasting:
            self._settled += 1

    def renew(self, query: AnyQuery, now: float) -> None:
        """Walk for a newer answer, unless somebody does, or too many do."""
        key = query.key
        if key in self._lasting or key in self._brief or self._draining:
            return
        if self._renewing < MAX_RENEWALS:
            self._start(query, now).renewal = True
            self._renewing += 1
            self.renewals += 1

    async def drain(self, seconds: float) -> bool:
        """Take no more questions, and let those that wait end.

        What is still open after `seconds` is cancelled: its clients get no reply.
        Says whether everybody was answered.
        """
        self._draining = True
        for walk in self._all():
            if not walk.waiting:
                walk.task.cancel()
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

    def _make_room(self, network: Network, joining: int) -> str:
        """Give the oldest walk up for a newcomer; or say why it may not wait."""
        if self._draining:
            return "the resolver is being stopped"
        objection = self.crowd.objection(network, joining)
        if objection:
            return objection
        oldest = self._oldest()
        if oldest is None:
            return self.crowd.overflow()
        self._give_up(oldest)
        return ""

    def _oldest(self) -> Walk[AnyQuery] | None:
        """Find the walk that has to go when there is no room."""
        begun = self._watch.loop.time() - JOSTLE
        overfull = self._settled > LASTING
        for walks in (self._brief, self._lasting) if overfull else (self._brief,):
            # What nobody waits for takes no place.
            walk = next((walk for walk in walks.values() if walk.waiting), None)
            if walk is not None and walk.begun <= begun:
                return walk
        return None

    def _give_up(self, walk: Walk[AnyQuery]) -> None:
        """End a walk to make room."""
        walk.given_up = True
        reason = f"given up for newer questions: {self.crowd.waiting} were waiting"
        walk.errand.note("failed", reason)
        walk.task.cancel()
        self._remove(walk)
        self._outlet.seen(walk.query, walk.errand, _failed(reason), walk.waiting)
        self.crowd.shed += len(walk.waiting)
        now = self._clock()
        for client in walk.waiting:
            self._refuse(client, "given up for newer questions", now)

    def _refuse(self, client: Client[AnyQuery], reason: str, now: float) -> None:
        reply = b""
        if client.stream:
            reply = self._outlet.compose(client.query, _failed(reason), now)
        self._outlet.send(client.send, reply)

    # The life of a walk.

    def _start(self, query: AnyQuery, now: float) -> Walk[AnyQuery]:
        loop = self._watch.loop
        errand = Errand(self._clock, now + self._query_deadline)
        errand.ahead = query.ahead
        task = loop.create_task(self._service.resolve(query, errand))
        begun = loop.time()
        walk: Walk[AnyQuery] = Walk(query, errand, task, begun)
        # Not a `finally` in the task: a task cancelled before its first step never
        # gets there, and its clients would be counted for ever.
        task.add_done_callback(partial(self._finish, walk))
        walk.lasting = self._settled < LASTING
        (self._lasting if walk.lasting else self._brief)[query.key] = walk
        self.started += 1
        self._watch.begin(begun)
        return walk

    def _answer_late(self, walk: Walk[AnyQuery]) -> None:
        """Answer those who have waited for long from what is old, if that is known."""
        now = self._clock()
        answer = self._old(walk.query, now) if walk.waiting else None
        if answer is not None:
            waiting = walk.waiting[:]
            walk.errand.note("late", "clients got what was known before")
            self._count_out(walk)
            walk.waiting.clear()
            self._answer(waiting, answer, now)

    def _answer_old(self, client: Client[AnyQuery], now: float) -> bool:
        """Answer one who would join those from what is old, if that is known."""
        answer = self._old(client.query, now)
        if answer is not None:
            self._answer([client], answer, now)
        return answer is not None

    def _old(self, query: AnyQuery, now: float) -> Resolution | None:
        try:
            return self._service.late(query, now)
        except Exception as error:
            self._outlet.report(str(query.question), error)
            return None

    def _finish(self, walk: Walk[AnyQuery], task: asyncio.Task[Resolution]) -> None:
        resolution = self._outcome(walk, task)
        if resolution is None or resolution.rcode == types.SERVFAIL:
            self.failed += 1
        if walk.given_up:
            return
        self._remove(walk)
        if resolution is not None:
            resolution = self._outlet.seen(
                walk.query, walk.errand, resolution, walk.waiting
            )
        self._answer(walk.waiting, resolution, self._clock())

    def _answer(
        self, waiting: list[Client[AnyQuery]], resolution: Resolution | None, now: float
    ) -> None:
        for client in waiting:
            reply = b""
            self.waits.add(now - client.since)
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
        self._outlet.report(str(walk.query.question), error)
        return FAILED

    def _remove(self, walk: Walk[AnyQuery]) -> None:
        """Count out a walk and all who wait for it, before the first has its reply.

        One who asks again from within `send` then begins anew.
        """
        del (self._lasting if walk.lasting else self._brief)[walk.query.key]
        self._renewing -= walk.renewal
        self._count_out(walk)

    def _count_out(self, walk: Walk[AnyQuery]) -> None:
        if walk.lasting:
            self._settled -= len(walk.waiting)
        for client in walk.waiting:
            self.crowd.leave(client.network)


def _failed(reason: str) -> Resolution:
    return Resolution(types.SERVFAIL, ede=((EDE_OTHER, reason),))
