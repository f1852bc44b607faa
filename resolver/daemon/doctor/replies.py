"""What the way takes from replies: EDNS, signatures, size, and what they say of time."""

from collections.abc import Sequence
from typing import Final

from resolver.daemon.clock import clock_problem
from resolver.daemon.doctor.findings import (
    OK,
    PROBLEM,
    UNKNOWN,
    WARNING,
    Finding,
)
from resolver.daemon.doctor.sounding import (
    BUFFER,
    KEYS,
    SOA,
    TCP,
    UDP,
    Heard,
)
from resolver.dnssec.signatures import utc
from resolver.wire import types
from resolver.wire.message import Message

_STRIPPED: Final = (
    "a firewall or router on the way removes EDNS (RFC 6891), and with it DNSSEC and"
    " large answers: turn its 'DNS inspection' or 'DNS proxy' off"
)
_UNSIGNED: Final = (
    "what answers removes signatures, so that nothing in a signed zone can be validated:"
    " use servers that give them, or take what removes them out of the way; as a last"
    " resort dnssec.validate = false believes everything"
)
_FRAGMENTS: Final = (
    "large datagrams are lost: mend the path's MTU or the firewall that drops them, or"
    " lower recursion.edns_buffer to 1000 so that servers turn to TCP earlier"
)
_TCP: Final = (
    "answers that do not fit in a datagram cannot be had: let TCP to port 53 out"
)
_CUT: Final = (
    "something on the way cuts datagrams short, so that most signed answers need TCP:"
    " lift the limit of 512 bytes on DNS, which firewalls still have"
)
_SET_CLOCK: Final = (
    "set the clock (`timedatectl set-ntp true`, or chronyd -q); name the time servers"
    " by address, for with a wrong clock their names cannot be validated"
)


def judge_edns(heard: Sequence[Heard]) -> Finding:
    """Say whether replies over UDP still have their OPT record."""
    replies = [
        it.message
        for it in heard
        if (it.kind, it.transport) == (SOA, UDP) and it.message
    ]
    if not replies:
        return Finding("edns", UNKNOWN, ("nobody answered over UDP",))
    without = [it for it in replies if it.edns is None]
    seen = (f"{len(replies) - len(without)} of {len(replies)} replies had EDNS",)
    if not without:
        return Finding("edns", OK, seen)
    verdict = PROBLEM if len(without) == len(replies) else WARNING
    return Finding("edns", verdict, seen, _STRIPPED)


def judge_signatures(heard: Sequence[Heard], *, validate: bool) -> Finding:
    """Say whether signatures arrive; without them, `validate` makes names fail."""
    replies = [it for it in map(_soa_reply, heard) if it is not None]
    if not replies:
        return Finding("dnssec", UNKNOWN, ("nobody gave the root's SOA",))
    unsigned = [it for it in replies if not it.answer[0].signatures]
    seen = (f"{len(replies) - len(unsigned)} of {len(replies)} answers came signed",)
    if not unsigned:
        return Finding("dnssec", OK, seen)
    all_of_them = len(unsigned) == len(replies)
    verdict = PROBLEM if validate and all_of_them else WARNING
    return Finding("dnssec", verdict, seen, _UNSIGNED)


def judge_size(heard: Sequence[Heard]) -> Finding:
    """Say whether the root's keys arrive: over a kilobyte, more than some ways take."""
    keys = [it for it in heard if it.kind == KEYS]
    udp = [it for it in keys if it.transport == UDP and it.message]
    tcp = [it for it in keys if it.transport == TCP and it.message]
    whole = [it for it in udp if it.message and not it.message.flags & types.TC]
    small = any(it.kind == SOA and it.transport == UDP and it.message for it in heard)
    seen = (_sizes("UDP", udp), _sizes("TCP", tcp))
    if not (udp or tcp or small):
        return Finding("big_answers", UNKNOWN, ("nobody answered",))
    if not udp and small:
        verdict = PROBLEM if not tcp else WARNING
        return Finding("big_answers", verdict, seen, _FRAGMENTS)
    if not tcp:
        return Finding("big_answers", PROBLEM, seen, _TCP)
    if udp and not whole and max(it.size for it in tcp) <= BUFFER:
        return Finding("big_answers", WARNING, seen, _CUT)
    return Finding("big_answers", OK, seen)


def judge_clock(heard: Sequence[Heard], wall: float) -> Finding:
    """Compare `wall`, seconds since 1970, with the times in the root's signatures."""
    if problem := clock_problem(wall):
        return Finding("clock", PROBLEM, (problem,), _SET_CLOCK)
    found = [
        signature
        for it in map(_soa_reply, heard)
        if it is not None
        for signature in it.answer[0].signatures
    ]
    shows = f"this host's clock shows {utc(int(wall))}"
    if not found:
        return Finding("clock", UNKNOWN, (shows, "no signature to compare it with"))
    # RFC 4034 section 3.1: expiration and inception, 32 bits each.
    until = max(int.from_bytes(it[8:12], "big") for it in found)
    since = min(int.from_bytes(it[12:16], "big") for it in found)
    seen = (shows, f"the root's signatures hold from {utc(since)} to {utc(until)}")
    if since <= wall <= until:
        return Finding("clock", OK, seen)
    return Finding("clock", PROBLEM, seen, _SET_CLOCK)


def _soa_reply(heard: Heard) -> Message | None:
    """Give a reply that has the root's SOA."""
    message = heard.message
    if heard.kind != SOA or message is None or not message.answer:
        return None
    return message if message.answer[0].rdtype == types.SOA else None


def _sizes(transport: str, heard: Sequence[Heard]) -> str:
    if not heard:
        return f"{transport}: the root's keys did not arrive"
    cut = sum(
        it.message is not None and it.message.flags & types.TC != 0 for it in heard
    )
    text = f"{transport}: the root's keys arrived, {max(it.size for it in heard)} bytes"
    return f"{text}, {cut} of {len(heard)} cut short" if cut else text
