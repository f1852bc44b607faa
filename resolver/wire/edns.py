"""The OPT record: what DNS learned to say after 1987 (RFC 6891).

OPT is a record only in shape.  Its class is a buffer size, its TTL holds the upper
bits of the response code, a version and flags, and its data is a list of options.
So it leaves the additional section when a message is read (`Message.edns`), and is
put back behind it when one is written.

Options stay (code, bytes) pairs: most of them are for others, and those that we mean
something by are built and read by the small functions at the end.
"""

from struct import Struct
from typing import Final

from resolver.wire import types
from resolver.wire.message import Edns
from resolver.wire.rdata import Malformed

# Option codes, IANA registry "DNS EDNS0 Option Codes (OPT)".
NSID: Final = 3
CLIENT_SUBNET: Final = 8
COOKIE: Final = 10
KEEPALIVE: Final = 11
PADDING: Final = 12
EXTENDED_ERROR: Final = 15

# Options read from one message; the rest is passed over.  Unbound has a fixed number
# since CVE-2026-41292.
MAX_OPTIONS: Final = 32
# Bytes of text in one extended error.  A question of 255 bytes, OPT, a cookie of 24
# bytes and one such error fit into the 512 bytes that every client can take.
MAX_ERROR_TEXT: Final = 192

_RECORD: Final = Struct("!BHHIH")  # root, type, size, code and flags, length
_OPTION: Final = Struct("!HH")
_LENGTH: Final = 2  # bytes of the length, the last thing before the options
_DO: Final = 0x8000
_ERROR_CODE: Final = 2  # bytes before the text of an extended error
# How a keepalive option tells a time-out: tenths of a second, and two bytes of them
# (RFC 7828 section 3.1).
_TENTHS: Final = 10
_TIMEOUT: Final = 2
_MAX_TIMEOUT: Final = 0xFFFF
# Bytes of a message: all that its length on a stream can say (RFC 1035 section 4.2.2).
_MAX_MESSAGE: Final = 0xFFFF


def decode(data: bytes, size: int, ttl: int) -> Edns:
    """Make sense of an OPT record's data, class and TTL.

    The response-code bits of the TTL are left to the caller.  Raises `Malformed`.
    """
    options: list[tuple[int, bytes]] = []
    at = 0
    while at < len(data) and len(options) < MAX_OPTIONS:
        start = at + _OPTION.size
        if start > len(data):
            raise Malformed(f"an EDNS option at byte {at} of OPT is cut short")
        code, length = _OPTION.unpack_from(data, at)
        at = start + length
        if at > len(data):
            raise Malformed(f"an EDNS option of {length} bytes leaves its record")
        options.append((code, data[start:at]))
    return Edns(size, ttl & _DO != 0, ttl >> 16 & 0xFF, tuple(options))


def encode(edns: Edns, rcode: int = types.NOERROR) -> bytes:
    """Build the whole OPT record, with the upper bits of the response code."""
    size, do, version, options = edns
    ttl = rcode >> 4 << 24 | version << 16
    if do:
        ttl |= _DO
    if not options:
        return _RECORD.pack(0, types.OPT, size, ttl, 0)
    data = b"".join([_OPTION.pack(code, len(value)) + value for code, value in options])
    return _RECORD.pack(0, types.OPT, size, ttl, len(data)) + data


def before_cookie(edns: Edns, size: int) -> bytes:
    """Build an OPT record whose last option is a cookie, up to the cookie's bytes.

    `size` is how many these will be: what differs from server to server and time to
    time can then be put behind what does not.
    """
    options = (*edns.options, (COOKIE, bytes(size)))
    whole = encode(edns._replace(options=options))
    return whole[: len(whole) - size]


def cookie(edns: Edns) -> bytes:
    """Give the bytes of the first cookie (RFC 7873 section 4), none if there is none."""
    for code, data in edns.options:
        if code == COOKIE:
            return data
    return b""


def is_keepalive_broken(edns: Edns) -> bool:
    """Say whether a query has a keepalive option with a time-out of its own.

    That is for servers to say (RFC 7828 section 3.2.1).
    """
    broken = any(code == KEEPALIVE and data for code, data in edns.options)
    return broken and not edns.version  # another version may mean something else


def with_keepalive(packet: bytes, edns: Edns, seconds: float) -> bytes:
    """Say in a message how long its connection may be idle (RFC 7828).

    `packet` ends in the OPT record that `edns` was written as.  It stays as it is where
    there is no room.
    """
    timeout = min(int(seconds * _TENTHS), _MAX_TIMEOUT)
    added = _OPTION.pack(KEEPALIVE, _TIMEOUT) + timeout.to_bytes(_TIMEOUT, "big")
    if len(packet) + len(added) > _MAX_MESSAGE:
        return packet
    size = 0
    for _, data in edns.options:
        size += _OPTION.size + len(data)
    at = len(packet) - size
    length = (size + len(added)).to_bytes(_LENGTH, "big")
    return packet[: at - _LENGTH] + length + packet[at:] + added


def extended_error(code: int, text: str) -> tuple[int, bytes]:
    """Build an Extended DNS Error option (RFC 8914).

    The text is cut at `MAX_ERROR_TEXT` bytes of UTF-8, never inside a character.
    """
    cut = text.encode(errors="replace")[:MAX_ERROR_TEXT]
    whole = cut.decode(errors="ignore").encode()
    return EXTENDED_ERROR, code.to_bytes(_ERROR_CODE, "big") + whole


def extended_errors(edns: Edns) -> list[tuple[int, str]]:
    """List the (code, text) of all Extended DNS Errors; broken ones are left out.

    The text is whatever the sender chose: not fit for a terminal as it is.
    """
    return [
        (
            int.from_bytes(data[:_ERROR_CODE], "big"),
            # Some senders end the text with a zero byte (RFC 8914 section 2).
            data[_ERROR_CODE:].removesuffix(b"\0").decode(errors="replace"),
        )
        for code, data in edns.options
        if code == EXTENDED_ERROR and len(data) >= _ERROR_CODE
    ]
