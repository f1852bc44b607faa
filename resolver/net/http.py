"""A few pages over HTTP/1, for programs on this machine: the least that is safe.

Each connection is one request: GET or HEAD, no body, and the reply ends it.  That is all
that Prometheus and health checks need, and there is little to get wrong: no state between
requests, nothing that a client sends is kept or repeated.

**Limits.**  A request, line and headers, has so many bytes, a connection so many seconds
from its beginning to its end, whether it is the client that does not send or the one that
does not read, and there are so many connections at a time.  Beyond that they are closed
at once.

**Who asks.**  A web page may have a browser ask an address of this machine under a name
of its own making (DNS rebinding).  So where only this machine may ask, the Host header
has to be an address, or localhost.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple, final

# Bytes of a request; nginx `large_client_header_buffers` 8k.
MAX_REQUEST: Final = 8192
# Seconds of a connection's life; Prometheus' own `scrape_timeout` is 10.
PATIENCE: Final = 5.0
# Connections at a time.
MAX_CONNECTIONS: Final = 32

_END: Final = b"\r\n\r\n"
_PHRASES: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_TEXT: Final = "text/plain; charset=utf-8"


class Page(NamedTuple):
    """What is to be shown: an HTTP status, the text, and what kind of text it is."""

    text: str
    status: int = 200
    kind: str = _TEXT


# Gives the page at a path, or None where there is none.
Pages = Callable[[str], Page | None]


@final
class Http:
    """A listener that shows pages.

    `pages` gives them.  `on_error` is told of what should not happen.
    """

    def __init__(
        self, pages: Pages, on_error: Callable[[str, BaseException], None]
    ) -> None:
        self._pages: Final = pages
        self._on_error: Final = on_error
        self._server: asyncio.Server | None = None
        self._open: Final[set[asyncio.StreamWriter]] = set()
        self._local = True

    async def listen(self, host: str, port: int) -> None:
        """Show pages from now on.  Raises OSError when the address cannot be had."""
        self._local = ipaddress.ip_address(host).is_loopback
        self._server = await asyncio.start_server(
            self._serve, host, port, limit=MAX_REQUEST
        )

    @property
    def port(self) -> int:
        """The port listened on; 0 before and after that."""
        if self._server is None or not self._server.sockets:
            return 0
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def close(self) -> None:
        """Show no more, and end what is being shown."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take one request and end the connection."""
        if len(self._open) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(await self._reply(reader))
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # it has gone, or is too slow: nothing to tell it
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _reply(self, reader: asyncio.StreamReader) -> bytes:
        """Read a request and write the reply to it."""
        try:
            head = await reader.readuntil(_END)
        except asyncio.LimitOverrunError:
            return _written(Page("The request is too long.\n", 431))
        with suppress(UnicodeDecodeError):
            lines = head.decode("ascii").split("\r\n")
            match lines[0].split(" "):
                case [("GET" | "HEAD") as method, path, "HTTP/1.0" | "HTTP/1.1"]:
                    page = self._page(path.partition("?")[0], lines[1:])
                    return _written(page, bare=method == "HEAD")
                case [method, _, "HTTP/1.0" | "HTTP/1.1"] if method.isalpha():
                    return _written(Page("Only GET and HEAD.\n", 405))
                case _:
                    pass
        return _written(Page("This is no HTTP request.\n", 400))

    def _page(self, path: str, headers: list[str]) -> Page:
        if self._local and not all(map(_names_this_machine, headers)):
            return Page("Ask by address, or as localhost.\n", 403)
        try:
            page = self._pages(path)
        except Exception as error:
            self._on_error(f"page {path[:80]!r}", error)
            return Page("There was an error; the log says more.\n", 500)
        return page or Page("There is no such page.\n", 404)


def _names_this_machine(header: str) -> bool:
    """Say whether a header may be sent by who knows whom it asks."""
    name, _, value = header.partition(":")
    if name.lower() != "host":
        return True
    host = value.strip().lower()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    else:
        host = host.partition(":")[0]
    if host in {"", "localhost"}:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _written(page: Page, *, bare: bool = False) -> bytes:
    """Write a reply; a `bare` one is without its text."""
    body = page.text.encode()
    lines = [
        f"HTTP/1.1 {page.status} {_PHRASES[page.status]}",
        f"Content-Type: {page.kind}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Content-Security-Policy: default-src 'none'",
        "Connection: close",
    ]
    if page.status == 405:  # noqa: PLR2004 - RFC 9110 section 15.5.6 wants to know
        lines.append("Allow: GET, HEAD")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return head if bare else head + body
