"""A record told to programs and to people.

`explanation` says all there is in what JSON can say; `explained` writes that for people.
So a process that has records and one that prints them need to share nothing else, and
whatever comes from another process is made harmless again where it is printed.

The fields of an explanation stay: new ones may come, none changes its meaning.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from resolver.config import printable
from resolver.observe.record import ASKED, Record
from resolver.observe.trace import trace_json, trace_lines
from resolver.observe.verdict import verdict_of
from resolver.wire import names, types

Explanation = Mapping[str, Any]

# Budgets that are told to people even if little of them was used.
_ALWAYS: Final = ("seconds", "questions to servers")


def explanation(record: Record) -> dict[str, object]:
    """Say all about a record; times are in seconds, `at` and `last` since 1970."""
    verdict = verdict_of(record)
    around = record.around
    return {
        "id": record.id,
        "at": round(around.at, 3),
        "time": time_text(around.at),
        "name": names.to_text(record.question.name),
        "type": types.type_name(record.question.rdtype),
        "client": around.client,
        "transport": around.transport,
        "rcode": record.rcode,
        "errors": [{"code": code, "text": text} for code, text in record.ede],
        "reasons": list(record.reasons),
        "seconds": round(record.seconds, 6),
        "verdict": {
            "rule": verdict.rule,
            "blame": verdict.blame,
            "cause": verdict.cause,
            "mend": verdict.mend,
        },
        "budgets": [
            {"name": name, "used": used, "given": given}
            for name, used, given in record.budgets
        ],
        "network": around.network,
        "again": record.again,
        "last": round(record.last, 3),
        "origin": record.origin,
        "trace": trace_json(record.diary, record.started),
        "tree": trace_lines(record.diary, record.started),
    }


def explained(told: Explanation) -> list[str]:
    """Write an explanation for people, line by line; safe for a terminal."""
    return [printable(line) for line in _lines(told)]


def summary(told: Explanation) -> str:
    """Write the one line of an explanation that goes into a list of several."""
    verdict = told["verdict"]
    line = (
        f"{told['id']}  {told['time']}  {told['name']} {told['type']}  {told['rcode']}"
        f"  {verdict['blame']}: {verdict['cause']}"
    )
    return printable(line)


def time_text(at: float) -> str:
    """Write a time in seconds since 1970 as people read it."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _lines(told: Explanation) -> Iterable[str]:
    verdict = told["verdict"]
    yield f"{told['name']} {told['type']}: {told['rcode']}   [id {told['id']}]"
    yield from _frame(told)
    yield ""
    yield f"  verdict:  {verdict['cause']}"
    yield f"  to blame: {verdict['blame']}"
    if verdict["mend"]:
        yield f"  to mend:  {verdict['mend']}"
    yield ""
    yield from told["tree"]
    yield ""
    yield f"  used: {_budgets(told['budgets'])}"
    for error in told["errors"]:
        yield f"  extended error {error['code']}: {error['text']}".removesuffix(": ")


def _frame(told: Explanation) -> Iterable[str]:
    when = f"  {told['time']}, {told['seconds']:.3f} s"
    if list(told["reasons"]) == [ASKED]:
        yield f"{when}, asked here and now, knowing nothing before"
        return
    who = told["client"] or "nobody that is known"
    how = f" over {told['transport'].upper()}" if told["transport"] else ""
    yield f"{when}, asked by {who}{how}"
    yield f"  kept because: {', '.join(told['reasons'])}"
    if told["again"]:
        times = "time" if told["again"] == 1 else "times"
        last = time_text(told["last"])
        yield f"  told {told['again']} {times} more from memory, the last at {last}"
    if told["origin"]:
        yield f"  the failure itself is record {told['origin']}"
    if told["network"]:
        yield f"  at the time: {told['network']}"


def _budgets(budgets: Iterable[Explanation]) -> str:
    return ", ".join(
        f"{each['used']:g} of {each['given']:g} {each['name']}"
        for each in budgets
        if each["used"] or each["name"] in _ALWAYS
    )
