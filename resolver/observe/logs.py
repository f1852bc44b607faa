"""Logs: events with a name that stays and facts beside it, on standard error.

A person at a terminal gets lines in columns, a machine one JSON object a line.  An
event that is below the level is dropped before anything is formatted.  It would cost
less if structlog replaced the methods of levels that are off, but then no level could be
changed while the program runs (`log_from`), and where it matters nothing is logged.

Names, reasons and texts in events come from packets, so whoever can send us one
could try to write on an operator's terminal.  `_harmless` is the one gate: every
value of every event passes it, tracebacks included, just before it is rendered.

Events have names that stay, and facts that stay with them: docs/operations.md lists them
all, and a test sees that it does.
"""

import logging
import sys
from typing import Any, Final, TextIO, cast, final

import structlog
from structlog.typing import EventDict, Processor

from resolver.config import printable
from resolver.observe.steady import Steady

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_FIRST: Final = ("timestamp", "level", "event")


def configure_logging(level: str, style: str) -> None:
    """Send events of `level` and above to standard error.

    `level` and `style` are those of `[log] level` and `[log] format`.  Call it once,
    before the first event: loggers remember how they were set up.
    """
    pretty = style == "pretty" or (style == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=_processors(pretty=pretty),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Steady(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    # What libraries log goes the same way.
    logging.basicConfig(handlers=[_Libraries()], force=True)
    log_from(level)


def log_from(level: str) -> None:
    """Tell events of `level` and above from now on: one of `LEVELS`."""
    _threshold.lowest = LEVELS[level]
    # Libraries speak only when something is wrong, unless everything was asked for.
    libraries = logging.DEBUG if level == "debug" else logging.WARNING
    logging.getLogger().setLevel(libraries)


@final
class _Threshold:
    """Drops events below a level; one that is not known, "critical", is above all."""

    def __init__(self) -> None:
        self.lowest = logging.INFO

    def __call__(self, _logger: object, method: str, event: EventDict) -> EventDict:
        if LEVELS.get(method, logging.ERROR) < self.lowest:
            raise structlog.DropEvent
        return event


_threshold: Final = _Threshold()


def _processors(*, pretty: bool) -> list[Processor]:
    renderer: Processor
    if pretty:
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    else:
        renderer = structlog.processors.JSONRenderer()
    return [
        _threshold,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _harmless,
        renderer,
    ]


def _harmless(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Make every value of an event one that cannot do anything to a terminal.

    When, how bad and what come first, so that lines can be read down the page.
    """
    harmless: EventDict = dict.fromkeys(_FIRST)
    for name, value in event.items():
        if name == "exception":
            # A traceback keeps its lines; what is in them is made harmless.
            harmless[name] = "\n".join(map(printable, str(value).splitlines()))
        else:
            harmless[name] = _harmless_value(value)
    return harmless


def _harmless_value(value: object) -> Any:  # noqa: ANN401 - whatever JSON can say
    if value is None or isinstance(value, bool | int | float):
        return value
    if type(value) in {list, tuple}:
        return [_harmless_value(item) for item in value]  # type: ignore[attr-defined]
    # Questions and addresses are tuples with a text of their own.
    return printable(str(value))


@final
class _Libraries(logging.Handler):
    """Hands what libraries log to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library",
            text=record.getMessage(),
            logger=record.name,
            exc_info=record.exc_info,
        )
