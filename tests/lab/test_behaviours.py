import dns.flags
import dns.message
import dns.rcode
from dns.message import Message

from resolver.lab.behaviours import (
    HONEST,
    Asked,
    Behaviour,
    Sent,
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

QUERY = dns.message.make_query("www.example.com.", "A")
UDP = Asked(QUERY, tcp=False)
TCP = Asked(QUERY, tcp=True)


def right(asked: Asked) -> tuple[Sent, ...]:
    return (Sent(dns.message.make_response(asked.query)),)


def set_refused(reply: Message, asked: Asked) -> None:
    reply.set_rcode(dns.rcode.REFUSED)


def set_tc(reply: Message, asked: Asked) -> None:
    reply.flags |= dns.flags.TC


def test_honesty_changes_nothing() -> None:
    assert HONEST.wrap(right) is right


def test_an_edit_changes_every_reply_and_no_bytes() -> None:
    wrapped = edits(set_refused)(lambda asked: (*right(asked), Sent(b"raw")))
    reply, raw = wrapped(UDP)
    assert isinstance(reply.content, Message)
    assert reply.content.rcode() == dns.rcode.REFUSED
    assert raw.content == b"raw"


def test_something_else_can_be_sent_instead_or_nothing() -> None:
    assert instead(Sent(b"x"))(right)(UDP) == (Sent(b"x"),)
    assert instead()(right)(UDP) == ()


def test_something_else_can_be_sent_first() -> None:
    forged, reply = first(lambda asked: b"forged")(right)(UDP)
    assert forged == Sent(b"forged")
    assert isinstance(reply.content, Message)


def test_delays_add_up() -> None:
    (sent,) = later(1.0)(later(0.5)(right))(UDP)
    assert sent.after == 1.5


def test_misbehaviour_can_be_for_some_queries_only() -> None:
    wrapped = only_when(over_tcp, instead())(right)
    assert wrapped(TCP) == ()
    assert len(wrapped(UDP)) == 1
    assert len(only_when(over_udp, instead())(right)(TCP)) == 1


def test_edns_is_seen() -> None:
    assert not has_edns(UDP)
    assert has_edns(Asked(dns.message.make_query(".", "NS", use_edns=0), tcp=False))


def test_combined_behaviours_all_have_their_say() -> None:
    both = combine(
        "both",
        "",
        Behaviour("tc", "", edits(set_tc)),
        Behaviour("late", "", later(2.0), tcp=False),
        alone="SERVFAIL",
    )
    (sent,) = both.wrap(right)(UDP)
    assert isinstance(sent.content, Message)
    assert (sent.after, sent.content.flags & dns.flags.TC) == (2.0, dns.flags.TC)
    assert (both.udp, both.tcp, both.alone) == (True, False, "SERVFAIL")


def test_the_first_of_combined_behaviours_has_the_last_word() -> None:
    silent = Behaviour("silent", "", instead())
    speaks = Behaviour("speaks", "", first(lambda asked: b"x"))
    assert combine("", "", speaks, silent, alone="").wrap(right)(UDP) == (Sent(b"x"),)
    assert combine("", "", silent, speaks, alone="").wrap(right)(UDP) == ()
