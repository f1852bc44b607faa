"""What the tests of TCP share: a pretend transport, and a table of connections."""

import asyncio
from typing import Any

from resolver.net.connections import Connections, Limits
from resolver.net.tcp import TcpConnection
from tests.net.reception import Stage, settle

DEFAULTS = Limits()


class PretendTransport(asyncio.Transport):
    """A connection whose client reads when the test says so."""

    def __init__(self, host: str | None) -> None:
        peer = None if host is None else (host, 4242)
        super().__init__({"peername": peer})
        self.protocol: TcpConnection | None = None
        self.written = b""
        self.unread = 0
        self.client_reads = True
        self.high = 0
        self._reading = True
        self.end = "open"  # then "closed", then perhaps "aborted"

    def write(self, data: Any) -> None:
        assert self.end == "open"
        self.written += data
        if not self.client_reads:
            was, self.unread = self.unread, self.unread + len(data)
            if was <= self.high < self.unread:
                self._connection().pause_writing()

    def read_all(self) -> None:
        self.unread = 0
        self._connection().resume_writing()

    def get_write_buffer_size(self) -> int:
        return self.unread

    def set_write_buffer_limits(
        self, high: int | None = None, low: int | None = None
    ) -> None:
        assert high is not None
        self.high = high

    def is_reading(self) -> bool:
        return self._reading

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True

    def close(self) -> None:
        self.end = "closed"
        if not self.unread:
            self._lose()

    def abort(self) -> None:
        self.end = "aborted"
        self._lose()

    def _lose(self) -> None:
        if self.protocol is not None:
            loop = asyncio.get_running_loop()
            loop.call_soon(self.protocol.connection_lost, None)
            self.protocol = None

    def _connection(self) -> TcpConnection:
        assert self.protocol is not None
        return self.protocol


class Table:
    """A reception and its connections."""

    def __init__(self, limits: Limits = DEFAULTS) -> None:
        self.stage = Stage(query_deadline=60)
        self.front = self.stage.front
        self.service = self.stage.service
        self.connections = Connections(asyncio.get_running_loop(), limits)

    def connect(
        self, host: str | None = "192.0.2.7"
    ) -> tuple[TcpConnection, PretendTransport]:
        connection = TcpConnection(self.front, self.connections)
        transport = PretendTransport(host)
        transport.protocol = connection
        connection.connection_made(transport)
        return connection, transport

    async def answer(self, *words: str) -> None:
        await settle()
        for word in words:
            self.service.answer(word)
        await settle()
