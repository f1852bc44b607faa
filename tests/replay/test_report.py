"""Tables and details."""

from pathlib import Path

from resolver.ports import Note
from tests.replay.__main__ import main
from tests.replay.player import Result
from tests.replay.report import as_json, details, summary
from tests.replay.scenario import Scenario
from tests.virtual import START


def results() -> list[Result]:
    return [
        Result(Scenario(Path("iter_a.rpl"))),
        Result(Scenario(Path("iter_b.rpl")), faults=["STEP 1\nANSWER: missing\n..."]),
        Result(Scenario(Path("val_c.rpl")), needs=["dnssec"]),
    ]


def test_the_summary_counts_by_group_and_names_what_failed_and_what_is_needed() -> None:
    assert summary(results()).splitlines() == [
        "           passed  failed   needs",
        "iter            1       1       0",
        "val             0       0       1",
        "together        1       1       1",
        "needed: dnssec (1)",
        "failed: iter_b: STEP 1; ANSWER: missing",
    ]


def test_details_tell_the_faults_the_story_and_the_diaries() -> None:
    result = results()[1]
    result.transcript.append("    0.000  STEP 1")
    result.diaries.append([Note(START + 1.0, 1, "zone", (b"\x00",))])
    text = details(result)
    assert "fault: STEP 1" in text
    assert "    0.000  STEP 1" in text
    assert "    1.000    zone b'\\x00'" in text


def test_machines_get_counts_and_every_scenario() -> None:
    found = as_json(results())
    assert found["counts"] == {"passed": 1, "failed": 1, "needs": 1}
    assert [one["status"] for one in found["scenarios"]] == [
        "passed",
        "failed",
        "needs",
    ]


def test_nothing_to_play_is_a_status_of_its_own(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2


def test_a_file_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "x.rpl").write_text("what?\n")
    assert main([str(tmp_path)]) == 1
    assert main(["--json", "-v", str(tmp_path)]) == 1
