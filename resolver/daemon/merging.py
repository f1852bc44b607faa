"""One answer made of those that several workers gave to the same command.

Each command has its way, and one that nobody has thought about gives all the answers, by
worker: what is not understood is not added up.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from resolver.daemon import explaining, reading

Answers = dict[int, object]
Merge = Callable[[list[Any]], object]


def total(results: list[Any]) -> object:
    """Add numbers up, in tables and below them; of what cannot be added, the first."""
    first = results[0]
    if isinstance(first, dict):
        tables = [it for it in results if isinstance(it, dict)]
        names = dict.fromkeys(name for table in tables for name in table)
        return {
            name: total([table[name] for table in tables if name in table])
            for name in names
        }
    if isinstance(first, int | float) and not isinstance(first, bool):
        return sum(it for it in results if isinstance(it, int | float))
    return first


def flushed(results: list[Any]) -> object:
    """Add up what each has forgotten; what they share was there once."""
    added = total(results)
    if isinstance(added, dict) and "shared" in added:
        added["shared"] = max(result["shared"] for result in results)
    return added


def first(results: list[Any]) -> object:
    """Take one for all: they do the same."""
    return results[0]


def known(results: list[Any]) -> object:
    """Put together what each knows of a name: of each thing, what holds longest."""
    merged = dict(results[0])
    merged["entries"] = _longest(
        (it for result in results for it in result["entries"]),
        lambda it: (it["type"], it["nothing"]),
    )
    merged["failures"] = _longest(
        (it for result in results for it in result["failures"]), lambda it: it["type"]
    )
    for what in ("delegation", "trust"):
        found = [result[what] for result in results if result[what] is not None]
        merged[what] = max(found, key=_left, default=None)
    return merged


def servers(results: list[Any]) -> object:
    """Give of each server what the worker says that has spoken to it last."""
    longest = max(results, key=lambda it: len(it["servers"]))
    heard: dict[str, dict[str, Any]] = {}
    for result in results:
        for server in result["servers"]:
            for address in server["addresses"]:
                before = heard.get(address["address"])
                if before is None or _age(address) < _age(before):
                    heard[address["address"]] = address
    told = [
        server | {"addresses": [heard[it["address"]] for it in server["addresses"]]}
        for server in longest["servers"]
    ]
    return longest | {"servers": told}


def zones(results: list[Any]) -> object:
    """Tell what is configured, and how many have been learnt by who knows most."""
    return max(results, key=lambda it: it["learnt"])


MERGES: Final[dict[str, Merge]] = {
    "cache-get": known,
    "cache-dump": first,
    "cache-load": first,
    "explain": explaining.merged,
    "flush": flushed,
    "negative-anchor": first,
    "servers": servers,
    "set-log": first,
    "statistics": reading.merged,
    "zones": zones,
}


def merged(command: str, answers: Answers) -> object:
    """Make one answer of all; there is at least one."""
    merge = MERGES.get(command)
    if merge is None:
        return {
            "workers": [
                {"worker": number, "result": result}
                for number, result in answers.items()
            ]
        }
    return merge(list(answers.values()))


def _longest(
    found: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], object]
) -> list[dict[str, Any]]:
    """Of things that are the same keep the one that holds longest."""
    kept: dict[object, dict[str, Any]] = {}
    for it in found:
        before = kept.get(key(it))
        if before is None or it["left"] > before["left"]:
            kept[key(it)] = it
    return list(kept.values())


def _left(found: dict[str, Any]) -> float:
    left = found["left"]
    return float("inf") if left is None else float(left)


def _age(address: dict[str, Any]) -> float:
    age = address["heard"]
    return float("inf") if age is None else float(age)
