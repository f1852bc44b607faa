import os
from pathlib import Path

from benchmarks.place import PREFIX, divided, folder

# Larger than any that the kernel gives.
NOBODY = 2**22 + 1


def test_the_server_has_a_core_of_its_own() -> None:
    assert divided([0, 1]) == ((0,), (1,))
    assert divided([2, 5, 6]) == ((2,), (5, 6))


def test_a_single_core_is_shared() -> None:
    assert divided([3]) == ((3,), (3,))


def test_a_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with folder(tmp_path) as path:
        (path / "cache").write_text("much")
        assert path.parent == tmp_path
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_run_left_is_removed_and_what_runs_is_not(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}{NOBODY}-x").mkdir()
    (tmp_path / f"{PREFIX}{os.getppid()}-x").mkdir()
    with folder(tmp_path):
        left = {it.name for it in tmp_path.iterdir()}
    assert f"{PREFIX}{NOBODY}-x" not in left
    assert f"{PREFIX}{os.getppid()}-x" in left
