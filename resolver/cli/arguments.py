"""What can be asked for on the command line, and the help that teaches it."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final, TypeAlias

from resolver.cli.operating_arguments import add_operating
from resolver.config.addresses import split_address
from resolver.config.build import kind_of_build

_ABOUT: Final = """\
A caching recursive DNS resolver: it asks the root servers, then the servers they
name, until somebody knows; it remembers what it learned, and it can say why it
answered as it did.
"""
_FIRST_STEPS: Final = """\
first steps:
  resolver serve                                 answer on port 5353 (53 for root)
  dig @127.0.0.1 -p 5353 www.example.com         ask it
  resolver query www.example.com --trace         see how an answer is found
  resolver explain www.example.com --now         see why there is none
  resolver defaults > resolver.toml              every setting, with its meaning
  resolver check resolver.toml                   what is wrong with it, and where
  resolver doctor                                what is wrong with host and network
  resolver status                                how the running one is
  resolver cache get www.example.com             what it knows of a name

exit status: 0 done, 1 failed or a configuration that cannot be used, 2 asked wrongly,
3 no resolver is running that could be told
"""
_SERVE: Final = """\
Answer questions until SIGTERM or Ctrl-C, with events on standard error.

Without --config everything has its default: it listens on 127.0.0.1 and ::1, on port
53 if it may and on port 5353 if not, and answers this machine only.
"""
_SERVE_EXAMPLES: Final = """\
examples:
  resolver serve
  resolver serve --listen 127.0.0.1:5300 [::1]:5300
  resolver serve --config /etc/resolver/resolver.toml
"""
_CHECK: Final = """\
Read a configuration as `serve` would, and tell everything that is wrong with it: the
file, the line, the setting, its value, and what was expected.  Exit status 1 if it
cannot be used.  Settings that this version accepts but does not act on are named.
"""
_CHECK_EXAMPLES: Final = """\
examples:
  resolver check /etc/resolver/resolver.toml && systemctl reload resolver
  resolver check new.toml --diff                 what a reload would change now
  resolver check new.toml --diff old.toml        what changes from another file
"""
_QUERY: Final = """\
Resolve one question in this process, from the root servers down, with an empty cache.
No server has to be running.  The answer is printed as dig does.  Exit status 1 if
there is no answer (SERVFAIL); a name that does not exist is an answer.
"""
_QUERY_EXAMPLES: Final = """\
examples:
  resolver query www.example.com                 its IPv4 addresses
  resolver query example.com MX
  resolver query 192.0.2.1                       the name of an address
  resolver query www.example.com AAAA --trace    every server asked, and what it said
  resolver query www.example.com --json --trace  the same for programs
"""
_DOCTOR: Final = """\
Examine this host and its network, and say what would mend what is wrong: who has our
port, whom programs ask, whether servers can be reached over UDP and TCP, IPv4 and IPv6,
whether something on the way answers in their place or removes EDNS or signatures,
whether large answers arrive, whether ports are hard to guess and the clock is right.

It asks a few servers of the root, and two addresses that nobody has.  Exit status 1 if
there is a problem; warnings are none.
"""
_DOCTOR_EXAMPLES: Final = """\
examples:
  sudo resolver doctor --config /etc/resolver/resolver.toml
  resolver doctor --json
"""
_DEFAULTS: Final = """\
Print the commented configuration file: every setting with its meaning and default.
"""
_LAB: Final = """\
Start an Internet in a box: root, TLD and leaf servers in one process on loopback
addresses, good ones and broken ones, to try a resolver on without the real Internet.
Or play the attacks of the last years on a resolver of this version, in memory.
"""
_LAB_EXAMPLES: Final = """\
examples:
  resolver lab --list                            what is in the box, what to ask
  resolver lab --attack all                      what attacks come to, and why
  resolver lab --attack nxns --json
"""


def parser_for(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser; the arguments decide whose help is worth loading."""
    parser = argparse.ArgumentParser(
        prog="resolver",
        description=_ABOUT,
        epilog=_FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print it and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_serve(commands)
    _add_check(commands)
    _add_query(commands)
    _add_doctor(commands)
    _add_defaults(commands)
    add_operating(commands, _add)
    lab = _add(commands, "lab", "start an Internet in a box", _LAB, _LAB_EXAMPLES)
    if "lab" in arguments[:1]:
        from resolver.lab.main import add_arguments  # noqa: PLC0415 - loads dnspython

        add_arguments(lab)
    return parser


# The type that argparse keeps for itself.
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - there is no public name


def _add(
    commands: _Commands, name: str, summary: str, about: str, examples: str = ""
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=summary,
        description=about,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _add_serve(commands: _Commands) -> None:
    serve = _add(commands, "serve", "answer questions", _SERVE, _SERVE_EXAMPLES)
    serve.add_argument(
        "--config", metavar="FILE", help="settings; `resolver defaults` prints them all"
    )
    serve.add_argument(
        "--listen",
        metavar="ADDR",
        nargs="+",
        action="extend",
        type=_listen,
        help="addresses in place of [listen] plain: 127.0.0.1:5300 or [::1]:5300",
    )


def _add_check(commands: _Commands) -> None:
    check = _add(
        commands, "check", "say what is wrong with a file", _CHECK, _CHECK_EXAMPLES
    )
    check.add_argument("config", metavar="FILE", help="the configuration file")
    check.add_argument(
        "--diff",
        metavar="FORMER",
        nargs="?",
        const="",
        help="show what changes from another file, or else from the running resolver,"
        " and what a reload forgets or leaves to a restart",
    )


def _add_query(commands: _Commands) -> None:
    query = _add(commands, "query", "resolve one name, here", _QUERY, _QUERY_EXAMPLES)
    query.add_argument(
        "name", metavar="NAME", help="a domain name, or an IP address to find its name"
    )
    query.add_argument(
        "type",
        metavar="TYPE",
        nargs="?",
        help="a record type: A (the default), AAAA, MX, TYPE65280, ...",
    )
    query.add_argument(
        "--trace", action="store_true", help="show every step, as a tree, with times"
    )
    query.add_argument("--json", action="store_true", help="print JSON, for programs")
    query.add_argument("--config", metavar="FILE", help="settings, as for serve")


def _add_doctor(commands: _Commands) -> None:
    doctor = _add(
        commands, "doctor", "examine host and network", _DOCTOR, _DOCTOR_EXAMPLES
    )
    doctor.add_argument("--json", action="store_true", help="print JSON, for programs")
    doctor.add_argument("--config", metavar="FILE", help="settings, as for serve")


def _add_defaults(commands: _Commands) -> None:
    defaults = _add(commands, "defaults", "print all settings", _DEFAULTS)
    form = defaults.add_mutually_exclusive_group()
    form.add_argument(
        "--markdown", action="store_true", help="print them as a page: docs/settings.md"
    )
    form.add_argument(
        "--man",
        action="store_true",
        help="print the manual page, commands and settings: packaging/resolver.1",
    )


def _listen(text: str) -> str:
    try:
        split_address(text, port=None)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
    return text


def version() -> str:
    """Say which version of what runs here."""
    # Only here: every other command would pay for them with a tenth of its start.
    import importlib.metadata  # noqa: PLC0415
    import platform  # noqa: PLC0415

    try:
        number = importlib.metadata.version("resolver")
    except importlib.metadata.PackageNotFoundError:
        number = "(not installed)"
    python = f"{platform.python_implementation()} {sys.version.split()[0]}"
    return f"resolver {number}, {kind_of_build()}, {python}"
