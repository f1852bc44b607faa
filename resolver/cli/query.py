"""Put one question, and write the answer for people or for programs."""

import ipaddress
import json
from typing import Final, NamedTuple

import dns.rdatatype

from resolver import daemon
from resolver.config import Config, printable
from resolver.config.problems import nearest
from resolver.daemon.clock import clock_problem
from resolver.daemon.world import wall_clock
from resolver.observe import configure_logging, trace_json, trace_lines
from resolver.observe.cause import NOBODY
from resolver.observe.record import ASKED, Circumstances, Record
from resolver.observe.verdict import verdict_of
from resolver.ports import MAX_ASKS, Errand, Resolution
from resolver.wire import names, types
from resolver.wire.edns import extended_error
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.presentation import (
    message_text,
    name_from_text,
    rdata_text,
    type_from_text,
    type_text,
)

_TYPE_NAMES: Final = [rdtype.name for rdtype in dns.rdatatype.RdataType]


class Outcome(NamedTuple):
    """A question and what came of it.  `started` and `seconds` are the errand's clock's.

    `clock` says why this host's clock must be wrong, where it must.
    """

    question: Question
    resolution: Resolution
    errand: Errand
    started: float
    seconds: float
    clock: str = ""

    @property
    def answered(self) -> bool:
        """Say whether there is an answer; that a name does not exist is one."""
        return self.resolution.rcode in {types.NOERROR, types.NXDOMAIN}

    @property
    def asked(self) -> int:
        """Count the questions that servers were asked."""
        return MAX_ASKS - self.errand.asks_left


def question_from(name: str, type_name: str | None) -> Question:
    """Make a question of what a user typed.

    An IP address without a type asks for its name.  Raises ValueError, with a text
    for the user.
    """
    if type_name is None and (reverse := _reverse(name)):
        return Question(reverse, types.PTR)
    try:
        rdtype = types.A if type_name is None else type_from_text(type_name)
    except ValueError as error:
        if "." in (type_name or "") and name.upper() in _TYPE_NAMES:
            raise ValueError(f"{error}; the name comes first, then the type") from None
        near = nearest((type_name or "").upper(), _TYPE_NAMES)
        raise ValueError(f"{error}{near}") from None
    return Question(name_from_text(name), rdtype)


def _reverse(text: str) -> bytes | None:
    """Name the place where an address's name is found (RFC 1035 section 3.5)."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return name_from_text(address.reverse_pointer)


def ask(config: Config, question: Question) -> Outcome:
    """Resolve a question here and now.  Raises as `daemon.ask_once` does."""
    configure_logging(config.log.level, config.log.format)
    resolution, errand = daemon.ask_once(config, question)
    ended = errand.now()
    started = errand.diary[0].at if errand.diary else ended
    clock = clock_problem(wall_clock())
    return Outcome(question, resolution, errand, started, ended - started, clock)


def as_text(outcome: Outcome, *, trace: bool) -> str:
    """Write the answer as dig does, the way to it as a tree above it."""
    lines = trace_lines(outcome.errand.diary, outcome.started) if trace else []
    if lines:
        lines.append("")
    lines.append(message_text(_message(outcome)))
    if trace:
        lines += _verdict(outcome)
    if outcome.clock:
        lines.append(f";; WARNING: {outcome.clock}")
    plural = "" if outcome.asked == 1 else "s"
    lines.append(
        f";; {outcome.seconds * 1000:.1f} ms,"
        f" {outcome.asked} question{plural} to servers"
    )
    return "\n".join(lines)


def record_of(outcome: Outcome) -> Record:
    """Put what came of a question on record, as if somebody had it kept."""
    return Record(
        "now",
        outcome.question,
        outcome.resolution,
        outcome.errand,
        seconds=outcome.seconds,
        reasons=(ASKED,),
        around=Circumstances(wall_clock()),
    )


def _verdict(outcome: Outcome) -> list[str]:
    """Say what the way to the answer comes to, unless there is nothing to say."""
    verdict = verdict_of(record_of(outcome))
    if verdict.blame == NOBODY:
        return []
    told = (
        ("verdict", verdict.cause),
        ("to blame", verdict.blame),
        ("to mend", verdict.mend),
    )
    return [printable(f";; {what}: {text}") for what, text in told if text]


def _message(outcome: Outcome) -> Message:
    """Make the reply that a client would have got."""
    resolution = outcome.resolution
    flags = types.QR | types.RD | types.RA
    if resolution.authoritative:
        flags |= types.AA
    if resolution.secure:
        flags |= types.AD
    options = tuple(extended_error(code, text) for code, text in resolution.ede)
    return Message(
        0,
        flags,
        outcome.question,
        resolution.rcode,
        resolution.answer,
        resolution.authority,
        edns=Edns(options=options) if options else None,
    )


def as_json(outcome: Outcome, *, trace: bool) -> str:
    """Write the answer, and with `trace` the way to it, as one JSON object."""
    resolution = outcome.resolution
    found: dict[str, object] = {
        "name": names.to_text(outcome.question.name),
        "type": type_text(outcome.question.rdtype),
        "rcode": types.rcode_name(resolution.rcode),
        "secure": resolution.secure,
        "answer": _records(resolution.answer),
        "authority": _records(resolution.authority),
        "errors": [{"code": code, "text": text} for code, text in resolution.ede],
        "seconds": round(outcome.seconds, 6),
        "asked": outcome.asked,
    }
    if outcome.clock:
        found["clock"] = outcome.clock
    if trace:
        found["trace"] = trace_json(outcome.errand.diary, outcome.started)
    return json.dumps(found, indent=2)


def _records(rrsets: tuple[RRset, ...]) -> list[dict[str, object]]:
    return [
        {
            "name": names.to_text(rrset.name),
            "type": type_text(rdtype),
            "ttl": rrset.ttl,
            "data": rdata_text(rdtype, rdata, rrset.rdclass),
        }
        for rrset in rrsets
        for rdtype, rdatas in (
            (rrset.rdtype, rrset.rdatas),
            (types.RRSIG, rrset.signatures),
        )
        for rdata in rdatas
    ]
