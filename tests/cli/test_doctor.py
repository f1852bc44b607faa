import json
from pathlib import Path

import pytest

from resolver.cli import doctor
from resolver.cli.commands import main
from resolver.config import Config
from resolver.daemon.doctor import OK, PROBLEM, WARNING, Finding

WELL = [Finding("edns", OK, ("6 of 6 replies had EDNS",))]
ILL = [
    *WELL,
    Finding("clock", PROBLEM, ("it shows \x1b[2J1970",), "set the clock"),
    Finding("ipv6", WARNING, ("slow",), "wait"),
]


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[Config]:
    """An examination that finds what `monkeypatch` set, and remembers its settings."""
    configs: list[Config] = []

    async def examine(config: Config, world: object) -> list[Finding]:
        configs.append(config)
        return WELL

    monkeypatch.setattr(doctor, "examine", examine)
    return configs


def test_findings_are_told_as_paragraphs_with_what_mends_them() -> None:
    text = doctor.as_text(ILL)
    assert text.splitlines() == [
        "ok       edns            6 of 6 replies had EDNS",
        "PROBLEM  clock           it shows \\u001b[2J1970",
        "                         -> set the clock",
        "warning  ipv6            slow",
        "                         -> wait",
        "",
        "problems: 1, warnings: 1",
    ]


def test_long_paragraphs_fit_a_page() -> None:
    text = doctor.as_text([Finding("x", OK, ("word " * 50,), "word " * 50)])
    assert max(map(len, text.splitlines())) <= 88


def test_programs_get_json() -> None:
    told = json.loads(doctor.as_json(ILL))
    assert told["verdict"] == PROBLEM
    assert told["checks"][0] == {
        "check": "edns",
        "verdict": OK,
        "evidence": ["6 of 6 replies had EDNS"],
        "mend": "",
    }


def test_the_status_says_whether_there_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for findings, status in ((WELL, 0), (ILL[:1] + ILL[2:], 0), (ILL, 1)):
        monkeypatch.setattr(doctor, "run", lambda _, findings=findings: findings)
        assert main(["doctor"]) == status
        assert main(["doctor", "--json"]) == status
    assert "problems: 1" in capsys.readouterr().out


def test_an_examination_that_cannot_be_made_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(_: object) -> list[Finding]:
        raise OSError("no loopback")

    monkeypatch.setattr(doctor, "run", run)
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "resolver doctor: no loopback\n"


def test_the_file_is_judged_and_its_settings_are_used(
    examined: list[Config], tmp_path: Path
) -> None:
    file = tmp_path / "resolver.toml"
    file.write_text("[cache]\nsize = '1MB'\n")
    about_file, *rest = doctor.run(str(file))
    assert (about_file.check, about_file.verdict) == ("configuration", OK)
    assert rest == WELL
    assert examined[0].cache.size == 1_000_000
    assert doctor.run(None)[0].verdict == OK


def test_a_file_that_cannot_be_used_is_a_finding_like_others(
    examined: list[Config], tmp_path: Path
) -> None:
    file = tmp_path / "resolver.toml"
    (tmp_path / "root.hints").write_text("a.example. 60 A 192.0.2.1")
    for text, wrong in (
        ("[cache]\nsise = 1\n", "cache.sise"),
        ("[recursion]\nroot_hints = 'root.hints'\n", "root_hints"),
    ):
        file.write_text(text)
        about_file, *rest = doctor.run(str(file))
        assert about_file.verdict == PROBLEM
        assert wrong in about_file.evidence[0]
        assert rest == WELL
        assert examined[-1].cache == Config().cache


def test_settings_without_effect_are_worth_a_warning(
    examined: list[Config], tmp_path: Path
) -> None:
    file = tmp_path / "resolver.toml"
    file.write_text("[dns64]\nprefix = '64:ff9b::/96'\n")
    about_file, *_ = doctor.run(str(file))
    assert about_file.verdict == WARNING
    assert "dns64.prefix" in about_file.evidence[1]
