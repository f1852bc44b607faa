"""From TOML text to a checked `Config`.

Everything that is wrong is collected and told at once, each thing with file, line,
setting, value and what was expected: a person mends a file in one go.  `serve` and
`check` both come through here, so that a file that passes `check` starts.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from resolver.config.agreement import disagreements
from resolver.config.declared import Setting, Table, declared
from resolver.config.kinds import ParseRecords, Surroundings, quoted
from resolver.config.lines import Lines
from resolver.config.marks import LATER
from resolver.config.problems import ConfigError, Problem, nearest
from resolver.config.tables import Config

_LONGEST_QUOTE: Final = 80  # letters of a value repeated in a message


def load(path: str | Path, parse_records: ParseRecords | None = None) -> Config:
    """Read a configuration file.

    Paths in it are relative to its folder and come back absolute.  `parse_records`
    checks records in zone-file form (`wire.presentation.rrsets_from_text` fits) and
    raises ValueError for wrong ones; without it they are only looked at roughly.

    Raises `ConfigError` with all that is wrong.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError([Problem(str(path), None, "", reason)]) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(str(path), line, "", "is not UTF-8")]) from None
    return parse(text, str(path), path.parent, parse_records)


def parse(
    text: str,
    source: str = "<text>",
    folder: Path = Path(),
    parse_records: ParseRecords | None = None,
) -> Config:
    """Read configuration text; `source` names it in messages.  As `load` otherwise."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # "(at line 3, column 5)"; at the end of the text there is no number.
        place = re.search(r"\(at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise ConfigError([Problem(source, line, "", str(error))]) from None
    return _Reader(text, source, Surroundings(folder, parse_records)).read(raw)


def without_effect(config: Config) -> list[str]:
    """List what a file asks for and this version does not do yet, one line each."""
    lines: list[str] = []
    for table in declared().values():
        for setting in table.settings.values():
            place = config.origins.get(f"{table.name}.{setting.name}")
            if place is None or not setting.later:
                continue
            value = getattr(getattr(config, table.name), setting.name)
            if setting.asks(value):
                shown = f"{table.name}.{setting.name} = {setting.kind.write(value)}"
                lines.append(f"{place}: {shown} is {LATER.value}")
    return lines


@final
class _Reader:
    """One reading: the problems found so far, and where things are."""

    def __init__(self, text: str, source: str, near: Surroundings) -> None:
        self._source = source
        self._near = near
        self._lines = Lines(text)
        self._problems: list[Problem] = []
        self._origins: dict[str, str] = {}

    def read(self, raw: Mapping[str, object]) -> Config:
        parts: dict[str, Any] = {}
        for name, value in raw.items():
            if table := declared().get(name):
                parts[name] = self._any_table(table, value)
            else:
                self._blame(name, self._unknown_table(name, value))
        self._stop_if_wrong()
        config = Config(**parts, origins=self._origins)
        for path, text in disagreements(config):
            self._blame(path, text)
        self._stop_if_wrong()
        return config

    def _any_table(self, table: Table, raw: object) -> object:
        """Read `[name]`, or every `[[name]]`."""
        if not table.many:
            if isinstance(raw, dict):
                return self._table(table, table.name, raw)
            self._blame(table.name, f"is one table: write [{table.name}]")
            return None
        if isinstance(raw, list) and all(isinstance(item, dict) for item in raw):
            return tuple(
                self._table(table, f"{table.name}[{index}]", item)
                for index, item in enumerate(raw)
            )
        self._blame(table.name, f"is a list of tables: write [[{table.name}]]")
        return None

    def _table(self, table: Table, path: str, raw: Mapping[str, object]) -> object:
        values: dict[str, object] = {}
        before = len(self._problems)
        for name, value in raw.items():
            if setting := table.settings.get(name):
                values[name] = self._setting(setting, f"{path}.{name}", value)
            else:
                self._blame(f"{path}.{name}", _unknown_setting(name, table))
        for setting in table.settings.values():
            if setting.required and setting.name not in raw:
                text = f"{setting.name} is missing: {setting.kind.expected}"
                self._blame(path, text)
        return table.shape(**values) if len(self._problems) == before else None

    def _setting(self, setting: Setting, path: str, raw: object) -> object:
        line = self._lines.of(path)
        self._origins[path] = self._source if line is None else f"{self._source}:{line}"
        if not setting.many:
            return self._value(setting, path, raw, line)
        if not isinstance(raw, list):
            self._blame(path, f"{_shown(raw)}: expected a list, [...]")
            return None
        return tuple(
            self._value(setting, path, item, self._lines.of_item(path, item))
            for item in raw
        )

    def _value(
        self, setting: Setting, path: str, raw: object, line: int | None
    ) -> object:
        try:
            return setting.kind.read(raw, self._near)
        except ValueError as error:
            why = f" ({error})" if str(error) else ""
            text = f"{_shown(raw)}: expected {setting.kind.expected}{why}"
            self._problems.append(Problem(self._source, line, path, text))
            return None

    def _unknown_table(self, name: str, value: object) -> str:
        if isinstance(value, dict | list):
            return f"no such table{nearest(name, list(declared()))}"
        return _unknown_setting(name, None)

    def _blame(self, path: str, text: str) -> None:
        line = self._lines.of(path) or self._lines.of(f"{path}[0]")
        self._problems.append(Problem(self._source, line, path, text))

    def _stop_if_wrong(self) -> None:
        if self._problems:
            raise ConfigError(sorted(self._problems, key=lambda it: it.line or 0))


def _unknown_setting(name: str, table: Table | None) -> str:
    """Say what was probably meant: a neighbour's name, or another table's setting."""
    homes = [other for other in declared().values() if name in other.settings]
    if homes:
        return f"no such setting here; it belongs to [{homes[0].name}]"
    if table is None:
        return "no such setting; settings stand in tables, such as [cache]"
    return f"no such setting{nearest(name, list(table.settings))}"


def _shown(raw: object) -> str:
    """Repeat a value in a message: printable, and not endless."""
    text = quoted(raw)
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
