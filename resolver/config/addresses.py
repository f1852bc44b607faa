"""Addresses as people write them, taken apart.

IPv6 needs brackets where a port follows: `::1:53` is a whole address of its own, and
guessing which one was meant would make the program listen somewhere else than its
user believes.
"""

import ipaddress
from typing import Final

DNS_PORT: Final = 53  # RFC 1035 section 4.2
MAX_PORT: Final = 65535


def split_address(text: str, port: int | None = DNS_PORT) -> tuple[str, int]:
    """Take `ADDR:PORT` or `[ADDR6]:PORT` apart into host and port.

    The host comes back in its shortest text form.  `port` is used where the text has
    none; with None it has to be written.  Raises ValueError, with a text for
    people, if this is no address or no port.
    """
    host, written = _halves(text)
    if written is None and port is None:
        raise ValueError("the port is missing")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError(f"{host!r} is not an IP address") from None
    if written is None:
        assert port is not None  # noqa: S101 - said above, for the type checker
        return str(address), port
    return str(address), _port(written)


def _halves(text: str) -> tuple[str, str | None]:
    """Cut off the port, if there is one."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or ":" not in host or (rest and not rest.startswith(":")):
            raise ValueError("brackets stand around an IPv6 address")
        return host, rest[1:] if rest else None
    if text.count(":") > 1:
        return text, None
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _port(text: str) -> int:
    # `isdigit` alone would let other scripts' digits through to `int`.
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= MAX_PORT:
        raise ValueError(f"the port {text!r} is not a number from 1 to {MAX_PORT}")
    return int(text)
