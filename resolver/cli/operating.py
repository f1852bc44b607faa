"""The commands for a resolver that is running.

Each is one request, and its result in words or as JSON.  Exit status: 0 done, 1 refused
or degraded, 2 asked wrongly, 3 nobody is running.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from resolver.cli import configuration, telling
from resolver.cli.control import Connection, NotRunning, Refusal, places
from resolver.cli.stats import stats
from resolver.config import printable
from resolver.wire import names

DONE: Final = 0
FAILED: Final = 1
ASKED_WRONGLY: Final = 2
NOT_RUNNING: Final = 3


class Wrong(Exception):
    """The user has asked for something that does not make sense."""


class Request(NamedTuple):
    """A command for the running program, and how its result is told."""

    command: str
    arguments: dict[str, object]
    tell: telling.Tell


def operate(options: argparse.Namespace) -> int:
    """Carry out a command.  Raises `ConfigError` for a file that cannot be used."""
    try:
        return _operate(options)
    except NotRunning as error:
        _complain(f"resolver {options.command}: {error}")
        return NOT_RUNNING
    except Refusal as error:
        _complain(f"resolver {options.command}: {error}")
        return FAILED
    except Wrong as error:
        _complain(f"resolver {options.command}: {error}")
        return ASKED_WRONGLY


def _operate(options: argparse.Namespace) -> int:
    if options.command == "cache" and options.action in {"dump", "load"}:
        from resolver.cli import cachefile  # noqa: PLC0415 - loads dnspython

        with connected(options) as connection:
            work = cachefile.dump if options.action == "dump" else cachefile.load
            return work(connection, options.file, as_json=options.json)
    if options.command == "explain":
        return _explain(options)
    if options.command == "stats":
        with connected(options) as connection, suppress(KeyboardInterrupt):
            stats(connection.run, options)
        return DONE
    request = _REQUESTS[options.command](options)
    with connected(options) as connection:
        told = connection.run(request.command, request.arguments)
    if options.json:
        print(json.dumps(told, indent=2))
    elif isinstance(told, dict):
        for line in request.tell(told):
            print(printable(line))
    if options.command == "status" and isinstance(told, dict):
        return DONE if told["state"] == "healthy" else FAILED
    return DONE


def _explain(options: argparse.Namespace) -> int:
    from resolver.cli import explain as explaining  # noqa: PLC0415 - loads dnspython
    from resolver.cli.query import ask  # noqa: PLC0415 - as above

    try:
        question, wanted = explaining.asked_for(options)
    except ValueError as error:
        raise Wrong(str(error)) from None
    if question is not None and options.now:
        config = configuration.read(options.config).config
        try:
            outcome = ask(config, question)
        except (OSError, ValueError) as error:
            raise Refusal(str(error)) from None
        result = explaining.of_now(outcome)
    else:
        with connected(options) as connection:
            result = explaining.of_record(connection.run, wanted)
    as_json, as_text = explaining.as_json, explaining.as_text
    print(as_json(result) if options.json else as_text(result, wanted))
    return DONE if result["records"] else FAILED


def connected(options: argparse.Namespace) -> Connection:
    """Connect to the resolver that the user means."""
    setting = "auto"
    if options.config and not options.socket:
        setting = configuration.read(options.config).config.control.path
    return Connection(places(options.socket, setting))


def _status(_: argparse.Namespace) -> Request:
    return Request("status", {}, telling.status)


def _reload(_: argparse.Namespace) -> Request:
    return Request("reload", {}, telling.reload)


def _zones(_: argparse.Namespace) -> Request:
    return Request("zones", {}, telling.zones)


def _flush(options: argparse.Namespace) -> Request:
    arguments = _named(options.name) | {"subtree": options.subtree}
    return Request("flush", arguments | _typed(options.type), telling.flush)


def _servers(options: argparse.Namespace) -> Request:
    return Request("servers", _named(options.name), telling.servers)


def _cache(options: argparse.Namespace) -> Request:
    arguments = _named(options.name) | _typed(options.type)
    return Request("cache-get", arguments, telling.cache_get)


def _set_log(options: argparse.Namespace) -> Request:
    if options.what == "level":
        return Request("set-log", {"level": options.value}, telling.log)
    if options.value not in {"on", "off"}:
        raise Wrong(f"queries are on or off, not {options.value!r}")
    return Request("set-log", {"queries": options.value == "on"}, telling.log)


def _negative(options: argparse.Namespace) -> Request:
    arguments: dict[str, object] = {"action": options.action}
    if options.action != "list":
        if options.name is None:
            raise Wrong(f"{options.action} needs the name of a zone")
        arguments |= _named(options.name)
    if options.seconds is not None:
        if options.action != "add":
            raise Wrong("--for goes with add")
        arguments["seconds"] = options.seconds
    return Request("negative-anchor", arguments, telling.negative)


_REQUESTS: Final[Mapping[str, Callable[[argparse.Namespace], Request]]] = {
    "reload": _reload,
    "status": _status,
    "zones": _zones,
    "flush": _flush,
    "servers": _servers,
    "cache": _cache,
    "set-log": _set_log,
    "negative-anchor": _negative,
}


def _named(text: str) -> dict[str, object]:
    try:
        return {"name": names.to_text(names.from_text(text))}
    except ValueError as error:
        raise Wrong(str(error)) from None


def _typed(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    from resolver.wire.presentation import type_from_text  # noqa: PLC0415 - dnspython

    try:
        return {"type": type_from_text(text)}
    except ValueError as error:
        raise Wrong(str(error)) from None


def _complain(text: str) -> None:
    print(printable(text), file=sys.stderr)
