"""Where scenarios lie."""

import os
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def scenarios_folder() -> Path:
    """Give the folder of published scenarios; it may not be there."""
    named = os.environ.get("SCENARIOS")
    return Path(named) if named else PROJECT.parent / "shared" / "scenarios"


def stories_folder() -> Path:
    """Give the folder of our own scenarios."""
    return PROJECT / "tests" / "stories"


def found(paths: Iterable[Path]) -> list[Path]:
    """List the .rpl files among files and folders, in order and each once."""
    files: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*.rpl")) if path.is_dir() else [path]
        files.update(dict.fromkeys(inside))
    return list(files)
