"""The cache in a file."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver.cli import cachefile
from resolver.cli.cachefile import MAX_COMPLAINTS, Unusable, dump, load, read_entry
from resolver.cli.control import Connection, Refusal
from resolver.lab.box import Box
from tests.cli.listening import Host, commands_of, listening
from tests.daemon.subjects import WALL, Asked

Output = pytest.CaptureFixture[str]
NAMES = ("www.example.com. A", "nope.example.com. A", "www.example.com. MX")


@pytest.fixture(scope="module")
def box() -> Box:
    return Box.standard()


@pytest.fixture
def one(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setattr(cachefile, "_wall", lambda: WALL + 1000.0)
    return Asked(box, tmp_path)


@pytest.fixture
def connection(one: Asked, tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "c"
    with listening(path, commands_of(one, Host())), Connection([str(path)]) as found:
        found.run("status")  # it has been accepted
        yield found


def test_a_dump_is_for_people_too_and_only_for_its_owner(
    one: Asked, connection: Connection, tmp_path: Path, capsys: Output
) -> None:
    for text in NAMES:
        one.ask(text)
    file = tmp_path / "dump"
    assert dump(connection, str(file), as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {"written": 3}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    head, *lines = map(json.loads, file.read_text().splitlines())
    assert head["resolver-cache"] == 1
    found = {(it["name"], it["type"], it["nothing"]): it for it in lines}
    assert set(found) == {
        ("www.example.com.", "A", ""),
        ("www.example.com.", "MX", "NODATA"),
        ("nope.example.com.", None, "NXDOMAIN"),
    }
    address = found["www.example.com.", "A", ""]["records"]
    assert address[0].startswith("www.example.com. 3")
    assert address[0].endswith(" IN A 192.0.2.2")
    assert list(tmp_path.glob(".dump*")) == []


def test_a_dump_that_fails_leaves_the_old_one(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dump"
    file.write_text("old")

    def fail(*_: object) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(Refusal, match="No space left"):
        dump(connection, str(file), as_json=False)
    assert file.read_text() == "old"
    assert list(tmp_path.glob(".dump*")) == []
    with pytest.raises(Refusal, match="No such file"):
        dump(connection, str(tmp_path / "no" / "dump"), as_json=False)


def test_what_was_dumped_is_taken_back_and_what_has_expired_is_not(
    one: Asked,
    connection: Connection,
    tmp_path: Path,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for text in NAMES:
        one.ask(text)
    file = str(tmp_path / "dump")
    dump(connection, file, as_json=False)
    one.subject.core.stores.rrsets.clear()
    assert load(connection, file, as_json=False) == 0
    assert [one.asked(text) for text in NAMES] == [0, 0, 0]
    monkeypatch.setattr(cachefile, "_wall", lambda: WALL + 1000.0 + 1000)
    capsys.readouterr()
    assert load(connection, file, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "kept": 1,
        "expired": 2,
        "refused": 0,
    }


def test_many_entries_go_in_several_requests(
    one: Asked, connection: Connection, tmp_path: Path, capsys: Output
) -> None:
    lines = ['{"resolver-cache": 1}']
    for number in range(1200):
        name = f"n{number}.example."
        text = "x" * 200
        records = [f'{name} 60 IN TXT "{text}"'] * (1 + number % 2)
        lines.append(json.dumps(entry(name=name, type="TXT", records=records)))
    file = tmp_path / "dump"
    file.write_text("\n".join(lines) + "\n")
    assert load(connection, str(file), as_json=False) == 0
    assert capsys.readouterr().out.startswith("1,200 entries taken")
    assert len(one.subject.core.stores.rrsets) == 1200


def entry(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "name": "a.example.",
        "type": "A",
        "nothing": "",
        "expires": WALL + 1060,
        "ttl": 300,
        "security": "secure",
        "rank": "answer",
        "records": ["a.example. 60 IN A 192.0.2.1"],
        "proofs": [],
    }
    return usual | changes


def line(**changes: object) -> bytes:
    return json.dumps(entry(**changes)).encode() + b"\n"


def test_an_entry_is_read_with_the_time_that_is_left() -> None:
    found = read_entry(line(), WALL + 1050)
    assert found is not None
    assert found["left"] == 10
    assert found["type"] == 1
    assert read_entry(line(), WALL + 1060) is None
    # Before it was written: the clock has been set back.
    found = read_entry(line(), WALL - 100_000)
    assert found is not None
    assert found["left"] == 300


@pytest.mark.parametrize(
    "wrong",
    [
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b"7\n",
        b"[" * 100_000 + b"\n",
        line()[:-1],
        line()[:-9] + b"\n",
        line(type="NOTYPE"),
        line(type=7),
        line(expires="soon"),
        line(records=["a.example. 60 IN A 192.0.2"]),
        line(records=[7]),
        line(records=None),
        line(records=["a. 60 IN A 192.0.2.1", "b. 60 IN A 192.0.2.1"]),
        line(proofs=["$INCLUDE /etc/passwd"]),
        json.dumps({"name": "a."}).encode() + b"\n",
    ],
)
def test_a_line_that_is_no_entry_is_named(wrong: bytes) -> None:
    with pytest.raises(Unusable):
        read_entry(wrong, WALL)


def test_lines_that_cannot_be_used_are_named_and_the_others_taken(
    one: Asked, connection: Connection, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "dump"
    wrong = [line(name="b.example."), b"\x1b[2J\n", *[b"{}\n"] * MAX_COMPLAINTS]
    file.write_bytes(b'{"resolver-cache": 1}\n' + b"".join([*wrong, line()]))
    assert load(connection, str(file), as_json=False) == 1
    told = capsys.readouterr().out
    assert f"{file}:3: " in told
    assert "\x1b" not in told
    assert told.splitlines()[-1] == (
        f"1 entries taken, 0 had expired, {MAX_COMPLAINTS + 2} cannot be used"
    )
    assert len(told.splitlines()) == MAX_COMPLAINTS + 1
    assert one.asked("a.example. A") == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a dump"),
        ("7\n", "not a dump"),
        ('{"other": 1}\n', "not a dump"),
        ('{"resolver-cache": 99}\n', "another version"),
    ],
)
def test_a_file_that_is_no_dump_is_not_read_on(
    connection: Connection, tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "dump"
    file.write_text(text)
    with pytest.raises(Refusal, match=reason):
        load(connection, str(file), as_json=False)
    with pytest.raises(Refusal, match="No such file"):
        load(connection, str(tmp_path / "none"), as_json=False)


class TwoWorkers:
    """What a supervisor with two workers says, and who was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def run(self, command: str, arguments: Any = None) -> object:
        if command == "status":
            return {"workers": [{"worker": 1}, {"worker": 4}]}
        self.asked.append(arguments)
        told = {
            "name": f"a{arguments['part']}.",
            "type": 1,
            "nothing": "",
            "left": 5.0,
            "ttl": 60,
            "rank": "answer",
            "security": "secure",
            "set": None,
            "proofs": [],
        }
        return {"parts": 2, "wall": 0.0, "entries": [told]}


def test_what_several_workers_know_is_written_once(tmp_path: Path) -> None:
    workers: Any = TwoWorkers()
    dump(workers, str(tmp_path / "dump"), as_json=False)
    assert workers.asked == [
        {"part": part, "worker": worker} for worker in (1, 4) for part in (0, 1)
    ]
    assert len((tmp_path / "dump").read_text().splitlines()) == 3
