"""Clients that ask a running resolver all the time, each question once."""

import asyncio
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from resolver.wire import types
from resolver.wire.writer import query
from tests.walk.pretend import question

# Seconds to wait for the last replies; a lost one is not sent again.
PATIENCE = 3.0
# Sockets, so that the kernel deals the questions out among workers.
CLIENTS = 16
# Seconds between two bursts.
PAUSE = 0.001


class Outcome(NamedTuple):
    """`slowest` is in seconds, `failed` counts SERVFAIL and REFUSED."""

    asked: int
    lost: int
    failed: int
    slowest: float
    longest_gap: float


class Client(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.open: dict[bytes, float] = {}
        self.replies: list[tuple[float, float, int]] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        began = self.open.pop(data[:2], None)
        if began is not None:
            self.replies.append((began, time.monotonic(), data[3] & 15))

    def error_received(self, exc: Exception) -> None:
        """A question that met no socket is lost."""


async def wait_for_all(clients: Sequence[Client]) -> None:
    """Wait for the last replies, but not for ever."""
    pauses = int(PATIENCE / PAUSE)
    for _ in range(pauses):
        if not any(client.open for client in clients):
            return
        await asyncio.sleep(PAUSE)


async def load(
    port: int, seconds: float, known: int, new: int, names: Sequence[str]
) -> Outcome:
    """Ask `known` questions for `names` in a second, and `new` for names never seen."""
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(CLIENTS):
        transport, client = await loop.create_datagram_endpoint(
            Client, remote_addr=("127.0.0.1", port)
        )
        clients.append((transport, client))
    bodies = [query(0, question(name), flags=types.RD)[2:] for name in names]
    every = (known + new) // new if new else 0
    started, asked = time.monotonic(), 0
    while (passed := time.monotonic() - started) < seconds:
        while asked < passed * (known + new):
            transport, client = clients[asked % CLIENTS]
            body = bodies[asked % len(bodies)]
            if every and asked % every == 0:
                name = f"x{asked}-{started:.0f}.example.com. A"
                body = query(0, question(name), flags=types.RD)[2:]
            number = (asked // CLIENTS % 65_536).to_bytes(2, "big")
            client.open[number] = time.monotonic()
            transport.sendto(number + body)
            asked += 1
        await asyncio.sleep(PAUSE)
    await wait_for_all([client for _, client in clients])
    replies = sorted(reply for _, client in clients for reply in client.replies)
    for transport, _ in clients:
        transport.close()
    ends = sorted(ended for _, ended, _ in replies)
    return Outcome(
        asked,
        asked - len(replies),
        sum(rcode not in {types.NOERROR, types.NXDOMAIN} for _, _, rcode in replies),
        max(ended - began for began, ended, _ in replies),
        max(after - before for before, after in pairwise(ends)),
    )


if __name__ == "__main__":
    port, seconds, known, new, *names = sys.argv[1:]
    outcome = load(int(port), float(seconds), int(known), int(new), names)
    print(*asyncio.run(outcome))
