"""A worker: one of several processes that answer, and what it does for its supervisor.

It is started with the number of a file descriptor, the supervisor's socket, and gets its
assignment from there.  It ends when the supervisor says so (SIGTERM) and when the
supervisor has ended, whatever the reason.  A Ctrl-C or the end of a terminal reaches the
supervisor as well, so they are left to it.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from resolver.daemon.link import SHOW_STACK, Link, receive
from resolver.daemon.loops import loop_factory
from resolver.daemon.opened import Opened, from_descriptors
from resolver.daemon.privileges import give_up_capabilities
from resolver.daemon.process import answer
from resolver.daemon.storage import remove
from resolver.observe import configure_logging


def main(descriptor: str) -> None:
    """Be a worker, until the end; exits with 0 if that was wanted."""
    for left_to_supervisor in (signal.SIGINT, signal.SIGHUP):
        signal.signal(left_to_supervisor, signal.SIG_IGN)
    with socket.socket(fileno=int(descriptor)) as ours:
        assignment = receive(ours)
        if assignment is None:
            return
        number, config, place, sockets = assignment
        configure_logging(config.log.level, config.log.format)
        name_events(number)
        link = Link(ours)
        link.tell_stack_on(SHOW_STACK)
        try:
            opened = Opened(from_descriptors(sockets))
            if config.server.user:  # what its supervisor has become; see `privileges`
                opened.bind(config.listen.plain, several=True)
                give_up_capabilities()
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                work = answer(
                    config, place, link, several=True, worker=number, opened=opened
                )
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
