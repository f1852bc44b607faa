"""The cache in a file: `resolver cache dump` and `resolver cache load`.

One JSON object a line.  The first says what this is and when it was written; each other
is an entry: its name and type, when it expires (seconds since 1970), what it was worth,
and its records in zone-file form, for people and their tools.

What is in a file is nobody's word: every line is read as a stranger's, and what it says
about security is for people only (the running program validates anew).
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from resolver.cli.control import Connection, Refusal
from resolver.config import printable
from resolver.config.meeting import MAX_LOAD, MAX_REQUEST
from resolver.wire import names, types
from resolver.wire.message import RRset
from resolver.wire.presentation import (
    rrset_text,
    rrsets_from_text,
    type_from_text,
    type_text,
)

FORMAT: Final = 1
_HEAD: Final = "resolver-cache"
# Bytes of one line; an entry of the cache has at most 16 KiB on the wire.
MAX_LINE: Final = 1 << 18
# Lines that are complained of one by one.
MAX_COMPLAINTS: Final = 20


class Unusable(ValueError):
    """A line says nothing that could be taken into a cache."""


def dump(connection: Connection, file: str, *, as_json: bool) -> int:
    """Write everything to a file, which is there only when it is complete."""
    path = Path(file)
    count = 0
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as stream:
                head = {_HEAD: FORMAT, "written": round(_wall(), 3)}
                stream.write(json.dumps(head) + "\n")
                for entry in _entries(connection):
                    stream.write(json.dumps(entry) + "\n")
                    count += 1
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror or error}") from None
    _tell({"written": count}, f"{count:,} entries written to {file}", as_json=as_json)
    return 0


def _entries(connection: Connection) -> Iterator[dict[str, object]]:
    """Get all entries of all workers, each once."""
    status: Any = connection.run("status")
    workers = [it["worker"] for it in status["workers"]]
    seen: set[tuple[str, int | None]] = set()
    for worker in workers:
        part, parts = 0, 1
        while part < parts:
            arguments: dict[str, object] = {"part": part}
            if len(workers) > 1:
                arguments["worker"] = worker
            told: Any = connection.run("cache-dump", arguments)
            parts = told["parts"]
            part += 1
            for entry in told["entries"]:
                what = (entry["name"], entry["type"])
                if what not in seen:
                    if len(workers) > 1:
                        seen.add(what)
                    yield _written(entry, told["wall"])


def _written(entry: dict[str, Any], wall: float) -> dict[str, object]:
    ttl = max(1, int(entry["left"]))
    return {
        "name": entry["name"],
        "type": None if entry["type"] is None else type_text(entry["type"]),
        "nothing": entry["nothing"],
        "expires": round(wall + entry["left"], 3),
        "ttl": entry["ttl"],
        "security": entry["security"],
        "rank": entry["rank"],
        "records": [] if entry["set"] is None else _lines(entry["set"], ttl),
        "proofs": [line for it in entry["proofs"] for line in _lines(it, ttl)],
    }


def _lines(told: dict[str, Any], ttl: int) -> list[str]:
    rrset = RRset(
        names.from_text(told["name"]),
        told["type"],
        ttl,
        tuple(bytes.fromhex(it) for it in told["data"]),
        tuple(bytes.fromhex(it) for it in told["signatures"]),
    )
    return rrset_text(rrset).split("\n")


def load(connection: Connection, file: str, *, as_json: bool) -> int:
    """Take a file into the cache; 1 if there is a line in it that cannot be used."""
    loading = _Loading(connection)
    try:
        with Path(file).open("rb") as stream:
            _check_head(stream.readline(MAX_LINE))
            number = 1
            while line := stream.readline(MAX_LINE):
                number += 1
                loading.take(number, line)
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror or error}") from None
    loading.send()
    told = {
        "kept": loading.kept,
        "expired": loading.expired,
        "refused": loading.refused,
    }
    for number, reason in loading.complaints:
        _tell({}, f"{file}:{number}: {reason}", as_json=as_json)
    text = f"{loading.kept:,} entries taken, {loading.expired:,} had expired"
    if loading.refused:
        text += f", {loading.refused:,} cannot be used"
    _tell(told, text, as_json=as_json)
    return 1 if loading.refused else 0


class _Loading:
    """Entries on their way, some hundred at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection
        self._waiting: list[tuple[int, dict[str, object]]] = []
        self._size = 0
        self.kept = 0
        self.expired = 0
        self.refused = 0
        self.complaints: Final[list[tuple[int, str]]] = []

    def take(self, number: int, line: bytes) -> None:
        """Read a line, and send it with others."""
        try:
            entry = read_entry(line, _wall())
        except Unusable as error:
            self._refuse(number, str(error))
            return
        if entry is None:
            self.expired += 1
            return
        # In hexadecimal an entry takes no more than twice what its line does.
        size = 2 * len(line)
        if self._size + size > MAX_REQUEST // 2:
            self.send()
        self._waiting.append((number, entry))
        self._size += size
        if len(self._waiting) >= MAX_LOAD:
            self.send()

    def send(self) -> None:
        """Send what is waiting."""
        if not self._waiting:
            return
        entries = [entry for _, entry in self._waiting]
        told: Any = self._connection.run("cache-load", {"entries": entries})
        self.kept += told["kept"]
        for position, reason in told["refused"]:
            self._refuse(self._waiting[position][0], reason)
        self._waiting = []
        self._size = 0

    def _refuse(self, number: int, reason: str) -> None:
        self.refused += 1
        if len(self.complaints) < MAX_COMPLAINTS:
            self.complaints.append((number, reason))


def read_entry(line: bytes, wall: float) -> dict[str, object] | None:
    """Read a line as `cache-load` wants it; None for what has expired.

    Raises `Unusable`.
    """
    if not line.endswith(b"\n"):
        raise Unusable("the line is too long, or the file has been cut off")
    try:
        entry = json.loads(line)
        expires, ttl = float(entry["expires"]), float(entry["ttl"])
        kind = entry["type"]
        rdtype = None if kind is None else type_from_text(kind)
        found = _read_sets(entry["records"])
        proofs = _read_sets(entry["proofs"])
        name, nothing = str(entry["name"]), str(entry["nothing"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Unusable(f"not an entry: {error}") from None
    # A clock that was set back makes nothing last longer than it did.
    left = min(expires - wall, ttl)
    if not left >= 1:
        return None
    if len(found) > 1:
        raise Unusable("not an entry: it has several sets")
    return {
        "name": name,
        "type": rdtype,
        "nothing": nothing,
        "left": left,
        "set": found[0] if found else None,
        "proofs": proofs,
    }


def _read_sets(lines: list[str]) -> list[dict[str, object]]:
    return [
        {
            "name": names.to_text(it.name),
            "type": it.rdtype,
            "data": [data.hex() for data in it.rdatas],
            "signatures": [data.hex() for data in it.signatures],
        }
        for it in rrsets_from_text("\n".join(lines))
        if it.rdclass == types.IN
    ]


def _check_head(line: bytes) -> None:
    try:
        head = json.loads(line)
        version = head[_HEAD]
    except (ValueError, TypeError, KeyError):
        raise Refusal("that is not a dump of a cache") from None
    if version != FORMAT:
        raise Refusal("another version of this program has written it")


def _wall() -> float:
    return time.time()  # noqa: TID251 - entries expire by the wall clock


def _tell(told: Mapping[str, object], text: str, *, as_json: bool) -> None:
    if not as_json:
        print(printable(text))
    elif told:
        print(json.dumps(told))
