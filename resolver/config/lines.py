"""Which line of a TOML file is to blame.

The standard library's parser gives values without their places, so this looks for
them in the text: a walk over the lines that knows table headers and keys, and steps
over the lines of a value that goes on.  It is used only once something is to be
said about a setting, never to read one, so a file that is written in a way it does
not know (a table header inside a text of many lines, say) costs a wrong line number
and nothing more.
"""

import re
from typing import Final, final

_HEADER: Final = re.compile(r"\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-.\"' \t]+?)\s*=\s*(.*)$")
# Strings and comments: what may hold brackets that are none.
_OPAQUE: Final = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')


@final
class Lines:
    """Where the tables and keys of a TOML text are.  Lines count from 1.

    A path is how a setting is called in messages: `cache.size`, `forward[0].zone`.
    """

    __slots__ = ("_places", "_text")

    def __init__(self, text: str) -> None:
        self._text = text.splitlines()
        self._places: dict[str, int] = {}
        self._scan()

    def of(self, path: str) -> int | None:
        """Find the line of a table or setting, or of what it is inside of."""
        while path and path not in self._places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self._places.get(path)

    def of_item(self, path: str, item: object) -> int | None:
        """Find the line of one item of a list: the first that shows the item."""
        start = self.of(path)
        if start is None:
            return None
        wanted = f'"{item}"' if isinstance(item, str) else str(item)
        for number, line in enumerate(self._text[start - 1 :], start):
            if number > start and (_HEADER.match(line) or _KEY.match(line)):
                break
            if wanted in line.replace("'", '"'):
                return number
        return start

    def _scan(self) -> None:
        table = ""
        counts: dict[str, int] = {}
        open_brackets = 0
        for number, line in enumerate(self._text, 1):
            if open_brackets > 0:
                open_brackets += _depth(line)
            elif header := _HEADER.match(line):
                table = _bare(header[2])
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = f"{table}[{counts[table]}]"
                self._places.setdefault(table, number)
            elif key := _KEY.match(line):
                self._note(table, _bare(key[1]), number)
                open_brackets = _depth(key[2])

    def _note(self, table: str, key: str, number: int) -> None:
        path = f"{table}.{key}" if table else key
        self._places.setdefault(path, number)
        # `cache.size = 1` at the top of a file opens the table `cache` as well.
        if table := path.rpartition(".")[0]:
            self._places.setdefault(table, number)


def _bare(key: str) -> str:
    """Write a key without quotes and blanks."""
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _depth(line: str) -> int:
    """Count the brackets that a line opens and does not close."""
    bare = _OPAQUE.sub("", line)
    opened = bare.count("[") + bare.count("{")
    return opened - bare.count("]") - bare.count("}")
