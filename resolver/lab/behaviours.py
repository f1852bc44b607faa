"""What a misbehaviour is, and how to make one.

A behaviour wraps the right way to answer and changes what comes out: the reply, the
number of packets, the time they take, or whether there is a socket at all.  Wrappers
compose by nesting (`combine`) and each is a few lines; `catalogue` lists them by name.

A reply in a `Sent` is encoded, and truncated when it is too long, after all wrappers
had their say; raw bytes leave as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from dns.message import Message


class Asked(NamedTuple):
    """A query as it came in.  It has exactly one question."""

    query: Message
    tcp: bool


class Sent(NamedTuple):
    """What leaves the server `after` so many seconds: a reply, or raw bytes.

    No bytes at all are an empty datagram over UDP; over TCP the server hangs up.
    """

    content: Message | bytes
    after: float = 0.0


Answering = Callable[[Asked], tuple[Sent, ...]]
Wrapper = Callable[[Answering], Answering]
Edit = Callable[[Message, Asked], None]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A way to behave.

    `alone` is what the client of a good resolver gets when no other server has the
    zone: a response code, or several joined by "or" where good resolvers differ.
    `udp` and `tcp` say whether there is a socket: without one, the kernel refuses.
    """

    name: str
    text: str
    wrap: Wrapper
    alone: str = "NOERROR"
    udp: bool = True
    tcp: bool = True


def combine(name: str, text: str, *parts: Behaviour, alone: str) -> Behaviour:
    """Make one behaviour of several; the first is outermost and has the last word."""

    def wrap(inner: Answering) -> Answering:
        for part in reversed(parts):
            inner = part.wrap(inner)
        return inner

    udp, tcp = all(part.udp for part in parts), all(part.tcp for part in parts)
    return Behaviour(name, text, wrap, alone, udp, tcp)


def edits(edit: Edit) -> Wrapper:
    """Let `edit` change every reply in place."""

    def wrap(inner: Answering) -> Answering:
        def answering(asked: Asked) -> tuple[Sent, ...]:
            sent = inner(asked)
            for each in sent:
                if isinstance(each.content, Message):
                    edit(each.content, asked)
            return sent

        return answering

    return wrap


def instead(*sent: Sent) -> Wrapper:
    """Send this, whatever was asked."""
    return lambda _inner: lambda _asked: sent


def first(forge: Callable[[Asked], Message | bytes]) -> Wrapper:
    """Send something else before the right reply."""
    return lambda inner: lambda asked: (Sent(forge(asked)), *inner(asked))


def later(seconds: float) -> Wrapper:
    """Send everything later."""
    return lambda inner: (
        lambda asked: tuple(
            Sent(each.content, each.after + seconds) for each in inner(asked)
        )
    )


def only_when(applies: Callable[[Asked], bool], wrapper: Wrapper) -> Wrapper:
    """Misbehave towards some queries only."""

    def wrap(inner: Answering) -> Answering:
        wrapped = wrapper(inner)
        return lambda asked: (wrapped if applies(asked) else inner)(asked)

    return wrap


def has_edns(asked: Asked) -> bool:
    """Say whether the query has an OPT record."""
    return asked.query.edns >= 0


def over_udp(asked: Asked) -> bool:
    """Say whether the query came over UDP."""
    return not asked.tcp


def over_tcp(asked: Asked) -> bool:
    """Say whether the query came over TCP."""
    return asked.tcp


HONEST: Final = Behaviour("honest", "answers rightly", lambda inner: inner)
