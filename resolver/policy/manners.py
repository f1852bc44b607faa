"""Which questions are not for a resolver, and what is the polite reply?

Decided from the message alone, before anybody is asked anything.  The order of the
checks matters and is the order of the code: what cannot be understood comes before
what is not done, and that before what is not allowed.

RFC 8906 is the measure: every strange question gets the reply its RFC wants, and
none is dropped.
"""

from typing import Final

from resolver.policy.identity import HIDDEN, Identity
from resolver.ports import Resolution
from resolver.wire import types
from resolver.wire.errors import EDE_NOT_AUTHORITATIVE, EDE_NOT_SUPPORTED
from resolver.wire.message import Message, Question, RRset

# RFC 8482 section 4.2: the HINFO that answers ANY; its TTL in seconds.
_ANY_TTL: Final = 3600
_ANY_HINFO: Final = b"\x07RFC8482\x00"

# Zone transfers ask for a whole zone, which a resolver does not have.
_TRANSFERS: Final = frozenset({types.AXFR, types.IXFR})
# Questions about a message, a transaction or an obsolete kind of mail: nothing that
# could be looked up (RFC 6895 section 3.1).  Signatures come with what they sign.
_NOT_DATA: Final = frozenset(
    {
        types.OPT,
        types.TSIG,
        types.TKEY,
        types.MAILA,
        types.MAILB,
        types.RRSIG,
        types.SIG,
    }
)


def objection(message: Message, identity: Identity = HIDDEN) -> Resolution | None:
    """Say what is wrong with a question, as the reply to it, or None: ask on.

    Questions about ourselves are none for a resolver, either: `identity` answers them.
    """
    question = message.question
    if message.edns is not None and message.edns.version > 0:
        return Resolution(types.BADVERS)  # RFC 6891 section 6.1.3
    if question is None:
        return Resolution(types.FORMERR)  # RFC 9619: exactly one question
    if question.rdtype in _TRANSFERS:
        # Before the sections are looked at: IXFR brings an SOA (RFC 1995 section 3).
        return _refused(
            EDE_NOT_SUPPORTED, "zone transfers are not offered by a resolver"
        )
    if message.answer or message.authority:
        return Resolution(types.FORMERR)  # a question has no records
    if question.rdclass == types.CH:
        return identity.answer(question) or _refused_class()
    if question.rdclass != types.IN:
        return _refused_class()
    return _by_type(question, message.flags)


def _by_type(question: Question, flags: int) -> Resolution | None:
    rdtype = question.rdtype
    if rdtype == 0:
        return Resolution(types.FORMERR)  # RFC 6895 section 3.1: reserved
    if rdtype in _NOT_DATA:
        text = f"{types.type_name(rdtype)} cannot be asked for"
        return Resolution(types.NOTIMP, ede=((EDE_NOT_SUPPORTED, text),))
    if not flags & types.RD:
        text = "recursion was not desired, and nothing else is done here"
        return _refused(EDE_NOT_AUTHORITATIVE, text)
    if rdtype == types.ANY:
        hinfo = RRset(question.name, types.HINFO, _ANY_TTL, (_ANY_HINFO,))
        return Resolution(types.NOERROR, (hinfo,))  # RFC 8482
    return None


def _refused(code: int, text: str) -> Resolution:
    return Resolution(types.REFUSED, ede=((code, text),))


def _refused_class() -> Resolution:
    return _refused(EDE_NOT_SUPPORTED, "only the Internet class is resolved here")
