"""UDP towards servers, over real sockets on loopback, in every loop that we run in."""

import asyncio
import errno
import secrets
import select
import socket
from pathlib import Path

import pytest

from resolver.net import upstream_udp
from resolver.net.exchange import Unreachable
from resolver.net.upstream_udp import (
    Sources,
    Udp,
    reason,
)
from resolver.ports import Address, Silence
from tests.net.loopback import (
    FACTORIES,
    PATIENCE,
    SHORT,
    KeepingTimers,
    Run,
    Sender,
    anything,
    closed_port,
    datagram_server,
    echo,
    keep_quiet,
    open_descriptors,
    runner,
)


@pytest.fixture(params=FACTORIES)
def run(request: pytest.FixtureRequest) -> Run:
    return runner(request.param)


@pytest.fixture(params=["epoll", "add_reader"])
def watch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "epoll" and not hasattr(select, "epoll"):
        pytest.skip("no epoll here")
    monkeypatch.setattr(upstream_udp, "_IS_LINUX", request.param == "epoll")
    return str(request.param)


# --- replies -----------------------------------------------------------------------


def test_the_reply_comes_back(run: Run, watch: str) -> None:
    async def story() -> None:
        udp = Udp()
        async with datagram_server(echo) as there:
            assert await udp(there, b"question", PATIENCE, anything) == b"question"
        udp.close()

    run(story())


def test_what_is_refused_is_ignored_until_the_right_one_comes(
    run: Run, watch: str
) -> None:
    def three(listener: socket.socket, packet: bytes, sender: Sender) -> None:
        for word in (b"forged", b"", b"right", b"late"):
            listener.sendto(word, sender)

    async def story() -> None:
        seen: list[bytes] = []

        def accept(packet: bytes) -> bool:
            seen.append(packet)
            return packet == b"right"

        udp = Udp()
        async with datagram_server(three) as there:
            assert await udp(there, b"question", PATIENCE, accept) == b"right"
        assert seen == [b"forged", b"", b"right"]
        udp.close()

    run(story())


def test_a_packet_from_elsewhere_is_never_seen(run: Run, watch: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.bind(("127.0.0.1", 0))

        def forged_first(
            listener: socket.socket, packet: bytes, sender: Sender
        ) -> None:
            forger.sendto(b"forged", sender)
            listener.sendto(b"true", sender)

        async def story() -> None:
            udp = Udp()
            async with datagram_server(forged_first) as there:
                assert await udp(there, b"question", PATIENCE, anything) == b"true"
            udp.close()

        run(story())


def test_many_questions_at_once_each_get_their_own_reply(run: Run, watch: str) -> None:
    async def story() -> None:
        udp = Udp()

        async def ask(there: Address, number: int) -> None:
            packet = b"question %d" % number
            assert await udp(there, packet, PATIENCE, packet.__eq__) == packet

        async with datagram_server(echo) as there:
            await asyncio.gather(*(ask(there, number) for number in range(100)))
        udp.close()

    run(story())


def test_the_largest_datagram_is_taken_whole(run: Run) -> None:
    large = b"x" * 65507

    def answer(listener: socket.socket, packet: bytes, sender: Sender) -> None:
        listener.sendto(large, sender)

    async def story() -> None:
        udp = Udp()
        async with datagram_server(answer) as there:
            assert await udp(there, b"question", PATIENCE, anything) == large
        udp.close()

    run(story())


def test_servers_are_reached_over_ipv6(run: Run, watch: str) -> None:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")

    async def story() -> None:
        udp = Udp(source_addresses=("127.0.0.1",))  # of no use for this family
        async with datagram_server(echo, "::1") as there:
            assert await udp(there, b"question", PATIENCE, anything) == b"question"
        udp.close()

    run(story())


def test_one_transport_serves_one_loop_after_the_other(watch: str) -> None:
    udp = Udp()

    async def story() -> None:
        async with datagram_server(echo) as there:
            assert await udp(there, b"question", PATIENCE, anything) == b"question"

    asyncio.run(story())
    asyncio.run(story())
    udp.close()


# --- silence -----------------------------------------------------------------------


def test_a_silent_server_is_waited_for_no_longer_than_told(
    run: Run, watch: str
) -> None:
    async def story() -> None:
        udp = Udp()
        clock = asyncio.get_running_loop().time
        async with datagram_server(keep_quiet) as there:
            started = clock()
            with pytest.raises(Silence, match=r"^timeout$"):
                await udp(there, b"question", SHORT, anything)
        assert SHORT - 0.002 <= clock() - started < PATIENCE
        udp.close()

    run(story())


def test_refused_packets_do_not_stretch_the_wait(run: Run, watch: str) -> None:
    async def story() -> None:
        udp = Udp()
        async with datagram_server(echo) as there:
            with pytest.raises(Silence, match=r"^timeout$"):
                await udp(there, b"question", SHORT, lambda _: False)
        udp.close()

    run(story())


def test_a_closed_port_is_told_at_once(run: Run, watch: str) -> None:
    async def story() -> None:
        udp = Udp()
        there = Address("127.0.0.1", closed_port())
        with pytest.raises(Silence, match=r"^connection refused$") as caught:
            await udp(there, b"question", PATIENCE, anything)
        assert not isinstance(caught.value, Unreachable), "a packet was sent"
        udp.close()

    run(story())


def test_a_network_without_a_route_is_told_at_once(run: Run) -> None:
    there = Address("2001:db8::1")
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(tuple(there))
    except OSError:
        pass
    else:
        pytest.skip("this host has a route to everywhere")

    async def story() -> None:
        udp = Udp()
        with pytest.raises(Unreachable, match=r"unreachable|assign|not supported"):
            await udp(there, b"question", PATIENCE, anything)
        udp.close()

    run(story())


def test_an_address_that_is_no_host_is_told_at_once(run: Run) -> None:
    async def story() -> None:
        udp = Udp()
        with pytest.raises(Unreachable, match=r"permission denied|assign"):
            await udp(Address("255.255.255.255"), b"question", PATIENCE, anything)
        udp.close()

    run(story())


def test_an_address_that_is_not_ours_cannot_be_a_source(run: Run) -> None:
    async def story() -> None:
        udp = Udp(source_addresses=("192.0.2.99",))
        with pytest.raises(Unreachable, match="cannot assign requested address"):
            await udp(Address("127.0.0.1"), b"question", PATIENCE, anything)
        udp.close()

    run(story())


def test_a_fault_in_the_sieve_reaches_the_asker(run: Run, watch: str) -> None:
    def broken(packet: bytes) -> bool:
        raise ZeroDivisionError

    async def story() -> None:
        udp = Udp()
        async with datagram_server(echo) as there:
            with pytest.raises(ZeroDivisionError):
                await udp(there, b"question", PATIENCE, broken)
        udp.close()

    run(story())


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENETUNREACH, "network unreachable"),
        (errno.EHOSTUNREACH, "host unreachable"),
        (errno.EMFILE, "too many open files"),
        (None, "socket error"),
    ],
)
def test_a_reason_is_given_in_words(number: int | None, text: str) -> None:
    assert reason(number) == text


# --- nothing stays open ------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_socket_stays_open_however_it_ends(run: Run, watch: str) -> None:
    async def story() -> None:
        udp = Udp()
        async with datagram_server(echo) as there, datagram_server(keep_quiet) as quiet:
            await udp(there, b"question", PATIENCE, anything)
            before = open_descriptors()
            await udp(there, b"question", PATIENCE, anything)
            for lost in (quiet, Address("127.0.0.1", closed_port())):
                with pytest.raises(Silence):
                    await udp(lost, b"question", SHORT, anything)
            elsewhere = Udp(source_addresses=("192.0.2.99",))
            with pytest.raises(Unreachable):
                await elsewhere(there, b"question", PATIENCE, anything)
            elsewhere.close()
            waiting = asyncio.ensure_future(udp(quiet, b"?", PATIENCE, anything))
            await asyncio.sleep(0)
            assert len(open_descriptors()) > len(before), "the test sees sockets"
            waiting.cancel()
            await asyncio.wait([waiting])
            assert waiting.cancelled()
            await asyncio.sleep(0)  # uvloop lets go of a descriptor a turn later
            assert open_descriptors() == before
        udp.close()

    run(story())


def test_closing_takes_the_loops_reader_away(run: Run, watch: str) -> None:
    async def story() -> None:
        udp = Udp()
        async with datagram_server(keep_quiet) as quiet:
            waiting = asyncio.ensure_future(udp(quiet, b"?", SHORT, anything))
            await asyncio.sleep(0)
            udp.close()
            with pytest.raises(Silence, match="timeout"):
                await waiting
        udp.close()

    run(story())


def test_no_timer_stays_behind(watch: str) -> None:
    loop = KeepingTimers()

    async def story() -> None:
        udp = Udp()
        async with datagram_server(echo) as there:
            await udp(there, b"question", PATIENCE, anything)
        udp.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(story())
    assert [timer.cancelled() for timer in loop.timers] == [True]


async def test_a_wait_that_is_over_takes_nothing_in() -> None:
    waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    waiting.cancel()
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        there.send(b"late")
        upstream_udp._receive(here, anything, waiting)
        assert here.recv(10) == b"late"
    upstream_udp.give_up(waiting)
    assert waiting.cancelled()


async def test_a_socket_with_nothing_to_read_after_all_is_waited_for() -> None:
    waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        here.settimeout(0)
        upstream_udp._receive(here, anything, waiting)
        assert not waiting.done()
        there.send(b"now")
        upstream_udp._receive(here, anything, waiting)
    assert waiting.result() == b"now"


@pytest.mark.skipif(not hasattr(select, "epoll"), reason="an option of Linux")
@pytest.mark.parametrize(
    ("host", "level", "option"),
    [("127.0.0.1", socket.IPPROTO_IP, 10), ("::1", socket.IPPROTO_IPV6, 23)],
)
def test_path_mtus_told_by_strangers_are_not_believed(
    host: str, level: int, option: int
) -> None:
    try:
        opened = upstream_udp._send(
            Address(host, closed_port()), b"question", Sources((), secrets.randbits)
        )
    except Unreachable:
        pytest.skip("no IPv6 here")
    assert opened.getsockopt(level, option) == 5
    opened.close()


def test_a_process_without_free_descriptors_says_so_and_goes_on(
    run: Run, watch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_arguments: int) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")

    async def story() -> None:
        udp = Udp()
        async with datagram_server(echo) as there:
            with monkeypatch.context() as patch:
                patch.setattr(upstream_udp, "Socket", none_left)
                with pytest.raises(Unreachable, match="too many open files"):
                    await udp(there, b"question", PATIENCE, anything)
            assert await udp(there, b"question", PATIENCE, anything) == b"question"
        udp.close()

    run(story())
