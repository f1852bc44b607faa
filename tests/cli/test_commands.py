import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resolver import daemon
from resolver.cli import commands, configuration
from resolver.cli.commands import main
from resolver.config import Config, describe, reference
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question

Served = list[Config]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "resolver.toml"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    """A daemon that only remembers what it was to serve with."""
    configs: Served = []

    def serve(config: Config, _reread: Callable[[], Config]) -> int:
        configs.append(config)
        return 0

    monkeypatch.setattr(daemon, "serve", serve)
    return configs


def daemon_that_raises(
    error: Exception,
) -> Callable[[Config, Callable[[], Config]], int]:
    def serve(config: Config, _reread: Callable[[], Config]) -> int:
        raise error

    return serve


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("resolver ")


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "first steps:" in capsys.readouterr().err


def test_the_defaults_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["defaults"]) == 0
    assert capsys.readouterr().out == describe()
    assert main(["defaults", "--markdown"]) == 0
    assert capsys.readouterr().out == reference()


def test_a_valid_file_is_said_to_be_valid(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(describe())
    assert main(["check", str(file)]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (f"{file}: valid\n", "")


def test_everything_wrong_is_told_and_the_status_is_1(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[cache]\nsise = 1\nmin_ttl = -1\n")
    assert main(["check", str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        f"{file}:2: cache.sise: no such setting; did you mean size?",
        f"{file}:3: cache.min_ttl: -1: expected a whole number of seconds"
        " from 0 to 2147483647",
    ]


def test_serve_refuses_what_check_refuses(
    file: Path, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[cache]\nsise = 1\n")
    assert main(["check", str(file)]) == 1
    told = capsys.readouterr().err
    assert main(["serve", "--config", str(file)]) == 1
    assert capsys.readouterr().err == told
    assert served == []


def test_check_tells_what_has_no_effect_yet(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("[dns64]\nprefix = '64:ff9b::/96'\n")
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().err == (
        f'warning: {file}:2: dns64.prefix = "64:ff9b::/96"'
        " is not in effect in this version\n"
    )


def test_check_goes_as_far_as_serve_does_before_it_listens(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (file.parent / "root.hints").write_text("a.example. 60 A 192.0.2.1")
    file.write_text("[recursion]\nroot_hints = 'root.hints'\n")
    assert main(["check", str(file)]) == 1
    assert "root_hints" in capsys.readouterr().err


def test_serve_hands_the_settings_on(file: Path, served: Served) -> None:
    file.write_text("[cache]\nsize = '1MB'\n[log]\nlevel = 'error'")
    assert main(["serve", "--config", str(file), "--listen", "127.0.0.1:5300"]) == 0
    (config,) = served
    assert config.cache.size == 1_000_000
    assert config.listen.plain == ("127.0.0.1:5300",)


def test_serve_warns_of_what_has_no_effect_yet_and_of_its_port(
    file: Path,
    served: Served,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuration, "may_use_low_ports", lambda: False)
    file.write_text("[dns64]\nprefix = '64:ff9b::/96'\n")
    assert main(["serve", "--config", str(file)]) == 0
    early, port = capsys.readouterr().err.splitlines()
    assert "setting_not_in_effect" in early
    assert "dns64.prefix" in early
    assert "unprivileged_port" in port
    assert "127.0.0.1:5353" in port


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EADDRINUSE, "ss -lunp"),
        (errno.EACCES, "CAP_NET_BIND_SERVICE"),
        (errno.EADDRNOTAVAIL, "ip address"),
        (errno.EAFNOSUPPORT, "has no IPv6"),
    ],
)
def test_an_address_that_cannot_be_had_is_explained(
    number: int,
    hint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = OSError(number, f"{os.strerror(number)}: 127.0.0.1:53")
    monkeypatch.setattr(daemon, "serve", daemon_that_raises(error))
    assert main(["serve", "--listen", "127.0.0.1:53"]) == 1
    told = capsys.readouterr().err
    assert f"cannot start: {os.strerror(number)}: 127.0.0.1:53" in told
    assert hint in told


def test_other_reasons_not_to_start_are_told_without_a_hint(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (OSError(errno.EIO, "disk"), ValueError("no root\x1b server")):
        monkeypatch.setattr(daemon, "serve", daemon_that_raises(error))
        assert main(["serve", "--listen", "127.0.0.1:53"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "resolver: cannot start: disk",
        "resolver: cannot start: no root\\u001b server",
    ]


def test_ctrl_c_before_there_is_a_loop_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(config: Config, reread: Callable[[], Config]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(daemon, "serve", interrupt)
    assert main(["serve", "--listen", "127.0.0.1:53"]) == 130


@pytest.mark.parametrize(
    ("rcode", "status"),
    [(types.NOERROR, 0), (types.NXDOMAIN, 0), (types.SERVFAIL, 1)],
)
def test_a_query_prints_the_answer_and_fails_without_one(
    rcode: int,
    status: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
        return Resolution(rcode), Errand(lambda: 0.0, 1.0)

    monkeypatch.setattr(daemon, "ask_once", ask_once)
    assert main(["query", "www.example.com"]) == status
    assert f"status: {types.rcode_name(rcode)}" in capsys.readouterr().out
    assert main(["query", "www.example.com", "--json"]) == status
    assert f'"rcode": "{types.rcode_name(rcode)}"' in capsys.readouterr().out


def test_a_query_that_is_none_ends_with_status_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["query", "www.example.com", "NONSENSE"]) == 2
    assert capsys.readouterr().err.startswith("resolver query: 'NONSENSE' is not a")


def test_a_query_that_cannot_begin_says_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask_once(*_: object) -> Any:
        raise ValueError("no root server")

    monkeypatch.setattr(daemon, "ask_once", ask_once)
    assert main(["query", "www.example.com"]) == 1
    assert capsys.readouterr().err == "resolver query: no root server\n"


def test_the_lab_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--list"]) == 0
    assert capsys.readouterr().out


def test_a_reader_that_has_had_enough_is_no_traceback() -> None:
    command = [sys.executable, "-m", "resolver", "defaults"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_complaints_cannot_harm_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    commands.complain("\x1b[2J")
    assert capsys.readouterr().err == "\\u001b[2J\n"


def test_what_a_reload_would_change_is_shown(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    former = file.with_name("former.toml")
    former.write_text("cache.max_ttl = 60")
    file.write_text('cache.max_ttl = 60\ncache.clock = "realtime"')
    assert main(["check", str(file), "--diff", str(former)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"compared with {former}: 1 changed",
        'cache.clock: "monotonic" -> "realtime": takes a restart',
    ]
    file.write_text('cache.max_ttl = 60\ncontrol.path = "nobody.sock"')
    assert main(["check", str(file), "--diff"]) == 0
    told = capsys.readouterr().out
    assert "compared with the defaults (no resolver is running): 2 changed" in told
    assert "cache.max_ttl: 86400 -> 60" in told
    former.write_text("nonsense")
    assert main(["check", str(file), "--diff", str(former)]) == 1
