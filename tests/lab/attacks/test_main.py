"""Playing attacks from the command line."""

import json

import pytest

from resolver.cli.target import reception_of
from resolver.lab.attacks import main
from resolver.lab.attacks.attack import Attack, Verdict
from resolver.lab.attacks.stage import Build, Cost

COST = Cost(questions=10, packets=35, worst=7, received=2000, sent=900, cpu=0.25)


def pretended(name: str, *, held: bool) -> Attack:
    async def play(build: Build) -> Verdict:
        assert build is reception_of
        return Verdict(COST, "seven packets", held)

    return Attack(name, "CVE-0000-1", "does something", "a bound", play)


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    attacks = (pretended("good", held=True), pretended("bad", held=False))
    monkeypatch.setattr(main, "ATTACKS", attacks)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(("name", "status"), [("good", 0), ("bad", 1), ("all", 1)])
def test_the_exit_status_tells_whether_one_broke_through(
    name: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(name, reception_of) == status
    text = capsys.readouterr().out
    assert ("good" in text, "bad" in text) == (name != "bad", name != "good")


@pytest.mark.usefixtures("two")
def test_a_line_tells_what_an_attack_came_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main.run("all", reception_of)
    text = capsys.readouterr().out.splitlines()
    assert text[2].split() == ["good", "10", "35", "3.5", "7", "2", "250", "held"]
    assert text[6].split()[-1] == "BROKEN"
    assert text[-1] == "1 of 2 held off."
    assert "limit: a bound" in "\n".join(text)
    assert all(len(line) <= 88 for line in text)


@pytest.mark.usefixtures("two")
def test_programs_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run("all", reception_of, as_json=True) == 1
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["attack"], good["held"], bad["held"]) == ("good", True, False)
    assert (good["packets"], good["amplification"], good["cpu"]) == (35, 3.5, 0.25)


def test_a_real_attack_is_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run("tsuname", reception_of) == 0
    assert "held" in capsys.readouterr().out


def test_every_attack_may_be_named() -> None:
    assert main.names()[:2] == ("all", "nxns")
