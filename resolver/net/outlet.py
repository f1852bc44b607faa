"""The way out: replies are composed and sent, and what goes wrong there is told.

An error in one reply is reported and does not reach the next client, nor whoever
answers both.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Generic, Protocol, TypeVar, final

from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.errors import EDE_OTHER
from resolver.wire.message import Question

# Called with the reply, or with b"" when there will be none.
Send = Callable[[bytes], None]

# Sees how a question ended that took a walk, and who waits for it (`waiting.Client`);
# gives what they are to be told.
Witness = Callable[[Question, Errand, Resolution, Sequence[Any]], Resolution]

FAILED: Final = Resolution(types.SERVFAIL, ede=((EDE_OTHER, "internal error"),))


class Asked(Protocol):
    """A question that can be named."""

    @property
    def question(self) -> Question:
        """What is asked."""


AnyAsked = TypeVar("AnyAsked", bound=Asked)


@final
class Outlet(Generic[AnyAsked]):
    """Composes replies with `compose`, and reports to `on_error`.

    `on_error` is told of what should not happen: what it happened to, and the
    exception.  `errors` counts that.  `witness`, if there is one, sees how every walk ends.
    """

    __slots__ = ("_compose", "_on_error", "errors", "witness")

    def __init__(
        self,
        compose: Callable[[AnyAsked, Resolution, float], bytes],
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        self._compose: Final = compose
        self._on_error: Final = on_error
        self.errors = 0
        self.witness: Witness | None = None

    def seen(
        self,
        asked: AnyAsked,
        errand: Errand,
        resolution: Resolution,
        waiting: Sequence[Any],
    ) -> Resolution:
        """Show how a walk ended; give what is to be told."""
        if self.witness is None:
            return resolution
        try:
            return self.witness(asked.question, errand, resolution, waiting)
        except Exception as error:
            self.report(str(asked.question), error)
            return resolution

    def compose(self, query: AnyAsked, resolution: Resolution, now: float) -> bytes:
        """Encode a reply; SERVFAIL if this one cannot be, b"" if not even that."""
        try:
            return self._compose(query, resolution, now)
        except Exception as error:
            self.report(str(query.question), error)
        # It may have been this resolution that could not be encoded.
        with suppress(Exception):
            return self._compose(query, FAILED, now)
        return b""

    def send(self, send: Send, reply: bytes) -> None:
        """Hand a reply to who carries it."""
        try:
            send(reply)
        except Exception as error:
            self.report("sending a reply", error)

    def report(self, what: str, error: BaseException) -> None:
        """Tell of what should not happen."""
        self.errors += 1
        # Where the errors go may itself be broken: no reason to answer nobody.
        with suppress(Exception):
            self._on_error(what, error)
