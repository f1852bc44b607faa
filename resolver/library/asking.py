"""The resolver as a library: what the daemon is built of, without listeners.

    from resolver import Resolver

    async with Resolver() as resolver:
        answer = await resolver.resolve("example.com", "MX")

A `Resolver` is put together by the same `daemon.build` from the same `World` as the
daemon, so it walks, validates and remembers as that does.  It has a cache of its own,
shared by all its questions, and sockets while it is open, and nothing else: no thread,
no file, no signal handler, no logging, nothing that two of them would share.

What goes wrong with a name is an `Answer` that says so, for it is the normal course of
things and carries as much: why, who was asked, how long it took.  Exceptions are for
misuse: no name, no type, no configuration, a resolver that is not open.
"""

import asyncio
from collections.abc import Callable, Coroutine
from os import PathLike, fspath
from types import TracebackType
from typing import Any, Final, TypeVar, final

import dns.name

from resolver.config import Config, load
from resolver.daemon.build import Core, World, build
from resolver.daemon.world import world_of
from resolver.library.answers import Answer, Asked, answer_of
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.presentation import (
    name_from_text,
    rrsets_from_text,
    type_from_text,
)

# Questions that are worked on at the same time; the others wait their turn.  Each has a
# socket or two, and a program that did not ask for more may have 1,024 files open.
AT_ONCE: Final = 256

_LAST_TYPE: Final = 65_535

_Result = TypeVar("_Result")
Worlds = Callable[[Config], World]


@final
class Resolver:
    """A recursive, validating, caching resolver for the programs of one event loop.

    `config` is a `resolver.config.Config`, or the path of a resolver.toml, or None for
    the defaults.  The settings of listeners, access, workers and logs, the file of the
    shared cache, and following trust anchors are the daemon's: they mean nothing here.

    `world` makes what the resolver reaches the outside through: for tests.

    Raises `resolver.config.ConfigError` for a file that cannot be used, and ValueError
    or OSError, as `daemon.build` does, for hints and anchors that cannot.
    """

    def __init__(
        self,
        config: Config | str | PathLike[str] | None = None,
        *,
        world: Worlds = world_of,
    ) -> None:
        if config is None:
            config = Config()
        elif not isinstance(config, Config):
            config = load(fspath(config), _records)
        self.config: Final = config
        self._world_of: Final = world
        self._world: World | None = None
        self._core: Core | None = None
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: Final[set[asyncio.Task[Any]]] = set()

    async def __aenter__(self) -> "Resolver":
        """Open it; the cache begins empty."""
        if self._core is not None:
            raise RuntimeError("this resolver is open already")
        world = self._world_of(self.config)._replace(begin=self._begin)
        self._core = build(self.config, world, _tell_nobody)
        self._world = world
        self._turns = asyncio.Semaphore(AT_ONCE)  # of the loop that runs now
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it; see `close`."""
        await self.close()

    async def close(self) -> None:
        """Give up what is being asked, and let go of every socket and of the cache."""
        self._core = None
        world, self._world = self._world, None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if world is not None:
            world.close()

    async def resolve(
        self,
        name: str | dns.name.Name,
        rdtype: str | int = "A",
        *,
        within: float | None = None,
    ) -> Answer:
        """Find records, as a client of the daemon would.

        `name` needs no last dot; names beyond ASCII are written in their xn-- form.
        `rdtype` is a type's name or number.  `within` is the seconds that it may take
        once it has its turn; by default, and at most, `recursion.query_deadline`.

        Failures are answers with rcode SERVFAIL.  Raises ValueError for what is no name
        or no type, and RuntimeError if the resolver is not open, or is closed meanwhile.
        """
        question = _question(name, rdtype)
        if self._core is None or self._world is None:
            raise RuntimeError("this resolver is not open: use `async with`")
        work = self._ask(self._core, self._world, question, self._seconds(within))
        task = self._begin(work)
        try:
            await asyncio.wait((task,))
        finally:
            task.cancel()  # who asked has given up; nothing happens to what is done
        if task.cancelled():
            raise RuntimeError("the resolver was closed before it had an answer")
        return task.result()

    async def _ask(
        self, core: Core, world: World, question: Question, seconds: float
    ) -> Answer:
        async with self._turns:
            started = world.clock()
            errand = Errand(world.clock, started + seconds)
            resolution = await core.service.answer(question, errand)
        asked = Asked(question, errand, started, world.clock())
        age = _age(core, question, resolution, asked.ended)
        return answer_of(asked, resolution, age, checked=core.validation is not None)

    def _seconds(self, within: float | None) -> float:
        longest = self.config.recursion.query_deadline
        if within is None:
            return longest
        if within <= 0:
            raise ValueError(f"within={within}: there is no answer in no time")
        return min(within, longest)

    def _begin(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        """Start something, and know of it until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _tell_nobody(where: str, error: BaseException) -> None:
    """Do nothing: only listeners report here, and whoever asks gets the exception."""


def _question(name: str | dns.name.Name, rdtype: str | int) -> Question:
    """Make a question of what a program says.  Raises ValueError."""
    if isinstance(name, dns.name.Name):
        wire = name.derelativize(dns.name.root).to_digestable()
    else:
        wire = name_from_text(name)
    if isinstance(rdtype, str):
        return Question(wire, type_from_text(rdtype))
    if not 0 <= rdtype <= _LAST_TYPE:
        raise ValueError(f"{rdtype} is not a record type: they have 16 bits")
    return Question(wire, int(rdtype))


def _age(core: Core, question: Question, found: Resolution, now: float) -> float:
    """Say for how many seconds the oldest part of an answer has been known."""
    name = question.name
    ages = [0.0]
    for rrset in found.answer:
        ages.append(_known_for(core, rrset.name, rrset.rdtype, types.NOERROR, now))
        if rrset.rdtype == types.CNAME and question.rdtype != types.CNAME:
            name = rrset.rdatas[0].lower()
    if found.authority:
        ages.append(_known_for(core, name, question.rdtype, found.rcode, now))
    return max(ages)


def _known_for(core: Core, name: bytes, rdtype: int, rcode: int, now: float) -> float:
    life = core.stores.rrsets.life(name, rdtype, rcode)
    return 0.0 if life is None else max(0.0, now - life[0])


def _records(text: str) -> None:
    """Check records of a configuration."""
    rrsets_from_text(text)
