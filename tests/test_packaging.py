"""The unit for systemd, and the scripts around the program."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from resolver.cli.arguments import parser_for
from resolver.config import Listen

TOP = Path(__file__).parents[1]
UNIT = TOP / "packaging" / "resolver.service"


def settings(name: str) -> list[str]:
    """All values of one setting of the unit, in order."""
    return re.findall(rf"(?m)^{name}=(.*)$", UNIT.read_text())


def test_the_unit_starts_the_program_as_it_can_be_started() -> None:
    (command,) = settings("ExecStart")
    program, *arguments = command.split()
    assert program == "/opt/resolver/bin/resolver"
    options = parser_for(arguments).parse_args(arguments)
    assert options.command == "serve"
    assert options.config == "/etc/resolver/resolver.toml"


def test_the_program_tells_systemd_how_it_is() -> None:
    assert settings("Type") == ["notify"]
    assert settings("NotifyAccess") == ["main"]
    (watchdog,) = settings("WatchdogSec")
    assert int(watchdog) > 0


def test_a_reload_checks_the_file_that_is_served_before_the_signal() -> None:
    check, signal = settings("ExecReload")
    arguments = check.split()[1:]
    options = parser_for(arguments).parse_args(arguments)
    assert options.command == "check"
    assert options.config in settings("ExecStart")[0].split()
    assert signal == "/bin/kill -HUP $MAINPID"


def test_the_sockets_of_systemd_are_those_of_the_defaults() -> None:
    text = (TOP / "packaging" / "resolver.socket").read_text()
    for kind in ("ListenDatagram", "ListenStream"):
        found = re.findall(rf"(?m)^{kind}=(.*)$", text)
        assert tuple(found) == Listen().plain
    assert "\nBindIPv6Only=ipv6-only\n" in text


def test_the_program_may_take_port_53_and_nothing_more() -> None:
    assert settings("DynamicUser") == ["yes"]
    assert settings("CapabilityBoundingSet") == ["CAP_NET_BIND_SERVICE"]
    assert settings("AmbientCapabilities") == ["CAP_NET_BIND_SERVICE"]
    assert settings("NoNewPrivileges") == ["yes"]
    assert settings("ProtectSystem") == ["strict"]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit as it is, but for a program that exists on this machine."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/resolver/bin/resolver", "/bin/true"))
    return copy


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    # A setting that systemd does not know is a warning and no failure: read both.
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == []
    assert done.returncode == 0


def test_the_ci_script_is_a_script() -> None:
    script = TOP / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    done = subprocess.run(
        ["bash", "-n", str(script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_change_log_speaks_of_this_version() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    newest = re.search(r"(?m)^## (\S+)", (TOP / "CHANGELOG.md").read_text())
    assert newest is not None
    assert newest[1] == project["version"]
