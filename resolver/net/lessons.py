"""What a question has shown of a server, when it took more than one packet.

A reply that is good shows that the server can do without what was left out since the
question began: EDNS, a cookie, the case of letters.  Over TCP that is proof, and only a
hint where a forger may have had a hand in it: then `manners` wants two.
"""

from typing import Final

from resolver.cache.manners import (
    DENIES_COOKIES,
    FORGETS_COOKIES,
    LOSES_CASE,
    PLAIN,
    Manners,
)
from resolver.net.sieve import Query
from resolver.net.ways import (
    ASSURED,
    COOKIE,
    EDNS,
    MIXED,
    NO_COOKIE,
    OTHER_CASE,
    STREAM,
)
from resolver.wire import types

# Replies that show that a server can do without what was left out.
_GOOD: Final = frozenset((types.NOERROR, types.NXDOMAIN))


def learn(manners: Manners, begun: int, query: Query, doubt: int, now: float) -> None:
    """Remember what a question has shown.

    It began one way and ended with `query`, that has its reply; `doubt` is the first one
    that there was.
    """
    message = query.message
    if message is None or message.rcode not in _GOOD:
        return
    manners.clear(_contrary(query, has_edns=message.edns is not None))
    fault = _fault(begun, query, doubt)
    if not fault:
        return
    proving = ASSURED if fault in {PLAIN, DENIES_COOKIES} else STREAM
    if query.way & proving:
        manners.prove(fault, now)
    else:
        manners.suspect(fault, now)


def _contrary(query: Query, *, has_edns: bool) -> int:
    """Say which faults a reply speaks against."""
    faults = PLAIN if has_edns else 0
    if query.returned:
        faults |= DENIES_COOKIES | FORGETS_COOKIES
    if query.way & MIXED and query.echoed:
        faults |= LOSES_CASE
    return faults


def _fault(begun: int, query: Query, doubt: int) -> int:
    """Say which fault there seems to be; 0: none."""
    way = query.way
    if begun & EDNS and not way & EDNS:
        return PLAIN
    if begun & COOKIE and not way & COOKIE:
        return DENIES_COOKIES
    if doubt == OTHER_CASE and not (way & MIXED and query.echoed):
        return LOSES_CASE
    if doubt == NO_COOKIE and not query.returned:
        return FORGETS_COOKIES
    return 0
