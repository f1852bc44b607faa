"""`resolver stats`: what a running resolver has counted, once or again and again."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from resolver.cli.tables import Span, Told, lines
from resolver.config import printable

# Seconds between two tables; workers tell what they have counted every second.
PERIOD: Final = 2.0
LEAST_PERIOD: Final = 1.0
MOST_PERIOD: Final = 3600.0

_CLEAR: Final = "\x1b[H\x1b[J"


class Talk(Protocol):
    """The way to a running resolver."""

    def __call__(self, command: str, arguments: Mapping[str, object], /) -> Any:  # noqa: ANN401 - what JSON can say
        """Have a command carried out, and give its result; see `daemon.commands`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what `resolver stats` understands beside what all such commands do."""
    parser.add_argument(
        "--watch",
        metavar="SECONDS",
        nargs="?",
        type=_period,
        const=PERIOD,
        help="tell it again and again, with rates",
    )


def _period(text: str) -> float:
    """Read how often; below a second there is nothing new."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not LEAST_PERIOD <= seconds <= MOST_PERIOD:
        raise argparse.ArgumentTypeError(f"{text!r} is no time of 1 to 3600 seconds")
    return seconds


def stats(
    talk: Talk,
    options: argparse.Namespace,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Print what has been counted; with `--watch` until somebody ends it.

    `options` are those of `add_arguments`, and `json`, which every command has.
    """
    before: Told | None = None
    before_at = 0.0
    while True:
        told = Told(**talk("statistics", {}))
        at = clock()
        if options.json:
            print(json.dumps(told._asdict()))
        else:
            _show(Span(told, before, at - before_at), again=before is not None)
        if options.watch is None:
            return
        sys.stdout.flush()
        before, before_at = told, at
        sleep(options.watch)


def _show(span: Span, *, again: bool) -> None:
    if again and sys.stdout.isatty():
        print(_CLEAR, end="")
    print("\n".join(map(printable, lines(span))))
