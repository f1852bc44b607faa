import argparse
import re
import subprocess
import sys
import time

import pytest

from resolver.cli.arguments import parser_for, version
from resolver.config.build import kind_of_build

COMMANDS = ["serve", "check", "query", "doctor", "defaults", "lab"]


def parse(*arguments: str) -> argparse.Namespace:
    return parser_for(arguments).parse_args(arguments)


def test_serving_needs_nothing() -> None:
    options = parse("serve")
    assert (options.command, options.config, options.listen) == ("serve", None, None)


def test_addresses_to_listen_on_add_up() -> None:
    options = parse(
        "serve", "--listen", "127.0.0.1:1", "[::1]:2", "--listen", "1.2.3.4:5"
    )
    assert options.listen == ["127.0.0.1:1", "[::1]:2", "1.2.3.4:5"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["serve", "--listen", "127.0.0.1"], "the port is missing"),
        (["serve", "--listen", "localhost:53"], "'localhost' is not an IP address"),
        (["check"], "FILE"),
        (["query"], "NAME"),
        (["sevre"], "invalid choice: 'sevre'"),
    ],
)
def test_what_is_asked_wrongly_ends_with_status_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(*arguments)
    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_question_has_a_name_and_perhaps_a_type() -> None:
    options = parse("query", "www.example.com")
    assert (options.name, options.type) == ("www.example.com", None)
    assert (options.trace, options.json) == (False, False)
    options = parse("query", "www.example.com", "MX", "--trace", "--json")
    assert options.type == "MX"
    assert (options.trace, options.json) == (True, True)


def test_the_lab_says_itself_what_it_takes() -> None:
    assert parse("lab", "--list").list


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_fits_a_terminal(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "88")
    with pytest.raises(SystemExit) as caught:
        parse(command, "--help")
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert len(text.splitlines()) >= 3
    assert max(map(len, text.splitlines())) <= 88


def test_the_examples_in_the_help_are_understood() -> None:
    examples = re.findall(r"(?m)^  resolver (.*)$", parser_for([]).format_help())
    for command in COMMANDS:
        subparser = parser_for([command])
        (action,) = (
            each
            for each in subparser._actions
            if isinstance(each, argparse._SubParsersAction)
        )
        text = action.choices[command].format_help()
        examples += re.findall(r"(?m)^  resolver (.*)$", text)
    assert len(examples) >= 10
    for example in examples:
        words = re.split(r"  |>|&&", example)[0].split()
        assert parse(*words).command == words[0]


def test_help_does_not_wait_for_the_rooms_below() -> None:
    code = (
        "import sys, resolver.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('dns', 'structlog', 'cryptography', 'uvloop', 'asyncio')"
        " if n in sys.modules])"
    )
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.monotonic() - started < 10


def test_the_version_names_what_runs_it() -> None:
    number, build, python = version().split(", ")
    assert re.fullmatch(r"resolver (\d+\.\d+\.\d+\S*|\(not installed\))", number)
    assert build == kind_of_build()
    assert re.fullmatch(r"\w+ 3\.\S+", python)
