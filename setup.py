"""What is compiled when `packaging/backend.py` has decided that a wheel shall be.

Everything else about the package is in pyproject.toml.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from setuptools import Extension, setup

# The rooms that think, and the part of `net` that every reply goes through.
COMPILED = (
    "resolver/cache",
    "resolver/dnssec",
    "resolver/hot",
    "resolver/net/cookies.py",
    "resolver/net/exchange.py",
    "resolver/net/flights.py",
    "resolver/net/hedging.py",
    "resolver/net/lessons.py",
    "resolver/net/letters.py",
    "resolver/net/sieve.py",
    "resolver/net/ways.py",
    "resolver/policy",
    "resolver/beliefs.py",
    "resolver/counts.py",
    "resolver/ports.py",
    "resolver/service.py",
    "resolver/walk",
    "resolver/wire",
)
# The sides of dnspython, which is never per packet, and of `cryptography`, whose
# objects are Python's: nothing would get quicker.
INTERPRETED = ("resolver/dnssec/algorithms.py", "resolver/wire/presentation.py")


def modules() -> list[str]:
    """List the files to compile: packages' own `__init__` hold nothing that is run."""
    trees = [[path, *path.rglob("*.py")] for path in map(Path, COMPILED)]
    found = {str(path) for tree in trees for path in tree if path.is_file()}
    return sorted(
        path
        for path in found.difference(INTERPRETED)
        if not path.endswith("__init__.py")
    )


def extensions(folder: str) -> list[Extension]:
    """Write the modules in C, into `folder`; setuptools does the rest."""
    from mypyc.build import include_dir, mypycify  # noqa: PLC0415 - not always there

    # Not our settings for mypy: a rule of style that a new version has thought of is
    # no reason to do without.  Nor are the libraries installed where wheels are built.
    flags = ["--config-file=", "--ignore-missing-imports", f"--cache-dir={folder}"]
    found: list[Extension] = mypycify(
        [*flags, *modules()],
        group_name="resolver",
        target_dir=folder,
        debug_level="0",
    )
    # In Python, a slice of bytes that ends before it starts is empty.  In mypyc (2.4) it
    # is a SystemError, which anybody could provoke with a short packet.
    source = Path(include_dir(), "bytes_ops.c").read_text("utf-8")
    length, mended = "= endn - startn;", "= endn > startn ? endn - startn : 0;"
    Path(folder, "bytes_ops.c").write_text(source.replace(length, mended), "utf-8")
    for extension in found:
        extension.include_dirs.insert(0, folder)
    return found


# Whatever is built in passing stays out of the checkout, where it could grow old.
with TemporaryDirectory() as scratch:
    wanted = "bdist_wheel" in sys.argv and os.environ.get("RESOLVER_COMPILE") == "1"
    setup(
        ext_modules=extensions(scratch) if wanted else [],
        options={"build": {"build_base": scratch}, "egg_info": {"egg_base": scratch}},
    )
