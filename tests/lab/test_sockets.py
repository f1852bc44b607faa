"""The box on real sockets, on loopback."""

import asyncio
import socket

import dns.message
import pytest

from resolver.lab.behaviours import HONEST, Behaviour, first, instead, later
from resolver.lab.box import Box
from resolver.lab.catalogue import named
from resolver.lab.description import Host, Ingredient, ZoneSpec

BEHAVIOURS = {
    "127.53.0.1": HONEST,
    "127.53.0.2": named("hangs-up"),
    "127.53.0.3": named("dead"),
    "127.53.0.4": Behaviour("late", "", later(0.03)),
    "127.53.0.5": Behaviour("two", "", first(lambda asked: b"forged")),
    "127.53.0.6": Behaviour("mute", "", instead()),
}
HOSTS = tuple(
    Host(f"ns{number}.", (address,), behaviour)
    for number, (address, behaviour) in enumerate(BEHAVIOURS.items())
)
TEXT = "www A 192.0.2.1\n" + "\n".join(f"big A 192.0.2.{each}" for each in range(99))
BOX = Box([Ingredient("", "", (ZoneSpec(".", HOSTS, TEXT),))])
QUERY = dns.message.make_query("www.", "A").to_wire()


async def over_udp(address: str, port: int, count: int = 1) -> list[bytes]:
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(0)
        link.connect((address, port))
        await loop.sock_sendall(link, QUERY)
        async with asyncio.timeout(5):
            return [await loop.sock_recv(link, 65535) for _ in range(count)]


async def over_tcp(address: str, port: int, queries: list[bytes]) -> list[bytes]:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        for query in queries:
            writer.write(len(query).to_bytes(2, "big") + query)
        replies = []
        async with asyncio.timeout(5):
            for _ in queries:
                length = int.from_bytes(await reader.readexactly(2), "big")
                replies.append(await reader.readexactly(length))
        return replies
    finally:
        writer.close()
        await writer.wait_closed()


async def test_the_servers_of_the_box_listen_on_one_port() -> None:
    async with BOX.running(0) as running:
        for address in ("127.53.0.1", "127.53.0.4"):
            (packet,) = await over_udp(address, running.port)
            assert packet == BOX.respond_to(address, QUERY)


async def test_tcp_takes_several_questions_and_long_answers() -> None:
    big = dns.message.make_query("big.", "A").to_wire()
    async with BOX.running(0) as running:
        replies = await over_tcp("127.53.0.1", running.port, [QUERY, big])
    assert [
        dns.message.from_wire(each).question[0].name.to_text() for each in replies
    ] == [
        "www.",
        "big.",
    ]
    assert len(replies[1]) > 512


async def test_a_server_may_send_several_packets() -> None:
    async with BOX.running(0) as running:
        packets = await over_udp("127.53.0.5", running.port, 2)
    assert packets == [b"forged", BOX.respond_to("127.53.0.1", QUERY)]


async def test_a_late_answer_is_late() -> None:
    async with BOX.running(0) as running:
        start = asyncio.get_running_loop().time()
        await over_udp("127.53.0.4", running.port)
        await over_tcp("127.53.0.4", running.port, [QUERY])
        assert asyncio.get_running_loop().time() - start >= 0.06


async def test_a_server_may_hang_up() -> None:
    async with BOX.running(0) as running:
        with pytest.raises(asyncio.IncompleteReadError):
            await over_tcp("127.53.0.2", running.port, [QUERY])


async def test_a_dead_server_is_refused_by_the_kernel() -> None:
    async with BOX.running(0) as running:
        with pytest.raises(ConnectionRefusedError):
            await over_udp("127.53.0.3", running.port)
        with pytest.raises(ConnectionRefusedError):
            await over_tcp("127.53.0.3", running.port, [QUERY])


async def test_a_machine_without_ipv6_leaves_those_servers_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosts = (Host("ns.", ("127.53.0.1", "::1")),)
    box = Box([Ingredient("", "", (ZoneSpec(".", hosts, TEXT),))])
    monkeypatch.setattr("resolver.lab.sockets._has_ipv6", lambda: False)
    async with box.running(0) as running:
        assert running.left_out == ("::1",)
        assert await over_udp("127.53.0.1", running.port)


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with BOX.running(0) as running:
        with pytest.raises(OSError, match="in use"):
            async with BOX.running(running.port):
                raise AssertionError("two boxes on one port")


async def test_the_end_leaves_no_socket_open() -> None:
    """A silent server has a client waiting on TCP, and a late one a packet to send."""
    async with BOX.running(0) as running:
        port = running.port
        reader, writer = await asyncio.open_connection("127.53.0.6", port)
        writer.write(len(QUERY).to_bytes(2, "big") + QUERY)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
            link.sendto(QUERY, ("127.53.0.4", port))
            await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    for address in ("127.53.0.1", "127.53.0.4"):
        with pytest.raises(ConnectionRefusedError):
            await over_udp(address, port)
    await asyncio.sleep(0.05)  # the late packet's time: nobody is there to send it
