import sys

import pytest

from benchmarks.machine import VERSION, commit, processor, version


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Version 1.17.1\n\nConfigure line: --x=2.0", "1.17.1"),
        ("BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:>", "9.18.49-1~deb12u3-Debian"),
        ("Nov 23 05:58:03 PowerDNS Recursor 4.8.8 (C) 2001-2022 PowerDNS.COM BV", "4.8.8"),
        ("resolver 0.1.0, interpreted, CPython 3.11.7\n", "0.1.0, interpreted, CPython 3.11.7"),
    ],
)  # fmt: skip
def test_the_version_is_found_in_what_a_program_says(said: str, found: str) -> None:
    match = VERSION.search(said)
    assert match
    assert match.group() == found


def test_the_version_of_a_program_that_is_not_there_is_unknown() -> None:
    assert version(["no-such-program-at-all"]) == "unknown"
    assert version([sys.executable, "--version"]).startswith("3.")


def test_the_processor_is_named() -> None:
    assert processor("processor\t: 0\nmodel name\t: Quick 9000\n") == "Quick 9000"
    assert processor("nothing") != ""


def test_the_commit_is_named_or_unknown() -> None:
    assert "fatal" not in commit()
    assert len(commit()) >= len("unknown")
