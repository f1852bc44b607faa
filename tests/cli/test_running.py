"""The configuration of the resolver that is running."""

from pathlib import Path

import pytest

from resolver.cli.commands import main
from resolver.cli.running import settings
from resolver.config import parse, written
from resolver.daemon.commands import Arguments, Commands
from tests.cli.listening import listening

IN_EFFECT = parse("cache.max_ttl = 60\nlog.queries = true")


async def tell(_: Arguments) -> object:
    return {"text": written(IN_EFFECT)}


def running() -> Commands:
    commands = Commands()
    commands.add("settings", tell)
    return commands


def test_it_is_asked_for_over_the_control_socket(tmp_path: Path) -> None:
    with listening(tmp_path / "c", running()):
        assert settings(str(tmp_path / "c")) == IN_EFFECT


def test_nobody_running_has_none(tmp_path: Path) -> None:
    assert settings(str(tmp_path / "c")) is None
    with listening(tmp_path / "c", Commands()):
        assert settings(str(tmp_path / "c")) is None


def test_a_check_shows_what_a_reload_would_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "resolver.toml"
    file.write_text(f'control.path = "{tmp_path / "c"}"\ncache.max_ttl = 70')
    with listening(tmp_path / "c", running()):
        assert main(["check", str(file), "--diff"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "compared with the running resolver: 3 changed"
    assert "cache.max_ttl: 60 -> 70" in "".join(told)
    assert "log.queries: true -> false" in "".join(told)
