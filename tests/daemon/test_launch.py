import subprocess
from pathlib import Path

import pytest

from resolver.daemon.launch import command


def run(folder: Path, module: str, argument: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(module, "work", argument),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_imports_from_where_this_process_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here with blanks, and 'quotes'"
    here.mkdir()
    (here / "mine.py").write_text("def work(text): print(text * 2)")
    monkeypatch.syspath_prepend(here)
    assert run(tmp_path, "mine", "a b").stdout == "a ba b\n"


def test_it_does_not_import_from_where_it_is_started(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("def work(text): print('gotcha')")
    done = run(tmp_path, "planted", "")
    assert done.returncode == 1
    assert "No module named 'planted'" in done.stderr
