import json

import pytest

from resolver.cache.zones import Delegation, NameServer
from resolver.dnssec.proof import Step, secure
from resolver.observe.trace import trace_json, trace_lines
from resolver.ports import Address, Note
from resolver.wire import names, types
from resolver.wire.message import Message, Question, RRset

WWW = b"\x03www\x07example\x00"
EXAMPLE = b"\x07example\x00"
NS = b"\x02ns\x04test\x00"
ROOT_SERVER = Address("198.41.0.4")
SERVER = Address("2001:db8::53", 5353)

# A walk: a referral, a server's address looked up, silence, an answer that is an alias.
DIARY = [
    Note(10.0, 0, "question", (Question(WWW, types.A),)),
    Note(10.0, 0, "zone", (names.ROOT,)),
    Note(10.001, 0, "sent", (ROOT_SERVER, Question(EXAMPLE, types.A), "udp")),
    Note(10.021, 0, "reply", (ROOT_SERVER, types.NOERROR, 0.02, 300)),
    Note(10.021, 0, "verdict", ("referral example. 2 NS",)),
    Note(10.022, 0, "zone", (EXAMPLE,)),
    Note(10.022, 1, "question", (Question(NS, types.AAAA),)),
    Note(10.022, 1, "cached", ("answer",)),
    Note(10.023, 0, "sent", (SERVER, Question(WWW, types.A), "udp")),
    Note(10.399, 0, "silent", (SERVER, "timeout", 0.376)),
    Note(10.4, 0, "sent", (SERVER, Question(WWW, types.A), "tcp")),
    Note(10.41, 0, "reply", (SERVER, types.NOERROR, 0.01, 60)),
    Note(10.41, 0, "verdict", ("alias ns.test.",)),
    Note(10.41, 0, "alias", (NS,)),
    Note(10.411, 0, "zone", (names.ROOT,)),
    Note(10.5, 0, "failed", ("query_deadline",)),
]


def test_a_walk_becomes_a_tree() -> None:
    assert trace_lines(DIARY, 10.0) == [
        "     0.0 ms  └─ www.example. A",
        "     0.0 ms     ├─ zone .",
        "     1.0 ms     │  └─ 198.41.0.4 udp: example. A?"
        " NOERROR in 20.0 ms, 300 bytes; referral example. 2 NS",
        "    22.0 ms     ├─ zone example.",
        "    22.0 ms     │  ├─ ns.test. AAAA",
        "    22.0 ms     │  │  └─ cached answer",
        "    23.0 ms     │  ├─ [2001:db8::53]:5353 udp: www.example. A?"
        " timeout after 376.0 ms",
        "   400.0 ms     │  └─ [2001:db8::53]:5353 tcp: www.example. A?"
        " NOERROR in 10.0 ms, 60 bytes; alias ns.test.",
        "   410.0 ms     ├─ alias ns.test.",
        "   411.0 ms     ├─ zone .",
        "   500.0 ms     └─ failed query_deadline",
    ]


def test_programs_get_every_note_with_named_facts() -> None:
    entries = trace_json(DIARY, 10.0)
    assert len(entries) == len(DIARY)
    assert entries[3] == {
        "at": 0.021,
        "depth": 0,
        "kind": "reply",
        "server": "198.41.0.4",
        "rcode": "NOERROR",
        "seconds": 0.02,
        "bytes": 300,
    }
    assert entries[6]["question"] == "ns.test. AAAA"
    assert entries[13] == {
        "at": 0.41,
        "depth": 0,
        "kind": "alias",
        "target": "ns.test.",
    }
    assert json.loads(json.dumps(entries)) == entries


def test_nothing_in_a_diary_reaches_the_terminal_unescaped() -> None:
    diary = [
        Note(0.0, 0, "question", (Question(b"\x04a\x1b[2\x00", types.A),)),
        Note(0.0, 0, "silent", (ROOT_SERVER, "\x1b]0;gotcha\x07\n", 0.1)),
        Note(0.0, 0, "verdict", ("useless \N{RIGHT-TO-LEFT OVERRIDE}",)),
        Note(0.0, 0, "failed", (b"\x01\x00\x00", "\r")),
    ]
    lines = trace_lines(diary, 0.0)
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("note", "line"),
    [
        (Note(0.0, 3, "zone", (EXAMPLE,)), "zone example."),
        (Note(0.0, 3, "sent", (SERVER, "x", "udp")), "[2001:db8::53]:5353 udp: x?"),
        (
            Note(0.0, 3, "reply", (ROOT_SERVER, types.SERVFAIL, 0.5, 12)),
            "198.41.0.4: SERVFAIL in 500.0 ms, 12 bytes",
        ),
        (Note(0.0, 0, "verdict", ("answer",)), "verdict answer"),
        (Note(0.0, 0, "reply", ("of another shape",)), "reply of another shape"),
        (Note(0.0, 0, "news", (1, None)), "news 1 None"),
    ],
)
def test_a_note_without_its_beginning_is_still_told(note: Note, line: str) -> None:
    assert trace_lines([note], 0.0) == [f"     0.0 ms  └─ {line}"]


def test_facts_that_have_no_name_are_not_lost() -> None:
    note = Note(1.0, 0, "cached", ("answer", 1.23456789, NS))
    assert trace_json([note], 0.0) == [
        {
            "at": 1.0,
            "depth": 0,
            "kind": "cached",
            "what": "answer",
            "facts": [1.234568, "ns.test."],
        }
    ]


def test_an_empty_diary_has_nothing_to_tell() -> None:
    assert trace_lines([], 0.0) == []
    assert trace_json([], 0.0) == []


def test_of_two_exchanges_with_a_server_each_gets_its_own_reply() -> None:
    diary = [
        Note(0.0, 0, "question", (Question(WWW, types.A),)),
        Note(0.0, 0, "zone", (EXAMPLE,)),
        Note(0.0, 0, "sent", (SERVER, Question(WWW, types.A), "udp")),
        Note(0.01, 0, "sent", (SERVER, Question(EXAMPLE, types.DNSKEY), "udp")),
        Note(0.03, 0, "reply", (SERVER, types.NOERROR, 0.02, 500)),
        Note(0.03, 0, "verdict", ("answer 1 DNSKEY",)),
        Note(0.05, 0, "reply", (SERVER, types.NOERROR, 0.05, 60)),
        Note(0.05, 0, "verdict", ("answer 1 A",)),
    ]
    _, _, address, keys = trace_lines(diary, 0.0)
    assert address.endswith("www.example. A? NOERROR in 50.0 ms, 60 bytes; answer 1 A")
    assert keys.endswith("DNSKEY? NOERROR in 20.0 ms, 500 bytes; answer 1 DNSKEY")


CHAIN = [
    Note(0.0, 0, "question", (Question(WWW, types.A),)),
    Note(0.0, 0, "zone", (EXAMPLE,)),
    Note(0.1, 0, "trust", (EXAMPLE, "secure", "DS 7, DNSKEY set signed by 7")),
    Note(0.1, 0, "signed", (WWW, types.A, EXAMPLE, 7, 13)),
    Note(0.1, 0, "proof", ("nsec a. covers b.",)),
    Note(0.1, 0, "belief", ("secure", "")),
]


def test_the_chain_of_trust_hangs_from_the_question() -> None:
    assert [line[13:] for line in trace_lines(CHAIN, 0.0)[1:]] == [
        "   ├─ zone example.",
        "   ├─ trust example. secure: DS 7, DNSKEY set signed by 7",
        "   ├─ signed www.example. A by example. key 7 (ECDSAP256SHA256)",
        "   ├─ proof nsec a. covers b.",
        "   └─ belief secure",
    ]


def test_programs_get_the_chain_of_trust_in_the_words_of_the_registries() -> None:
    entries = trace_json(CHAIN, 0.0)
    assert entries[3] == {
        "at": 0.1,
        "depth": 0,
        "kind": "signed",
        "name": "www.example.",
        "type": "A",
        "signer": "example.",
        "key_tag": 7,
        "algorithm": "ECDSAP256SHA256",
    }


def test_what_a_reply_has_besides_is_told_in_words() -> None:
    zone = Delegation(EXAMPLE, (NameServer(NS, ()),), 0.0)
    ns = RRset(EXAMPLE, types.NS, 60, (WWW,))
    reply = Message(0, types.AA, Question(WWW, types.A), authority=(ns,))
    diary = [
        Note(0.0, 0, "question", (Question(WWW, types.A),)),
        Note(0.0, 0, "zone", (EXAMPLE, zone._replace(recursive=True))),
        Note(0.0, 0, "sent", (SERVER, "www.example. A", "udp")),
        Note(0.1, 0, "reply", (SERVER, types.NOERROR, 0.1, 60, "a malformed reply")),
        Note(0.1, 0, "verdict", ("answer 1 A", zone, reply)),
    ]
    _, forwarders, exchange = trace_lines(diary, 0.0)
    assert forwarders.endswith("zone example. forwarders")
    assert "60 bytes, after a malformed reply; answer 1 A; the zone and " in exchange
    assert exchange.endswith("the parent names ns.test., the zone itself www.example.")
    *_, answer = trace_json(diary, 0.0)
    assert answer["outcome"] == "answer 1 A"
    assert str(answer["remark"]).endswith("the zone itself www.example.")
    assert [each.get("stray") for each in trace_json(diary, 0.0)][3] == (
        "a malformed reply"
    )


def test_a_proof_is_told_in_words() -> None:
    proven = secure(Step("nsec", WWW, "has no MX at", WWW))
    (line,) = trace_lines([Note(0.0, 0, "proof", (proven,))], 0.0)
    assert line.endswith("proof secure: nsec www.example. has no MX at www.example.")
