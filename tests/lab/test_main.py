import argparse
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from resolver.config import load
from resolver.lab.box import Box
from resolver.lab.catalogue import BEHAVIOURS
from resolver.lab.main import add_arguments, catalogue_text, run

# The command as it is, without the rest of the command line.
PROGRAM = """
import argparse, sys
from resolver.lab.main import add_arguments, run
parser = argparse.ArgumentParser()
add_arguments(parser)
sys.exit(run(parser.parse_args()))
"""


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_list_tells_what_is_in_the_box(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(options("--list")) == 0
    text = capsys.readouterr().out
    assert text == catalogue_text(Box.standard())
    for behaviour in BEHAVIOURS:
        assert f"\n{behaviour.name}\n" in text
        assert behaviour.text in text
    for sample in Box.standard().samples:
        assert str(sample) in text


def test_the_list_does_not_drown_in_servers() -> None:
    text = catalogue_text(Box.standard())
    assert "and 56 more" in text
    assert max(map(len, text.splitlines())) < 300


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_told_to_end(
    tmp_path: Path, number: signal.Signals
) -> None:
    config = tmp_path / "my-lab.toml"
    arguments = ("--port", "0", "--config-out", str(config))
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        directions = [process.stdout.readline() for _ in range(6)]
        os.kill(process.pid, number)
        assert process.wait(10) == 0
    port = load(config).recursion.server_port
    assert f"port {port}" in directions[0]
    assert f"--config {config}" in "".join(directions)
    assert (tmp_path / "my-lab.hints").read_text() == Box.standard().hints_text


def test_a_port_that_is_taken_is_explained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.53.0.1", 0))
        port = taken.getsockname()[1]
        assert run(options("--port", str(port))) == 1
    text = capsys.readouterr().err
    assert "in use" in text
    assert f"port {port}" in text


def test_the_delay_reaches_the_slow_server(capsys: pytest.CaptureFixture[str]) -> None:
    run(options("--list", "--delay", "3"))
    assert "after 3 s" in capsys.readouterr().out
