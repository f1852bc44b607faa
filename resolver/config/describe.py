"""The commented configuration file, made from the declarations.

Settings are commented out with a bare `#`, prose with `# `: a file made from this
one holds what its owner has changed and nothing else, and a default that a later
version improves reaches everybody who never touched it.
"""

import textwrap
from typing import Final

from resolver.config.declared import Setting, Table, declared
from resolver.config.kinds import SWITCH
from resolver.config.marks import LATER

_WIDTH: Final = 88
_HEAD: Final = """\
# Every setting with its meaning and its default.  A line that starts with `#` and no
# blank is a setting at its default: take the `#` away to change it.
#
#     resolver check FILE             tells what is wrong with a file, and where
#     resolver serve --config FILE    starts with it
#
# Printed by `resolver defaults`.
"""
# For settings without a default.
_EXAMPLES: Final[dict[str, dict[str, object]]] = {
    "forward": {"zone": "corp.example", "servers": ("192.0.2.53", "[2001:db8::53]:53")},
    "stub": {"zone": "lab.example", "servers": ("192.0.2.54",)},
}


def describe() -> str:
    """Write `resolver.toml`: every table and setting, with meaning and default."""
    return "\n".join([_HEAD, *map(_table, declared().values())])


def _table(table: Table) -> str:
    if not table.many:
        settings = [_setting(item, item.default) for item in table.settings.values()]
        return f"[{table.name}]  # {table.meaning}\n\n" + "\n".join(settings)
    comment = _prose(table.meaning)
    example = _EXAMPLES[table.name]
    settings = [
        _setting(item, example.get(item.name, item.default))
        for item in table.settings.values()
    ]
    return f"{comment}#[[{table.name}]]\n\n" + "\n".join(settings)


def _setting(setting: Setting, value: object) -> str:
    parts = [_prose(setting.meaning)]
    if setting.kind is not SWITCH:
        each = "a list; each item " if setting.many else ""
        parts.append(_prose(f"Value: {each}{setting.kind.expected}."))
    if setting.later:
        parts.append(_prose(f"{LATER.value.capitalize()}."))
    line = f"#{setting.name} = {setting.kind.write(value)}"
    if len(line) > _WIDTH:
        start, _, items = line.partition("[")
        rest = textwrap.wrap(items.removesuffix("]"), _WIDTH - 1)
        line = "\n#".join((f"{start}[", *rest, "]"))
    return f"{''.join(parts)}{line}\n"


def _prose(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH - 2)
    return "".join(f"# {line}\n" for line in lines)
