"""The commands for a resolver that is running, and the help that teaches them."""

import argparse
from collections.abc import Callable
from typing import Final, TypeAlias

from resolver.cli.stats import add_arguments

# The type that argparse keeps for itself.
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - there is no public name
Add = Callable[..., argparse.ArgumentParser]

_WHERE: Final = """
The running resolver is found by its control socket ([control] path): --socket names it,
--config names the settings that do, and without either the usual places are tried.
"""
_STATUS: Final = """\
Tell how the running resolver is: since when it runs, its workers, listeners, cache, and
what is wrong.  Exit status 0: healthy, 1: degraded, 3: not running.
"""
_STATS: Final = """\
Print what the running resolver has counted since its start, all workers together.
"""
_FLUSH: Final = """\
Forget what is known of a name: records of all types, that there are none, failures, its
delegation and what is held of its keys, here and in the shared cache.  Encoded replies
are forgotten altogether, and come back by themselves.
"""
_FLUSH_EXAMPLES: Final = """\
examples:
  resolver flush www.example.com                 one name, all types
  resolver flush www.example.com --type AAAA     one type of it
  resolver flush example.com --subtree           it and all names below it
  resolver flush . --subtree                     everything
"""
_CACHE: Final = """\
Look at what the running resolver remembers, write it to a file, or take it back.
"""
_CACHE_GET: Final = """\
Tell what is known of a name: records with the time that is left and what they are worth,
what is known not to exist, failures, its delegation, what is held of its keys.  Nobody
is asked, and nothing counts as used.
"""
_CACHE_DUMP: Final = """\
Write all records of the cache to a file, one JSON object a line, each with its records
in zone-file form.  The file is only there when it is complete, and for its owner only.
"""
_CACHE_LOAD: Final = """\
Take the records of a dump into the cache.  Every line is checked; those that cannot be
used are named.  What has expired is left out, what is known better is not replaced, and
nothing is believed because it is in the file: it is validated when it is asked for.
"""
_SERVERS: Final = """\
Tell which servers are asked about a name, and what is known of each address: how long it
takes to answer, whether it is down or lame, what it gets wrong.
"""
_ZONES: Final = """\
Tell which zones are configured, and how many delegations have been learnt.
"""
_SET_LOG: Final = """\
Change what the running resolver tells on its log, in all workers, until it ends.
"""
_SET_LOG_EXAMPLES: Final = """\
examples:
  resolver set-log queries on                    tell every client's question
  resolver set-log queries off
  resolver set-log level debug                   debug, info, warning or error
"""
_NEGATIVE: Final = """\
Switch validation off below a name whose zone is broken (RFC 7646), for a time: an hour if
nothing is said, a week at most.  It ends earlier when the zone validates again.  What is
to stay belongs in the configuration: [dnssec] negative_trust_anchors.
"""
_NEGATIVE_EXAMPLES: Final = """\
examples:
  resolver negative-anchor add broken.example --for 2h
  resolver negative-anchor list
  resolver negative-anchor remove broken.example
"""
_EXPLAIN: Final = """\
Tell why a question ended as it did: every server that was asked and what it said, what
was believed and why, what it took, and a verdict: who is to blame, and what would mend
it.  The resolver that is running is asked; it keeps what failed, came late, or was
stale or bogus ([recorder] in its settings).  Without a name: the last that it has.
"""
_EXPLAIN_EXAMPLES: Final = """\
examples:
  resolver explain                               what went wrong lately
  resolver explain www.example.com               the last time it did for this name
  resolver explain www.example.com --at 03:12    the time closest to that
  resolver explain --id k3f9                     the id comes with a SERVFAIL
  resolver explain www.example.com --now         ask again, here, and explain that
"""
_RELOAD: Final = """\
Have the running resolver read its configuration file again, as SIGHUP does.  A file that
cannot be used changes nothing, and is told of.  No question is lost, what is known stays,
and what a changed setting makes wrong is forgotten.  Exit status 1: nothing has changed.
"""
# All of them.
OPERATING: Final = (
    "explain",
    "reload",
    "status",
    "stats",
    "zones",
    "flush",
    "servers",
    "cache",
    "set-log",
    "negative-anchor",
)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def add_operating(commands: _Commands, add: Add) -> None:
    """Add them; `add` makes the parser of one command."""
    _add_explain(commands, add)
    for name, summary, about in (
        ("status", "how the running resolver is", _STATUS),
        ("zones", "the zones it knows", _ZONES),
        ("reload", "read its configuration again", _RELOAD),
    ):
        _common(add(commands, name, summary, about + _WHERE))
    counted = add(commands, "stats", "what it has counted", _STATS + _WHERE)
    add_arguments(counted)
    _common(counted)
    flush = add(commands, "flush", "forget a name", _FLUSH + _WHERE, _FLUSH_EXAMPLES)
    _name(flush)
    which = flush.add_mutually_exclusive_group()
    which.add_argument("--subtree", action="store_true", help="and all names below it")
    which.add_argument("--type", metavar="TYPE", help="only this type of record")
    _common(flush)
    servers = add(commands, "servers", "who is asked about a name", _SERVERS + _WHERE)
    _name(servers)
    _common(servers)
    _add_cache(commands, add)
    _add_log(commands, add)
    _add_negative(commands, add)


def _add_explain(commands: _Commands, add: Add) -> None:
    about = "say why a name failed"
    explain = add(commands, "explain", about, _EXPLAIN + _WHERE, _EXPLAIN_EXAMPLES)
    explain.add_argument(
        "name", metavar="NAME", nargs="?", help="a domain name, or an IP address"
    )
    explain.add_argument("type", metavar="TYPE", nargs="?", help="a record type")
    which = explain.add_mutually_exclusive_group()
    which.add_argument("--last", action="store_true", help="the last time: the default")
    which.add_argument("--at", metavar="TIME", help="the time closest to 03:12")
    which.add_argument("--id", metavar="ID", help="the record with this id")
    which.add_argument("--now", action="store_true", help="ask now, in this process")
    _common(explain)


def _add_cache(commands: _Commands, add: Add) -> None:
    cache = add(commands, "cache", "what it remembers", _CACHE + _WHERE)
    actions = cache.add_subparsers(dest="action", metavar="ACTION", required=True)
    get = add(actions, "get", "what is known of a name", _CACHE_GET + _WHERE)
    _name(get)
    get.add_argument("type", metavar="TYPE", nargs="?", help="only this type of record")
    _common(get)
    for name, summary, about in (
        ("dump", "write it to a file", _CACHE_DUMP),
        ("load", "take it back from a file", _CACHE_LOAD),
    ):
        action = add(actions, name, summary, about + _WHERE)
        action.add_argument("file", metavar="FILE", help="the file")
        _common(action)


def _add_log(commands: _Commands, add: Add) -> None:
    log = add(
        commands, "set-log", "change its log", _SET_LOG + _WHERE, _SET_LOG_EXAMPLES
    )
    log.add_argument("what", choices=("queries", "level"), help="what to change")
    log.add_argument("value", metavar="VALUE", help="on or off; or the level")
    _common(log)


def _add_negative(commands: _Commands, add: Add) -> None:
    negative = add(
        commands,
        "negative-anchor",
        "do not validate a zone for a time",
        _NEGATIVE + _WHERE,
        _NEGATIVE_EXAMPLES,
    )
    negative.add_argument(
        "action", choices=("add", "remove", "list"), help="what to do"
    )
    negative.add_argument("name", metavar="NAME", nargs="?", help="the zone")
    negative.add_argument(
        "--for",
        dest="seconds",
        metavar="TIME",
        type=seconds,
        help="how long: 90m, 2h, 1d; an hour if nothing is said",
    )
    _common(negative)


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a domain name")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    parser.add_argument("--socket", metavar="PATH", help="the control socket")
    parser.add_argument(
        "--config", metavar="FILE", help="settings that name the socket"
    )


def seconds(text: str) -> float:
    """Read a time such as 90m; a number alone is seconds."""
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _UNITS else (text, "s")
    try:
        found = float(number) * _UNITS[unit]
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 90m or 2h")
    return found
