"""Clients, and what becomes of their questions."""

import asyncio

import pytest

from benchmarks.soak import clients as module
from benchmarks.soak.clients import KINDS, RATE, Clients
from resolver.lab.demo import free_port


class Answers(asyncio.DatagramProtocol):
    """Says SERVFAIL to everything, or nothing at all."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.asked = 0
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if not self.silent and self.transport is not None:
            self.transport.sendto(data[:2] + b"\x81\x82" + data[4:], addr)


async def asked(seconds: float, *, silent: bool, excused: bool) -> tuple[Clients, int]:
    port = free_port()
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Answers(silent=silent), local_addr=("127.0.0.1", port)
    )
    clients = Clients(port)
    clients.excused = excused
    await clients.begin()
    await clients.ask_for(seconds)
    await clients.end()
    transport.close()
    assert clients.open == 0
    return clients, server.asked


@pytest.mark.parametrize(("excused", "what"), [(False, "SERVFAIL"), (True, "excused")])
async def test_replies_are_counted_by_kind_and_code(
    *, excused: bool, what: str
) -> None:
    clients, server = await asked(0.5, silent=False, excused=excused)
    over_udp = {code: n for (_, code), n in clients.outcomes.items() if code == what}
    assert over_udp
    kinds = {kind for kind, code in clients.outcomes if code == what}
    assert len(kinds) > 2
    assert kinds <= set(KINDS)
    assert 0.5 * RATE * 0.5 < clients.asked <= RATE
    # Nobody listens on TCP.
    assert sum(clients.outcomes.values()) == clients.asked
    assert server >= 0.9 * clients.asked


async def test_who_gets_no_reply_asks_once_more_and_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    monkeypatch.setattr(module, "STREAMS", 0.0)
    clients, server = await asked(0.1, silent=True, excused=False)
    assert {what for _, what in clients.outcomes} == {"unanswered"}
    assert server == 2 * clients.asked > 0
