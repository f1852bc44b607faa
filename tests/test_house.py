"""The house checks itself: rules that no linter has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import resolver
from resolver.cli.arguments import parser_for
from resolver.config import describe

TOP = Path(__file__).parents[1]
HOUSE = TOP / "resolver"
MODULES = sorted(HOUSE.rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def named(path: Path) -> str:
    return str(path.relative_to(TOP))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, those of its docstring left out."""
    end = function.end_lineno or function.lineno
    lines = end - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def has_code(path: Path) -> bool:
    """A module that only introduces others, or names numbers, needs no test."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        isinstance(node, kinds) for node in ast.parse(path.read_text("utf-8")).body
    )


def test_there_is_a_house() -> None:
    assert len(MODULES) > 30


def test_a_file_fits_in_one_head() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    lengths = {
        f"{named(path)}: {function.name}": length(function)
        for path in MODULES
        for function in functions(path)
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_a_module_opens_with_its_purpose() -> None:
    texts = {named(path): ast.parse(path.read_text("utf-8")) for path in MODULES}
    assert [name for name, tree in texts.items() if not ast.get_docstring(tree)] == []


def test_a_module_has_a_test_file_at_the_same_place() -> None:
    wanted = {
        path: TOP / "tests" / path.parent.relative_to(HOUSE) / f"test_{path.name}"
        for path in MODULES
        if has_code(path)
    }
    assert [named(it) for it, test in wanted.items() if not test.is_file()] == []


def test_the_map_names_every_room() -> None:
    rooms = {
        path.stem
        for path in HOUSE.iterdir()
        if not path.name.startswith("_") and path.name != "py.typed"
    }
    assert rooms
    words = set(re.findall(r"\w+", resolver.__doc__ or ""))
    assert rooms - words == set()


def test_the_printed_configuration_is_the_one_in_the_tree() -> None:
    """Mend it with: resolver defaults > resolver.toml."""
    assert (TOP / "resolver.toml").read_text("utf-8") == describe()


def readme_commands() -> list[list[str]]:
    """What the README tells people to type: the lines of its code blocks."""
    blocks = re.findall(r"(?ms)^```\w*\n(.*?)^```", (TOP / "README.md").read_text())
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split("#")[0].split() for line in lines]


def test_every_make_target_that_the_readme_names_is_there() -> None:
    text = (TOP / "README.md").read_text("utf-8")
    mentioned = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", text))
    targets = set(re.findall(r"(?m)^([a-z]+):", (TOP / "Makefile").read_text("utf-8")))
    assert mentioned >= {"run", "test"}
    assert mentioned - targets == set()


def test_every_command_that_the_readme_shows_is_understood() -> None:
    shown = [
        words[words.index("resolver") + 1 :]
        for words in readme_commands()
        if "resolver" in words and words[0] in {"resolver", "sudo"}
    ]
    shown = [words for words in shown if words and words[0].isalpha()]
    assert shown
    for words in shown:
        arguments = [word for word in words if not re.search(r"[>|&]", word)]
        assert parser_for(arguments).parse_known_args(arguments)[0].command == words[0]


def test_every_file_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^):#]+)\)", (TOP / "README.md").read_text("utf-8"))
    assert [link for link in links if not (TOP / link).exists()] == []
