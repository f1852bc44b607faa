"""Who answers: what a resolver tells of itself, to those who ask for that.

Several machines can answer at one address, by anycast or behind a balancer.  A client
that got a wrong answer wants to know which of them it was from: by an option that
comes with the very answer (NSID, RFC 5001), or by a question of its own, in class CH
(RFC 4892), which may meet another machine.

Nothing is told that was not set.  The names in class CH exist nevertheless, without
data: that tells no more than a refusal would, and nobody asks twice.
"""

from typing import Final, NamedTuple

from resolver.ports import Resolution
from resolver.wire import types
from resolver.wire.edns import NSID
from resolver.wire.message import Edns, Question, RRset

_WHO: Final = frozenset({b"\x08hostname\x04bind\x00", b"\x02id\x06server\x00"})
_WHAT: Final = frozenset({b"\x07version\x04bind\x00", b"\x07version\x06server\x00"})
_NOTHING: Final[tuple[tuple[int, bytes], ...]] = ()


class Identity(NamedTuple):
    """What is told; b"" is not.  At most 255 bytes each.

    `nsid` to queries with that option, `name` under id.server and hostname.bind,
    `version` under version.server and version.bind.
    """

    nsid: bytes = b""
    name: bytes = b""
    version: bytes = b""

    def options(self, asked: Edns) -> tuple[tuple[int, bytes], ...]:
        """Give the options that the reply to such a query has for this reason.

        What the query's own NSID option holds does not matter (RFC 5001 section 2).
        """
        if self.nsid and asked.options and not asked.version:
            for code, _ in asked.options:
                if code == NSID:
                    return ((NSID, self.nsid),)
        return _NOTHING

    def answer(self, question: Question) -> Resolution | None:
        """Answer a question of class CH, or None: there is no such name."""
        if question.name in _WHO:
            text = self.name
        elif question.name in _WHAT:
            text = self.version
        else:
            return None
        if not text or question.rdtype not in {types.TXT, types.ANY}:
            return Resolution(types.NOERROR)
        data = bytes((len(text),)) + text
        # Not to be kept: another machine may answer next time.
        told = RRset(question.name, types.TXT, 0, (data,), (), types.CH)
        return Resolution(types.NOERROR, (told,))


HIDDEN: Final = Identity()
