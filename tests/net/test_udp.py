"""Datagrams, on real loopback sockets and both event loops."""

import asyncio
import errno
import ipaddress
import socket
from typing import Any

import pytest

from resolver.net.udp import UdpListener, listen_udp
from tests.net.reception import Run, Stage, on_both_loops, packet, settle, until


class Client:
    """A socket connected to the listener: what comes from elsewhere is not heard."""

    def __init__(self, host: str, port: int, source: str = "") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        if source:
            self._socket.bind((source, 0))
        self._socket.connect((host, port))

    def send(self, data: bytes) -> None:
        self._socket.send(data)

    async def receive(self) -> bytes:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            return await loop.sock_recv(self._socket, 65_535)

    async def ask(self, data: bytes) -> bytes:
        self.send(data)
        return await self.receive()

    def close(self) -> None:
        self._socket.close()


async def listen(stage: Stage, host: str = "127.0.0.1") -> UdpListener:
    loop = asyncio.get_running_loop()
    return await listen_udp(host, 0, stage.front, loop)


async def stop(listener: UdpListener, *clients: Client) -> None:
    for client in clients:
        client.close()
    listener.close()
    await settle()


# The three ways to an answer.


@on_both_loops
def test_a_question_is_answered_from_memory_at_once_or_later(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        stage.replies.known[packet("known")[2:]] = b"from memory"
        listener = await listen(stage)
        client = Client(*listener.address)
        assert await client.ask(packet("known")) == b"from memory"
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        client.send(packet("later"))
        await until(lambda: stage.front.waiting == 1)
        stage.service.answer("later")
        assert await client.receive() == packet("later") + b" NOERROR"
        assert stage.service.streams == [False, False]
        await stop(listener, client)

    run(story())


@on_both_loops
def test_the_host_that_asks_is_the_one_that_is_judged(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        judged: list[str] = []
        stage.allowed = lambda host: not judged.append(host)  # type: ignore[func-returns-value]
        listener = await listen(stage)
        client = Client(*listener.address, source="127.0.0.9")
        await client.ask(packet("now"))
        assert judged == ["127.0.0.9"]
        assert stage.service.hosts == ["127.0.0.9"]
        await stop(listener, client)

    run(story())


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_silence_sends_nothing(run: Run, host: str) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, host)
        client = Client("127.0.0.1", listener.address[1])
        client.send(packet("silence"))
        client.send(packet("crash"))
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


# The address that was asked.


@on_both_loops
def test_a_wildcard_socket_replies_from_the_address_that_was_asked(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        stage.replies.known[packet("known")[2:]] = b"from memory"
        listener = await listen(stage, "0.0.0.0")
        port = listener.address[1]
        clients = [Client(f"127.0.0.{number}", port) for number in range(1, 6)]
        for client in clients:
            # The clients' sockets are connected: a reply from another address of the
            # host would not be heard.
            assert await client.ask(packet("known")) == b"from memory"
            assert await client.ask(packet("now")) == packet("now") + b" answered"
        for number, client in enumerate(clients):
            client.send(packet("later", number))
        await until(lambda: stage.front.waiting == 5)
        stage.service.answer("later")
        for number, client in enumerate(clients):
            assert await client.receive() == packet("later", number) + b" NOERROR"
        await stop(listener, *clients)

    run(story())


@on_both_loops
def test_an_ipv6_wildcard_socket_replies_and_leaves_ipv4_alone(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, "::")
        port = listener.address[1]
        six, four = Client("::1", port), Client("127.0.0.1", port)
        assert await six.ask(packet("now")) == packet("now") + b" answered"
        assert stage.service.hosts == ["::1"]
        with pytest.raises(ConnectionRefusedError):
            await four.ask(packet("now"))
        await stop(listener, six, four)

    run(story())


@on_both_loops
def test_an_ipv6_wildcard_socket_replies_from_the_address_that_was_asked(
    run: Run,
) -> None:
    address = other_ipv6_address()
    if address is None:
        pytest.skip("this host has one IPv6 address only")

    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, "::")
        client = Client(address, listener.address[1], source="::1")
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


def other_ipv6_address() -> str | None:
    """Find a global address of this host, which the kernel would not choose for ::1."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("2001:db8::1", 9))
        except OSError:
            return None
        host: str = probe.getsockname()[0]
        return None if ipaddress.ip_address(host).is_loopback else host


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_socket_with_one_address_serves_that_one(run: Run, host: str) -> None:
    async def story() -> None:
        listener = await listen(Stage(), host)
        assert listener.address[0] == host
        client = Client(*listener.address)
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


# Odd packets and a hostile network.


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_runts_and_giants_do_no_harm(run: Run, host: str) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, host)
        client = Client("127.0.0.1", listener.address[1])
        giant = packet("silence").ljust(65_507, b"!")
        for data in (b"", b"\x00", b"\x00" * 11, giant):
            client.send(data)
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        assert stage.front.silences == 4
        assert stage.replies.asked[3][0] == giant, "whole, not cut"
        await stop(listener, client)

    run(story())


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_client_that_has_gone_does_not_end_the_listener(run: Run, host: str) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, host)
        for number in range(3):
            gone = Client("127.0.0.1", listener.address[1])
            gone.send(packet("later", number))
            await until(lambda: stage.front.waiting == 1)
            gone.close()
            stage.service.answer("later")
            await settle()
        client = Client("127.0.0.1", listener.address[1])
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


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


# The end.


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_after_close_no_question_is_taken_and_the_replies_owed_are_sent(
    run: Run, host: str
) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, host)
        client = Client("127.0.0.1", listener.address[1])
        client.send(packet("later"))
        await until(lambda: stage.front.waiting == 1)
        listener.close()
        client.send(packet("now"))
        await settle()
        stage.service.answer("later")
        assert await client.receive() == packet("later") + b" NOERROR"
        await settle()
        with pytest.raises(ConnectionRefusedError):  # the socket is closed
            await client.ask(packet("now"))
        assert stage.front.at_once == 0
        await stop(listener, client)

    run(story())


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


@on_both_loops
def test_several_sockets_may_share_a_port_when_asked_to(run: Run) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        front = Stage().front
        first = await listen_udp("127.0.0.1", 0, front, loop, reuse_port=True)
        port = first.address[1]
        second = await listen_udp("127.0.0.1", port, front, loop, reuse_port=True)
        with pytest.raises(OSError, match="in use"):
            await listen_udp("127.0.0.1", port, front, loop)
        await stop(first)
        await stop(second)

    run(story())


@on_both_loops
def test_an_address_that_cannot_be_had_is_an_error_and_leaves_no_socket(
    run: Run,
) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(OSError, match="assign"):
            await listen_udp("192.0.2.1", 0, Stage().front, loop)
        with pytest.raises(OSError):  # noqa: PT011 - its text is the C library's
            await listen_udp("not an address", 0, Stage().front, loop)

    run(story())
