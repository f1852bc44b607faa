"""One event for each client's question, where `[log] queries` asks for it.

What cuts across goes around: this stands between the listeners and the reception,
looks like the reception, and watches the replies go by.  Without it nobody pays.

Who asked what is nobody's business but the client's.  `[log] anonymise` tells no more of
a client than a network that it shares with some hundred others, as is usual where
addresses must not be kept.
"""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any, Final, Protocol, final

from resolver.net.front import Front
from resolver.net.outlet import Send
from resolver.wire import types
from resolver.wire.reader import Malformed, question_of


class Log(Protocol):
    """The part of a structlog logger that is used here."""

    def info(self, event: str, **facts: object) -> object:
        """Tell an event."""


# Bits of an address that are told where clients are not to be told apart.
_IPV4_BITS: Final = 24
_IPV6_BITS: Final = 56


def anonymised(host: str) -> str:
    """Give the network that a client is in."""
    bits = _IPV6_BITS if ":" in host else _IPV4_BITS
    address = host.partition("%")[0]  # a link-local one may have a zone
    return str(ip_network(f"{address}/{bits}", strict=False))


@final
class QueryLog:
    """A reception that tells what it hears and what is answered."""

    __slots__ = ("_anonymise", "_clock", "_front", "_log")

    def __init__(
        self,
        front: Front[Any],
        log: Log,
        clock: Callable[[], float],
        *,
        anonymise: bool = False,
    ) -> None:
        self._anonymise: Final = anonymise
        self._front: Final = front
        self._log: Final = log
        self._clock: Final = clock

    def known(self, packet: bytes, host: str) -> bytes | None:
        """See `Front.known`."""
        started = self._clock()
        reply = self._front.known(packet, host)
        if reply is not None:
            self._tell(packet, host, "udp", started, reply)
        return reply

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - as Front.packet
        send: Send,
    ) -> None:
        """See `Front.packet`."""
        started = self._clock()

        def tell_and_send(reply: bytes) -> None:
            self._tell(packet, host, "tcp" if stream else "udp", started, reply)
            send(reply)

        self._front.packet(packet, host, stream, tell_and_send)

    def _tell(
        self, packet: bytes, host: str, transport: str, started: float, reply: bytes
    ) -> None:
        try:
            asked = str(question_of(packet)[0])
        except Malformed:
            asked = "malformed"
        self._log.info(
            "query",
            client=anonymised(host) if self._anonymise else host,
            transport=transport,
            question=asked,
            rcode=types.rcode_name(reply[3] & 15) if reply else "silence",
            milliseconds=round((self._clock() - started) * 1000, 3),
        )
