"""Where listeners bring packets while the reception behind it changes.

A reload puts another resolver behind the same sockets.  The listeners know this desk, and
ask it anew for each packet, so that from one packet to the next all of them speak to
another reception.  What the old one has taken it answers itself: each packet came with
the way back.

The two are attributes and not methods, so that a packet pays for one more look-up and
not for one more call.
"""

from typing import Protocol, final

from resolver.net.front import Reception
from resolver.net.outlet import Send


class _Known(Protocol):
    def __call__(self, packet: bytes, host: str) -> bytes | None:
        """See `Front.known`."""


class _Packet(Protocol):
    def __call__(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - as Front.packet
        send: Send,
    ) -> None:
        """See `Front.packet`."""


@final
class Desk:
    """A reception that can be exchanged; looks like one."""

    __slots__ = ("known", "packet")

    known: _Known
    packet: _Packet

    def __init__(self, reception: Reception) -> None:
        self.turn_to(reception)

    def turn_to(self, reception: Reception) -> None:
        """Have the next packet, and all after it, brought to another reception."""
        self.known = reception.known
        self.packet = reception.packet
