import re
import shutil
import subprocess
from pathlib import Path

import pytest

from resolver.cli.arguments import parser_for
from resolver.cli.manual import manual
from resolver.cli.operating_arguments import OPERATING
from resolver.config.declared import declared

PAGE = Path(__file__).parents[2] / "packaging" / "resolver.1"
PAGE_AS_MADE = manual()


def sections(level: str) -> dict[str, str]:
    """Give the text of each section by its title."""
    _, *parts = re.split(rf'(?m)^\.{level} "(.*)"$', PAGE_AS_MADE)
    return {
        title.replace(r"\-", "-"): re.split(r"(?m)^\.S[HS] ", text)[0]
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_the_page_in_the_tree_is_the_one_that_is_made() -> None:
    """Mend it with: resolver defaults --man > packaging/resolver.1."""
    assert PAGE.read_text("utf-8") == PAGE_AS_MADE


def test_every_command_has_a_section() -> None:
    commands = {title for title in sections("SS") if title.startswith("resolver ")}
    simple = {"serve", "check", "query", "doctor", "defaults", "lab", *OPERATING}
    simple -= {"cache"}
    inner = {"cache get", "cache dump", "cache load"}
    assert commands == {f"resolver {name}" for name in simple | inner}


def test_a_command_tells_all_that_its_help_tells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for title, section in sections("SS").items():
        if not title.startswith("resolver "):
            continue
        words = title.split()[1:]
        with pytest.raises(SystemExit):
            parser_for(words).parse_args([*words, "--help"])
        options = set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out))
        told = set(re.findall(r"--[a-z-]+", section.replace(r"\-", "-")))
        assert told >= options - {"--help"}, title


def test_every_setting_is_under_its_table() -> None:
    told = sections("SS")
    for table in declared().values():
        section = told[f"[[{table.name}]]" if table.many else f"[{table.name}]"]
        heads = re.findall(r"(?m)^\.TP\n\\fB(\w+)\\fR", section)
        assert heads == list(table.settings)


def test_only_requests_that_are_meant_are_made() -> None:
    requests = set(re.findall(r"(?m)^[.'](\S*)", PAGE_AS_MADE))
    assert requests == {'\\"', "TH", "SH", "SS", "PP", "TP", "in", "nf", "fi"}


def test_it_says_how_commands_end() -> None:
    assert "no resolver is running" in sections("SH")["EXIT STATUS"]


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_groff_finds_nothing_wrong_with_it() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", str(PAGE)],
        capture_output=True,
        text=True,
        check=True,
    )
    # A long example may stand out on the right; what else it says is a mistake.
    assert [it for it in done.stderr.splitlines() if "cannot adjust" not in it] == []
    assert "RESOLVER(1)" in done.stdout


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="no mandoc here")
def test_mandoc_finds_nothing_wrong_with_it() -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "error", str(PAGE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
