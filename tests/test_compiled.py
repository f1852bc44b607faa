"""The compiled build: which modules are in it, and a wheel with or without a compiler.

That it does the same as the sources is not tested here but by all other tests, which
`make test-fast` runs over it.
"""

import ast
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from resolver.config.build import kind_of_build

TOP = Path(__file__).parents[1]
HOUSE = TOP / "resolver"
EXPECTED = os.environ.get("EXPECTED_BUILD", "interpreted")
# They load dnspython, which is never on a packet's way, and cryptography.
ALWAYS_INTERPRETED = {"resolver.wire.presentation", "resolver.dnssec.algorithms"}

BACKEND = "import sys; sys.path.insert(0, 'packaging'); import backend; "
BUILD = BACKEND + "print(backend.build_wheel(sys.argv[1]))"
NEEDS = BACKEND + "print(backend.get_requires_for_build_wheel())"


def test_the_build_under_test_is_the_one_asked_for() -> None:
    assert kind_of_build() == EXPECTED


def test_what_a_test_starts_is_the_build_under_test() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "resolver", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=TOP,
    )
    assert f", {EXPECTED}, " in done.stdout


@pytest.mark.parametrize("room", ["wire", "hot", "cache", "walk", "dnssec", "policy"])
def test_all_of_a_room_that_thinks_is_compiled_or_nothing_is(room: str) -> None:
    modules = {
        f"resolver.{room}.{path.stem}" for path in (HOUSE / room).glob("[!_]*.py")
    }
    assert modules
    for module in modules - ALWAYS_INTERPRETED:
        spec = find_spec(module)
        assert spec is not None
        assert spec.origin is not None
        assert spec.origin.endswith(".py") is (EXPECTED == "interpreted"), module


def compiled_sources() -> list[Path]:
    listed = re.findall(r'"(resolver/[^"]+)"', (TOP / "setup.py").read_text("utf-8"))
    places = [TOP / each for each in listed]
    trees = [[each, *each.rglob("*.py")] for each in places]
    return sorted({path for tree in trees for path in tree if path.suffix == ".py"})


def test_nothing_compiled_waits_where_an_exception_is_handled() -> None:
    # mypyc (2.4) keeps what is being handled in one place for all coroutines: whoever
    # runs meanwhile and handles something leaves a dangling pointer there.
    waits = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield)
    handling = [
        f"{path.relative_to(TOP)}:{node.lineno}"
        for path in compiled_sources()
        for one in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(one, ast.Try)
        for part in (*one.handlers, *one.finalbody)
        for node in ast.walk(part)
        if isinstance(node, waits)
    ]
    assert compiled_sources()
    assert handling == []


def backend(code: str, *words: str, **environment: str) -> tuple[int, str, str]:
    """Do something with the build backend, as pip would, with a clean slate."""
    clean = {k: v for k, v in os.environ.items() if k not in {"RESOLVER_COMPILE", "CC"}}
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=TOP,
        env=clean | environment,
    )
    return done.returncode, done.stdout, done.stderr


def wheel_in(folder: Path) -> ZipFile:
    (path,) = folder.glob("*.whl")
    assert path.name.endswith("-py3-none-any.whl")
    return ZipFile(path)


def test_a_wheel_of_plain_python_has_the_sources_and_the_data(tmp_path: Path) -> None:
    status, _, told = backend(BUILD, str(tmp_path), RESOLVER_COMPILE="0")
    assert status == 0, told
    with wheel_in(tmp_path) as wheel:
        names = set(wheel.namelist())
    here = (path for path in HOUSE.rglob("*") if path.suffix not in {"", ".pyc"})
    assert {str(path.relative_to(TOP)) for path in here} <= names
    assert [name for name in names if name.endswith(".so")] == []


def test_without_a_compiler_the_wheel_is_plain_python_and_says_so(
    tmp_path: Path,
) -> None:
    status, _, told = backend(BUILD, str(tmp_path), CC="false")
    assert status == 0
    assert "resolver: not compiled: there is no working C compiler" in told
    assert "Traceback" not in told
    wheel_in(tmp_path).close()


def test_with_mypyc_that_fails_the_wheel_is_plain_python_too(tmp_path: Path) -> None:
    broken = tmp_path / "mypyc"
    broken.mkdir()
    (broken / "__init__.py").write_text("")
    (broken / "build.py").write_text("raise AttributeError('no such luck')")
    status, _, told = backend(BUILD, str(tmp_path), CC="true", PYTHONPATH=str(tmp_path))
    assert status == 0, told
    assert "resolver: not compiled: mypyc or the C compiler failed" in told
    assert "no such luck" in told
    wheel_in(tmp_path).close()


def test_a_wheel_that_has_to_be_compiled_is_not_made_without_a_compiler(
    tmp_path: Path,
) -> None:
    status, _, told = backend(BUILD, str(tmp_path), CC="false", RESOLVER_COMPILE="1")
    assert status == 1
    assert told.startswith("RESOLVER_COMPILE=1, but there is no working C compiler")
    assert list(tmp_path.iterdir()) == []


def test_mypyc_is_fetched_only_where_it_can_be_used() -> None:
    assert "mypyc" in backend(NEEDS, CC="true", RESOLVER_COMPILE="1")[1]
    assert "mypyc" not in backend(NEEDS, CC="false")[1]
    assert "mypyc" not in backend(NEEDS, CC="true", RESOLVER_COMPILE="0")[1]


def test_no_exception_that_compiled_code_catches_has_kinds_that_are_not_compiled() -> (
    None
):
    # mypyc (2.4) takes an object for one of the classes that it has seen when it compiled:
    # of another kind, raised elsewhere, it makes a TypeError where it is caught.
    sources = compiled_sources()
    caught = {
        each
        for path in sources
        for each, bases in classes(path)
        if any(base.endswith(("Exception", "Error")) for base in bases)
    }
    strangers = [
        f"{path.relative_to(TOP)}: {each}"
        for path in set(HOUSE.rglob("*.py")) - set(sources)
        for each, bases in classes(path)
        if caught.intersection(bases)
    ]
    assert "Silence" in caught
    assert strangers == []


def classes(path: Path) -> list[tuple[str, set[str]]]:
    """List the classes of a file, each with what it derives from."""
    return [
        (node.name, {ast.unparse(base).rpartition(".")[2] for base in node.bases})
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
