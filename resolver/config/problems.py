"""What is wrong with a configuration, in words that lead to the right line."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_LAST_SHORT: Final = 0xFFFF  # the last letter that four digits can write


def printable(text: str) -> str:
    r"""Escape what could move a cursor, change a colour or turn the reading direction.

    The escapes are those of TOML: `\\u001b`.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return letter
    code = ord(letter)
    return f"\\u{code:04x}" if code <= _LAST_SHORT else f"\\U{code:08x}"


class Problem(NamedTuple):
    """One thing that is wrong, and where.

    `line` is None where no line is to blame (a missing file), `key` is "" where no
    setting is (a syntax error).  `text` says what was found and what was expected.
    """

    source: str
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        """Write it as compilers do, so that editors can jump to it."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        parts = (place, self.key, self.text)
        return printable(": ".join(part for part in parts if part))


class ConfigError(ValueError):
    """The configuration cannot be used.  All that is wrong is told at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(word: str, known: Sequence[str]) -> str:
    """Suggest what was meant: `; did you mean size?`, or nothing if all are far."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def listing(words: Sequence[object]) -> str:
    """Write a list as a sentence does: `debug, info or error`."""
    *most, last = map(str, words)
    return f"{', '.join(most)} or {last}" if most else last
