"""TCP towards servers, over real sockets on loopback, in every loop that we run in."""

import asyncio
import socket
import struct
from contextlib import closing
from pathlib import Path

import pytest

from resolver.net.connection import MAX_BYTES, Accept
from resolver.net.exchange import Unreachable
from resolver.net.upstream_tcp import Tcp
from resolver.ports import Address, Silence
from tests.net.loopback import (
    FACTORIES,
    PATIENCE,
    QUESTION,
    SHORT,
    KeepingTimers,
    Run,
    StreamHandler,
    anything,
    closed_port,
    framed,
    open_descriptors,
    receive_question,
    replying,
    runner,
    stream_server,
)


@pytest.fixture(params=FACTORIES)
def run(request: pytest.FixtureRequest) -> Run:
    return runner(request.param)


async def ask(
    server: Address,
    packet: bytes,
    timeout: float,  # noqa: ASYNC109 - a transport keeps time
    accept: Accept,
) -> bytes:
    """Ask one question, and close whatever that leaves open."""
    with closing(Tcp()) as tcp:
        return await tcp(server, packet, timeout, accept)


async def keep_quiet(connection: socket.socket) -> None:
    await asyncio.sleep(60)


# --- replies -----------------------------------------------------------------------


def test_the_reply_comes_back(run: Run) -> None:
    async def story() -> None:
        async with stream_server(replying(framed(b"quick answer"))) as there:
            assert await ask(there, QUESTION, PATIENCE, anything) == b"quick answer"

    run(story())


def test_the_question_goes_out_behind_its_length(run: Run) -> None:
    received: list[bytes] = []

    async def keep(connection: socket.socket) -> None:
        received.append(await receive_question(connection))
        await asyncio.get_running_loop().sock_sendall(
            connection, framed(b"quick answer")
        )

    async def story() -> None:
        async with stream_server(keep) as there:
            await ask(there, QUESTION, PATIENCE, anything)

    run(story())
    assert received == [b"\x00\x08question"]


def test_a_reply_may_come_byte_by_byte(run: Run) -> None:
    pieces = [bytes([byte]) for byte in framed(b"quite in pieces")]

    async def story() -> None:
        async with stream_server(replying(*pieces)) as there:
            reply = await ask(there, QUESTION, PATIENCE, anything)
            assert reply == b"quite in pieces"

    run(story())


def test_messages_that_are_not_the_reply_are_ignored(run: Run) -> None:
    seen: list[bytes] = []

    def accept(packet: bytes) -> bool:
        seen.append(packet)
        return packet == b"quite right"

    words = (b"quite forged", b"", b"another id", b"quite right", b"quite late")

    async def story() -> None:
        async with stream_server(replying(b"".join(map(framed, words)))) as there:
            assert await ask(there, QUESTION, PATIENCE, accept) == b"quite right"

    run(story())
    assert seen == [b"quite forged", b"quite right"]


def test_the_longest_message_is_taken_whole(run: Run) -> None:
    longest = b"qu" + bytes(range(251)) * 261 + bytes(22)
    assert len(longest) == 65535

    async def story() -> None:
        async with stream_server(replying(framed(longest))) as there:
            assert await ask(there, QUESTION, PATIENCE, anything) == longest

    run(story())


def test_servers_are_reached_over_ipv6(run: Run) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("no IPv6 here")

    async def story() -> None:
        async with stream_server(replying(framed(b"quick answer")), "::1") as there:
            assert await ask(there, QUESTION, PATIENCE, anything) == b"quick answer"

    run(story())


def test_questions_leave_from_the_addresses_configured(run: Run) -> None:
    hosts: list[str] = []

    async def note_host(connection: socket.socket) -> None:
        hosts.append(connection.getpeername()[0])
        await replying(framed(b"quick answer"))(connection)

    async def story() -> None:
        tcp = Tcp(source_addresses=("::1", "127.0.0.2"))
        async with stream_server(note_host) as there:
            with closing(tcp):
                await tcp(there, QUESTION, PATIENCE, anything)

    run(story())
    assert hosts == ["127.0.0.2"]


# --- silence -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "bytes_before",
    [b"", b"\x00", framed(b"quite a reply")[:-4]],
    ids=["at once", "in the length", "in the message"],
)
def test_a_connection_closed_early_is_told_at_once(
    run: Run, bytes_before: bytes
) -> None:
    async def leave(connection: socket.socket) -> None:
        await receive_question(connection)
        await asyncio.get_running_loop().sock_sendall(connection, bytes_before)

    async def story() -> None:
        async with stream_server(leave) as there:
            with pytest.raises(Silence, match=r"^connection closed$"):
                await ask(there, QUESTION, PATIENCE, anything)

    run(story())


def test_a_connection_reset_is_told_at_once(run: Run) -> None:
    async def reset(connection: socket.socket) -> None:
        await receive_question(connection)
        at_once = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)

    async def story() -> None:
        async with stream_server(reset) as there:
            with pytest.raises(Silence, match=r"^connection reset$"):
                await ask(there, QUESTION, PATIENCE, anything)

    run(story())


def test_a_closed_port_is_told_at_once(run: Run) -> None:
    async def story() -> None:
        there = Address("127.0.0.1", closed_port())
        with pytest.raises(Silence, match=r"^connection refused$") as caught:
            await ask(there, QUESTION, PATIENCE, anything)
        assert not isinstance(caught.value, Unreachable)

    run(story())


@pytest.mark.parametrize(
    "handler",
    [keep_quiet, replying(b"\x00"), replying(framed(b"quite a reply")[:-4])],
    ids=["nothing", "half a length", "half a message"],
)
def test_a_slow_server_is_waited_for_no_longer_than_told(
    run: Run, handler: StreamHandler
) -> None:
    async def story() -> None:
        async with stream_server(handler) as there:
            with pytest.raises(Silence, match=r"^timeout$"):
                await ask(there, QUESTION, SHORT, anything)

    run(story())


def test_a_server_that_does_not_take_the_connection_is_waited_for_as_long(
    run: Run,
) -> None:
    async def story() -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            there = Address(*listener.getsockname())
            # The queue holds one connection; the next one's SYN is dropped.
            with (
                socket.create_connection(there, PATIENCE),
                pytest.raises(Silence, match=r"^timeout$"),
            ):
                await ask(there, QUESTION, SHORT, anything)

    run(story())


def test_a_server_that_never_stops_talking_is_left(run: Run) -> None:
    flood = framed(b"x" * 65535)
    sent = 0

    async def talk(connection: socket.socket) -> None:
        nonlocal sent
        while True:
            await asyncio.get_running_loop().sock_sendall(connection, flood)
            sent += len(flood)

    async def story() -> None:
        async with stream_server(talk) as there:
            with pytest.raises(Silence, match=r"^too many bytes$"):
                await ask(there, QUESTION, PATIENCE, lambda _: False)

    run(story())
    assert sent > MAX_BYTES, "it was ready to go on"


def test_an_address_that_is_not_ours_cannot_be_a_source(run: Run) -> None:
    async def story() -> None:
        tcp = Tcp(source_addresses=("192.0.2.99",))
        with pytest.raises(Unreachable, match="cannot assign requested address"):
            await tcp(Address("127.0.0.1"), QUESTION, PATIENCE, anything)

    run(story())


def test_an_address_that_is_no_host_is_told_at_once(run: Run) -> None:
    async def story() -> None:
        with pytest.raises(Unreachable, match=r"unreachable|permission denied|assign"):
            await ask(Address("255.255.255.255"), QUESTION, PATIENCE, anything)

    run(story())


def test_a_fault_in_the_sieve_reaches_the_asker(run: Run) -> None:
    def broken(packet: bytes) -> bool:
        raise ZeroDivisionError

    async def story() -> None:
        async with stream_server(replying(framed(b"quick answer"))) as there:
            with pytest.raises(ZeroDivisionError):
                await ask(there, QUESTION, PATIENCE, broken)

    run(story())


def test_the_loop_forgets_a_connection_that_is_closed() -> None:
    loop = KeepingTimers()

    async def story() -> None:
        known = len(loop.selector.get_map())
        tcp = Tcp()
        async with stream_server(replying(framed(b"quick answer"))) as there:
            await tcp(there, QUESTION, PATIENCE, anything)
            assert len(loop.selector.get_map()) == known + 2, "listener and idle one"
            tcp.close()
            await asyncio.sleep(SHORT)
        assert len(loop.selector.get_map()) == known
        with socket.create_server(("127.0.0.1", 0)) as listener:
            there = Address(*listener.getsockname())
            task = asyncio.ensure_future(tcp(there, QUESTION, PATIENCE, anything))
            await asyncio.sleep(0)
            assert len(loop.selector.get_map()) == known + 1, "it is connecting"
            task.cancel()
            await asyncio.wait([task])
        assert len(loop.selector.get_map()) == known

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(story())
    waits = [timer for timer in loop.timers if timer.when() - loop.time() > 1]
    assert all(timer.cancelled() for timer in waits)


# --- nothing stays open ------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_socket_stays_open_when_the_asker_leaves(run: Run) -> None:
    async def story() -> None:
        left = asyncio.Event()

        async def see_the_end(connection: socket.socket) -> None:
            loop = asyncio.get_running_loop()
            await receive_question(connection)
            arrived.set()
            assert await loop.sock_recv(connection, 1) == b""
            left.set()

        arrived = asyncio.Event()
        async with stream_server(see_the_end) as there:
            before = open_descriptors()
            task = asyncio.create_task(_ask(there))
            await arrived.wait()
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            async with asyncio.timeout(PATIENCE):
                await left.wait()
            await asyncio.sleep(0)
            assert open_descriptors() <= before

    async def _ask(there: Address) -> bytes:
        return await ask(there, QUESTION, PATIENCE, anything)

    run(story())


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_socket_stays_open_however_it_ends(run: Run) -> None:
    async def story() -> None:
        async with stream_server(replying(framed(b"quick answer"))) as there:
            await ask(there, QUESTION, PATIENCE, anything)
            await asyncio.sleep(SHORT)
            before = open_descriptors()
            await ask(there, QUESTION, PATIENCE, anything)
            with pytest.raises(Silence):
                await ask(there, QUESTION, SHORT, lambda _: False)
            with pytest.raises(Silence):
                await ask(
                    Address("127.0.0.1", closed_port()), QUESTION, SHORT, anything
                )
            with pytest.raises(Unreachable):
                await Tcp(("192.0.2.99",))(there, QUESTION, SHORT, anything)
            await asyncio.sleep(SHORT)
            assert open_descriptors() == before

    run(story())
