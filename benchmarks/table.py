"""One table: a row for each figure, a column for each server, and the ratios."""

from collections.abc import Sequence
from typing import Final

from benchmarks.results import Results

SECTIONS: Final = {
    "a": "cached",
    "b": "cold",
    "c": "Zipf mix from a cold start",
    "d": "latency at a fixed rate",
    "e": "memory",
    "f": "start",
    "g": "ours with more workers",
    "h": "cached, as the cache grows",
    "i": "ours, reloaded again and again",
}
MISSING: Final = "-"
GAP: Final = "  "


def render(results: Results, ours: str, references: Sequence[str]) -> str:
    """Write the table; ratios are ours to each of the references."""
    servers = results.servers()
    references = [name for name in references if name in servers]
    head = ["", "", *servers, *(f"{ours}/{name}" for name in references)]
    lines: list[list[str]] = [head]
    section = ""
    for row in results.ordered():
        if row.section != section:
            section = row.section
            lines.append([f"({section}) {SECTIONS[section]}"])
        medians = [shown(results.median(row, name)) for name in servers]
        ratios = [
            shown_ratio(results.ratio(row, ours, name) if ours in servers else None)
            for name in references
        ]
        lines.append([f"    {row.title}", row.unit, *medians, *ratios])
    return aligned(lines)


def shown(value: float | None) -> str:
    """Write a value with three digits or so."""
    if value is None:
        return MISSING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def shown_ratio(value: float | None) -> str:
    """Write a ratio."""
    return MISSING if value is None else f"{value:.2f}"


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Put words under words, and numbers under numbers; a lone word is a heading."""
    count = max(map(len, lines))
    full = [line for line in lines if len(line) > 1]
    widths = [max(len(line[column]) for line in full) for column in range(count)]
    return "\n".join(
        GAP.join(
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=False))
        ).rstrip()
        for line in lines
    )
