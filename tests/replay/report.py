"""Results in tables, in sentences, and for machines."""

from collections import Counter
from typing import Any

from resolver.ports import Note
from tests.replay.player import Result
from tests.virtual import START

_STATUSES = ("passed", "failed", "needs")


def summary(results: list[Result]) -> str:
    """Count by group, list what failed and what is needed how often."""
    groups: dict[str, Counter[str]] = {}
    needs: Counter[str] = Counter()
    for result in results:
        groups.setdefault(result.scenario.group, Counter())[result.status] += 1
        needs.update(result.needs if result.status == "needs" else ())
    width = max([len(group) for group in groups] + [len("together")])
    lines = [f"{'':{width}} " + "".join(f"{status:>8}" for status in _STATUSES)]
    lines += [f"{group:{width}} {_row(groups[group])}" for group in sorted(groups)]
    together = sum(groups.values(), Counter[str]())
    lines.append(f"{'together':{width}} {_row(together)}")
    if needs:
        words = ", ".join(f"{need} ({count})" for need, count in needs.most_common())
        lines.append(f"needed: {words}")
    failed = [result for result in results if result.status == "failed"]
    lines += [f"failed: {r.scenario.name}: {_first(r.faults[0])}" for r in failed]
    return "\n".join(lines)


def _row(counts: Counter[str]) -> str:
    return "".join(f"{counts[status]:8}" for status in _STATUSES)


def _first(fault: str) -> str:
    """Give the line of a fault that says most: the step and the first difference."""
    return "; ".join(fault.splitlines()[:2])


def details(result: Result) -> str:
    """Tell a failed scenario: the faults, what happened, what the walks noted."""
    lines = [f"=== {result.scenario.name}: {result.scenario.title}"]
    lines += [f"fault: {fault}" for fault in result.faults]
    lines += ["what happened:", *result.transcript]
    for number, diary in enumerate(result.diaries, 1):
        lines.append(f"diary of walk {number}:")
        lines += [_note(note) for note in diary]
    return "\n".join(lines) + "\n"


def _note(note: Note) -> str:
    facts = " ".join(_fact(fact) for fact in note.facts)
    return f"{note.at - START:9.3f}  {'  ' * note.depth}{note.kind} {facts}"


def _fact(fact: object) -> str:
    return repr(fact) if isinstance(fact, bytes) else str(fact)


def as_json(results: list[Result]) -> dict[str, Any]:
    """Give everything but the transcripts of what passed."""
    counts = Counter(result.status for result in results)
    return {
        "counts": {status: counts[status] for status in _STATUSES},
        "scenarios": [
            {
                "name": result.scenario.name,
                "group": result.scenario.group,
                "status": result.status,
                "needs": result.needs,
                "faults": result.faults,
                "transcript": result.transcript if result.faults else [],
            }
            for result in results
        ],
    }
