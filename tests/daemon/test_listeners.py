"""The sockets of a process, opened and closed while it runs."""

import asyncio
import socket

import pytest

from resolver.daemon.listeners import Listeners
from resolver.lab.demo import free_port
from resolver.net.connections import Connections
from resolver.net.outlet import Send

# Seconds until sockets that the loop was told to close are closed.
CLOSING = 0.01


class Slow:
    """A reception that replies when the test says so."""

    def __init__(self) -> None:
        self.owed: list[Send] = []
        self.asked = asyncio.Event()

    def known(self, packet: bytes, host: str) -> bytes | None:
        return None

    def packet(
        self,
        packet: bytes,
        host: str,
        stream: bool,  # noqa: FBT001 - as Front.packet
        send: Send,
    ) -> None:
        del packet, host, stream
        self.owed.append(send)
        self.asked.set()


def listeners(reception: Slow) -> Listeners:
    loop = asyncio.get_running_loop()
    return Listeners(loop, Connections(loop), reception)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def test_listeners_that_stay_are_not_touched_and_others_are_closed() -> None:
    one, other = free_port(), free_port()
    texts = [f"127.0.0.1:{port}" for port in (one, other)]
    found = listeners(Slow())
    await found.open(texts[:1], None, several=False)
    await found.open(texts, None, several=False)
    assert not is_free(one)
    assert not is_free(other)
    found.keep_only(texts[1:])
    await asyncio.sleep(CLOSING)
    assert is_free(one)
    assert not is_free(other)
    found.close()
    await asyncio.sleep(CLOSING)
    assert is_free(other)
    assert (found.unsent, found.faults) == (0, 0)


async def test_when_a_new_one_cannot_be_had_the_old_ones_stay_and_none_is_new() -> None:
    mine, free, taken = free_port(), free_port(), free_port()
    texts = [f"127.0.0.1:{port}" for port in (mine, free, taken)]
    found = listeners(Slow())
    await found.open(texts[:1], None, several=False)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.bind(("127.0.0.1", taken))
        other.listen()
        with pytest.raises(OSError, match=texts[2]):
            await found.open(texts, None, several=False)
    await asyncio.sleep(CLOSING)
    assert not is_free(mine)
    assert is_free(free)
    assert is_free(taken)
    found.close()
    await asyncio.sleep(CLOSING)


async def test_a_question_is_answered_from_a_socket_that_is_to_be_closed() -> None:
    port, slow = free_port(), Slow()
    found = listeners(slow)
    await found.open([f"127.0.0.1:{port}"], None, several=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        client.send(b"a question")
        async with asyncio.timeout(5):
            await slow.asked.wait()
        found.close()
        await asyncio.sleep(CLOSING)
        slow.owed[0](b"its reply")
        assert await asyncio.to_thread(client.recv, 100) == b"its reply"
    await asyncio.sleep(CLOSING)
    assert is_free(port)
