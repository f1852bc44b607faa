import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from resolver.cache.shared import open_store
from resolver.config import Cache, Config
from resolver.daemon import storage
from resolver.daemon.storage import SHARE, FileTurn, Place, make_sure, place_for, remove
from resolver.wire.message import RRset

NOW = 1_700_000_000.0
SIZE = 30_000_000


def config(path: str = "") -> Config:
    return Config(cache=Cache(size=SIZE, shared_path=path))


def write_store(path: Path, entries: int = 3000) -> Place:
    place = Place(str(path), int(SIZE * SHARE), passing=False)
    store = open_store(place.path, place.capacity)
    for i in range(entries):
        store.keep(RRset(b"\5n%04d\0" % i, 1, 300, (b"1234",)), 3, NOW)
        store.commit(NOW)
    store.close()
    return place


def folders(above: Path) -> list[Path]:
    return sorted(above.glob("resolver-shared-*"))


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}:/another")
    return tmp_path


def test_one_worker_without_a_path_needs_no_store(runtime: Path) -> None:
    with place_for(config(), 1) as place:
        assert place is None
        assert folders(runtime) == []


def test_workers_have_a_folder_of_their_own_that_ends_with_them(runtime: Path) -> None:
    with place_for(config(), 2) as place:
        assert place is not None
        [folder] = folders(runtime)
        assert Path(place.path).parent == folder
        assert folder.stat().st_mode & 0o777 == 0o700
        assert place.capacity == int(SIZE * SHARE)
        assert place.passing
        write_store(Path(place.path), 3)
    assert folders(runtime) == []


def test_without_a_service_manager_it_is_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setattr(storage, "_MEMORY", str(tmp_path))
    with place_for(config(), 2):
        assert len(folders(tmp_path)) == 1


def test_without_shared_memory_it_is_where_temporary_files_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.setattr(storage, "_MEMORY", str(tmp_path / "nowhere"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    with place_for(config(), 2):
        assert len(folders(tmp_path)) == 1


def test_folders_of_the_dead_are_removed_and_only_those(runtime: Path) -> None:
    code = (
        "import os, signal\n"
        "from resolver.config import Config\n"
        "from resolver.daemon.storage import place_for\n"
        "with place_for(Config(), 2): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    [dead] = folders(runtime)
    strange = runtime / "resolver-shared-strange"
    strange.mkdir()
    with place_for(config(), 2) as first, place_for(config(), 2) as second:
        assert first is not None
        assert second is not None
        living = {Path(first.path).parent, Path(second.path).parent}
        assert set(folders(runtime)) == {*living, strange}
        assert dead not in living


def test_a_path_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "kept.mdb"
    with place_for(config(str(path)), 1) as place:
        assert place == Place(str(path), int(SIZE * SHARE), passing=False)
        write_store(path, 3)
        remove(place)
    assert path.is_file()


def test_orphans_remove_what_is_not_to_be_kept(runtime: Path) -> None:
    with place_for(config(), 2) as place:
        assert place is not None
        remove(place)
        assert folders(runtime) == []


class Usage(NamedTuple):
    free: int


def test_no_more_than_half_of_the_room_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.mdb"
    path.write_bytes(bytes(1_000_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(5_000_000))
    monkeypatch.setattr(storage, "make_sure", lambda _: False)
    with place_for(config(str(path)), 1) as place:
        assert place is not None
        assert place.capacity == 3_000_000


def no_place(path: str) -> str:
    """Find no place, and give the reason that was told."""
    with (
        structlog.testing.capture_logs() as events,
        place_for(config(path), 1) as place,
    ):
        assert place is None
    [event] = events
    assert (event["event"], event["log_level"]) == ("no_shared_cache", "warning")
    reason: str = event["reason"]
    return reason


def test_without_room_there_is_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1_000_000))
    assert "no room" in no_place(str(tmp_path / "kept.mdb"))


def test_without_a_folder_there_is_no_store(tmp_path: Path) -> None:
    assert "nowhere" in no_place(str(tmp_path / "nowhere" / "kept.mdb"))


def test_a_whole_file_is_left_where_it_is(tmp_path: Path) -> None:
    place = write_store(tmp_path / "kept.mdb")
    before = Path(place.path).read_bytes()
    assert not make_sure(place)
    assert Path(place.path).read_bytes() == before


def test_what_is_not_there_needs_no_looking_at(tmp_path: Path) -> None:
    assert not make_sure(Place(str(tmp_path / "new.mdb"), 1000, passing=False))
    assert list(tmp_path.iterdir()) == []


def set_aside(place: Place) -> str:
    """Have a file set aside, and give the reason that was told."""
    with structlog.testing.capture_logs() as events:
        assert make_sure(place)
    [event] = events
    assert event["event"] == "shared_cache_set_aside"
    assert event["log_level"] == "warning"
    assert Path(event["to"]).exists()
    assert not Path(place.path).exists()
    assert not Path(f"{place.path}-lock").exists()
    reason: str = event["reason"]
    return reason


def test_a_foreign_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "kept.mdb"
    path.write_text("a letter to my grandmother")
    path.chmod(0o600)
    assert "MDB_INVALID" in set_aside(Place(str(path), 10**6, passing=False))
    [aside] = tmp_path.glob("kept.mdb.damaged-2*Z")
    assert aside.read_text() == "a letter to my grandmother"


def test_a_file_that_was_cut_off_is_set_aside(tmp_path: Path) -> None:
    place = write_store(tmp_path / "kept.mdb")
    with Path(place.path).open("r+b") as file:
        file.truncate(40_000)
    assert set_aside(place) == "reading it ended in SIGBUS"


def test_a_file_that_others_could_have_written_is_set_aside(tmp_path: Path) -> None:
    place = write_store(tmp_path / "kept.mdb")
    Path(place.path).chmod(0o660)
    assert "others" in set_aside(place)


def test_a_file_of_another_user_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write_store(tmp_path / "kept.mdb")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert "another user" in set_aside(place)


def test_what_is_no_file_is_set_aside(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("important")
    path = tmp_path / "kept.mdb"
    path.symlink_to(elsewhere)
    assert "not a file" in set_aside(Place(str(path), 10**6, passing=False))
    assert elsewhere.read_text() == "important"


def test_a_file_that_has_become_too_large_is_set_aside(tmp_path: Path) -> None:
    place = write_store(tmp_path / "kept.mdb")._replace(capacity=1)
    Path(place.path).write_bytes(bytes(2_000_000))
    assert "larger" in set_aside(place)


def test_a_file_that_takes_for_ever_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write_store(tmp_path / "kept.mdb", 3)
    monkeypatch.setattr(storage, "LONGEST_LOOK", 0.001)
    assert "more than" in set_aside(place)


def test_only_the_last_that_was_set_aside_is_kept(tmp_path: Path) -> None:
    place = write_store(tmp_path / "kept.mdb", 3)
    (tmp_path / "kept.mdb.damaged-20200101T000000Z").write_text("old")
    Path(place.path).chmod(0o644)
    set_aside(place)
    assert len(list(tmp_path.glob("kept.mdb.damaged-*"))) == 1


def test_one_at_a_time_has_the_turn(tmp_path: Path) -> None:
    path = tmp_path / "cache.mdb"
    path.write_text("")
    one, other = FileTurn(str(path)), FileTurn(str(path))
    assert one.take()
    assert not other.take()
    one.give()
    assert other.take()
    assert not one.take()
    other.close()
    assert one.take()
    one.close()
