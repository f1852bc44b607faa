"""The commands, and how they fail.

A command returns the exit status.  What a user can mend (a configuration, an
address that is taken) is told in a line or two on standard error, never as a
traceback; a traceback always means a fault of ours.
"""

import argparse
import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from resolver.cli import configuration
from resolver.cli.arguments import parser_for, version
from resolver.cli.operating_arguments import OPERATING
from resolver.config import Config, ConfigError, describe, printable, reference
from resolver.config.changes import changes

DONE: Final = 0
FAILED: Final = 1
ASKED_WRONGLY: Final = 2
INTERRUPTED: Final = 130  # 128 and the number of SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments ask for, `sys.argv` by default; give the exit status."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = parser_for(words)
    options = parser.parse_args(words)
    if options.version:
        print(version())
        return DONE
    if options.command is None:
        parser.print_help(sys.stderr)
        return ASKED_WRONGLY
    try:
        status = _COMMANDS[options.command](options)
        sys.stdout.flush()  # here and not at exit, where a closed pipe is a traceback
    except ConfigError as error:
        for problem in error.problems:
            complain(str(problem))
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output, `head` perhaps, has had enough.  Standard output
        # must not be flushed again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return status


def complain(text: str) -> None:
    """Tell the user what is wrong."""
    print(printable(text), file=sys.stderr)


def serve(options: argparse.Namespace) -> int:
    """Answer questions until told to stop."""
    chosen = configuration.for_serving(options.config, options.listen)
    config = chosen.config

    # Only now: a configuration that cannot be used is told of without any of this.
    import structlog  # noqa: PLC0415 - see the package's head

    from resolver import daemon  # noqa: PLC0415 - see the package's head
    from resolver.daemon.standard import (  # noqa: PLC0415 - as above
        have_standard_files,
    )
    from resolver.observe import configure_logging  # noqa: PLC0415 - as above

    have_standard_files()
    configure_logging(config.log.level, config.log.format)
    log = structlog.get_logger()
    for setting in chosen.early:
        log.warning("setting_not_in_effect", setting=setting)
    if chosen.port:
        listen = ", ".join(config.listen.plain)
        log.warning("unprivileged_port", listen=listen, reason=chosen.port)
    try:
        return daemon.serve(
            config,
            lambda: configuration.again(options.config, options.listen, chosen),
        )
    except OSError as error:
        complain(f"resolver: cannot start: {error.strerror or error}")
        for hint in _hints(error):
            complain(f"resolver: {hint}")
    except ValueError as error:
        complain(f"resolver: cannot start: {error}")
    return FAILED


def _hints(error: OSError) -> list[str]:
    """Say what usually helps."""
    if error.errno == errno.EADDRINUSE:
        return [
            "another server has this address; `ss -lunp` and `ss -ltnp` name it"
            " (5353 is often avahi-daemon's); --listen takes another",
        ]
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ["ports below 1024 need root or CAP_NET_BIND_SERVICE"]
    if error.errno == errno.EADDRNOTAVAIL:
        return [
            "this machine does not have that address; `ip address` lists them (if none"
            " has colons, IPv6 is switched off here)",
        ]
    if error.errno == errno.EAFNOSUPPORT:
        return ["this machine has no IPv6; leave [::] and [::1] out of listen.plain"]
    return []


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a configuration."""
    chosen = configuration.read(options.config)
    try:
        configuration.rehearse(chosen.config)
    except (OSError, ValueError) as error:
        complain(f"{options.config}: {error}")
        return FAILED
    for setting in chosen.early:
        complain(f"warning: {setting}")
    print(printable(f"{options.config}: valid"))
    if options.diff is not None:
        _show_changes(chosen.config, options.diff)
    return DONE


def _show_changes(config: Config, former: str) -> None:
    """Compare with a file, or with the resolver that runs; without one, the defaults."""
    from resolver.cli import running  # noqa: PLC0415 - for those who want it

    before = None
    if former:
        before, whom = configuration.read(former).config, former
    else:
        before, whom = running.settings(config.control.path), "the running resolver"
    if before is None:
        before, whom = Config(), "the defaults (no resolver is running)"
    found = changes(before, config)
    print(printable(f"compared with {whom}: {len(found) or 'nothing'} changed"))
    for change in found:
        print(printable(str(change)))


def query(options: argparse.Namespace) -> int:
    """Resolve one question in this process."""
    from resolver.cli import query as asking  # noqa: PLC0415 - loads dnspython

    try:
        question = asking.question_from(options.name, options.type)
    except ValueError as error:
        complain(f"resolver query: {error}")
        return ASKED_WRONGLY
    chosen = configuration.read(options.config)
    try:
        outcome = asking.ask(chosen.config, question)
    except (OSError, ValueError) as error:
        complain(f"resolver query: {error}")
        return FAILED
    write = asking.as_json if options.json else asking.as_text
    print(write(outcome, trace=options.trace))
    return DONE if outcome.answered else FAILED


def doctor(options: argparse.Namespace) -> int:
    """Examine this host and its network."""
    from resolver.cli import doctor as examining  # noqa: PLC0415 - loads the daemon

    try:
        findings = examining.run(options.config)
    except (OSError, ValueError) as error:
        complain(f"resolver doctor: {error}")
        return FAILED
    write = examining.as_json if options.json else examining.as_text
    print(write(findings))
    return FAILED if examining.has_problem(findings) else DONE


def defaults(options: argparse.Namespace) -> int:
    """Print the commented configuration file, or a page that has the same."""
    if options.man:
        from resolver.cli.manual import manual  # noqa: PLC0415 - once in a version

        print(manual(), end="")
    else:
        print(reference() if options.markdown else describe(), end="")
    return DONE


def lab(options: argparse.Namespace) -> int:
    """Start the Internet in a box, or play an attack."""
    if options.attack:
        from resolver.cli.target import reception_of  # noqa: PLC0415 - as below
        from resolver.lab.attacks.main import run as play  # noqa: PLC0415 - as below

        return play(options.attack, reception_of, as_json=options.json)
    from resolver.lab.main import run  # noqa: PLC0415 - loads dnspython

    return run(options)


def _operate(options: argparse.Namespace) -> int:
    """Tell the running resolver something."""
    from resolver.cli.operating import operate  # noqa: PLC0415 - most need it not

    return operate(options)


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "serve": serve,
    "check": check,
    "query": query,
    "doctor": doctor,
    "defaults": defaults,
    "lab": lab,
    **dict.fromkeys(OPERATING, _operate),
}
