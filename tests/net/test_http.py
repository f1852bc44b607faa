"""Pages over HTTP, and those who abuse them; over real sockets on loopback."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from resolver.net import http
from resolver.net.http import MAX_CONNECTIONS, MAX_REQUEST, Http, Page


@contextlib.asynccontextmanager
async def shown() -> AsyncIterator[tuple[Http, list[str]]]:
    errors: list[str] = []

    def pages(path: str) -> Page | None:
        if path == "/broken":
            raise RuntimeError("broken")
        return Page("hello\n") if path == "/" else None

    one = Http(pages, lambda what, error: errors.append(f"{what}: {error}"))
    await one.listen("127.0.0.1", 0)
    try:
        yield one, errors
    finally:
        one.close()


async def sent(port: int, data: bytes, *, ending: bool = False) -> bytes:
    """Send bytes and read until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                writer.write(data)
                if ending:
                    writer.write_eof()
                return await reader.read()
            return b""
    finally:
        writer.close()


def status(reply: bytes) -> int:
    return int(reply.split(b" ")[1])


async def test_a_page_is_shown_and_the_connection_ended() -> None:
    async with shown() as (one, _):
        reply = await sent(one.port, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    head, _, body = reply.partition(b"\r\n\r\n")
    assert body == b"hello\n"
    assert head.splitlines()[0] == b"HTTP/1.1 200 OK"
    assert b"Content-Length: 6" in head
    assert b"Connection: close" in head


async def test_head_has_everything_but_the_text() -> None:
    async with shown() as (one, _):
        reply = await sent(one.port, b"HEAD /?x=1 HTTP/1.0\r\n\r\n")
    assert status(reply) == 200
    assert b"Content-Length: 6" in reply
    assert reply.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"GET /else HTTP/1.1\r\n\r\n", 404),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
        (b"DELETE / HTTP/1.1\r\n\r\n", 405),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\xff\x00\r\n\r\n", 400),
        (bytes(range(128, 256)) + b"\r\n\r\n", 400),
        (b"GET /broken HTTP/1.1\r\n\r\n", 500),
        (b"GET /" + b"x" * MAX_REQUEST, 431),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_REQUEST, 431),
    ],
)
async def test_what_is_no_good_request_has_its_answer(data: bytes, wanted: int) -> None:
    async with shown() as (one, errors):
        assert status(await sent(one.port, data)) == wanted
        assert len(errors) == (wanted == 500)
        assert status(await sent(one.port, b"GET / HTTP/1.1\r\n\r\n")) == 200


async def test_the_answer_to_a_wrong_method_names_the_right_ones() -> None:
    async with shown() as (one, _):
        assert b"Allow: GET, HEAD" in await sent(one.port, b"PUT / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("127.0.0.1:9353", 200),
        ("[::1]:9353", 200),
        ("localhost", 200),
        ("LOCALHOST:9353", 200),
        ("127.0.0.1.example.com", 403),
        ("example.com:9353", 403),
    ],
)
async def test_a_browser_that_was_led_here_gets_nothing(host: str, wanted: int) -> None:
    async with shown() as (one, _):
        request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        assert status(await sent(one.port, request)) == wanted


async def test_half_a_request_has_no_answer() -> None:
    async with shown() as (one, _):
        assert await sent(one.port, b"GET / HT", ending=True) == b""


async def test_who_is_slow_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.1)
    async with shown() as (one, _):
        assert await sent(one.port, b"GET / HTTP/1.1\r\n") == b""
        assert status(await sent(one.port, b"GET / HTTP/1.1\r\n\r\n")) == 200


async def test_who_does_not_read_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.1)
    huge = Page("x" * 50_000_000)
    one = Http(lambda path: huge, lambda what, error: None)
    await one.listen("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    await asyncio.sleep(0.5)
    with contextlib.suppress(ConnectionError):
        assert len(await reader.read()) < 50_000_000
    writer.close()
    one.close()


async def test_there_are_so_many_connections_and_no_more() -> None:
    async with shown() as (one, _):
        waiting = [
            await asyncio.open_connection("127.0.0.1", one.port)
            for _ in range(MAX_CONNECTIONS)
        ]
        await asyncio.sleep(0.05)
        assert await sent(one.port, b"GET / HTTP/1.1\r\n\r\n") == b""
        for _, writer in waiting:
            writer.close()
        await asyncio.sleep(0.05)
        assert status(await sent(one.port, b"GET / HTTP/1.1\r\n\r\n")) == 200


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with shown() as (one, _):
        other = Http(lambda path: None, lambda what, error: None)
        assert other.port == 0
        with pytest.raises(OSError, match="in use"):
            await other.listen("127.0.0.1", one.port)
        other.close()
