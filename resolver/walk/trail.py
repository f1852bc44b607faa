"""The way that a question has led so far: the aliases, and what they are worth.

An answer is worth no more than the weakest link of the chain that leads to it (RFC 4035
section 3.2.3), and who wants to check it needs the proofs of every link.
"""

from collections.abc import Iterable
from typing import Final, final

from resolver.beliefs import SECURE
from resolver.ports import Resolution
from resolver.walk.scrub import Alias, Answer, Nothing
from resolver.wire import types
from resolver.wire.message import RRset


@final
class Trail:
    """Collects the links of one question's chain, from the first to the answer."""

    __slots__ = ("_proofs", "_remarks", "_security", "links")

    def __init__(self) -> None:
        self.links: Final[list[RRset]] = []
        self._proofs: tuple[RRset, ...] = ()
        self._security = SECURE
        self._remarks: tuple[tuple[int, str], ...] = ()

    def remark(self, code: int, text: str) -> None:
        """Add an extended error (RFC 8914) that the answer shall carry."""
        self._remarks += ((code, text),)

    def add(self, link: Answer | Nothing | Alias) -> Resolution | None:
        """Take the next link; give the answer if that is it."""
        self._security = min(self._security, link.security)
        if link.proofs:
            self._prove(link.proofs)
        for rrset in link.links:
            # A DNAME may lead on twice, and is told once.
            if rrset.rdtype != types.DNAME or not _has(self.links, rrset):
                self.links.append(rrset)
        if isinstance(link, Answer):
            return self.end(types.NOERROR, (link.rrset,))
        if isinstance(link, Nothing):
            return self.end(link.rcode, (), () if link.soa is None else (link.soa,))
        return None

    def _prove(self, proofs: tuple[RRset, ...]) -> None:
        """Add proofs; what several links rest on is told once."""
        if self._proofs:
            proofs = tuple([it for it in proofs if not _has(self._proofs, it)])
        self._proofs += proofs

    def end(
        self,
        rcode: int,
        answer: tuple[RRset, ...],
        authority: tuple[RRset, ...] = (),
    ) -> Resolution:
        """Give the answer behind the links that were taken."""
        return Resolution(
            rcode,
            (*self.links, *answer),
            authority + self._proofs,
            self._remarks,
            secure=self._security == SECURE,
        )


def _has(rrsets: Iterable[RRset], wanted: RRset) -> bool:
    """Say whether a set of that name and type is among others."""
    return any(it.rdtype == wanted.rdtype and it.name == wanted.name for it in rrsets)
