"""The command `explain`: what is on record of a question, and what is known of it now.

Arguments, all of them optional: `name` and `type` of the question, `id` of a record,
`at`, the time in seconds since 1970 to which a record shall be closest, and `limit`, how
many records are told.  The result has `records`, explanations (`observe.explain`) in the
order in which they were asked for, the newest first without `at`; and, where a name was
given, `now`: what would be told at once.  Types are numbers or names.  Every worker has
records of its own; `merged` makes one result of several.
"""

from collections.abc import Callable
from typing import Any, Final, final

from resolver.daemon.commands import Arguments, Refused
from resolver.daemon.subject import Subject
from resolver.observe.explain import explanation
from resolver.observe.record import Record
from resolver.observe.recorder import Recorder
from resolver.ports import Resolution
from resolver.service import Known
from resolver.wire import types
from resolver.wire.message import Question

# Records told at once.
MAX_TOLD: Final = 100


async def explain(subject: Subject, arguments: Arguments) -> object:
    """Explain what the resolver that answers now has on record."""
    core = subject.core
    explainer = Explainer(core.recorder, core.service.known, subject.clock)
    return await explainer(arguments)


@final
class Explainer:
    """Carries out `explain` (`commands.Handler`)."""

    __slots__ = ("_clock", "_known", "_recorder")

    def __init__(
        self,
        recorder: Recorder | None,
        known: Callable[[Question, float], Known],
        clock: Callable[[], float],
    ) -> None:
        self._recorder: Final = recorder
        self._known: Final = known
        self._clock: Final = clock

    async def __call__(self, arguments: Arguments) -> dict[str, object]:
        """Explain; raises `Refused` for arguments that make no sense."""
        question, rdtype = _question(arguments)
        if self._recorder is None:
            raise Refused("nothing is put on record: [recorder] size is 0")
        limit = max(0, min(int(_number(arguments, "limit", 1)), MAX_TOLD))
        found = self._find(arguments, question, rdtype)
        told = [explanation(each) for each in found[:limit]]
        result: dict[str, object] = {
            "records": told,
            "at": arguments.get("at"),
            "limit": limit,
        }
        if question is not None:
            result["now"] = state(self._known(question, self._clock()))
        return result

    def _find(
        self, arguments: Arguments, question: Question | None, rdtype: int | None
    ) -> list[Record]:
        recorder = self._recorder
        if recorder is None:
            return []
        name = arguments.get("id")
        if name is not None:
            record = recorder.get(str(name).lower())
            return [] if record is None else [record]
        found = [each for each in recorder if _is_about(each, question, rdtype)]
        if arguments.get("at") is not None:
            at = _number(arguments, "at", 0)
            found.sort(key=lambda each: abs(each.around.at - at))
        return found


def merged(results: list[Any]) -> dict[str, object]:
    """Make one result of those of several workers; there is at least one."""
    first = results[0]
    at = first["at"]
    records = [each for result in results for each in result["records"]]
    records.sort(
        key=lambda each: -each["at"] if at is None else abs(each["at"] - at),
    )
    return {**first, "records": records[: first["limit"]]}


def state(known: Known) -> list[str]:
    """Say what would be told to a question at once, step by step."""
    steps = []
    if known.ours is not None:
        steps.append(f"policy: answered here, {_words(known.ours)}")
    if known.whole is not None:
        secure = ", secure" if known.whole.secure else ""
        steps.append(f"cache: {_words(known.whole)}{secure}")
    elif known.stale is not None and known.stale.ede:
        steps.append(f"cache: {_words(known.stale)}, {known.stale.ede[0][1]}")
    else:
        steps.append("cache: nothing")
    if known.failure is not None:
        steps.append(f"remembered failure: {known.failure.text}")
    return steps


def _words(resolution: Resolution) -> str:
    rrsets: tuple[Any, ...] = resolution.answer or resolution.authority
    ttl = min((rrset.ttl for rrset in rrsets), default=0)
    count = sum(len(rrset.rdatas) for rrset in resolution.answer)
    what = f"{types.rcode_name(resolution.rcode)}, {count} records"
    return f"{what} for {ttl} more seconds"


def _is_about(record: Record, question: Question | None, rdtype: int | None) -> bool:
    if question is None:
        return True
    asked = record.question
    return asked.name == question.name and rdtype in {None, asked.rdtype}


def _question(arguments: Arguments) -> tuple[Question | None, int | None]:
    """Read name and type; a type that is left out is any on record, and A now."""
    name, kind = arguments.get("name"), arguments.get("type")
    if name is None:
        return None, None
    # Loaded only where somebody asks: it brings dnspython along.
    from resolver.wire.presentation import (  # noqa: PLC0415
        name_from_text,
        type_from_text,
    )

    try:
        if kind is None or type(kind) is int:
            rdtype = kind
        else:
            rdtype = type_from_text(str(kind))
        wanted = name_from_text(str(name)).lower()
    except ValueError as error:
        raise Refused(str(error)) from None
    return Question(wanted, types.A if rdtype is None else rdtype), rdtype


def _number(arguments: Arguments, name: str, default: float) -> float:
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{name} is a number, not {value!r}")
    return value
