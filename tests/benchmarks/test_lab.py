from pathlib import Path

import pytest

from benchmarks import lab, zones
from benchmarks.lab import counted


def test_questions_are_counted() -> None:
    assert counted("server0.queries=7\nnum.queries=42\ntime.boot=1.5\n") == 42


def test_a_lab_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def few(folder: Path) -> None:
        made.append(folder)
        (folder / "root" / ".zone").write_text("")

    monkeypatch.setattr(lab, "_write_zones", few)
    (tmp_path / "lab-old").mkdir()
    first = lab.made(tmp_path)
    assert lab.made(tmp_path) == first
    assert len(made) == 1
    assert [it.name for it in tmp_path.iterdir()] == [first.name]
    assert (first / "root" / ".zone").is_file()


def test_signed_zones_are_vouched_for(tmp_path: Path) -> None:
    some = [zone for zone in zones.leaf_zones() if zone.name == zones.site(0)]
    signers = lab._write(tmp_path, some)
    assert signers.keys() == {zones.site(0)}
    assert " RRSIG A " in (tmp_path / f"{zones.site(0)}zone").read_text()
