"""A worker: one of several processes that answer, and what it does for its supervisor.

It is started with the number of a file descriptor, the supervisor's socket, and gets its
assignment from there.  It ends when the supervisor says so (SIGTERM) and when the
supervisor has ended, whatever the reason.  A Ctrl-C reaches the supervisor as well, so
it is left to it.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from resolver.daemon.link import Link, receive
from resolver.daemon.loops import loop_factory
from resolver.daemon.process import answer
from resolver.daemon.storage import remove
from resolver.observe import configure_logging


def main(descriptor: str) -> None:
    """Be a worker, until the end; exits with 0 if that was wanted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as ours:
        assignment = receive(ours)
        if assignment is None:
            return
        number, config, place = assignment
        configure_logging(config.log.level, config.log.format)
        name_events(number)
        link = Link(ours)
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                work = answer(config, place, link, several=True, worker=number)
                runner.run(work)
        except (OSError, ValueError) as error:
            link.failed(error)
            sys.exit(1)
        finally:
            if link.orphaned and place is not None:
                remove(place)


def name_events(worker: int) -> None:
    """Have every event of this process say which worker it comes from."""

    def name(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["worker"] = worker
        return event

    structlog.configure(
        processors=[name, *structlog.get_config()["processors"]],
    )
