"""The same packets on both paths: the same replies, byte for byte.

A real hot room, real sockets, and a service that is pretended; every packet is sent to
a listener that takes batches and to one that does not.
"""

import asyncio
import random
import socket
from collections.abc import Iterator

import pytest

from resolver.hot.replies import Replies
from resolver.net.batch import Hot
from resolver.net.door import Door
from resolver.net.front import Front
from resolver.net.mmsg import system_calls
from resolver.net.query import Query
from resolver.net.udp import listen_udp
from resolver.net.watch import Patience
from resolver.ports import Errand, Resolution
from tests.hot.packets import DO, HTTPS, MIXED, NAME, ROOMY, A, query, reply_to
from tests.net.reception import Run, on_both_loops

LONG_NAME = b"".join(b"\x3f" + letter * 63 for letter in (b"a", b"b", b"c")) + b"\x00"
STRANGER = "127.0.0.66"


class Answering:
    """A service that has an answer at once, and says of whom it was asked."""

    def receive(self, packet: bytes, host: str, *, stream: bool, now: float) -> bytes:
        return packet[:300] + b" the long way from " + host.encode()

    async def resolve(self, query: Query, errand: Errand) -> Resolution:
        raise AssertionError("everything is answered at once")

    def late(self, query: Query, now: float) -> Resolution | None:
        raise AssertionError("everything is answered at once")

    def compose(self, query: Query, resolution: Resolution, now: float) -> bytes:
        raise AssertionError("everything is answered at once")


def some_packets(dice: random.Random) -> Iterator[bytes]:
    """Queries known and unknown, plain and odd, with numbers for ids."""
    for number in range(600):
        name = dice.choice([NAME, NAME, MIXED, LONG_NAME, b"\x05other\x00"])
        size = dice.choice([None, 0, 512, 1232, 1232, 4096])
        packet = query(
            name,
            dice.choice([A, A, HTTPS, 97]),
            dice.choice([0x0100, 0x0100, 0x0110, 0x0120]),
            size,
            dice.choice([0, DO]),
            number,
            b"" if size is None else dice.choice([b"", b"8 bytes."]),
        )
        if dice.random() < 0.2:
            place = dice.randrange(2, len(packet))
            packet = packet[:place] + bytes([dice.randrange(256)]) + packet[place + 1 :]
        if dice.random() < 0.1:
            packet = packet[: dice.randrange(2, len(packet))]
        if dice.random() < 0.1:
            packet += bytes(dice.choice([1, 255, 256, 1000]))
        yield packet


def full_room() -> Replies:
    replies = Replies(ROOMY)
    for name in (NAME, LONG_NAME):
        for rdtype in (A, HTTPS):
            for size, flags in ((None, 0), (1232, 0), (1232, DO)):
                packet = query(name, rdtype, size=size, opt_flags=flags)
                reply, offsets = reply_to(packet, 300, 60, padding=rdtype)
                replies.remember(packet, reply, offsets, 7.5, 67.5)
    return replies


async def replies_of(
    front: Front[Query], hot: Hot | None, host: str, packets: list[bytes]
) -> list[list[bytes]]:
    """Send all packets from two hosts; give what came back to each, by id."""
    loop = asyncio.get_running_loop()
    listener = await listen_udp(host, 0, front, loop, hot=hot)
    heard = []
    for source in ("127.0.0.1", STRANGER):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0)
            client.bind((source, 0))
            client.connect(("127.0.0.1", listener.address[1]))
            heard.append(await ask_all(client, packets))
    listener.close()
    await asyncio.sleep(0)
    return heard


async def ask_all(client: socket.socket, packets: list[bytes]) -> list[bytes]:
    loop = asyncio.get_running_loop()
    heard = []
    async with asyncio.timeout(20):
        for start in range(0, len(packets), 100):
            some = packets[start : start + 100]
            for packet in some:
                client.send(packet)
            heard += [await loop.sock_recv(client, 65_535) for _ in some]
    return sorted(heard)


@on_both_loops
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_both_paths_give_the_same_replies(run: Run, host: str) -> None:
    calls = system_calls()
    if calls is None:
        pytest.skip("no recvmmsg and sendmmsg here, or not as known")

    async def story() -> None:
        now = 8.25
        errors: list[BaseException] = []
        packets = list(some_packets(random.Random(1)))
        heard, hits = [], []
        for batches in (False, True):
            replies = full_room()
            front = Front(
                Answering(),
                replies,
                lambda: now,
                Door(lambda client: client != STRANGER),
                Patience(8.0),
                lambda what, error: errors.append(error),
            )
            hot = Hot(replies.answer_many, front._door, lambda: now, calls)
            heard.append(
                await replies_of(front, hot if batches else None, host, packets)
            )
            hits.append((replies.rcodes, replies.misses))
        assert heard[0] == heard[1]
        assert hits[0] == hits[1]
        assert hits[0][0][0] > 100
        assert errors == []

    run(story())
