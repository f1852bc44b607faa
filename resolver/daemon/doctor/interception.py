"""Is it the servers who answer, or something on the way that pretends to be them?

Routers and providers like to answer port 53 themselves, whomever it was meant for.  A
resolver then walks nowhere: every server is the same cache, with its own ideas about
names.  What gives it away is what only a real server of the root would say, and that
where nobody is, nobody should answer.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING, Finding
from resolver.daemon.doctor.sounding import (
    IDENTITY,
    NOBODY,
    RECURSIVE,
    SOA,
    Heard,
)
from resolver.wire import types

CHECK: Final = "interception"
_MEND: Final = (
    "something between this host and the servers answers in their place: a router, a"
    " firewall or the provider.  Have it let port 53 through for this host.  Where that"
    " cannot be had, forward to a resolver that you trust and can reach:"
    ' [[forward]] zone = "."'
)
_LEAST: Final = 2  # servers that have to say the same before it means anything


def judge_interception(heard: Sequence[Heard]) -> Finding:
    """Look for answers that no server of the root gives."""
    if not any(it.message for it in heard):
        return Finding(CHECK, UNKNOWN, ("nobody answered",))
    if certain := list(_certain(heard)):
        return Finding(CHECK, PROBLEM, tuple(certain), _MEND)
    if likely := _one_identity(heard):
        return Finding(CHECK, WARNING, (likely,), _MEND)
    told = sum(it.kind == SOA and it.message is not None for it in heard)
    if not told:
        return Finding(CHECK, UNKNOWN, ("no server answered for the root",))
    return Finding(
        CHECK,
        OK,
        (
            "what answers is authoritative for the root, does not recurse, and is silent"
            " where there is no server",
        ),
    )


def _certain(heard: Sequence[Heard]) -> Iterator[str]:
    """Tell what no server of the root, and nothing else there, would do."""
    for it in heard:
        message, host = it.message, it.server.address.host
        if message is None:
            continue
        if it.kind == NOBODY:
            yield f"{host} answered, an address where no server can be"
        elif it.kind == SOA and message.rcode != types.NOERROR:
            rcode = types.rcode_name(message.rcode)
            yield f"{host} said {rcode} when asked over {it.transport} for the root's SOA"
        elif it.kind == SOA and not message.flags & types.AA:
            yield f"{host} is not authoritative for the root, over {it.transport}"
        elif it.kind == RECURSIVE and message.flags & types.RA:
            yield f"{host} offers recursion, which no server of the root does"
        elif it.kind == RECURSIVE and message.answer:
            yield f"{host} knew a name below com, which no server of the root does"


def _one_identity(heard: Sequence[Heard]) -> str:
    """Tell if servers that are not one machine call themselves the same."""
    said: dict[str, bytes] = {}
    for it in heard:
        if it.kind == IDENTITY and it.message is not None and it.message.answer:
            said[it.server.name] = it.message.answer[0].rdatas[0]
    if len(said) < _LEAST or len(set(said.values())) > 1:
        return ""
    text = next(iter(said.values()))[1:].decode("ascii", "replace")
    return f"{' and '.join(sorted(said))} all call themselves {text!r}"
