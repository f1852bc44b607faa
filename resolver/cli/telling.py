"""What a running resolver answers, in words.

Whatever comes from packets arrives here as text with escapes, or as data in hexadecimal
that `rdata_text` makes text of; and every line that is printed passes `printable`.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from resolver.wire import types

_UNITS: Final = ((86_400, "d"), (3600, "h"), (60, "min"))
_KILO: Final = 1000.0


def status(told: dict[str, Any]) -> Iterator[str]:
    """Tell how it is."""
    yield f"{told['state']}, running for {duration(told['uptime'])}"
    for problem in told["problems"]:
        yield f"problem: {problem}"
    yield f"resolver {told['version']}, {told['build']}, process {told['pid']}"
    yield f"listening on {', '.join(told['listen'])}"
    workers = told["workers"]
    yield (
        f"{count(len(workers), 'process', 'processes')} answering,"
        f" {count(told['waiting'], 'open question')},"
        f" {count(told['connections'], 'TCP connection')}"
    )
    yield (
        f"cache: {count(told['cache_sets'], 'record set')},"
        f" {size(told['cache_bytes'])} with the encoded replies"
    )


def reload(told: dict[str, Any]) -> Iterator[str]:
    """Tell what a reload has changed."""
    if not told["changes"] and not told["after_restart"]:
        yield "nothing has changed"
    yield from told["changes"]
    for setting in told["after_restart"]:
        yield f"{setting}: takes a restart"


def flush(told: dict[str, Any]) -> Iterator[str]:
    """Tell what was forgotten."""
    counts = (
        count(told["records"], "entry", "entries"),
        count(told["delegations"], "delegation"),
        count(told["failures"], "failure"),
        f"the keys of {count(told['trust'], 'zone')}",
    )
    yield f"forgotten: {', '.join(counts)}, and all encoded replies"
    if told["shared"]:
        yield f"in the shared cache: {count(told['shared'], 'entry', 'entries')}"


def cache_get(told: dict[str, Any]) -> Iterator[str]:
    """Tell what is known of a name."""
    yield told["name"]
    known = False
    for entry in told["entries"]:
        known = True
        yield from _entry(entry)
    for failure in told["failures"]:
        known = True
        kind = types.type_name(failure["type"])
        yield f"  {kind} failed: {failure['text']} ({_left(failure)})"
    delegation = told["delegation"]
    if delegation is not None:
        known = True
        servers = ", ".join(it["name"] for it in delegation["servers"])
        yield f"  delegated to {servers} ({_left(delegation)})"
    trust = told["trust"]
    if trust is not None:
        known = True
        yield f"  its keys: {trust['security']}, {trust['text']} ({_left(trust)})"
    if not known:
        yield "  nothing is known"


def _entry(entry: dict[str, Any]) -> Iterator[str]:
    from resolver.wire.presentation import rdata_text, type_text  # noqa: PLC0415 - dnspython

    kind = "" if entry["type"] is None else type_text(entry["type"])
    what = f"{entry['nothing']} {kind}".strip() if entry["nothing"] else kind
    worth = f"{entry['security']}, {entry['rank']}"
    yield f"  {what}  {worth}, {_left(entry)} of {entry['ttl']} s"
    told = entry["set"]
    if told is None:
        return
    owner = f"{told['name']} SOA " if entry["nothing"] else ""
    for data in told["data"]:
        yield f"    {owner}{rdata_text(told['type'], bytes.fromhex(data))}"
    for data in told["signatures"]:
        yield f"    RRSIG {rdata_text(types.RRSIG, bytes.fromhex(data))}"


def servers(told: dict[str, Any]) -> Iterator[str]:
    """Tell who is asked."""
    left = "" if told["left"] is None else f", {_left(told)}"
    yield f"{told['zone']} ({told['kind']}{left})"
    for server in told["servers"]:
        if server["name"]:
            yield f"  {server['name']}"
        for address in server["addresses"]:
            yield f"    {address['address']:<24} {_facts(address)}"
        if not server["addresses"]:
            yield "    no address is known"


def _facts(address: dict[str, Any]) -> str:
    words = [address["state"]]
    if address["rtt"] is not None:
        rtt, variation = address["rtt"] * _KILO, address["variation"] * _KILO
        words.append(f"{rtt:.1f} ms, varying by {variation:.1f}")
    if address["heard"] is not None:
        words.append(f"news {duration(address['heard'])} ago")
        if address["silences"]:
            words.append(f"{address['silences']} time-outs in a row")
        if address["cookie"]:
            words.append("cookie")
        words += address["faults"]
        if address["lame_for"]:
            words.append(f"lame for {', '.join(address['lame_for'])}")
    return ", ".join(words)


def zones(told: dict[str, Any]) -> Iterator[str]:
    """Tell which zones there are."""
    for zone in told["configured"]:
        where = ", ".join(zone["servers"])
        yield f"{zone['zone']:<32} {zone['kind']:<8} {where}".rstrip()
    yield f"{count(told['learnt'], 'delegation')} learnt"


def log(told: dict[str, Any]) -> Iterator[str]:
    """Tell what has changed."""
    if "queries" in told:
        yield f"queries are {'told' if told['queries'] else 'not told'}"
    if "level" in told:
        yield f"events are told from {told['level']}"


def negative(told: dict[str, Any]) -> Iterator[str]:
    """Tell where nothing is validated."""
    if not told["anchors"]:
        yield "there is no negative trust anchor"
    for anchor in told["anchors"]:
        configured = anchor["left"] is None
        until = "configured" if configured else f"for {duration(anchor['left'])}"
        yield f"{anchor['zone']:<32} {until}"


Tell = Callable[[dict[str, Any]], Iterator[str]]


def count(number: int, one: str, more: str = "") -> str:
    """Write a number of things: `1 zone`, `2,000 zones`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def duration(seconds: float) -> str:
    """Write a time, as exactly as one wants to know it."""
    for each, unit in _UNITS:
        if seconds >= 2 * each:
            return f"{seconds / each:.0f} {unit}"
    return f"{seconds:.0f} s"


def size(number: float) -> str:
    """Write an amount of memory."""
    for unit in ("bytes", "kB", "MB"):
        if number < _KILO:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= _KILO
    return f"{number:.1f} GB"


def _left(told: dict[str, Any]) -> str:
    left = told["left"]
    if left is None:
        return "for ever"
    if left < 0:
        return f"expired {duration(-left)} ago"
    return f"{left:.0f} s left"
