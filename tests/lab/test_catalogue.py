"""Every misbehaviour, met at the server that has it."""

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
import pytest
from dns.message import Message
from dns.rcode import Rcode

from resolver.lab.box import Box, Packet
from resolver.lab.catalogue import (
    BEHAVIOURS,
    LIE,
    ROOT_SERVER,
    SLOW,
    VICTIM,
    named,
    slow,
)
from resolver.lab.troubles import ANSWER

BOX = Box.standard(now=1_800_000_000.0)
HOST_OF = {
    host.behaviour.name: host.addresses[0]
    for ingredient in BOX.ingredients
    for spec in ingredient.zones
    for host in spec.hosts
    if spec.origin == f"{host.behaviour.name}.com."
}


def packets(
    behaviour: str, name: str = "www", *, edns: bool = True, tcp: bool = False
) -> tuple[Message, tuple[Packet, ...]]:
    """Ask the server with a behaviour about a name in its zone."""
    query = dns.message.make_query(f"{name}.{behaviour}.com.", "A", use_edns=edns)
    return query, BOX.replies_to(HOST_OF[behaviour], query.to_wire(), tcp=tcp)


def reply(
    behaviour: str, name: str = "www", *, edns: bool = True, tcp: bool = False
) -> Message:
    """Give the one reply of such a server."""
    _, (packet,) = packets(behaviour, name, edns=edns, tcp=tcp)
    return dns.message.from_wire(packet.data)


def is_right(message: Message) -> bool:
    return [each[0].to_text() for each in message.answer] == [ANSWER]


def test_behaviours_have_different_names() -> None:
    assert len({each.name for each in BEHAVIOURS}) == len(BEHAVIOURS) > 20
    assert all(named(each.name) is each for each in BEHAVIOURS)


def test_every_behaviour_has_a_server() -> None:
    assert set(HOST_OF) == {each.name for each in BEHAVIOURS}


def test_terse_leaves_out_what_need_not_be_said() -> None:
    message = reply("terse")
    assert is_right(message)
    assert message.authority == message.additional == []
    assert reply("terse", "missing").authority != []


@pytest.mark.parametrize(
    ("behaviour", "rcode"), [("refuses", Rcode.REFUSED), ("servfails", Rcode.SERVFAIL)]
)
def test_some_fail_whatever_is_asked(behaviour: str, rcode: Rcode) -> None:
    message = reply(behaviour)
    assert message.rcode() == rcode
    assert message.sections[1:] == [[], [], []]
    assert not message.flags & dns.flags.AA


@pytest.mark.parametrize(
    ("behaviour", "zone", "host"),
    [
        ("refers-upward", ".", ROOT_SERVER),
        ("refers-sideways", VICTIM, f"ns1.{VICTIM}"),
        ("refers-to-itself", "refers-to-itself.com.", f"ns.{VICTIM}"),
    ],
)
def test_some_refer_where_the_answer_is_not(
    behaviour: str, zone: str, host: str
) -> None:
    message = reply(behaviour)
    assert (message.rcode(), message.answer) == (Rcode.NOERROR, [])
    assert not message.flags & dns.flags.AA
    (servers,) = message.authority
    assert (servers.name.to_text(), servers[0].to_text()) == (zone, host)


def test_not_authoritative_answers_like_a_cache() -> None:
    message = reply("not-authoritative")
    assert is_right(message)
    assert message.flags & (dns.flags.AA | dns.flags.RA) == dns.flags.RA


def test_denies_empty_names_says_nxdomain_for_no_data() -> None:
    assert reply("denies-empty-names", "b.c").rcode() == Rcode.NXDOMAIN
    assert is_right(reply("denies-empty-names", "a.b.c"))


@pytest.mark.parametrize(
    ("behaviour", "rcode"),
    [("formerr-on-edns", Rcode.FORMERR), ("notimp-on-edns", Rcode.NOTIMP)],
)
def test_some_fail_for_an_opt_record(behaviour: str, rcode: Rcode) -> None:
    message = reply(behaviour)
    assert (message.rcode(), message.edns) == (rcode, -1)
    assert message.question != []
    assert is_right(reply(behaviour, edns=False))


def test_bare_formerr_is_twelve_bytes() -> None:
    query, (packet,) = packets("bare-formerr-on-edns")
    assert packet.data == query.to_wire()[:2] + b"\x80\x01" + bytes(8)
    assert is_right(reply("bare-formerr-on-edns", edns=False))


def test_ignores_edns_answers_without_opt() -> None:
    message = reply("ignores-edns")
    assert (is_right(message), message.edns) == (True, -1)


def test_drops_edns_hears_plain_queries_only() -> None:
    assert packets("drops-edns")[1] == ()
    assert is_right(reply("drops-edns", edns=False))


@pytest.mark.parametrize("tcp", [False, True])
def test_silent_listens_and_says_nothing(*, tcp: bool) -> None:
    assert packets("silent", tcp=tcp)[1] == ()
    assert not BOX.refuses(HOST_OF["silent"], tcp=tcp)


@pytest.mark.parametrize("tcp", [False, True])
def test_dead_does_not_listen(*, tcp: bool) -> None:
    assert packets("dead", tcp=tcp)[1] == ()
    assert BOX.refuses(HOST_OF["dead"], tcp=tcp)


def test_slow_is_right_and_late() -> None:
    _, (packet,) = packets("slow")
    assert packet.after == SLOW
    assert is_right(dns.message.from_wire(packet.data))


def test_how_late_can_be_chosen() -> None:
    box = Box.standard(delay=2.5, now=1_800_000_000.0)
    query = dns.message.make_query("www.slow.com.", "A").to_wire()
    (packet,) = box.replies_to(HOST_OF["slow"], query)
    assert packet.after == 2.5
    assert "2.5 s" in slow(2.5).text


def test_truncates_sends_nothing_over_udp_but_tc() -> None:
    message = reply("truncates")
    assert message.flags & dns.flags.TC
    assert message.sections[1:] == [[], [], []]
    assert is_right(reply("truncates", tcp=True))


def test_no_tcp_is_right_over_udp() -> None:
    assert is_right(reply("no-tcp"))
    assert BOX.refuses(HOST_OF["no-tcp"], tcp=True)
    assert packets("no-tcp", tcp=True)[1] == ()


def test_hangs_up_over_tcp() -> None:
    assert packets("hangs-up", tcp=True)[1] == (Packet(0.0, b""),)
    assert is_right(reply("hangs-up"))


def test_truncates_without_tcp_has_no_answer_at_all() -> None:
    assert reply("truncates-without-tcp").flags & dns.flags.TC
    assert BOX.refuses(HOST_OF["truncates-without-tcp"], tcp=True)


def test_lies_in_answer_leads_to_the_victim_and_lies_about_it() -> None:
    message = reply("lies-in-answer")
    assert [(each.name.to_text(), each[0].to_text()) for each in message.answer] == [
        ("www.lies-in-answer.com.", f"www.{VICTIM}"),
        (f"www.{VICTIM}", LIE),
    ]


def test_poisons_adds_lies_to_the_truth() -> None:
    message = reply("poisons")
    assert is_right(message)
    lies = [
        each.name.to_text() for each in message.additional if each[0].to_text() == LIE
    ]
    assert lies == [f"ns1.{VICTIM}", f"www.{VICTIM}"]
    assert any(each.name.to_text() == VICTIM for each in message.authority)


@pytest.mark.parametrize("tcp", [False, True])
def test_wrong_id_is_never_the_right_one(*, tcp: bool) -> None:
    query, (packet,) = packets("wrong-id", tcp=tcp)
    assert packet.data[:2] != query.to_wire()[:2]
    assert len(packet.data) > 40


def test_wrong_id_first_forges_and_then_tells_the_truth() -> None:
    query, (forged, right) = packets("wrong-id-first")
    assert forged.data[:2] != query.to_wire()[:2] == right.data[:2]
    assert dns.message.from_wire(forged.data).answer[0][0].to_text() == LIE
    assert is_right(dns.message.from_wire(right.data))


def test_wrong_question_answers_what_nobody_asked() -> None:
    query, (packet,) = packets("wrong-question")
    message = dns.message.from_wire(packet.data)
    assert message.id == query.id
    assert message.question[0].name.to_text() == f"www.{VICTIM}"


def test_garbage_first_has_the_right_id_and_question_and_cannot_be_read() -> None:
    query, (garbage, right) = packets("garbage-first")
    question = query.to_wire()[12 : 12 + len("www.garbage-first.com.") + 5]
    assert garbage.data[:2] == query.to_wire()[:2]
    assert garbage.data[12:].startswith(question)
    with pytest.raises(dns.exception.DNSException):
        dns.message.from_wire(garbage.data)
    assert is_right(dns.message.from_wire(right.data))


@pytest.mark.parametrize("behaviour", ["wrong-id-first", "garbage-first"])
def test_nobody_gets_in_first_over_tcp(behaviour: str) -> None:
    assert is_right(reply(behaviour, tcp=True))


def test_lowers_case_undoes_0x20() -> None:
    query = dns.message.make_query("wWw.Lowers-CASE.com.", "A")
    (packet,) = BOX.replies_to(HOST_OF["lowers-case"], query.to_wire())
    assert b"\x03www\x0blowers-case\x03com\x00" in packet.data
    assert is_right(dns.message.from_wire(packet.data))
