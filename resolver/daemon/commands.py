"""What a running process can be told to do, by name.

Whoever has something to offer adds it here: statistics, a look into the cache, a reload.
Whoever carries requests, the control socket or the supervisor's link, runs it from here.
So neither has to know the other, and every command is there for all who may ask.

Arguments and results are what JSON can say.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, final

Arguments = Mapping[str, object]
Handler = Callable[[Arguments], Awaitable[object]]


class Refused(Exception):
    """A command cannot be carried out, for a reason that its text tells people."""


@final
class Commands:
    """The commands of one process."""

    __slots__ = ("_handlers",)

    def __init__(self) -> None:
        self._handlers: Final[dict[str, Handler]] = {}

    def add(self, name: str, handler: Handler) -> None:
        """Offer a command.  `handler` gets the arguments, and may raise `Refused`."""
        if name in self._handlers:
            raise ValueError(f"there is a command {name} already")
        self._handlers[name] = handler

    def names(self) -> list[str]:
        """List the commands that are offered."""
        return sorted(self._handlers)

    async def run(self, name: str, arguments: Arguments) -> object:
        """Carry a command out, and give its result.  Raises `Refused`."""
        handler = self._handlers.get(name)
        if handler is None:
            known = ", ".join(self.names())
            raise Refused(f"there is no command {name}; there are {known}")
        return await handler(arguments)
