"""Before the first client: who serves the root, or whom it is forwarded to."""

import asyncio
from dataclasses import replace
from typing import Any, cast

from resolver.config import Config, Dnssec, Forward, Recursion
from resolver.daemon.priming import prime
from resolver.daemon.process import Process
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.reader import question_of
from tests.daemon.running import Internet


class Forwarder(asyncio.DatagramProtocol):
    """Knows nothing, and says so; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        assert self.transport is not None
        self.asked.append(question_of(data)[0])
        self.transport.sendto(data[:2] + b"\x81\x80" + data[4:], addr)


async def test_who_forwards_everything_asks_whom_he_forwards_to(
    internet: Internet,
) -> None:
    loop = asyncio.get_running_loop()
    transport, forwarder = await loop.create_datagram_endpoint(
        Forwarder, ("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    hints = internet.config(0).split('root_hints = "')[1].split('"')[0]
    forwarding = replace(
        Config(),
        recursion=Recursion(root_hints=hints, server_port=internet.port, never_ask=()),
        forward=(Forward(zone=".", servers=(f"127.0.0.1:{port}",)),),
        dnssec=Dnssec(validate=False),
    )
    asked = len(internet.asked)
    one = Process(forwarding, None, loop)
    async with asyncio.timeout(10):
        await prime(forwarding, one.subject.core, one.subject.clock)
    assert Question(b"\0", types.NS) in forwarder.asked
    assert internet.asked[asked:] == []
    await one.close()
    transport.close()
    await asyncio.sleep(0.01)  # until sockets are closed that were told to
