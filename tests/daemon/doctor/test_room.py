import dataclasses
from pathlib import Path

import pytest

from resolver.config import Cache, Config, Dnssec
from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING
from resolver.daemon.doctor.room import (
    descriptors,
    judge_descriptors,
    judge_spots,
    look_at,
    spots,
)
from resolver.daemon.tuning import DESCRIPTORS


@pytest.mark.parametrize(
    ("soft", "hard", "verdict"),
    [
        (1024, DESCRIPTORS, OK),
        (1024, -1, OK),
        (1024, 4096, WARNING),
        (256, 256, PROBLEM),
    ],
)
def test_the_hard_limit_decides_how_many_sockets_there_can_be(
    soft: int, hard: int, verdict: str
) -> None:
    finding = judge_descriptors(soft, hard)
    assert finding.verdict == verdict
    assert ("LimitNOFILE" in finding.mend) is (verdict != OK)


def test_the_limits_of_this_process_are_read() -> None:
    soft, hard = descriptors()
    assert hard == -1 or soft <= hard


def test_only_what_is_to_be_kept_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert spots(Config()) == []
    config = Config(
        dnssec=Dnssec(anchor_state=str(tmp_path / "anchors")),
        cache=Cache(size=3_000_000, shared_path=str(tmp_path / "shared")),
    )
    found = spots(config)
    assert [it.setting for it in found] == ["dnssec.anchor_state", "cache.shared_path"]
    assert judge_spots(found).verdict == OK
    assert found[1].needed == 1_000_000
    (tmp_path / "shared").write_bytes(bytes(1000))
    assert spots(config)[1].needed == 999_000
    plain = dataclasses.replace(config, dnssec=Dnssec(validate=False))
    assert len(spots(plain)) == 1


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    spot = look_at("cache.shared_path", str(tmp_path / "no" / "x"), 1)
    finding = judge_spots([spot])
    assert finding.verdict == PROBLEM
    assert "there is no such folder" in finding.evidence[0]
    assert "StateDirectory" in finding.mend


def test_a_folder_that_is_another_users_is_a_problem(tmp_path: Path) -> None:
    spot = look_at("cache.shared_path", str(tmp_path / "x"), 1)
    finding = judge_spots([spot._replace(writable=False)])
    assert finding.verdict == PROBLEM
    assert "may not write there" in finding.evidence[0]


def test_a_full_disk_is_a_problem(tmp_path: Path) -> None:
    spot = look_at("cache.shared_path", str(tmp_path / "x"), 5_000_000)
    finding = judge_spots([spot._replace(free=100)])
    assert finding.verdict == PROBLEM
    assert "5000000 bytes are needed and 100 free" in finding.evidence[0]
    assert "make room for another 5 megabytes" in finding.mend


def test_nothing_to_keep_needs_no_place() -> None:
    assert judge_spots([]).verdict == OK
