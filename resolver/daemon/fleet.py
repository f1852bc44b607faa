"""Commands for all workers at once, and one answer made of theirs.

Whoever speaks to a resolver need not know how many processes it is.  What the supervisor
can do itself it does; everything else goes to every worker that is ready, and `merging`
says how their answers become one.  Who wants one worker only names it.

What was told to all of them, and not only asked, is told to each that comes after, too:
a log that was switched on is not off again because a worker had to be replaced.
"""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Final, NamedTuple, final

from resolver.daemon.child import Child, Gone
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.merging import Answers, merged
from resolver.daemon.process import report

# Orders that are remembered; an operator's hands make no more.
MAX_ORDERS: Final = 1000


class Standing(NamedTuple):
    """What was told to all, and when."""

    command: str
    arguments: dict[str, object]
    at: float


@final
class Fleet:
    """The workers, as one.

    `children` are those that live, by number, and `commands` what the supervisor does
    itself.
    """

    def __init__(self, children: Mapping[int, Child], commands: Commands) -> None:
        self._children: Final = children
        self._commands: Final = commands
        self._orders: Final[dict[Hashable, Standing]] = {}

    def ready(self) -> list[Child]:
        """List the workers that can be asked, by their numbers."""
        return [child for _, child in sorted(self._children.items()) if child.ready]

    async def run(self, name: str, arguments: Arguments) -> object:
        """Carry out a command here or in all workers, and give one result.

        The argument `worker` is the number of the only one to ask.  Raises `Refused`.
        """
        if name in self._commands.names():
            return await self._commands.run(name, arguments)
        return merged(name, await self.everywhere(name, arguments))

    async def everywhere(self, name: str, arguments: Arguments) -> Answers:
        """Carry out a command in all workers; give each one's result by its number.

        Those that end meanwhile are left out, and so are those that refuse what another
        does: they need not all know the same.  Raises `Refused` when none is left.
        """
        asked = self._asked(arguments)
        results = await asyncio.gather(
            *(child.order(name, arguments) for child in asked), return_exceptions=True
        )
        found: Answers = {}
        refusal: Refused = Gone("no worker is ready")
        for child, result in zip(asked, results, strict=True):
            if not isinstance(result, BaseException):
                found[child.number] = result
            elif not isinstance(result, Refused):
                raise result
            elif isinstance(refusal, Gone):
                refusal = result
        if not found:
            raise refusal
        if "worker" not in arguments:
            self._remember(name, arguments)
        return found

    async def greet(self, child: Child) -> None:
        """Tell a new worker what was told to the others before it came."""
        now = asyncio.get_running_loop().time()
        for name, arguments, at in list(self._orders.values()):
            told = dict(arguments)
            seconds = told.get("seconds")
            if isinstance(seconds, int | float):
                if seconds <= now - at:
                    continue
                told["seconds"] = seconds - (now - at)
            try:
                await child.order(name, told)
            except Gone:
                return
            except Refused as refused:
                report(f"order {name}", refused)

    def _asked(self, arguments: Arguments) -> list[Child]:
        ready = self.ready()
        number = arguments.get("worker")
        if number is None:
            return ready
        found = [child for child in ready if child.number == number]
        if not found:
            numbers = ", ".join(str(child.number) for child in ready)
            raise Refused(f"there is no worker {number}; there are {numbers}")
        return found

    def _remember(self, name: str, arguments: Arguments) -> None:
        """Keep an order, in the place of the one before that it makes void."""
        subject = _subject_of(name, arguments)
        if subject is None:
            return
        now = asyncio.get_running_loop().time()
        self._orders.pop(subject, None)
        if arguments.get("action") != "remove":
            self._orders[subject] = Standing(name, dict(arguments), now)
        if len(self._orders) > MAX_ORDERS:
            del self._orders[next(iter(self._orders))]


def _subject_of(name: str, arguments: Arguments) -> Hashable | None:
    """Say what an order is about, of which the last one counts; None: not to be kept."""
    if name == "set-log":
        return name, frozenset(arguments)
    if name == "negative-anchor" and arguments.get("action") != "list":
        return name, str(arguments.get("name"))
    return None
