"""Build the wheel: compiled where this machine can, plain Python elsewhere.

The hooks are those of setuptools, but for the two of a wheel.  What is compiled says
`setup.py`; this module decides whether, for `pip install .` has to work on a machine
without a C compiler, too.  RESOLVER_COMPILE in the environment takes the decision
away: with 1 a wheel that cannot be compiled is an error, with 0 it is not tried.

A compiled wheel has the sources beside the compiled modules, for tracebacks, and can
be told by its name; one of plain Python ends in py3-none-any.  An editable install is
always plain Python: what is edited is what runs.
"""

import os
import platform
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 - the hooks that stay as they are

Settings: TypeAlias = "dict[str, str | list[str]] | None"

CHOICE = "RESOLVER_COMPILE"
MYPYC = "mypy[mypyc]>=2"
# Where mypy has wheels; elsewhere it would have to be compiled first, by Rust.
SYSTEMS = {"Linux", "Darwin"}
MACHINES = {"x86_64", "aarch64", "arm64"}


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Name what the build needs: mypyc, if it is going to be tried."""
    needed: list[str] = build_meta.get_requires_for_build_wheel(config_settings)
    return [*needed, MYPYC] if _obstacle() is None else needed


def build_wheel(
    wheel_directory: str,
    config_settings: Settings = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel and give its name."""

    def build(compiled: str) -> str:
        os.environ[CHOICE] = compiled
        name: str = build_meta.build_wheel(
            wheel_directory, config_settings, metadata_directory
        )
        return name

    choice = os.environ.get(CHOICE)
    obstacle = _obstacle()
    if obstacle is None:
        try:
            return build("1")
        # mypyc ends with SystemExit, or with whatever it stumbles over.
        except (SystemExit, Exception) as error:
            why = f"{type(error).__name__}: {error}"
            obstacle = f"mypyc or the C compiler failed, as told above ({why})"
    if choice == "1":
        raise SystemExit(f"{CHOICE}=1, but {obstacle}")
    print(f"resolver: not compiled: {obstacle}", file=sys.stderr)
    print("resolver: plain Python does the same, and is slower", file=sys.stderr)
    return build("0")


def _obstacle() -> str | None:
    """Say what speaks against compiling; None if nothing does."""
    choice = os.environ.get(CHOICE)
    if choice == "0":
        return f"{CHOICE} is 0"
    if platform.python_implementation() != "CPython":
        return "it is for CPython only"
    if choice != "1" and (
        platform.system() not in SYSTEMS or platform.machine() not in MACHINES
    ):
        return f"mypyc may be hard to get for this machine ({CHOICE}=1 tries)"
    return _lack_of_compiler()


def _lack_of_compiler() -> str | None:
    """Compile as good as nothing, to see whether that works."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    headers = f"-I{sysconfig.get_path('include')}"
    with TemporaryDirectory() as folder:
        source = Path(folder, "nothing.c")
        source.write_text("#include <Python.h>\n")
        try:
            subprocess.run(
                [*shlex.split(command), headers, "-c", source.name],
                cwd=folder,
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            return f"there is no working C compiler with Python's headers ({error})"
    return None
