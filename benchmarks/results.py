"""What was measured: medians, ratios, and everything as JSON.

A row is one figure of all servers.  Its values are kept by server and round, because
the machine's mood changes from minute to minute: a ratio is taken within each round,
between runs that followed one another closely, and its median is told.
"""

import json
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

Rounds = dict[int, float]


class Row(NamedTuple):
    """A figure's place in the table: section, title, unit."""

    section: str
    title: str
    unit: str


class Results:
    """Collects values, keeps those of the wanted sections."""

    def __init__(self, only: frozenset[str]) -> None:
        """`only` are the letters of the wanted sections."""
        self.only: Final = only
        self.rows: Final[dict[Row, dict[str, Rounds]]] = {}
        self.samples: Final[list[dict[str, Any]]] = []
        self.notes: Final[list[str]] = []

    def add(self, row: Row, server: str, turn: int, value: float) -> None:
        """Keep a value; `turn` is the number of the round."""
        if row.section in self.only:
            self.rows.setdefault(row, {}).setdefault(server, {})[turn] = value

    def sample(self, raw: dict[str, Any]) -> None:
        """Keep the raw figures of one run."""
        self.samples.append(raw)

    def note(self, text: str) -> None:
        """Keep something that readers of the table must know; once."""
        if text not in self.notes:
            self.notes.append(text)

    def servers(self) -> list[str]:
        """Name the servers that have values, in the order in which they came."""
        return [*dict.fromkeys(name for row in self.rows.values() for name in row)]

    def ordered(self) -> list[Row]:
        """Give the rows by section, and as they came within one."""
        return sorted(self.rows, key=lambda row: row.section)

    def median(self, row: Row, server: str) -> float | None:
        """Give a server's median, None if it has no value."""
        values = self.rows[row].get(server)
        return statistics.median(values.values()) if values else None

    def ratio(self, row: Row, server: str, other: str) -> float | None:
        """Give the median of the ratios within each round."""
        return ratio(self.rows[row].get(server, {}), self.rows[row].get(other, {}))

    def write(self, path: Path, head: Mapping[str, Any], ours: str) -> None:
        """Write everything as JSON."""
        rows = [
            {
                **row._asdict(),
                "values": self.rows[row],
                "medians": {name: self.median(row, name) for name in self.rows[row]},
                f"{ours} / other": {
                    name: self.ratio(row, ours, name) for name in self.rows[row]
                },
            }
            for row in self.ordered()
        ]
        path.parent.mkdir(parents=True, exist_ok=True)
        everything = {
            **head,
            "notes": self.notes,
            "rows": rows,
            "samples": self.samples,
        }
        path.write_text(json.dumps(everything, indent=1) + "\n")


def ratio(these: Rounds, those: Rounds) -> float | None:
    """Give the median ratio over the rounds that both have; None without any."""
    ratios = [these[turn] / those[turn] for turn in these if those.get(turn)]
    return statistics.median(ratios) if ratios else None
