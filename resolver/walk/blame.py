"""Say in one line which servers did not help, and what each of them did.

It becomes the text of an extended DNS error (RFC 8914), in the small packet that tells
a user why a name does not resolve, and the last line of many a trace.  So servers that
failed in the same way are told of together, and one of them stands for all.
"""

from collections.abc import Iterable
from typing import Final

from resolver.ports import Address
from resolver.wire import names

# Characters of the whole; with the zone's name before it, it has to fit into what
# `cache.failures` keeps.
MAX_BLAME: Final = 180
# Characters of a server's name; the address alone stands for those with longer ones.
MAX_SERVER_NAME: Final = 64

# How a reason is told; whatever is not here is told as it is, as in "REFUSED".
_VERBS: Final = {
    "timeout": "did not reply",
    "connection refused": "refused the connection",
    "connection reset": "reset the connection",
    "network unreachable": "could not be reached",
    "host unreachable": "could not be reached",
}


def blame(failed: Iterable[tuple[Address, bytes, str]]) -> str:
    """Tell of servers, each with its name (or b"") and why it did not help.

    The text has at most `MAX_BLAME` characters.
    """
    groups: dict[str, list[str]] = {}
    for address, name, reason in failed:
        servers = groups.setdefault(deed(reason), [])
        servers.append(_label(address, name))
    told = ""
    untold = sum([len(servers) for servers in groups.values()])
    for verb, servers in groups.items():
        longer = f"{told}; " if told else ""
        longer += f"{_and_others(servers[0], len(servers) - 1)} {verb}"
        untold -= len(servers)
        rest = f"; {untold} more" if untold else ""
        if len(longer) + len(rest) > MAX_BLAME:
            untold += len(servers)
            return f"{told}; {untold} more" if told else longer[:MAX_BLAME]
        told = longer
    return told


def deed(reason: str) -> str:
    """Tell a reason as what a server did, as in "did not reply"."""
    return _VERBS.get(reason, reason)


def _and_others(server: str, others: int) -> str:
    if not others:
        return server
    return f"{server} and {others} other{'s' if others > 1 else ''}"


def _label(address: Address, name: bytes) -> str:
    text = names.to_text(name).removesuffix(".") if name else ""
    if not text or len(text) > MAX_SERVER_NAME:
        return str(address)
    return f"{text} ({address})"
