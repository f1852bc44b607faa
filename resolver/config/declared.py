"""The declarations of `tables`, as data that reader and describer can go through."""

import functools
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, NamedTuple, get_origin, get_type_hints

from resolver.config.kinds import Kind
from resolver.config.marks import LATER
from resolver.config.tables import Config


class Setting(NamedTuple):
    """A declared setting.

    `many` is a list of such values.  `default` is MISSING where a value has to be
    given.  `later`: the feature is not in this version.
    """

    name: str
    kind: Kind
    meaning: str
    many: bool
    default: object
    later: bool

    @property
    def required(self) -> bool:
        """Say whether the setting has to be given."""
        return self.default is MISSING

    def asks(self, value: object) -> bool:
        """Say whether a value asks for the feature, rather than for its absence."""
        if isinstance(value, bool | tuple):
            return bool(value)
        return value != self.default


class Table(NamedTuple):
    """A declared table.  `many`: it is written `[[name]]`, any number of times."""

    name: str
    shape: Any  # the dataclass; its arguments are known only by name
    meaning: str
    settings: Mapping[str, Setting]
    many: bool


@functools.cache
def declared() -> Mapping[str, Table]:
    """Give all tables by name, in the order of their declaration."""
    hints = get_type_hints(Config, include_extras=True)
    names = [item.name for item in fields(Config) if item.name != "origins"]
    return {name: _table(name, hints[name]) for name in names}


def _table(name: str, hint: Any) -> Table:  # noqa: ANN401 - a type expression
    later = LATER in getattr(hint, "__metadata__", ())
    many = get_origin(hint) is tuple
    shape = hint.__args__[0] if many else getattr(hint, "__origin__", hint)
    hints = get_type_hints(shape, include_extras=True)
    settings = {
        item.name: _setting(item.name, hints[item.name], item.default, later=later)
        for item in fields(shape)
    }
    return Table(name, shape, shape.__doc__ or "", settings, many)


def _setting(name: str, hint: Any, default: object, *, later: bool) -> Setting:  # noqa: ANN401 - a type expression
    extras = hint.__metadata__
    (kind,) = (extra for extra in extras if isinstance(extra, Kind))
    (meaning,) = (extra for extra in extras if isinstance(extra, str))
    many = get_origin(hint.__origin__) is tuple
    return Setting(name, kind, meaning, many, default, later or LATER in extras)
