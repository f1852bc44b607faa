"""The misbehaviours of the lab, by name.

Each is something that servers really do, by fault or by intent; the resolver has to
live with the faults and see through the lies.  `BEHAVIOURS`, at the end, is the list;
above it, in the same order, is how each is done.
"""

from typing import Final

import dns.flags
import dns.message
import dns.name
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rrset import RRset

from resolver.lab.behaviours import (
    Answering,
    Asked,
    Behaviour,
    Sent,
    Wrapper,
    combine,
    edits,
    first,
    has_edns,
    instead,
    later,
    only_when,
    over_tcp,
    over_udp,
)

# Where liars point: an address for documentation (RFC 5737) that no honest zone of the
# box uses, so whoever sees it has believed a lie.
LIE: Final = "203.0.113.66"
# Whom liars lie about; `world` has the honest zone.
VICTIM: Final = "victim.org."
VICTIM_ADDRESS: Final = "192.0.2.80"
# Where referrals upwards lead: the first root server of the box.
ROOT_SERVER: Final = "a.root-servers.net."
ROOT_ADDRESS: Final = "127.53.0.1"
# How late a slow server is, seconds: later than any that is not broken, and sooner
# than the second try of those who wait 376 ms and double it.
SLOW: Final = 0.6

_LIE_TTL: Final = 86400
_WRONG_ID: Final = 0x5555  # flipped in the query's id: never the right one


# Lame servers: they have no idea, and say so in one way or another.


def _blank(reply: Message) -> None:
    """Take everything out of a reply but the question and the OPT record."""
    reply.flags &= ~dns.flags.AA
    reply.set_rcode(Rcode.NOERROR)
    for section in (reply.answer, reply.authority, reply.additional):
        section.clear()


def _fails_with(rcode: Rcode) -> Wrapper:
    def edit(reply: Message, _asked: Asked) -> None:
        _blank(reply)
        reply.set_rcode(rcode)

    return edits(edit)


def _refers(zone: str, host: str, address: str) -> Wrapper:
    def edit(reply: Message, _asked: Asked) -> None:
        _blank(reply)
        reply.authority.append(_record(zone, "NS", host))
        reply.additional.append(_record(host, "A", address))

    return edits(edit)


def _refer_to_itself(reply: Message, _asked: Asked) -> None:
    """Refer to the zone that was asked already."""
    known = [*reply.answer, *reply.authority]
    origins = [each.name for each in known if each.rdtype in {RdataType.NS, _SOA}]
    _blank(reply)
    for origin in origins[:1]:
        reply.authority.append(_record(origin.to_text(), "NS", f"ns.{VICTIM}"))


def _lose_authority(reply: Message, _asked: Asked) -> None:
    reply.flags &= ~dns.flags.AA
    reply.flags |= dns.flags.RA


def _deny_name(reply: Message, _asked: Asked) -> None:
    if not reply.answer and any(each.rdtype == _SOA for each in reply.authority):
        reply.set_rcode(Rcode.NXDOMAIN)


# EDNS breakers.


def _fails_without_edns(rcode: Rcode) -> Wrapper:
    """Fail as software from before RFC 2671 does: no OPT record in the reply."""

    def edit(reply: Message, _asked: Asked) -> None:
        _blank(reply)
        reply.use_edns(edns=False)
        reply.set_rcode(rcode)

    return only_when(has_edns, edits(edit))


def _bare_formerr(_inner: Answering) -> Answering:
    """Fail with twelve bytes: not even the question comes back."""

    def answering(asked: Asked) -> tuple[Sent, ...]:
        words = (asked.query.id, dns.flags.QR | Rcode.FORMERR, 0, 0, 0, 0)
        return (Sent(b"".join(word.to_bytes(2, "big") for word in words)),)

    return answering


def _drop_edns(reply: Message, _asked: Asked) -> None:
    reply.use_edns(edns=False)


# Trouble with transport.


def _truncate(reply: Message, _asked: Asked) -> None:
    _blank(reply)
    reply.flags |= dns.flags.TC | dns.flags.AA


# Liars.


def _lie_in_answer(reply: Message, asked: Asked) -> None:
    """Alias the name to one elsewhere, and claim to know that one's address."""
    question = asked.query.question[0]
    if question.rdtype == RdataType.A and reply.answer:
        reply.answer[:] = [
            _record(question.name.to_text(), "CNAME", f"www.{VICTIM}"),
            _record(f"www.{VICTIM}", "A", LIE),
        ]


def _poison(reply: Message, _asked: Asked) -> None:
    """Add records about somebody else, where a careless cache picks them up."""
    if reply.answer:
        reply.authority.append(_record(VICTIM, "NS", f"ns1.{VICTIM}"))
        reply.additional.append(_record(f"ns1.{VICTIM}", "A", LIE))
        reply.additional.append(_record(f"www.{VICTIM}", "A", LIE))


def _forgery(asked: Asked) -> Message:
    """Forge a reply with a wrong id, as somebody off the path who guesses does."""
    reply = dns.message.make_response(asked.query)
    reply.id = asked.query.id ^ _WRONG_ID
    reply.flags |= dns.flags.AA
    question = asked.query.question[0]
    if question.rdtype == RdataType.A:
        reply.answer.append(_record(question.name.to_text(), "A", LIE))
    return reply


def _change_id(reply: Message, asked: Asked) -> None:
    reply.id = asked.query.id ^ _WRONG_ID


def _change_question(reply: Message, asked: Asked) -> None:
    """Answer what nobody asked."""
    question = asked.query.question[0]
    other = dns.name.from_text(f"www.{VICTIM}")
    reply.question = [RRset(other, question.rdclass, question.rdtype)]
    reply.answer = [_record(f"www.{VICTIM}", "A", LIE)]


def _garbage(asked: Asked) -> bytes:
    """Forge a reply with the right id and question, and half a record behind it."""
    reply = dns.message.make_response(asked.query)
    reply.use_edns(edns=False)
    packet = bytearray(reply.to_wire())
    packet[7] = 1  # ANCOUNT, RFC 1035 section 4.1.1
    return bytes(packet) + b"\xc0\xff\x00"


def _lower_case(reply: Message, asked: Asked) -> None:
    """Copy the question in lower case, undoing 0x20."""
    question = asked.query.question[0]
    name = Name([label.lower() for label in question.name.labels])
    reply.question = [RRset(name, question.rdclass, question.rdtype)]


def _terse(reply: Message, _asked: Asked) -> None:
    """Leave out what need not be said beside a good answer."""
    if reply.answer and reply.flags & dns.flags.AA:
        reply.authority.clear()
        reply.additional.clear()


def _record(name: str, rdtype: str, data: str) -> RRset:
    return dns.rrset.from_text(name, _LIE_TTL, "IN", rdtype, data)


def slow(seconds: float = SLOW) -> Behaviour:
    """Make a server that answers rightly, but late."""
    return Behaviour("slow", f"answers rightly, after {seconds:g} s", later(seconds))


_SOA: Final = RdataType.SOA
_FAIL: Final = "SERVFAIL"
_EITHER: Final = "NOERROR or SERVFAIL"

_SILENT: Final = Behaviour("silent", "takes queries and says nothing", instead(), _FAIL)
_TRUNCATES: Final = Behaviour(
    "truncates",
    "sets TC on every UDP reply and sends nothing with it",
    only_when(over_udp, edits(_truncate)),
)
_NO_TCP: Final = Behaviour(
    "no-tcp", "does not listen on TCP", lambda inner: inner, tcp=False
)
_SIDEWAYS: Final = _refers(VICTIM, f"ns1.{VICTIM}", LIE)
_UPWARD: Final = _refers(".", ROOT_SERVER, ROOT_ADDRESS)

BEHAVIOURS: Final = (
    Behaviour("terse", "answers without authority and additional", edits(_terse)),
    # Lame servers.
    Behaviour("refuses", "answers REFUSED", _fails_with(Rcode.REFUSED), _FAIL),
    Behaviour("servfails", "answers SERVFAIL", _fails_with(Rcode.SERVFAIL), _FAIL),
    Behaviour("refers-upward", "refers to the root", _UPWARD, _FAIL),
    Behaviour("refers-sideways", f"refers to {VICTIM}", _SIDEWAYS, _FAIL),
    Behaviour(
        "refers-to-itself",
        "refers to the zone it was asked for, with another server",
        edits(_refer_to_itself),
        _FAIL,
    ),
    Behaviour(
        "not-authoritative",
        "answers as a cache does: AA clear, RA set",
        edits(_lose_authority),
        _EITHER,
    ),
    Behaviour(
        "denies-empty-names",
        "answers NXDOMAIN instead of NODATA, also for empty non-terminals",
        edits(_deny_name),
    ),
    # EDNS breakers.
    Behaviour(
        "formerr-on-edns",
        "answers FORMERR to queries with OPT",
        _fails_without_edns(Rcode.FORMERR),
    ),
    Behaviour(
        "bare-formerr-on-edns",
        "answers FORMERR to queries with OPT, with a header and nothing else",
        only_when(has_edns, _bare_formerr),
    ),
    Behaviour(
        "notimp-on-edns",
        "answers NOTIMP to queries with OPT",
        _fails_without_edns(Rcode.NOTIMP),
    ),
    Behaviour("ignores-edns", "answers without OPT", edits(_drop_edns)),
    Behaviour(
        "drops-edns",
        "says nothing to queries with OPT",
        only_when(has_edns, instead()),
        _EITHER,
    ),
    # Trouble with transport.
    _SILENT,
    slow(),
    Behaviour("dead", "does not listen", instead(), _FAIL, udp=False, tcp=False),
    _TRUNCATES,
    _NO_TCP,
    Behaviour(
        "hangs-up",
        "closes TCP connections instead of answering",
        only_when(over_tcp, instead(Sent(b""))),
    ),
    combine(
        "truncates-without-tcp",
        "sets TC on every UDP reply and does not listen on TCP",
        _TRUNCATES,
        _NO_TCP,
        alone=_FAIL,
    ),
    # Liars.
    Behaviour(
        "lies-in-answer",
        f"aliases its names to www.{VICTIM} and gives a wrong address for that",
        edits(_lie_in_answer),
    ),
    Behaviour(
        "poisons",
        f"adds wrong records about {VICTIM} to good answers",
        edits(_poison),
    ),
    Behaviour("wrong-id", "replies with a wrong id", edits(_change_id), _FAIL),
    Behaviour(
        "wrong-id-first",
        "sends a forged reply with a wrong id, then the right one",
        only_when(over_udp, first(_forgery)),
    ),
    Behaviour(
        "wrong-question",
        "replies to another question than it was asked",
        edits(_change_question),
        _FAIL,
    ),
    Behaviour(
        "garbage-first",
        "sends a malformed reply, then the right one",
        only_when(over_udp, first(_garbage)),
    ),
    Behaviour("lowers-case", "undoes 0x20 in the question", edits(_lower_case)),
)


def named(name: str) -> Behaviour:
    """Find a behaviour of the list by its name; KeyError when there is none."""
    return {behaviour.name: behaviour for behaviour in BEHAVIOURS}[name]
