"""What can be changed while it runs: `resolver set-log` and `negative-anchor`.

None of it outlives the process: what is to stay belongs in the configuration.
"""

from typing import Final

import structlog

from resolver.daemon.asked import name_of, switch_of, text_of
from resolver.daemon.commands import Arguments, Refused
from resolver.daemon.flushing import forget
from resolver.daemon.subject import Subject
from resolver.dnssec.negative import FOREVER, LONGEST_LIFE, USUAL_LIFE
from resolver.observe.logs import LEVELS, log_from
from resolver.wire import names

log: Final = structlog.get_logger()


async def set_level(arguments: Arguments) -> dict[str, object]:
    """Tell events of `level` and above from now on."""
    level = text_of(arguments, "level")
    if level not in LEVELS:
        raise Refused(f"level: {level!r} is none of {', '.join(LEVELS)}")
    log_from(level)
    return {"level": level}


async def negative_anchor(subject: Subject, arguments: Arguments) -> dict[str, object]:
    """Do with negative trust anchors what `action` says: add, remove or list.

    One is added for `seconds`, an hour if nothing is said.  What is known of the names
    below is forgotten, since it was judged otherwise.
    """
    action = text_of(arguments, "action")
    if action == "list":
        return _listed(subject)
    zone = name_of(arguments)
    validation, now = subject.validation, subject.clock()
    negative = validation.negative
    permanent = dict(negative.listed(now)).get(zone) == FOREVER
    if action == "add":
        negative.add(zone, now + _seconds(arguments))
    elif action == "remove":
        if permanent:
            raise Refused(f"{names.to_text(zone)} is in the configuration")
        if not negative.remove(zone) and not switch_of(arguments, "quiet"):
            raise Refused(f"there is no negative anchor at {names.to_text(zone)}")
    else:
        raise Refused(f"action: {action!r} is none of add, remove, list")
    validation.chain.forget()
    await forget(subject, zone, below=True)
    log.info("negative_anchor", zone=names.to_text(zone), action=action)
    return _listed(subject)


def _seconds(arguments: Arguments) -> float:
    seconds = arguments.get("seconds", USUAL_LIFE)
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not 0 < seconds <= LONGEST_LIFE
    ):
        raise Refused(f"seconds: a number up to {LONGEST_LIFE:g}, a week, is needed")
    return float(seconds)


def _listed(subject: Subject) -> dict[str, object]:
    now = subject.clock()
    return {
        "anchors": [
            {
                "zone": names.to_text(zone),
                "left": None if until == FOREVER else round(until - now, 3),
            }
            for zone, until in subject.validation.negative.listed(now)
        ]
    }
