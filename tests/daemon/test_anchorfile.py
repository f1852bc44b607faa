"""A file of trust anchors is there, whole and ours, or it is not believed."""

import errno
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.config import Dnssec
from resolver.daemon import anchorfile
from resolver.daemon.anchorfile import Damaged, Disk
from resolver.dnssec.anchors import parse_anchors
from resolver.dnssec.watches import STATES, Tracked, Watch
from resolver.wire import types
from tests.dnssec.rolling import APEX, key, tag
from tests.dnssec.signing import NOW

DS = bytes.fromhex("4f660802") + bytes(range(32))
KEYS = tuple(
    Tracked(types.DNSKEY, key(number), state, NOW - number, number, number % 2 == 0)
    for number, state in enumerate(STATES)
)
ROOT = Watch(b"\0", (Tracked(types.DS, DS, "valid", NOW, 0, configured=True),), due=NOW)
EXAMPLE = Watch(APEX, KEYS, NOW, NOW - 5, NOW + 7200, 3, 7200, 3600)
BOTH = {b"\0": ROOT, APEX: EXAMPLE}
LATER = ROOT._replace(failures=7, keys=ROOT.keys * 20)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = str(tmp_path / "anchors")
    assert anchorfile.read(path) == {}
    anchorfile.write(path, BOTH.values())
    assert anchorfile.read(path) == BOTH
    assert [it.name for it in tmp_path.iterdir()] == ["anchors"]


def test_people_read_the_state_in_words() -> None:
    text = anchorfile.to_text([EXAMPLE]).decode()
    assert "; zone example.: asked 1800000000 (2027-01-15 08:00:00 UTC)" in text
    [pending] = [line for line in text.splitlines() if "addpend" in line]
    assert f"tag {tag(0)}, addpend since" in pending
    assert "trusted after 2027-02-14 08:00:00 UTC if it stays" in pending


def test_only_what_is_trusted_stands_there_as_a_record() -> None:
    text = anchorfile.to_text([EXAMPLE]).decode()
    [rrset] = parse_anchors(text)
    assert set(rrset.rdatas) == {it.rdata for it in KEYS if it.is_trusted}


def test_a_file_that_was_changed_is_not_believed() -> None:
    data = anchorfile.to_text(BOTH.values())
    assert anchorfile.from_text(data) == BOTH
    for wrong in (b"", data[:-1], data[: len(data) // 2], data + b"; more\n"):
        with pytest.raises(Damaged):
            anchorfile.from_text(wrong)
    with pytest.raises(Damaged, match="changed"):
        anchorfile.from_text(data.replace(b"addpend", b"valid"))


def test_a_file_of_somebody_else_is_not_believed() -> None:
    with pytest.raises(Damaged, match="not a file of this program"):
        anchorfile.from_text(b". IN DS 20326 8 2 AA\n")


def test_a_line_that_means_nothing_is_not_believed() -> None:
    for line in ("nonsense", ". IN DS x y", "; zone .: asked"):
        body = anchorfile.to_text([]).rpartition(b"; sha256")[0] + line.encode() + b"\n"
        digest = hashlib.sha256(body).hexdigest()
        with pytest.raises(Damaged, match="means nothing"):
            anchorfile.from_text(body + f"; sha256 {digest}\n".encode())


@given(st.binary(max_size=200), st.integers(0, 5000))
def test_nothing_makes_the_reader_fail(junk: bytes, place: int) -> None:
    data = anchorfile.to_text(BOTH.values())
    damaged = data[:place] + junk + data[place + len(junk) :]
    try:
        assert anchorfile.from_text(damaged) == BOTH
    except Damaged:
        assert damaged != data


def test_a_file_that_others_may_write_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    anchorfile.write(str(path), [ROOT])
    path.chmod(0o666)
    with pytest.raises(Damaged, match="others may write"):
        anchorfile.read(str(path))
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(Damaged, match="not a file"):
        anchorfile.read(str(folder))
    large = tmp_path / "large"
    large.write_bytes(bytes(anchorfile.LARGEST + 1))
    large.chmod(0o600)
    with pytest.raises(Damaged, match="too large"):
        anchorfile.read(str(large))


class Cut(BaseException):
    """The power is gone."""


class Failing(Disk):  # type: ignore[misc]  # final for all but this test
    """A disk whose power is cut at a step; of a file being written, some is there."""

    def __init__(self, step: int) -> None:
        self.left = step

    def _step(self) -> None:
        if self.left == 0:
            raise Cut
        self.left -= 1

    def write(self, path: str, data: bytes) -> None:
        self._step()
        Path(path).write_bytes(data[: len(data) // 2])
        self._step()
        super().write(path, data)
        self._step()

    def rename(self, path: str, name: str) -> None:
        super().rename(path, name)
        self._step()

    def settle(self, folder: str) -> None:
        super().settle(folder)
        self._step()


def test_the_power_may_go_at_any_step(tmp_path: Path) -> None:
    path = str(tmp_path / "anchors")
    seen = []
    for step in range(5):
        anchorfile.write(path, [ROOT])
        with pytest.raises(Cut):
            anchorfile.write(path, BOTH.values(), Failing(step))
        found = anchorfile.read(path)
        assert found in ({b"\0": ROOT}, BOTH)
        seen.append(found == BOTH)
        anchorfile.write(path, [EXAMPLE])
        assert anchorfile.read(path) == {APEX: EXAMPLE}
    assert seen == [False, False, False, True, True]


WRITER = """
import sys
from resolver.daemon import anchorfile
from tests.daemon.test_anchorfile import LATER, ROOT
path = sys.argv[1]
while True:
    anchorfile.write(path, [ROOT])
    anchorfile.write(path, [LATER])
    print("x", flush=True)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_a_whole_file(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "anchors")
    for number in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, path],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process:
            assert process.stdout is not None
            for _ in range(number + 1):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        assert anchorfile.read(path)[b"\0"] in {ROOT, LATER}


def test_one_file_that_was_set_aside_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "anchors"
    (tmp_path / "anchors.damaged-1").write_text("older")
    path.write_text("newer")
    aside = anchorfile.set_aside(str(path))
    assert Path(aside).read_text() == "newer"
    assert [str(it) for it in tmp_path.iterdir()] == [aside]


def test_the_place_is_the_configurations_or_the_service_managers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert anchorfile.path_of(Dnssec()) == ""
    assert anchorfile.path_of(Dnssec(anchor_state="/a/b")) == "/a/b"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two")
    assert anchorfile.path_of(Dnssec()) == "/var/lib/one/trust-anchors"
    assert anchorfile.path_of(Dnssec(follow_anchor_rollovers=False)) == ""
    assert anchorfile.path_of(Dnssec(validate=False)) == ""


class Full(Disk):  # type: ignore[misc]  # final for all but this test
    """A disk that takes a part of a file, and is full then."""

    def write(self, path: str, data: bytes) -> None:
        Path(path).write_bytes(data[:10])
        raise OSError(errno.ENOSPC, "no space left on device")


def test_a_disk_that_is_full_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "anchors"
    anchorfile.write(str(path), [ROOT])
    with pytest.raises(OSError, match="no space"):
        anchorfile.write(str(path), [LATER], Full())
    assert anchorfile.read(str(path))[b"\0"] == ROOT
    assert list(tmp_path.iterdir()) == [path]
