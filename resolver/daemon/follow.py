"""Following trust anchors while the program runs (RFC 5011).

A task beside answering asks for the keys of every zone with an anchor, at the moments
that `rollover` wants, and has them judged there.  What changes is kept first and used
then: a key that we trust today must be trusted after a restart, too.  Where nothing can
be kept, that is told, and the anchors live in memory.

Of several workers one follows, whoever has the file's turn; the kernel passes it on
when that one dies.  The others look now and then whether the file has changed, and
take over what it says.  Without a file each follows for itself.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final, final

import structlog

from resolver.daemon import anchorfile
from resolver.daemon.storage import FileTurn
from resolver.daemon.trust import Validation
from resolver.dnssec.rollover import Change, Observed, failed
from resolver.dnssec.watches import REVOKED, Watch
from resolver.ports import Dice, Errand, Lost, Spent
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

log: Final = structlog.get_logger()

# Seconds between two looks at a file that another worker writes.
LOOK: Final = 60.0
# Seconds to wait at least: a clock that was set back must not make us ask in a circle.
LEAST_PAUSE: Final = 1.0
# Seconds that one look at a zone's keys may take.
PATIENCE: Final = 30.0


@final
class Follower:
    """Keeps the anchors of a running resolver up to date."""

    def __init__(
        self,
        validation: Validation,
        path: str,
        clock: Callable[[], float],
        wall: Callable[[], float],
        dice: Dice,
    ) -> None:
        """Take what validation rests on, and where to keep it: "" for nowhere."""
        self._validation: Final = validation
        self._watches: Final = validation.watches
        self._path: Final = path
        self._clock: Final = clock
        self._wall: Final = wall
        self._dice: Final = dice
        self._turn: FileTurn | None = None
        # Nothing that could be shared with others: each follows for itself.
        self._is_alone = not path
        self._stamp: object = None
        self._complaint = ""
        validation.chain.renew = self.renew

    @property
    def is_first(self) -> bool:
        """Say whether this worker is the one that asks, for all."""
        return self._is_alone or self._turn is not None

    async def run(self) -> None:
        """Follow, until it is cancelled, or all that was trusted has been revoked."""
        if self._path and self._watches:
            self._stamp = self._stamp_now()
            self._take_turn()
        try:
            while True:
                pause = await self._turn_or_look()
                if not pause:
                    return
                await asyncio.sleep(pause)
        finally:
            if self._turn is not None:
                self._turn.close()
                self._turn = None

    async def _turn_or_look(self) -> float:
        """Do what there is to do, and say for how many seconds there is nothing else.

        0: for ever.
        """
        if not self.is_first:
            self._look()
            self._take_turn()
        if not self.is_first:
            return LOOK
        await self._round()
        moments = [it.due for it in self._watches.values() if it.anchor()]
        if not moments:
            return 0.0
        return max(LEAST_PAUSE, min(moments) - self._wall())

    def _take_turn(self) -> None:
        """Be the one that follows, if nobody else is, and go on where that one ended."""
        turn: FileTurn | None = None
        try:
            lock = Path(f"{self._path}.lock")
            lock.touch(0o600)
            turn = FileTurn(str(lock))
            if turn.take():
                self._turn, turn = turn, None
                self._take_over()
        except anchorfile.Damaged as problem:
            self._set_aside(str(problem))
        except OSError as error:
            self._is_alone = self._turn is None
            self._complain(_reason(error))
        finally:
            if turn is not None:
                turn.close()

    def _set_aside(self, reason: str) -> None:
        try:
            aside = anchorfile.set_aside(self._path)
        except OSError as error:
            self._complain(f"{reason}; {_reason(error)}")
        else:
            log.warning(
                "anchor_state_set_aside", path=self._path, reason=reason, to=aside
            )

    def _look(self) -> None:
        """See whether another worker has written something new."""
        if self._stamp_now() == self._stamp:
            return
        try:
            self._take_over()
        except anchorfile.Damaged as problem:
            self._complain(str(problem))
        except OSError as error:
            self._complain(_reason(error))

    def _take_over(self) -> None:
        """Trust what has been written.  Raises Damaged and OSError."""
        self._stamp = self._stamp_now()
        configured, rollover = self._validation.configured, self._validation.rollover
        for zone, watch in anchorfile.read(self._path).items():
            if zone in configured:
                wall = int(self._wall())
                self._use(rollover.resume(configured[zone], watch, wall))

    async def _round(self) -> None:
        """Ask for the keys of all zones whose moment has come."""
        for watch in list(self._watches.values()):
            if watch.due > self._wall() or watch.anchor() is None:
                continue
            self._learn(watch, await self._observe(watch))

    def renew(self, zone: bytes, rrset: RRset, errand: Errand) -> bool:
        """See whether keys that do not fit the anchor have followed it.

        Somebody's question has brought them before we would have looked.  Says whether
        the anchor is another one now.  Raises Spent.
        """
        watch = self._watches.get(zone)
        if watch is None or watch.anchor() is None:
            return False
        wall, chance = int(self._wall()), self._dice.random()
        observed = self._validation.rollover.observe(watch, rrset, wall, chance, errand)
        if observed.watch.anchor() == watch.anchor():
            return False
        self._learn(watch, observed)
        return True

    def _learn(self, watch: Watch, observed: Observed) -> None:
        """Keep what has come of a look, use it, and tell of it."""
        self._watches[watch.zone] = observed.watch
        if self.is_first:
            self._keep()
        self._use(observed.watch)
        for change in observed.changes:
            self._tell(watch.zone, change)
        if observed.watch.anchor() is None:
            log.error("anchors_all_revoked", zone=names.to_text(watch.zone))
        if observed.problem:
            log.warning(
                "anchor_not_confirmed",
                zone=names.to_text(watch.zone),
                reason=observed.problem,
            )

    async def _observe(self, watch: Watch) -> Observed:
        """Ask for the keys of a zone, and have them judged."""
        errand = Errand(self._clock, self._clock() + PATIENCE)
        wall, chance = int(self._wall()), self._dice.random()
        question = Question(watch.zone, types.DNSKEY)
        try:
            claim = await self._validation.fetch(question, errand, again=True)
            if claim.rrset is None or claim.links:
                return Observed(failed(watch, wall, chance), problem="it has no DNSKEY")
            return self._validation.rollover.observe(
                watch, claim.rrset, wall, chance, errand
            )
        except (Lost, Spent) as problem:
            return Observed(failed(watch, wall, chance), problem=str(problem))

    def _use(self, watch: Watch) -> None:
        """Trust what a watch says, from now on."""
        self._watches[watch.zone] = watch
        anchor = watch.anchor()
        if anchor != self._validation.anchors.at(watch.zone):
            self._validation.anchors.replace(watch.zone, anchor)
            self._validation.chain.forget()

    def _keep(self) -> None:
        if not self._path:
            return
        try:
            anchorfile.write(self._path, self._watches.values())
            self._stamp = self._stamp_now()
            self._complaint = ""
        except OSError as error:
            self._complain(_reason(error))

    def _complain(self, reason: str) -> None:
        """Tell of what hinders, once, and go on in memory."""
        if reason != self._complaint:
            log.warning("anchor_state_not_kept", path=self._path, reason=reason)
        self._complaint = reason

    def _tell(self, zone: bytes, change: Change) -> None:
        write = log.warning if change.after == REVOKED else log.info
        write(
            "anchor_changed",
            zone=names.to_text(zone),
            tag=change.tag,
            before=change.before,
            after=change.after,
        )

    def _stamp_now(self) -> object:
        try:
            status = Path(self._path).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


def _reason(error: OSError) -> str:
    """Say what went wrong, whichever of our files it was."""
    return error.strerror or str(error)
