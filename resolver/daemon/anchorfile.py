"""The file in which followed trust anchors outlive the program.

It is a zone file for people: what is trusted stands there as records, with its state
in words behind it, what is not (or not yet) as comments.  So it may serve as
`dnssec.trust_anchors` somewhere else, and nothing in it is trusted by mistake.

A kill at any moment leaves the file of before or the new one: it is written beside,
brought to the disk, and only then given its name.  The last line is a digest of all
others.  A file that was damaged or written by somebody else is not believed, for who
could write it could have us believe anything; it is set aside for whoever wants to see it.
"""

import hashlib
import os
import re
import stat
import time
from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, final

from resolver.config import Dnssec
from resolver.dnssec.rollover import ADD_HOLD_DOWN, REMOVE_HOLD_DOWN
from resolver.dnssec.watches import ADDPEND, REVOKED, STATES, Tracked, Watch
from resolver.wire import names, types

# Bytes.  Ten keys of a zone take 10 kB.
LARGEST: Final = 1_000_000
NAME: Final = "trust-anchors"

_HEAD: Final = """\
; Trust anchors of this resolver, as they change (RFC 5011).  Version 1.
; The program writes this file, and takes no changes: the last line would not fit.
; To begin anew with the anchors of the configuration, stop it and remove the file.
"""
_ZONE: Final = re.compile(
    r"; zone (\S+): asked (\d+)\b.*?, succeeded (\d+)\b.*?, next (\d+)\b.*?,"
    r" failures (\d+), interval (\d+), retry (\d+)"
)
_KEY: Final = re.compile(
    r"(;?)(\S+) IN (DNSKEY|DS) (\d+) (\d+) (\d+) (\S+)"
    r" ; tag \d+, (\w+) since (\d+)\b.*?, seen (\d+)(, configured)?(?:, .*)?"
)
_DIGEST: Final = "; sha256 "


class Damaged(ValueError):
    """A file that cannot be believed; the text says why."""


def path_of(dnssec: Dnssec) -> str:
    """Say where the file lies; "" where none is kept.

    The configuration says so, or there is the folder that the service manager gives
    to the program for such things.
    """
    if not (dnssec.validate and dnssec.follow_anchor_rollovers):
        return ""
    if dnssec.anchor_state:
        return dnssec.anchor_state
    folder = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return str(Path(folder) / NAME) if folder else ""


def read(path: str) -> dict[bytes, Watch]:
    """Read what was kept; nothing where there is no file.

    Raises Damaged for one that is not to be believed, and OSError.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return {}
    if not stat.S_ISREG(status.st_mode):
        raise Damaged("it is not a file")
    if status.st_uid not in {0, os.geteuid()}:
        raise Damaged("it belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Damaged("others may write it")
    if status.st_size > LARGEST:
        raise Damaged("it is too large")
    return from_text(Path(path).read_bytes())


def to_text(watches: Iterable[Watch]) -> bytes:
    """Write watches as people and `from_text` read them."""
    lines = [_HEAD]
    for watch in watches:
        lines.append(
            f"; zone {names.to_text(watch.zone)}: asked {_moment(watch.asked)},"
            f" succeeded {_moment(watch.succeeded)}, next {_moment(watch.due)},"
            f" failures {watch.failures}, interval {watch.interval},"
            f" retry {watch.retry}\n"
        )
        lines += [_key_line(watch.zone, one) for one in watch.keys]
    body = "".join(lines).encode()
    return body + f"{_DIGEST}{hashlib.sha256(body).hexdigest()}\n".encode()


def from_text(data: bytes) -> dict[bytes, Watch]:
    """Read what `to_text` has written.  Raises Damaged."""
    body, _, digest = data.rpartition(_DIGEST.encode())
    if not body.startswith(_HEAD.encode()):
        raise Damaged("it is not a file of this program")
    if digest != hashlib.sha256(body).hexdigest().encode() + b"\n":
        raise Damaged("it was changed, or is not whole")
    found: dict[bytes, Watch] = {}
    watch: Watch | None = None
    try:
        for line in body[len(_HEAD.encode()) :].decode("ascii").splitlines():
            if zone := _ZONE.fullmatch(line):
                watch = Watch(_name(zone[1]), (), *map(int, zone.groups()[1:]))
            elif watch is not None and (key := _KEY.fullmatch(line)):
                watch = watch._replace(keys=(*watch.keys, _tracked(key)))
            else:
                raise Damaged(f"there is a line that means nothing: {line[:60]}")
            found[watch.zone] = watch
    except (UnicodeError, ValueError) as problem:
        raise Damaged(str(problem)) from problem
    return found


@final
class Disk:
    """The steps of writing a file so that it is there, whole, or not at all."""

    def write(self, path: str, data: bytes) -> None:
        """Write a new file, and have it on the disk."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o644), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, path: str, name: str) -> None:
        """Give a file the name of another, which is no more."""
        Path(path).replace(name)

    def settle(self, folder: str) -> None:
        """Have the names in a folder on the disk."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write(path: str, watches: Iterable[Watch], disk: Disk | None = None) -> None:
    """Keep watches.  Raises OSError; then the file is as it was."""
    disk = disk or Disk()
    beside = f"{path}.new"
    try:
        disk.write(beside, to_text(watches))
        disk.rename(beside, path)
    except OSError:
        with suppress(OSError):
            Path(beside).unlink()
        raise
    disk.settle(str(Path(path).parent))


def set_aside(path: str) -> str:
    """Rename a file that is not believed, and say to what.  Raises OSError."""
    place = Path(path)
    for earlier in place.parent.glob(f"{place.name}.damaged-*"):
        earlier.unlink()  # one is enough to look at
    aside = f"{path}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    place.rename(aside)
    return aside


def _key_line(zone: bytes, one: Tracked) -> str:
    trusted = "" if one.is_trusted else ";"
    head = one.rdata[:4]
    if one.rdtype == types.DS:
        kind, rest = "DS", one.rdata[4:].hex().upper()
        numbers = int.from_bytes(head[:2], "big"), head[2], head[3]
    else:
        kind, rest = "DNSKEY", b64encode(one.rdata[4:]).decode()
        numbers = int.from_bytes(head[:2], "big"), head[2], head[3]
    words = f"tag {one.tag}, {one.state} since {_moment(one.since)}, seen {one.seen}"
    words += ", configured" if one.configured else ""
    return (
        f"{trusted}{names.to_text(zone)} IN {kind}"
        f" {numbers[0]} {numbers[1]} {numbers[2]} {rest} ; {words}{_outlook(one)}\n"
    )


def _outlook(one: Tracked) -> str:
    """Say in words what comes next."""
    if one.state == ADDPEND:
        return f", trusted after {_date(one.since + ADD_HOLD_DOWN)} if it stays"
    if one.state == REVOKED:
        return f", removed after {_date(one.since + REMOVE_HOLD_DOWN)} if it is gone"
    return ""


def _tracked(key: re.Match[str]) -> Tracked:
    numbers = [int(text) for text in key.groups()[3:6]]
    head = numbers[0].to_bytes(2, "big") + bytes(numbers[1:])
    state = key[8]
    if state not in STATES:
        raise Damaged(f"{state} is no state")
    if key[3] == "DS":
        rdtype, rest = types.DS, bytes.fromhex(key[7])
    else:
        rdtype, rest = types.DNSKEY, b64decode(key[7], validate=True)
    since, seen = int(key[9]), int(key[10])
    return Tracked(rdtype, head + rest, state, since, seen, key[11] is not None)


def _name(text: str) -> bytes:
    if text == ".":
        return names.ROOT
    # Brings all of dnspython along, and most configurations have the root alone.
    from resolver.wire.presentation import name_from_text  # noqa: PLC0415

    return name_from_text(text)


def _moment(seconds: int) -> str:
    return f"{seconds} ({_date(seconds)})" if seconds else "0 (never)"


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
