"""Datagrams, on real loopback sockets, both event loops, in batches and one by one."""

import asyncio
import ipaddress
import select
import socket
from collections.abc import Callable, Sequence

import pytest

from resolver.hot.truncated import truncated
from resolver.net.batch import Hot
from resolver.net.mmsg import system_calls
from resolver.net.udp import UdpListener, listen_udp
from tests.hot.packets import query
from tests.net.reception import (
    PretendMeter,
    Run,
    Stage,
    on_both_loops,
    packet,
    settle,
    until,
)


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

    def has_heard(self) -> bool:
        """Say whether anything has come, an empty datagram included."""
        return bool(select.select([self._socket], [], [], 0)[0])

    async def ask(self, data: bytes) -> bytes:
        self.send(data)
        return await self.receive()

    def close(self) -> None:
        self._socket.close()


Path = Callable[[Stage], Hot | None]


def one_by_one(stage: Stage) -> None:
    """Have no batches."""


def in_batches(stage: Stage) -> Hot:
    """Have batches that know what the pretended hot room knows."""
    calls = system_calls()
    if calls is None:
        pytest.skip("no recvmmsg and sendmmsg here, or not as known")

    def answer_many(bodies: Sequence[bytes], now: float) -> list[bytes]:
        found = [stage.replies.answer(b"id" + body, now) for body in bodies]
        return [reply[2:] if reply else b"" for reply in found]

    return Hot(answer_many, stage.door, lambda: stage.now, calls)


on_both_paths = pytest.mark.parametrize("path", [one_by_one, in_batches])


def remember(stage: Stage, word: str = "known") -> bytes:
    """Have the hot room know a word; give its reply to `packet(word)`."""
    reply = packet(word)[:2] + b"from memory"
    stage.replies.known[packet(word)[2:]] = reply
    return reply


async def listen(stage: Stage, path: Path, host: str = "127.0.0.1") -> UdpListener:
    loop = asyncio.get_running_loop()
    return await listen_udp(host, 0, stage.front, loop, hot=path(stage))


async def stop(listener: UdpListener, *clients: Client) -> None:
    for client in clients:
        client.close()
    listener.close()
    await settle()


# The three ways to an answer.


@on_both_loops
@on_both_paths
def test_a_question_is_answered_from_memory_at_once_or_later(
    run: Run, path: Path
) -> None:
    async def story() -> None:
        stage = Stage()
        known = remember(stage)
        listener = await listen(stage, path)
        client = Client(*listener.address)
        assert await client.ask(packet("known")) == known
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        client.send(packet("later"))
        await until(lambda: stage.front.waiting == 1)
        stage.service.answer("later")
        assert await client.receive() == packet("later") + b" NOERROR"
        assert stage.service.streams == [False, False]
        await stop(listener, client)

    run(story())


@on_both_loops
@on_both_paths
def test_the_host_that_asks_is_the_one_that_is_judged(run: Run, path: Path) -> None:
    async def story() -> None:
        stage = Stage()
        judged: list[str] = []
        stage.allowed = lambda host: not judged.append(host)  # type: ignore[func-returns-value]
        listener = await listen(stage, path)
        client = Client(*listener.address, source="127.0.0.9")
        await client.ask(packet("now"))
        assert judged == ["127.0.0.9"]
        assert stage.service.hosts == ["127.0.0.9"]
        await stop(listener, client)

    run(story())


@on_both_loops
@on_both_paths
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_silence_sends_nothing(run: Run, path: Path, host: str) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, path, host)
        client = Client("127.0.0.1", listener.address[1])
        client.send(packet("silence"))
        client.send(packet("crash"))
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


# The address that was asked.


@on_both_loops
@on_both_paths
def test_a_wildcard_socket_replies_from_the_address_that_was_asked(
    run: Run, path: Path
) -> None:
    async def story() -> None:
        stage = Stage()
        known = remember(stage)
        listener = await listen(stage, path, "0.0.0.0")
        port = listener.address[1]
        clients = [Client(f"127.0.0.{number}", port) for number in range(1, 6)]
        for client in clients:
            # The clients' sockets are connected: a reply from another address of the
            # host would not be heard.
            assert await client.ask(packet("known")) == known
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
@on_both_paths
def test_an_ipv6_wildcard_socket_replies_and_leaves_ipv4_alone(
    run: Run, path: Path
) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, path, "::")
        port = listener.address[1]
        six, four = Client("::1", port), Client("127.0.0.1", port)
        assert await six.ask(packet("now")) == packet("now") + b" answered"
        assert stage.service.hosts == ["::1"]
        with pytest.raises(ConnectionRefusedError):
            await four.ask(packet("now"))
        await stop(listener, six, four)

    run(story())


@on_both_loops
@on_both_paths
def test_an_ipv6_wildcard_socket_replies_from_the_address_that_was_asked(
    run: Run,
    path: Path,
) -> None:
    address = other_ipv6_address()
    if address is None:
        pytest.skip("this host has one IPv6 address only")

    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, path, "::")
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
@on_both_paths
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_socket_with_one_address_serves_that_one(
    run: Run, path: Path, host: str
) -> None:
    async def story() -> None:
        listener = await listen(Stage(), path, host)
        assert listener.address[0] == host
        client = Client(*listener.address)
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


# Odd packets and a hostile network.


@on_both_loops
@on_both_paths
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_runts_and_giants_do_no_harm(run: Run, path: Path, host: str) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, path, host)
        client = Client("127.0.0.1", listener.address[1])
        giant = packet("silence").ljust(65_507, b"!")
        for data in (b"", b"\x00", b"\x00" * 11, giant):
            client.send(data)
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        assert stage.front.silences == 4
        asked = [data for data, _ in stage.replies.asked]
        assert giant in asked, "whole, not cut"
        await stop(listener, client)

    run(story())


@on_both_loops
@on_both_paths
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_client_that_has_gone_does_not_end_the_listener(
    run: Run, path: Path, host: str
) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, path, host)
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


# The end.


@on_both_loops
@on_both_paths
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_after_close_no_question_is_taken_and_the_replies_owed_are_sent(
    run: Run, path: Path, host: str
) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, path, host)
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


@on_both_loops
def test_what_waits_in_a_socket_that_is_closed_is_still_taken(run: Run) -> None:
    async def story() -> None:
        stage = Stage()
        listener = await listen(stage, in_batches)
        client = Client("127.0.0.1", listener.address[1])
        expected = remember(stage)
        client.send(packet("known"))
        client.send(packet("now"))
        listener.close()
        assert await client.receive() == expected
        assert await client.receive() == packet("now") + b" answered"
        await stop(listener, client)

    run(story())


@on_both_loops
def test_a_socket_that_is_closed_is_dealt_nothing_more_though_it_owes_a_reply(
    run: Run,
) -> None:
    async def story() -> None:
        stage, loop = Stage(), asyncio.get_running_loop()
        hot = in_batches(stage)
        both = []
        port = 0
        for _ in range(2):
            one = await listen_udp(
                "127.0.0.1", port, stage.front, loop, reuse_port=True, hot=hot
            )
            port = one.address[1]
            both.append(one)
        clients = [Client("127.0.0.1", port) for _ in range(20)]
        for client in clients:
            client.send(packet("later"))
        await until(lambda: stage.front.waiting == len(clients))
        both[0].close()
        expected = remember(stage)
        more = [Client("127.0.0.1", port) for _ in range(20)]
        for client in more:
            client.send(packet("known"))
        assert [await client.receive() for client in more] == [expected] * len(more)
        stage.service.answer("later")
        for client in clients:
            assert await client.receive() == packet("later") + b" NOERROR"
        await stop(both[1], *clients, *more)

    run(story())


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


@on_both_loops
@on_both_paths
def test_one_who_asks_too_often_is_led_to_tcp_now_and_then(
    run: Run, path: Path
) -> None:
    async def story() -> None:
        stage = Stage()
        stage.meters["127.0.0.9"] = PretendMeter(1)
        listener = await listen(stage, path)
        client = Client(*listener.address, source="127.0.0.9")
        assert await client.ask(packet("now")) == packet("now") + b" answered"
        client.send(packet("now"))
        assert await client.ask(query()) == truncated(query())
        client.send(packet("now"))
        assert await client.ask(query()) == truncated(query())
        other = Client(*listener.address, source="127.0.0.8")
        assert await other.ask(packet("now")) == packet("now") + b" answered"
        assert len(stage.service.hosts) == 2
        client.close()
        await stop(listener, other)

    run(story())


@on_both_loops
@on_both_paths
def test_a_stranger_who_asks_too_often_hears_nothing(run: Run, path: Path) -> None:
    async def story() -> None:
        stage = Stage()
        stage.allowed = lambda host: host != "127.0.0.66"
        stage.meters["127.0.0.66"] = PretendMeter(0)
        listener = await listen(stage, path)
        stranger = Client(*listener.address, source="127.0.0.66")
        for _ in range(3):
            stranger.send(query())
        other = Client(*listener.address, source="127.0.0.8")
        assert await other.ask(packet("now")) == packet("now") + b" answered"
        assert not stranger.has_heard()
        await stop(listener, stranger, other)

    run(story())
