"""The manual page, made from what the program knows of itself: packaging/resolver.1.

Commands and options are those of the argument parser, settings those of the
declarations.  So the page cannot tell of what is not there, nor leave anything out.
"""

import argparse
import re
from collections.abc import Iterator
from typing import Final

from resolver.cli import roff
from resolver.cli.arguments import parser_for
from resolver.config.declared import Setting, Table, declared
from resolver.config.kinds import SWITCH
from resolver.config.marks import LATER

_SIGNALS: Final = {
    "SIGTERM, SIGINT": "Take no more questions, end those that are open, and exit.",
    "SIGHUP": "Read the configuration again: as `resolver reload`.",
    "SIGUSR1": "Log the counters, as event `statistics`.",
}
_FILES: Final = {
    "/etc/resolver/resolver.toml": "Settings, where the unit for systemd looks for them."
    "  The program itself reads only what --config names.",
    "/run/resolver/control.sock": 'The control socket, with [control] path = "auto".',
    "/var/lib/resolver/trust-anchors": "The trust anchors as they change (RFC 5011),"
    " where systemd gives the program a state directory.",
}
_SEE: Final = "dig(1), resolv.conf(5), systemd-resolved.service(8), delv(1)"


def manual() -> str:
    """Write packaging/resolver.1."""
    parser = parser_for(["lab"])  # whose options are declared only where it is named
    return "".join(_page(parser))


def _page(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield '.\\" Made by `resolver defaults --man`.\n'
    yield '.TH RESOLVER 1 "" "resolver" "User Commands"\n'
    yield roff.heading("NAME")
    yield "resolver \\- caching, validating, recursive DNS resolver\n"
    yield roff.heading("SYNOPSIS")
    yield f"{roff.bold('resolver')} {roff.italic('COMMAND')} [...]\n"
    yield roff.heading("DESCRIPTION")
    yield _text(parser.description)
    steps, _, status = (parser.epilog or "").partition("exit status: ")
    yield _text(steps)
    yield roff.heading("COMMANDS")
    yield from _commands(parser)
    yield roff.heading("SETTINGS")
    yield roff.prose(
        "They are set in one TOML file, `resolver serve --config` FILE.  What is not set"
        " there has its default, which is shown.  `resolver defaults` prints them as a"
        " file to begin with."
    )
    yield "\n"
    for table in declared().values():
        yield from _table(table)
    yield roff.heading("EXIT STATUS")
    yield f"{roff.prose(status)}.\n"
    for title, rows in (("SIGNALS", _SIGNALS), ("FILES", _FILES)):
        yield roff.heading(title)
        for head, about in rows.items():
            yield roff.item(roff.bold(head), roff.prose(about))
    yield roff.heading("SEE ALSO")
    yield re.sub(r"([\w.-]+)(\(\d\))", lambda it: roff.bold(it[1]) + it[2], _SEE) + "\n"


def _text(text: str | None) -> str:
    """Write what a parser says: paragraphs, and examples where lines are indented."""
    written = []
    for block in re.split(r"\n\s*\n", (text or "").strip()):
        head, *rest = block.splitlines() or [""]
        if rest and all(line.startswith("  ") for line in rest):
            written.append(f".PP\n{roff.prose(head.capitalize())}\n")
            written.append(roff.example([line[2:] for line in rest]))
        elif head:
            written.append(f".PP\n{roff.prose(block)}\n")
    return "".join(written)


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in _actions(parser):
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as `_actions`
            for command in dict.fromkeys(action.choices.values()):
                yield from _command(command)


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    inner = list(_commands(parser))
    if inner:  # `resolver cache`: its own commands say all
        yield from inner
        return
    actions = [it for it in _actions(parser) if it.dest != "help"]
    yield roff.heading(parser.prog, "SS")
    yield " ".join([roff.bold(parser.prog), *map(_usage, actions)]) + "\n"
    yield _text(parser.description)
    for action in actions:
        if action.help:
            about = action.help % {"default": action.default}
            yield roff.item(_head(action), roff.prose(about))
    yield _text(parser.epilog)


def _usage(action: argparse.Action) -> str:
    """Write an argument as it stands in a synopsis."""
    head = _head(action)
    if action.option_strings or action.nargs in {"?", "*"}:
        return f"[{head}]"
    return head


def _head(action: argparse.Action) -> str:
    """Write an argument: what is typed in bold, what stands for something in italics."""
    parts = [roff.bold(it) for it in action.option_strings[-1:]]
    if action.nargs != 0:
        parts.append(_value(action))
    return " ".join(parts)


def _value(action: argparse.Action) -> str:
    if action.choices and not action.metavar:
        return "|".join(map(roff.bold, map(str, action.choices)))
    name = roff.italic(str(action.metavar or action.dest.upper()))
    if action.nargs == "+":
        return f"{name} ..."
    if action.nargs == "?" and action.option_strings:
        return f"[{name}]"
    return name


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """List what a parser takes; argparse has told it under this name since it exists."""
    return parser._actions  # noqa: SLF001 - there is no public way


def _table(table: Table) -> Iterator[str]:
    title = f"[[{table.name}]]" if table.many else f"[{table.name}]"
    yield roff.heading(title, "SS")
    yield f"{roff.prose(table.meaning)}\n"
    for setting in table.settings.values():
        yield _setting(setting)


def _setting(setting: Setting) -> str:
    head = roff.bold(setting.name)
    if not setting.required:
        head += f" = {roff.typed(setting.kind.write(setting.default))}"
    about = " ".join(setting.meaning.split())
    if setting.kind is not SWITCH:
        each = "a list; each item " if setting.many else ""
        about += f" Value: {each}{setting.kind.expected}."
    if setting.later:
        about += f" {LATER.value.capitalize()}."
    return roff.item(head, roff.prose(about))
