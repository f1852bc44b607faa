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
Run = Callable[[str, Arguments], Awaitable[object]]


class Refused(Exception):
    """A command cannot be carried out, for a reason that its text tells people."""


def _tell_nobody(what: str, error: BaseException) -> None:
    """Keep faults to oneself."""


@final
class Commands:
    """The commands of one process."""

    __slots__ = ("_handlers", "_report")

    def __init__(
        self, on_fault: Callable[[str, BaseException], None] = _tell_nobody
    ) -> None:
        """Take whom to tell when a handler fails otherwise than by `Refused`."""
        self._report: Final = on_fault
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
        """Carry a command out, and give its result.  Raises `Refused`.

        A fault of ours refuses, too: it is reported, and ends nothing but the command.
        """
        handler = self._handlers.get(name)
        if handler is None:
            known = ", ".join(self.names())
            raise Refused(f"there is no command {name}; there are {known}")
        try:
            return await handler(arguments)
        except Refused:
            raise
        except Exception as error:
            self._report(f"command {name}", error)
            raise Refused(f"a fault in {name}; the log has it") from error
