"""Ask why a question ended as it did, and write that for people or for programs.

Whoever was running then is asked; or the question is put here and now, as `query` does,
and what comes of it is explained.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from resolver.cli.control import Refusal
from resolver.cli.query import Outcome, question_from, record_of
from resolver.config import printable
from resolver.observe.explain import explained, explanation, summary
from resolver.wire import names, types
from resolver.wire.message import Question
from resolver.wire.presentation import type_text

# Carries a command to a resolver that is running, and its result back.
Run = Callable[[str, Mapping[str, object]], object]

# Records that are listed where no name and no id is asked for.
LISTED: Final = 20


class Wanted(NamedTuple):
    """What is to be explained; `at` is in seconds since 1970.  "" and None are anything."""

    name: str = ""
    type: str = ""
    id: str = ""
    at: float | None = None

    @property
    def arguments(self) -> dict[str, object]:
        """Say it as the command `explain` does (`daemon.explaining`)."""
        said = {"name": self.name, "type": self.type, "id": self.id}
        arguments: dict[str, object] = {what: it for what, it in said.items() if it}
        if self.at is not None:
            arguments["at"] = self.at
        if not self.name and not self.id:
            arguments["limit"] = LISTED
        return arguments


def wanted(
    question: Question | None, kind: str | None, name: str | None, at: float | None
) -> Wanted:
    """Say what somebody wants explained who typed a question, an id or a time.

    A type that was not typed is any, unless the question is one that has only one.
    """
    if question is None:
        return Wanted(id=name or "", at=at)
    rdtype = "" if kind is None and question.rdtype == types.A else question.rdtype
    text = type_text(rdtype) if isinstance(rdtype, int) else ""
    return Wanted(names.to_text(question.name), text, name or "", at)


def asked_for(options: argparse.Namespace) -> tuple[Question | None, Wanted]:
    """Read what was typed.  Raises ValueError for what makes no sense."""
    name, kind = options.name, options.type
    if options.now and name is None:
        raise ValueError("--now needs a name")
    question = None if name is None else question_from(name, kind)
    now = time.time()  # noqa: TID251 - for a time of day that somebody typed
    at = None if options.at is None else time_from(options.at, now)
    return question, wanted(question, kind, options.id, at)


def of_record(run: Run, wanted: Wanted) -> Mapping[str, Any]:
    """Have a running resolver explain.  Raises as `run` does, and `Refusal`."""
    result = run("explain", wanted.arguments)
    if not isinstance(result, dict) or "records" not in result:
        raise Refusal("another version of this program is running")
    return result


def of_now(outcome: Outcome) -> Mapping[str, Any]:
    """Explain what has just come of a question, as if it had been on record."""
    return {"records": [explanation(record_of(outcome))]}


def as_json(result: Mapping[str, Any]) -> str:
    """Write a result as one JSON object."""
    return json.dumps(result, indent=2)


def as_text(result: Mapping[str, Any], wanted: Wanted) -> str:
    """Write a result for people; all of it is fit for a terminal."""
    records: Sequence[Mapping[str, Any]] = result["records"]
    lines = []
    if not records:
        lines.append(_nothing(wanted))
    elif wanted.name or wanted.id:
        for record in records:
            lines += explained(record)
    else:
        lines += [summary(record) for record in records]
    if steps := result.get("now"):
        lines += ["", "now:", *(f"  {printable(str(step))}" for step in steps)]
    return "\n".join(lines)


def _nothing(wanted: Wanted) -> str:
    if wanted.id:
        return printable(f"there is no record {wanted.id} (any more)")
    if wanted.name:
        about = printable(f"{wanted.name} {wanted.type}".rstrip())
        return f"nothing is on record about {about}; --now asks about it"
    return "nothing is on record: nothing has gone wrong"


def time_from(text: str, now: float) -> float:
    """Read a time as users write it: `03:12`, `2026-11-22 03:12`, seconds since 1970.

    Without a zone it is local time; without a date it is the last time that the clock
    showed it.  Raises ValueError.
    """
    if text.isdecimal():
        return float(text)
    today = datetime.fromtimestamp(now).astimezone()
    try:
        if "-" not in text:
            moment = datetime.fromisoformat(f"{today:%Y-%m-%d} {text}").astimezone()
            if moment.timestamp() > now:
                moment -= timedelta(days=1)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        problem = f"{text!r} is no time; 03:12, 2026-11-22 03:12 and the like are"
        raise ValueError(problem) from None
    return moment.timestamp()
