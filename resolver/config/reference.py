"""The reference of all settings, for the web: docs/settings.md, made from the declarations.

The same words as in `resolver.toml`, in tables that can be linked to.
"""

from typing import Final

from resolver.config.declared import Setting, Table, declared
from resolver.config.kinds import SWITCH
from resolver.config.marks import LATER

_HEAD: Final = """\
# Settings

Every setting with its default, what it takes and what it does. They are set in one TOML
file (`resolver serve --config FILE`); what is not set there has its default. `resolver
defaults` prints the same as a file to begin with, `resolver check FILE` tells what is wrong
with one.

This page is made by `resolver defaults --markdown`; the tests see that it is up to date.
"""


def reference() -> str:
    """Write docs/settings.md: a section for each table, a row for each setting."""
    tables = declared().values()
    contents = "\n".join(f"- [{_title(it)}](#{it.name}): {_line(it)}" for it in tables)
    return "\n".join([_HEAD, contents, "", *map(_section, tables)])


def _title(table: Table) -> str:
    return f"`[[{table.name}]]`" if table.many else f"`[{table.name}]`"


def _line(table: Table) -> str:
    """Give the first sentence of what a table is for."""
    return " ".join(table.meaning.split()).partition(". ")[0].rstrip(".")


def _section(table: Table) -> str:
    rows = [_row(it) for it in table.settings.values()]
    many = "Zero or more of these tables.\n\n" if table.many else ""
    return "\n".join(
        (
            f"## {table.name}\n",
            f"{' '.join(table.meaning.split())}\n",
            f"{many}| setting | default | meaning |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def _row(setting: Setting) -> str:
    default = "(has to be given)"
    if not setting.required:
        default = f"`{setting.kind.write(setting.default)}`"
    meaning = " ".join(setting.meaning.split())
    if setting.kind is not SWITCH:
        each = "a list; each item " if setting.many else ""
        meaning += f" Value: {each}{setting.kind.expected}."
    if setting.later:
        meaning += f" *{LATER.value.capitalize()}.*"
    return f"| `{setting.name}` | {default} | {meaning.replace('|', '&#124;')} |"
