"""Examine this host and its network, and tell people or programs what was found."""

import asyncio
import json
import textwrap
from collections.abc import Sequence
from typing import Final

from resolver.cli import configuration
from resolver.config import Config, ConfigError, printable
from resolver.daemon.doctor import OK, PROBLEM, UNKNOWN, WARNING, Finding, examine
from resolver.daemon.doctor.findings import worst
from resolver.daemon.loops import loop_factory
from resolver.daemon.world import world_of
from resolver.observe import configure_logging

_SIGNS: Final = {OK: "ok", WARNING: "warning", PROBLEM: "PROBLEM", UNKNOWN: "unknown"}
_CHECK: Final = "configuration"
_WIDTH: Final = 88
_INDENT: Final = " " * 25


def run(path: str | None) -> list[Finding]:
    """Examine everything, with the configuration file at `path` if there is one.

    A file that cannot be used is a finding, too; what else there is to find is then
    found with the defaults.  Blocks for some seconds; raises as `examine` does.
    """
    config, about_file = choose(path)
    configure_logging(config.log.level, config.log.format)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return [about_file, *runner.run(_examine(config))]


def choose(path: str | None) -> tuple[Config, Finding]:
    """Read the configuration as `serve` would, and judge it."""
    try:
        chosen = configuration.for_serving(path, None)
        configuration.rehearse(chosen.config)
    except ConfigError as error:
        return _defaults(path, *map(str, error.problems))
    except (OSError, ValueError) as error:
        return _defaults(path, f"{path}: {error}")
    seen = (f"{path} is valid" if path else "no file: everything has its default",)
    if chosen.early:
        return chosen.config, Finding(_CHECK, WARNING, (*seen, *chosen.early))
    return chosen.config, Finding(_CHECK, OK, seen)


def _defaults(path: str | None, *problems: str) -> tuple[Config, Finding]:
    mend = f"mend what is named; `resolver check {path}` tells when it is right"
    config = configuration.for_serving(None, None).config
    return config, Finding(_CHECK, PROBLEM, problems, mend)


def has_problem(findings: Sequence[Finding]) -> bool:
    """Say whether something has to be mended."""
    return worst(findings) == PROBLEM


async def _examine(config: Config) -> list[Finding]:
    world = world_of(config)
    try:
        return await examine(config, world)
    finally:
        world.close()


def as_text(findings: Sequence[Finding]) -> str:
    """Write a paragraph for each finding, safe for a terminal, and a last line."""
    lines: list[str] = []
    for it in findings:
        head = f"{_SIGNS[it.verdict]:8} {it.check:15} "
        lines += _paragraph(head, "; ".join(it.evidence))
        if it.mend:
            lines += _paragraph(_INDENT, f"-> {it.mend}")
    problems = sum(it.verdict == PROBLEM for it in findings)
    warnings = sum(it.verdict == WARNING for it in findings)
    lines += ["", f"problems: {problems}, warnings: {warnings}"]
    return "\n".join(lines)


def _paragraph(head: str, text: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=head,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    ) or [head]


def as_json(findings: Sequence[Finding]) -> str:
    """Write one JSON object: the worst verdict, and every check."""
    checks = [it._asdict() for it in findings]
    return json.dumps({"verdict": worst(findings), "checks": checks}, indent=2)
