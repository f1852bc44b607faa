import pytest

from resolver.config.problems import ConfigError, Problem, listing, nearest, printable


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (Problem("a.toml", 3, "cache.size", "wrong"), "a.toml:3: cache.size: wrong"),
        (Problem("a.toml", None, "cache", "wrong"), "a.toml: cache: wrong"),
        (Problem("a.toml", None, "", "No such file"), "a.toml: No such file"),
    ],
)
def test_a_problem_is_written_as_compilers_do(problem: Problem, expected: str) -> None:
    assert str(problem) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bücher \\", "bücher \\"),
        ("a\x1b[2Jb", "a\\u001b[2Jb"),
        ("a\nb\tc\x7f", "a\\u000ab\\u0009c\\u007f"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}", "\\u202e"),
        ("\N{LANGUAGE TAG}\udc80", "\\U000e0001\\udc80"),
    ],
)
def test_nothing_reaches_a_terminal_but_letters(text: str, expected: str) -> None:
    assert printable(text) == expected
    assert str(Problem("a", None, text, "b")) == f"a: {expected}: b"


def test_an_error_tells_every_problem_on_a_line_of_its_own() -> None:
    problems = [Problem("a", 1, "x", "one"), Problem("a", 2, "y", "two")]
    error = ConfigError(iter(problems))
    assert error.problems == tuple(problems)
    assert str(error) == "a:1: x: one\na:2: y: two"


def test_only_a_near_word_is_suggested() -> None:
    assert nearest("sise", ["size", "clock"]) == "; did you mean size?"
    assert nearest("zzzz", ["size", "clock"]) == ""


def test_a_list_reads_as_in_a_sentence() -> None:
    assert listing(["a"]) == "a"
    assert listing(["a", "b", 3]) == "a, b or 3"
