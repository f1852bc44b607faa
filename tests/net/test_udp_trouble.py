"""What the kernel does not take, with the transport pretended."""

import asyncio
import errno
from typing import Any

import pytest

from resolver.net.udp import UdpListener
from tests.net.reception import Stage, packet, settle


class PretendTransport(asyncio.DatagramTransport):
    """A transport whose kernel says no when a test wants it to."""

    def __init__(self, protocol: UdpListener) -> None:
        super().__init__()
        self.protocol = protocol
        self.refusal: OSError | None = None
        self.sent: list[bytes] = []
        self.closed = False
        protocol.connection_made(self)

    def sendto(self, data: Any, addr: Any = None) -> None:
        if self.refusal is not None:
            self.protocol.error_received(self.refusal)
        else:
            self.sent.append(data)

    def close(self) -> None:
        self.closed = True


PEER = ("192.0.2.7", 4242)


@pytest.mark.parametrize(
    "number", [errno.ENOBUFS, errno.EPERM, errno.ECONNREFUSED, errno.ENETUNREACH]
)
def test_what_the_kernel_refuses_is_counted_and_ends_nothing(number: int) -> None:
    listener = UdpListener(Stage().front)
    transport = PretendTransport(listener)
    transport.refusal = OSError(number, "no")
    listener.datagram_received(packet("now"), PEER)
    assert (listener.faults, transport.sent) == (1, [])
    transport.refusal = None
    listener.datagram_received(packet("now"), PEER)
    assert transport.sent == [packet("now") + b" answered"]
    assert not transport.closed


def test_what_a_batch_loses_is_counted_with_the_rest() -> None:
    listener = UdpListener(Stage().front)
    listener.lose(3)
    listener.pause_writing()
    listener.datagram_received(packet("now"), PEER)
    assert listener.unsent == 4


def test_while_the_kernels_buffer_is_full_replies_are_lost_and_not_queued() -> None:
    stage = Stage()
    stage.replies.known[packet("known")[2:]] = b"from memory"
    listener = UdpListener(stage.front)
    transport = PretendTransport(listener)
    listener.pause_writing()
    listener.datagram_received(packet("known"), PEER)
    listener.datagram_received(packet("now"), PEER)
    assert (listener.unsent, transport.sent) == (2, [])
    listener.resume_writing()
    listener.datagram_received(packet("known"), PEER)
    assert (listener.unsent, transport.sent) == (2, [b"from memory"])


def test_replies_that_come_when_the_socket_has_gone_are_dropped() -> None:
    async def story() -> None:
        stage = Stage()
        listener = UdpListener(stage.front)
        transport = PretendTransport(listener)
        listener.datagram_received(packet("later"), PEER)
        await settle()
        listener.connection_lost(None)
        stage.service.answer("later")
        await settle()
        assert (transport.sent, stage.errors) == ([], [])

    asyncio.run(story())
