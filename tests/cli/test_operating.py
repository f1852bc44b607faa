"""The commands for a running resolver, from the command line to the resolver."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver import daemon
from resolver.cli.commands import main
from resolver.config import Config, Dnssec, Forward
from resolver.daemon import offers, switches
from resolver.daemon.commands import Commands
from resolver.lab.box import Box
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question
from tests.cli.listening import Host, commands_of, listening
from tests.daemon.subjects import Asked
from tests.walk.pretend import question

Resolver = Callable[..., int]


class Quiet:
    """A log that nobody reads."""

    def info(self, event: str, **facts: object) -> None:
        pass


class Running:
    def __init__(self, one: Asked, host: Host, path: Path, commands: Commands) -> None:
        self.one, self.host, self.path = one, host, path
        self.commands = commands

    def __call__(self, *words: str) -> int:
        return main([*words, "--socket", str(self.path)])


@pytest.fixture(scope="module")
def box() -> Box:
    return Box.standard()


@pytest.fixture
def running(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    dnssec = Dnssec(negative_trust_anchors=(".",))
    forward = (Forward(zone="corp.example", servers=("192.0.2.1",)),)
    one = Asked(box, tmp_path, dnssec=dnssec, forward=forward)
    one.ask("www.example.com. A")
    host = Host()
    for module in (offers, switches):
        monkeypatch.setattr(module, "log", Quiet())
    commands = commands_of(one, host)
    with listening(tmp_path / "c", commands):
        yield Running(one, host, tmp_path / "c", commands)


Output = pytest.CaptureFixture[str]


def test_the_status_is_told_and_is_the_exit_status(
    running: Running, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert running("status") == 0
    told = capsys.readouterr().out
    assert told.startswith("healthy, running for 2 h\n")
    assert "listening on 127.0.0.1:53, [::1]:53\n" in told
    running.one.clock.time = -1_900_000_000.0
    assert running("status") == 1
    told = capsys.readouterr().out
    assert told.startswith("degraded")
    assert "problem: the clock" in told


def test_nobody_running_is_an_exit_status_of_its_own(
    tmp_path: Path, capsys: Output
) -> None:
    for words in (["status"], ["flush", "a."], ["cache", "dump", "x"]):
        assert main([*words, "--socket", str(tmp_path / "none")]) == 3
        assert "no resolver is running here" in capsys.readouterr().err


def test_the_configuration_tells_where_it_is(running: Running, capsys: Output) -> None:
    file = running.path.parent / "resolver.toml"
    file.write_text(f'[control]\npath = "{running.path}"\n')
    assert main(["status", "--config", str(file)]) == 0
    file.write_text('[control]\npath = ""\n')
    assert main(["status", "--config", str(file)]) == 3
    assert "no control socket" in capsys.readouterr().err
    file.write_text("[control]\npath = 7\n")
    assert main(["status", "--config", str(file)]) == 1


def test_a_name_is_looked_at_and_flushed(running: Running, capsys: Output) -> None:
    assert running("cache", "get", "WWW.example.com") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "www.example.com."
    assert told[1].startswith("  A  insecure, authoritative, ")
    assert told[2] == "    192.0.2.2"
    assert running("cache", "get", "www.example.com", "MX") == 0
    assert "nothing is known" in capsys.readouterr().out
    assert running("flush", "example.com", "--subtree") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("forgotten: 1 entry, 1 delegation, 0 failures")
    assert running("cache", "get", "www.example.com") == 0
    assert "nothing is known" in capsys.readouterr().out


def test_a_type_is_flushed_alone(running: Running, capsys: Output) -> None:
    assert running("flush", "www.example.com", "--type", "aaaa") == 0
    assert capsys.readouterr().out.startswith("forgotten: 0 entries")
    assert running("flush", "www.example.com", "--type", "A") == 0
    assert capsys.readouterr().out.startswith("forgotten: 1 entry")


def test_servers_and_zones_are_told(running: Running, capsys: Output) -> None:
    assert running("servers", "www.example.com") == 0
    told = capsys.readouterr().out
    assert told.startswith("example.com. (learnt, ")
    assert "answers, 20.0 ms" in told
    assert running("zones") == 0
    told = capsys.readouterr().out
    assert "corp.example." in told
    assert told.endswith("3 delegations learnt\n")


def test_the_log_is_switched(running: Running, capsys: Output) -> None:
    assert running("set-log", "queries", "on") == 0
    assert running("set-log", "queries", "off") == 0
    assert running.host.told == [True, False]
    assert running("set-log", "level", "warning") == 0
    assert capsys.readouterr().out.splitlines() == [
        "queries are told",
        "queries are not told",
        "events are told from warning",
    ]
    assert running("set-log", "level", "loud") == 1
    assert "none of debug" in capsys.readouterr().err
    assert running("set-log", "queries", "maybe") == 2


def test_negative_anchors_are_added_listed_and_removed(
    running: Running, capsys: Output
) -> None:
    assert running("negative-anchor", "add", "broken.example", "--for", "90m") == 0
    assert running("negative-anchor", "list") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1].split() == ["broken.example.", "for", "90", "min"]
    assert running("negative-anchor", "remove", "broken.example") == 0
    assert capsys.readouterr().out.split() == [".", "configured"]
    assert running("negative-anchor", "remove", "broken.example") == 1
    assert running("negative-anchor", "remove", ".") == 1
    assert "in the configuration" in capsys.readouterr().err
    assert running("negative-anchor", "add") == 2
    assert running("negative-anchor", "list", "--for", "1h") == 2


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["zones"],
        ["servers", "a."],
        ["flush", "a."],
        ["cache", "get", "a."],
        ["set-log", "level", "info"],
        ["negative-anchor", "list"],
    ],
)
def test_programs_get_one_object(
    running: Running, capsys: Output, words: list[str]
) -> None:
    assert running(*words, "--json") == 0
    told: Any = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    assert told


@pytest.mark.parametrize(
    "words", [["flush", "a..b"], ["cache", "get", "a.", "NOTYPE"], ["servers", "a b"]]
)
def test_what_makes_no_sense_is_not_even_asked(
    tmp_path: Path, capsys: Output, words: list[str]
) -> None:
    assert main([*words, "--socket", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.startswith(f"resolver {words[0]}: ")


def test_the_cache_is_written_to_a_file_and_taken_back(
    running: Running, capsys: Output, tmp_path: Path
) -> None:
    file = tmp_path / "dump"
    assert running("cache", "dump", str(file)) == 0
    assert running("flush", ".", "--subtree") == 0
    assert running("cache", "load", str(file)) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 entries taken, 0 had expired"
    assert running("cache", "get", "www.example.com") == 0
    assert "192.0.2.2" in capsys.readouterr().out


def test_a_reload_tells_what_has_changed(running: Running, capsys: Output) -> None:
    async def reload(_: object) -> object:
        return {"changes": ["cache.size: 1 -> 2: x"], "after_restart": ["log.level"]}

    running.commands.add("reload", reload)
    assert running("reload") == 0
    told = capsys.readouterr().out
    assert told == "cache.size: 1 -> 2: x\nlog.level: takes a restart\n"


def test_what_went_wrong_is_explained(running: Running, capsys: Output) -> None:
    core = running.one.subject.core
    errand, asked = Errand(running.one.clock, 9999.0), question("www.lame.example. A")
    text = "lame.example.: ns.lame.example. (192.0.2.1) REFUSED"
    resolution = Resolution(types.SERVFAIL, ede=((22, text),))
    assert core.recorder is not None
    core.recorder.watch(asked, errand, resolution, ())
    assert running("explain", "www.lame.example") == 0
    told = capsys.readouterr().out
    assert "to blame: zone owner" in told
    assert "cache: nothing" in told
    assert running("explain", "--json") == 0
    (record,) = json.loads(capsys.readouterr().out)["records"]
    assert record["verdict"]["rule"] == "lame-refused"
    assert running("explain", "www.example.com") == 1
    told = capsys.readouterr().out
    assert "nothing is on record about www.example.com." in told
    assert "cache: NOERROR, 1 records" in told


def test_what_is_asked_now_is_explained_without_anybody_running(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
        errand = Errand(lambda: 0.0, 8.0)
        errand.note("question", question)
        text = "example.: ns.example (192.0.2.1) REFUSED"
        return Resolution(types.SERVFAIL, ede=((22, text),)), errand

    monkeypatch.setattr(daemon, "ask_once", ask_once)
    assert main(["explain", "www.example", "--now"]) == 0
    assert "to blame: zone owner" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (["explain", "--now"], 2, "--now needs a name"),
        (["explain", "a", "--at", "soon"], 2, "'soon' is no time"),
        (["explain", "a..b"], 2, "resolver explain: "),
        (["explain", "a", "--socket", "/none"], 3, "no resolver is running here"),
    ],
)
def test_explain_says_what_is_in_its_way(
    words: list[str], status: int, complaint: str, capsys: Output
) -> None:
    assert main(words) == status
    assert complaint in capsys.readouterr().err
