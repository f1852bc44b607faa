"""Can servers be reached: judged from what was heard, one family at a time."""

from collections.abc import Sequence
from typing import Final

from resolver.daemon.doctor.findings import OK, PROBLEM, WARNING, Finding
from resolver.daemon.doctor.sounding import SOA, TCP, UDP, Heard

_OPEN_UDP: Final = (
    "let UDP to port 53 of every address out, and the replies in: look at this host's"
    " firewall, then at the router's"
)
_OPEN_TCP: Final = (
    "let TCP to port 53 of every address out: answers that do not fit in a datagram"
    " come that way (RFC 7766)"
)
_NAMES: Final = {"ipv4": "IPv4", "ipv6": "IPv6"}


def judge_reach(heard: Sequence[Heard], families: Sequence[str]) -> list[Finding]:
    """Judge both families; `families` are those that the configuration wants used."""
    return [
        _judge(heard, family)
        if family in families
        else Finding(family, OK, (f"not used: recursion.{family} = false",))
        for family in _NAMES
    ]


def _judge(heard: Sequence[Heard], family: str) -> Finding:
    asked = [it for it in heard if it.kind == SOA]
    mine = [it for it in asked if it.server.address.is_ipv6 is (family == "ipv6")]
    others = [it for it in asked if it not in mine]
    udp = [it for it in mine if it.transport == UDP]
    tcp = [it for it in mine if it.transport == TCP]
    seen = (_told(udp), _told(tcp))
    if not mine:
        verdict = OK if others else PROBLEM
        return Finding(
            family, verdict, ("there is no server with such an address to ask",)
        )
    if not _answered(mine):
        return _nobody(family, mine, elsewhere=bool(_answered(others)), seen=seen)
    if not _answered(udp):
        return Finding(family, PROBLEM, seen, _OPEN_UDP)
    if not _answered(tcp):
        return Finding(family, PROBLEM, seen, _OPEN_TCP)
    if len(_answered(udp)) * 2 < len(udp) or len(_answered(tcp)) * 2 < len(tcp):
        mend = (
            "packets are lost on the way; try again, and look at the line if it stays"
        )
        return Finding(family, WARNING, seen, mend)
    return Finding(family, OK, seen)


def _nobody(
    family: str, mine: Sequence[Heard], *, elsewhere: bool, seen: tuple[str, ...]
) -> Finding:
    """Say what it means that no server of a family answers."""
    if not any(it.sent for it in mine):
        seen = (f"this host has no way to {_NAMES[family]} servers: {mine[0].reason}",)
        if elsewhere:
            return Finding(family, OK, (*seen, "the other family serves"))
        mend = "bring the network up, or its default route (`ip route`)"
        return Finding(family, PROBLEM, seen, mend)
    if elsewhere:
        mend = (
            f"packets leave over {_NAMES[family]} and nothing comes back: mend that, or spare"
            f" questions the wait with recursion.{family} = false"
        )
        return Finding(family, WARNING, seen, mend)
    return Finding(family, PROBLEM, seen, _OPEN_UDP)


def _answered(heard: Sequence[Heard]) -> list[Heard]:
    return [it for it in heard if it.message is not None]


def _told(heard: Sequence[Heard]) -> str:
    """Write how many answered over one transport, and why the others did not."""
    if not heard:
        return "nobody was asked"
    answered = _answered(heard)
    text = f"{heard[0].transport.upper()}: {len(answered)} of {len(heard)} answered"
    if answered:
        text += f", in {_middle(answered) * 1000:.0f} ms"
    reasons = sorted({it.reason for it in heard if it.message is None})
    return f"{text} ({', '.join(reasons)})" if reasons else text


def _middle(heard: Sequence[Heard]) -> float:
    return sorted(it.seconds for it in heard)[len(heard) // 2]
