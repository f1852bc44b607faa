import argparse
import re

import pytest

from resolver.cli.arguments import parser_for
from resolver.cli.commands import _COMMANDS
from resolver.cli.operating import _REQUESTS
from resolver.cli.operating_arguments import OPERATING, seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("90", 90), ("90s", 90), ("1.5h", 5400), ("2d", 172_800), ("1w", 604_800)],
)
def test_a_time_has_a_unit(text: str, number: float) -> None:
    assert seconds(text) == number


@pytest.mark.parametrize("text", ["", "h", "0", "-5m", "nan", "inf", "5y", "x"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a time"):
        seconds(text)


def test_every_command_has_its_help_and_is_carried_out() -> None:
    # Statistics may be told again and again, and explain asks by itself for --now.
    assert set(OPERATING) == {*_REQUESTS, "stats", "explain"}
    assert set(OPERATING) <= set(_COMMANDS)
    general = parser_for([]).format_help()
    for name in OPERATING:
        assert re.search(rf"^ +{name}\s", general, re.MULTILINE)


@pytest.mark.parametrize(
    "words",
    [[it, "--help"] for it in OPERATING] + [["cache", "get", "-h"]],
)
def test_help_says_where_the_running_one_is_looked_for(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser_for(words).parse_args(words)
    assert "control socket" in capsys.readouterr().out


def test_a_subtree_has_no_type() -> None:
    with pytest.raises(SystemExit):
        parser_for([]).parse_args(["flush", "a.", "--subtree", "--type", "A"])
