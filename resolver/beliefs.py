"""The words in which it is said what data is worth.

A walk brings a `Claim`, what servers said; whoever judges it gives a `Belief`; and what
is remembered and told carries its security from then on.  To judge, one has to ask
for more, which is what `Fetch` is for.
"""

from typing import Final, NamedTuple, Protocol

from resolver.ports import Errand
from resolver.wire import types
from resolver.wire.message import Question, RRset

# What data is worth (RFC 4033 section 5), the worse the less.  A zone that no anchor is
# above counts as insecure, too: in what follows there is no difference.
BOGUS: Final = 0
UNCHECKED: Final = 1  # nobody has looked yet
INSECURE: Final = 2
SECURE: Final = 3


def security_name(security: int) -> str:
    """Name what data is worth, in the RFC's words."""
    return ("bogus", "unchecked", "insecure", "secure")[security]


class Claim(NamedTuple):
    """What the servers of `zone` said to a question, before anybody believes it.

    `links` are the aliases that lead to `name`, `rrset` what is there.  Without it,
    `denies` tells whether they say that there is nothing (`rcode`), or nothing at all
    of where an alias leads.  `authority` holds SOA, NSEC and NSEC3 sets.
    """

    question: Question
    zone: bytes
    name: bytes
    links: tuple[RRset, ...] = ()
    rrset: RRset | None = None
    denies: bool = False
    rcode: int = types.NOERROR
    authority: tuple[RRset, ...] = ()


class Belief(NamedTuple):
    """What a claim is worth: `security`, for `ttl` seconds at most, and why.

    `ede` and `text` say what is wrong with it, or with the zone.
    """

    security: int
    ttl: int = 0
    ede: int = 0
    text: str = ""


# For records that nobody checks: as if their zone were proven to be unsigned; and for
# those that somebody may check later.  RFC 2181 section 8 has the longest TTL.
UNJUDGED: Final = Belief(INSECURE, 2**31 - 1)
NOT_YET: Final = Belief(UNCHECKED, 2**31 - 1)


class Believe(Protocol):
    """Judge whether what servers said is true."""

    async def __call__(self, claim: Claim, errand: Errand) -> Belief:
        """Say what a claim is worth: BOGUS, INSECURE or SECURE.

        Raises Lost where records that it takes cannot be had, and Spent.
        """


class Denial(NamedTuple):
    """What a zone's own proofs say of a question that nobody has put to it.

    There is no such name (`rcode`), or no such type; `soa` and `proofs` say so for
    `ttl` seconds more.  It is as secure as if it had just been said.
    """

    rcode: int
    soa: RRset
    proofs: tuple[RRset, ...]
    ttl: int
    reason: str


class Deny(Protocol):
    """Answer from what zones have proven before that there is nothing."""

    def __call__(self, zone: bytes, question: Question, now: float, /) -> Denial | None:
        """Deny what is asked, if `zone`, which would be asked next, has denied it."""


class Fetch(Protocol):
    """Get the records that trust rests on: DS and DNSKEY."""

    async def __call__(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        """Find what servers say to a question, in memory or by asking, unjudged.

        `again` asks, whatever is remembered, and not the server that the errand was
        `answered_by`, if another can be asked.  Raises Lost and Spent.
        """
