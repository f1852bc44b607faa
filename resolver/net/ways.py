"""How a packet goes to a server, and how the next one if its reply will not do.

A *way* is a handful of bits: over TCP or not, with EDNS, with a cookie, with the letters
of the name in a case chosen by lot, and what of that has to come back.  Which way a
question begins depends on what is known of the server; how it goes on, on what came
back.  Here are these decisions and nothing else: no packet, no socket, no clock.

What comes back may be *in doubt*: a UDP packet that is right in all but one thing, which
is what a forger's packets look like who has to guess.  TCP cannot be forged by anyone
off the path, so it is asked there (BIND since 9.21.23 and PowerDNS do so for a wrong
id, BIND for a missing cookie).  If TCP is not to be had, the question goes out once more
over UDP, from a new port with a new id, and then the doubtful thing is let pass: servers
exist that do not echo the case and take no TCP.  A forger would have to hit twice.

What a question has shown of the server in the end, `lessons` says.
"""

from typing import Final

from resolver.cache.manners import (
    DEAF_TO_TCP,
    DEAF_TO_UDP,
    DENIES_COOKIES,
    FORGETS_COOKIES,
    LOSES_CASE,
    PLAIN,
)
from resolver.wire import types

# --- the bits of a way -------------------------------------------------------------

# Over TCP.
STREAM: Final = 1
# With an OPT record ...
EDNS: Final = 2
# ... that has a cookie in it.
COOKIE: Final = 4
# With the letters of the name in a case chosen by lot.
MIXED: Final = 8
# A reply that has all right but the id sends us to TCP; otherwise it is ignored.
WARY: Final = 16
# A reply without a cookie sends us to TCP: the server has been sending cookies.
STEADY: Final = 32
# Over TCP because of a doubt, and once more over UDP if that is in vain.
CONFIRMING: Final = 64
# With the cookie from a reply that said BADCOOKIE.
RENEWED: Final = 128
# Over TCP from the start, because the server is silent over UDP.
INSTEAD: Final = 256
# Without EDNS, or a cookie, because of an error that came over TCP: no forgery.
ASSURED: Final = 512

# No way: the reply is what it should be.
DONE: Final = -1

# --- what may be wrong with a UDP reply, so that the answer has to come over TCP -----

CERTAIN: Final = 0
TRUNCATED: Final = 1
OTHER_CASE: Final = 2
WRONG_ID: Final = 3
NO_COOKIE: Final = 4
# For a diary.
DOUBTS: Final = ("", "truncated", "another case", "a wrong id", "no cookie")

# Time-outs in a row over UDP after which TCP is tried; Knot 2, BIND on the third try.
STREAM_AFTER: Final = 2

NO_EDNS: Final = frozenset((types.FORMERR, types.NOTIMP, types.BADVERS))


def first_way(
    wanted: int, faults: int, silences: int, *, has_server_cookie: bool
) -> int:
    """Choose how to begin with a server.

    `wanted` is the way for a server of which nothing is known, `faults` are the bits of
    `manners`, `silences` the time-outs in a row.

    A server cookie makes the case of letters superfluous.  A server that has never sent
    one and is silent gets the next question without ours, in case that was the reason.
    """
    way = wanted
    if faults & PLAIN:
        way &= ~(EDNS | COOKIE)
    if faults & DENIES_COOKIES or (silences and not has_server_cookie):
        way &= ~COOKIE
    if faults & LOSES_CASE:
        way &= ~MIXED
    if has_server_cookie and way & COOKIE and not faults & FORGETS_COOKIES:
        way = way & ~MIXED | STEADY
    if faults & DEAF_TO_TCP:
        way &= ~WARY
    elif faults & DEAF_TO_UDP or silences >= STREAM_AFTER:
        way = way & ~MIXED | STREAM | INSTEAD
    return way


def over_tcp(way: int, doubt: int) -> int:
    """Go on over TCP.

    The letters keep a mixed case only where that is in doubt: the reply shows whether
    the server loses it.
    """
    way |= STREAM if doubt == TRUNCATED else STREAM | CONFIRMING
    return way if doubt == OTHER_CASE else way & ~MIXED


def once_more(way: int) -> int:
    """Go on over UDP after TCP was in vain, and let pass what was in doubt."""
    return way & ~(STREAM | CONFIRMING | MIXED | WARY | STEADY)


def after_bad_cookie(way: int, *, renewed: bool) -> int:
    """Go on after BADCOOKIE: once with a new cookie, then over TCP (RFC 7873 5.3)."""
    if way & STREAM:
        return DONE
    if renewed and not way & RENEWED:
        return way | RENEWED
    return way & ~MIXED | STREAM


def after_error(way: int, wanted: int, *, knows_edns: bool) -> int:
    """Go on after an error to a query with EDNS: without the cookie, or without EDNS.

    Whoever replies with EDNS understands it (RFC 6891 section 7), so it was the cookie.
    """
    if way & STREAM:
        way |= ASSURED
    elif way & STEADY:
        way |= wanted & MIXED  # for which the cookie stood in
    if knows_edns and way & COOKIE:
        return way & ~(COOKIE | STEADY)
    return way & ~(EDNS | COOKIE | STEADY)
