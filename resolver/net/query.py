"""A client's question on its way through the reception, whatever the service makes it."""

from collections.abc import Hashable
from typing import Protocol, TypeVar

from resolver.ports import Errand, Resolution
from resolver.wire.message import Question


class Query(Protocol):
    """A client's question that has to be resolved, as the service understood it."""

    @property
    def question(self) -> Question:
        """What is asked."""

    @property
    def key(self) -> Hashable:
        """What queries have in common that one walk can serve."""

    @property
    def reply(self) -> bytes:
        """What to send at once, where the walk is to find something newer; or b""."""

    @property
    def ahead(self) -> int:
        """What the walk takes for expired: what has only so many seconds left."""


AnyQuery = TypeVar("AnyQuery", bound=Query)
_Query_contra = TypeVar("_Query_contra", bound=Query, contravariant=True)


class Resolves(Protocol[_Query_contra]):
    """What is needed of the service here."""

    async def resolve(self, query: _Query_contra, errand: Errand) -> Resolution:
        """Find the answer; failures are SERVFAIL, not exceptions."""

    def late(self, query: _Query_contra, now: float) -> Resolution | None:
        """Give an answer to who has waited for long, or None: there is no old one."""
