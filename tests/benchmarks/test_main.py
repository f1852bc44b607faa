import argparse

import pytest

from benchmarks.__main__ import ALL, chosen, parse, peers, sections
from benchmarks.results import Results
from benchmarks.servers import OURS


def test_without_arguments_everything_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("QUICK", raising=False)
    monkeypatch.delenv("VALIDATE", raising=False)
    arguments = parse([])
    assert (arguments.quick, arguments.validate) == (False, False)
    assert arguments.only == frozenset("abcdefghi") == frozenset(ALL)
    assert "unbound" in arguments.peers
    assert OURS not in arguments.peers


@pytest.mark.parametrize("switch", ["QUICK", "VALIDATE"])
@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("yes", True), ("", False), ("0", False)]
)
def test_make_says_quick_and_validate_through_the_environment(
    monkeypatch: pytest.MonkeyPatch, switch: str, text: str, *, on: bool
) -> None:
    monkeypatch.setenv(switch, text)
    assert getattr(parse([]), switch.lower()) == on


def test_sections_are_letters() -> None:
    assert sections("a,b") == sections("ba") == {"a", "b"}
    for wrong in ("", "a,x"):
        with pytest.raises(argparse.ArgumentTypeError):
            sections(wrong)


def test_peers_are_names_or_none() -> None:
    assert peers("named,unbound") == ("named", "unbound")
    assert peers("none") == ()
    with pytest.raises(argparse.ArgumentTypeError, match="unknown: bind"):
        peers("unbound,bind")


def test_ours_is_measured_always_and_missing_peers_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("benchmarks.process.SYSTEM_FOLDERS", ())
    results = Results(frozenset(ALL))
    assert [kind.name for kind in chosen(("named", "kresd"), results)] == [OURS]
    assert "bind9 knot-resolver" in results.notes[0]
