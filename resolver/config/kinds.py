"""The kinds of values that settings have.

A kind knows three things: the words for what it expects (they serve error messages
and `resolver.toml` alike), how to read a raw TOML value, and how to write a value
back.  `read` raises ValueError; its text says what is wrong with the value and may be
empty where the expectation says it all.

What a kind cannot judge is lent to it by whoever calls the reader: `Surroundings`
brings the folder that relative paths start from, and a parser of DNS records, which
this room, at the bottom of the house, could not import.
"""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from resolver.config.addresses import split_address
from resolver.config.problems import listing, nearest, printable

_MAX_LABEL: Final = 63  # RFC 1035 section 2.3.4
_MAX_NAME_TEXT: Final = 253  # 255 bytes on the wire, as text without the last dot
# RFC 6052 section 2.2.
_DNS64_LENGTHS: Final = (32, 40, 48, 56, 64, 96)
# Bytes of what a server tells of itself.  With a question of 255 bytes and the codes of
# three extended errors it fits into the 512 bytes that every client can take; BIND has
# 128 bytes for NSID, too.
MAX_TEXT: Final = 128
_UNITS: Final = {
    "": 1,
    "B": 1,
    "KB": 10**3,
    "KIB": 2**10,
    "MB": 10**6,
    "MIB": 2**20,
    "GB": 10**9,
    "GIB": 2**30,
}
_NETWORK_WORDS: Final = ("loopback", "private")
_ANCHOR_TYPES: Final = ("DS", "DNSKEY")
_LOCAL_ZONES: Final = (
    "static",
    "redirect",
    "transparent",
    "typetransparent",
    "nxdomain",
    "nodata",
    "refuse",
    "null",
)

# Reads records in zone-file form; raises ValueError if they are wrong.
ParseRecords = Callable[[str], object]


class Surroundings(NamedTuple):
    """What values may refer to: files beside the configuration, and DNS records."""

    folder: Path
    parse_records: ParseRecords | None = None

    def check_records(self, text: str) -> None:
        """Have records parsed, if somebody lent us a parser."""
        if self.parse_records is not None:
            self.parse_records(text)


Read = Callable[[object, Surroundings], object]


class Kind(NamedTuple):
    """A kind of value.  `expected` is what a person would be told to write."""

    expected: str
    read: Read
    write: Callable[[object], str] = lambda value: quoted(value)


def quoted(value: object) -> str:
    """Write a value as TOML does.  Text is kept printable."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{printable(escaped)}"'
        case tuple() | list():
            return "[" + ", ".join(map(quoted, value)) + "]"
        case _:
            return str(value)


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("")  # noqa: TRY004 - the reader turns ValueError into a Problem
    return raw


def choice(*words: str) -> Kind:
    """Make a kind for one of a few words."""

    def read(raw: object, _: Surroundings) -> object:
        if raw not in words:
            raise ValueError(nearest(_text(raw), words).removeprefix("; "))
        return raw

    return Kind(listing([quoted(word) for word in words]), read)


def whole(low: int, high: int, unit: str = "") -> Kind:
    """Make a kind for whole numbers from `low` to `high`, both allowed."""

    def read(raw: object, _: Surroundings) -> object:
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            raise ValueError("")
        return raw

    name = f"whole number of {unit}" if unit else "whole number"
    return Kind(f"a {name} from {low} to {high}", read)


def seconds(low: float, high: float) -> Kind:
    """Make a kind for a time in seconds, with fractions."""

    def read(raw: object, _: Surroundings) -> object:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise ValueError("")  # noqa: TRY004 - see `_text`
        if not low <= raw <= high:
            raise ValueError("")
        return float(raw)

    return Kind(f"a number of seconds from {low:g} to {high:g}", read)


def size(low: int) -> Kind:
    """Make a kind for amounts of memory, read to bytes."""

    def read(raw: object, _: Surroundings) -> object:
        count = _bytes(raw)
        if count < low:
            raise ValueError("that is too little")
        return count

    return Kind(
        f'a size such as "256MB" or "1GiB", or a number of bytes, at least {low}',
        read,
        lambda value: _size_text(value) if isinstance(value, int) else quoted(value),
    )


def _bytes(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    found = re.fullmatch(r"([0-9]+)\s*([A-Za-z]*)", _text(raw).strip())
    if found is None:
        raise ValueError("")
    number, unit = found.groups()
    if unit.upper() not in _UNITS:
        known = ["KB", "MB", "GB", "KiB", "MiB", "GiB"]
        raise ValueError(f"{unit!r} is no unit; they are {', '.join(known)}")
    return int(number) * _UNITS[unit.upper()]


def _size_text(count: int) -> str:
    """Write a size in the largest unit that leaves a whole number."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count and count % factor == 0:
            return f'"{count // factor}{unit}"'
    return str(count)


def _read_switch(raw: object, _: Surroundings) -> object:
    if not isinstance(raw, bool):
        raise ValueError("")  # noqa: TRY004 - see `_text`
    return raw


def _read_workers(raw: object, _: Surroundings) -> object:
    if raw == "auto":
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        raise ValueError("")
    return raw


def _read_listen(raw: object, _: Surroundings) -> object:
    # The port has to be there: "::1:53" is a whole address, not ::1 with a port.
    split_address(_text(raw), port=None)
    return raw


def _read_listen_or_nothing(raw: object, near: Surroundings) -> object:
    return raw if raw == "" else _read_listen(raw, near)


def _read_server(raw: object, _: Surroundings) -> object:
    split_address(_text(raw))
    return raw


def _read_address(raw: object, _: Surroundings) -> object:
    ipaddress.ip_address(_text(raw))
    return raw


def _read_network(raw: object, _: Surroundings) -> object:
    text = _text(raw)
    loose = ipaddress.ip_network(text, strict=False)
    host, _slash, _length = text.partition("/")
    if ipaddress.ip_address(host) != loose.network_address:
        raise ValueError(f"it has host bits set; did you mean {loose}?")
    return raw


def _read_network_or_word(raw: object, near: Surroundings) -> object:
    return raw if raw in _NETWORK_WORDS else _read_network(raw, near)


def _read_name(raw: object, _: Surroundings) -> object:
    text = _text(raw)
    if not text.isascii():
        raise ValueError("write it in its ASCII form (xn--...)")
    bare = text.removesuffix(".")
    if not text or len(bare) > _MAX_NAME_TEXT:
        raise ValueError("")
    if bare and not all(map(_is_label, bare.split("."))):
        raise ValueError("")
    return raw


def _is_label(text: str) -> bool:
    return 0 < len(text) <= _MAX_LABEL and text.isprintable() and " " not in text


def _read_hints(raw: object, near: Surroundings) -> object:
    return _readable(_text(raw), near) if raw != "" else ""


def _readable(text: str, near: Surroundings) -> str:
    """Make the path absolute, and see that its records can be read."""
    path = near.folder / text
    try:
        near.check_records(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    return str(path.absolute())


def _read_record(raw: object, near: Surroundings) -> object:
    text = _text(raw)
    words = text.split()
    if len(words) < 3 or "\n" in text:  # noqa: PLR2004 - owner, type, data
        raise ValueError("")
    _read_name(words[0], near)
    near.check_records(text)
    return raw


def _read_local_zone(raw: object, near: Surroundings) -> object:
    words = _text(raw).split()
    if len(words) != 2:  # noqa: PLR2004 - zone and kind
        raise ValueError("")
    _read_name(words[0], near)
    if words[1] not in _LOCAL_ZONES:
        raise ValueError(nearest(words[1], _LOCAL_ZONES).removeprefix("; "))
    return raw


def _read_anchor(raw: object, near: Surroundings) -> object:
    text = _text(raw)
    if len(text.split()) == 1:
        return _readable(text, near)
    if not any(word.upper() in _ANCHOR_TYPES for word in text.split()[1:4]):
        raise ValueError("")
    return _read_record(raw, near)


def _read_dns64(raw: object, _: Surroundings) -> object:
    if raw == "":
        return raw
    network = ipaddress.IPv6Network(_text(raw))
    if network.prefixlen not in _DNS64_LENGTHS:
        raise ValueError(f"its length has to be {listing(_DNS64_LENGTHS)}")
    return raw


def _read_place(raw: object, near: Surroundings) -> object:
    """Read the path of a file that need not be there yet."""
    text = _text(raw)
    return str((near.folder / text).absolute()) if text else ""


def _read_control(raw: object, near: Surroundings) -> object:
    return raw if raw == "auto" else _read_place(raw, near)


def _read_group(raw: object, _: Surroundings) -> object:
    text = _text(raw)
    if not all(letter.isalnum() or letter in "_-.$" for letter in text):
        raise ValueError("")
    return text


def _read_user(raw: object, _: Surroundings) -> object:
    """Read the name of a user, who need not be known on this machine."""
    text = _text(raw)
    if text and not text.isidentifier() and not text.replace("-", "_").isidentifier():
        raise ValueError
    return text


def identifier(text: str) -> bytes:
    """Give the bytes of an identifier: text, or hexadecimal digits behind `0x`."""
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text.encode()


def _read_nsid(raw: object, _: Surroundings) -> object:
    return _short(raw, identifier(_text(raw)))


def _read_text(raw: object, _: Surroundings) -> object:
    return _short(raw, _text(raw).encode())


def _short(raw: object, data: bytes) -> object:
    if len(data) > MAX_TEXT or not _text(raw).isprintable():
        raise ValueError("")
    return raw


SWITCH: Final = Kind("true or false", _read_switch)
LISTEN: Final = Kind('an address such as "127.0.0.1:53" or "[::1]:53"', _read_listen)
LISTEN_OR_NOTHING: Final = Kind(
    'an address such as "127.0.0.1:9353", or ""', _read_listen_or_nothing
)
SERVER: Final = Kind(
    'a server\'s address such as "192.0.2.53" or "[2001:db8::53]:5353"', _read_server
)
ADDRESS: Final = Kind(
    'an IP address such as "192.0.2.1" or "2001:db8::1"', _read_address
)
NETWORK: Final = Kind(
    'a network such as "192.168.0.0/16" or "2001:db8::/32"', _read_network
)
NETWORK_OR_WORD: Final = Kind(
    'a network such as "192.168.0.0/16", or "loopback", or "private"',
    _read_network_or_word,
)
NAME: Final = Kind('a domain name such as "corp.example"', _read_name)
WORKERS: Final = Kind('a whole number from 1, or "auto"', _read_workers)
HINTS: Final = Kind('a zone file of NS, A and AAAA records, or ""', _read_hints)
RECORD: Final = Kind(
    'a record on one line such as "nas.home.arpa. 300 A 192.168.1.9"', _read_record
)
LOCAL_ZONE: Final = Kind(
    f'a zone and one word: {listing(_LOCAL_ZONES)}, such as "home.arpa static"',
    _read_local_zone,
)
ANCHOR: Final = Kind(
    'a file, or a record such as "example. DS 1 13 2 49FD..."', _read_anchor
)
DNS64_PREFIX: Final = Kind('an IPv6 prefix such as "64:ff9b::/96", or ""', _read_dns64)
TEXT: Final = Kind(f"a text of at most {MAX_TEXT} bytes", _read_text)
NSID: Final = Kind(
    f'a text, or "0x" and hexadecimal digits, of at most {MAX_TEXT} bytes', _read_nsid
)
USER: Final = Kind('the name of a user, or ""', _read_user)
PLACE: Final = Kind('the path of a file, or ""', _read_place)
CONTROL: Final = Kind('the path of a socket, "auto", or ""', _read_control)
GROUP: Final = Kind('the name of a group of users, or ""', _read_group)
