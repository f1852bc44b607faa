"""What becomes of a client's packet, without a network: receive, resolve, compose."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cache.failures import Failure
from resolver.hot.replies import Replies
from resolver.policy.local import LocalNames
from resolver.ports import Errand, Resolution
from resolver.service import EDNS_UDP, Manners, Query, Service
from resolver.wire import types
from resolver.wire.errors import EDE_OTHER
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.presentation import name_from_text, rrsets_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query
from tests.walk.pretend import Clock, question, run

HERE = "127.0.0.1"
MANNERS = Manners()
ANSWER = Resolution(0, tuple(rrsets_from_text("www.example.com. 300 A 192.0.2.1")))


@dataclass
class Pretend:
    """A walk and a memory, of new and old, that know what they are told.

    `begun` is when the life of an answer began that is in its last tenth.
    """

    known: dict[Question, Resolution] = field(default_factory=dict)
    old: Resolution | None = None
    failure: Failure | None = None
    begun: float | None = None
    found: Resolution = ANSWER
    walked: list[Question] = field(default_factory=list)

    def whole(self, question: Question, now: float) -> Resolution | None:
        return self.known.get(question)

    def stale(self, question: Question, now: float) -> Resolution | None:
        return self.old

    def failing(self, question: Question, now: float) -> Failure | None:
        return self.failure

    def ending(
        self, question: Question, resolution: Resolution, now: float
    ) -> float | None:
        return self.begun

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        self.walked.append(question)
        return self.found


def service(
    pretend: Pretend | None = None,
    replies: Replies | None = None,
    manners: Manners = MANNERS,
) -> Service:
    pretend = pretend or Pretend()
    return Service(
        pretend.resolve,
        (pretend, pretend),
        LocalNames(),
        Replies(1_000_000) if replies is None else replies,
        lambda host: host == HERE,
        manners,
    )


def packet(
    text: str = "www.example.com. A", *, edns: Edns | None = None, flags: int = types.RD
) -> bytes:
    return write_query(77, question(text), flags=flags, edns=edns)


def received(data: bytes, *, host: str = HERE, stream: bool = False) -> Message | None:
    reply = service().receive(data, host, stream=stream, now=0.0)
    assert not isinstance(reply, Query)
    return None if reply is None else read(reply)


def answered(
    data: bytes, found: Resolution = ANSWER, *, stream: bool = False
) -> tuple[bytes, Message]:
    pretend = Pretend(found=found)
    one = service(pretend)
    query = one.receive(data, HERE, stream=stream, now=0.0)
    assert isinstance(query, Query)
    resolution = run(one.resolve(query, Errand(Clock(), 1008.0)))
    assert pretend.walked == [query.question]
    reply = one.compose(query, resolution, 0.0)
    return reply, read(reply)


def test_a_question_that_nobody_here_knows_is_resolved_and_answered() -> None:
    _, reply = answered(packet())
    assert reply.id == 77
    assert reply.flags == types.QR | types.RD | types.RA
    assert (reply.rcode, reply.answer) == (types.NOERROR, ANSWER.answer)
    assert reply.edns is None


def test_what_is_in_memory_is_answered_at_once() -> None:
    pretend = Pretend(known={question("www.example.com. A"): ANSWER})
    reply = service(pretend).receive(packet(), HERE, stream=False, now=0.0)
    assert isinstance(reply, bytes)
    assert read(reply).answer == ANSWER.answer


def test_what_was_in_memory_and_what_was_not_is_counted() -> None:
    one = service(Pretend(known={question("www.example.com. A"): ANSWER}))
    one.receive(packet(), HERE, stream=False, now=0.0)
    one.receive(packet("else. A"), HERE, stream=False, now=0.0)
    one.receive(packet("localhost. A"), HERE, stream=False, now=0.0)  # ours to say
    assert (one.hits, one.misses) == (1, 1)


def test_each_reply_is_counted_once_and_where_it_is_composed() -> None:
    one = service(Pretend(known={question("www.example.com. A"): ANSWER}))
    query = one.receive(packet("else. MX"), HERE, stream=True, now=0.0)
    assert isinstance(query, Query)
    assert one.questions.told("q") == {}
    one.compose(query, Resolution(types.NXDOMAIN), 0.0)
    one.compose(query, Resolution(types.SERVFAIL, ede=((EDE_OTHER, "x"),)), 0.0)
    assert one.questions.told("q") == {"q|tcp|MX|NXDOMAIN": 1, "q|tcp|MX|SERVFAIL": 1}


def test_a_reply_that_is_to_be_renewed_is_counted_as_well() -> None:
    asked = question("www.example.com. A")
    pretend, replies = Pretend(known={asked: ANSWER}), Replies(1_000_000)
    one = service(pretend, replies, Manners(renew=True))
    one.receive(packet(), HERE, stream=False, now=0.0)
    pretend.begun = 0.0
    query = one.receive(packet(), HERE, stream=False, now=290.0)
    assert isinstance(query, Query)
    assert query.reply
    assert one.questions.told("q") == {"q|udp|A|NOERROR": 2}


def test_the_name_is_repeated_as_the_client_spelled_it() -> None:
    asked = packet().replace(b"\x03www\x07example", b"\x03wWw\x07exAMPLE")
    reply, _ = answered(asked)
    assert b"\x03wWw\x07exAMPLE\x03com" in reply
    assert b"\x03www" not in reply


def test_runts_and_responses_are_met_with_silence() -> None:
    assert received(b"") is None
    assert received(packet()[:11]) is None
    assert received(packet(flags=types.QR | types.RD)) is None


@pytest.mark.parametrize("opcode", range(1, 16))
def test_other_opcodes_are_not_implemented(opcode: int) -> None:
    reply = received(packet(flags=types.RD | opcode << 11))
    assert reply is not None
    assert (reply.rcode, reply.opcode) == (types.NOTIMP, opcode)


def test_two_questions_or_none_or_a_broken_one_are_formerr() -> None:
    good = packet()
    two = good[:5] + b"\x02" + good[6:] + good[12:]
    none = good[:5] + b"\x00" + good[6:12]
    for data in (two, none, good[:-1], good[:12] + b"\xc0\x0c\x00\x01\x00\x01"):
        reply = received(data)
        assert reply is not None
        assert (reply.id, reply.rcode) == (77, types.FORMERR)


def test_a_message_without_a_question_gets_its_opt_back_all_the_same() -> None:
    data = packet(edns=Edns())
    none = data[:5] + b"\x00" + data[6:12] + data[data.index(b"\x00\x00\x29") :]
    reply = received(none)
    assert reply is not None
    assert (reply.rcode, reply.question) == (types.FORMERR, None)
    assert reply.edns is not None


def test_only_strangers_are_told_that_recursion_is_not_available() -> None:
    refused = received(packet(flags=0))
    assert refused is not None
    assert refused.rcode == types.REFUSED
    assert refused.flags & types.RA


def test_a_stranger_is_refused_and_told_why() -> None:
    reply = received(packet(edns=Edns()), host="192.0.2.200")
    assert reply is not None
    assert reply.rcode == types.REFUSED
    assert not reply.flags & types.RA
    assert reply.edns is not None
    assert [code for code, _ in reply.edns.options] == [15]


def test_an_edns_version_of_the_future_is_badvers() -> None:
    reply = received(packet(edns=Edns(version=1)))
    assert reply is not None
    assert reply.rcode == types.BADVERS
    assert reply.edns is not None
    assert reply.edns.version == 0


def test_opt_comes_back_only_to_who_sent_one() -> None:
    assert answered(packet())[1].edns is None
    edns = answered(packet(edns=Edns(4096)))[1].edns
    assert edns is not None
    assert (edns.size, edns.do) == (EDNS_UDP, False)


def test_unknown_options_are_ignored() -> None:
    _, reply = answered(packet(edns=Edns(options=((65001, b"x"), (10, b"12345678")))))
    assert reply.rcode == types.NOERROR
    assert reply.edns is not None
    assert reply.edns.options == ()


def test_the_do_and_cd_bits_come_back() -> None:
    asked = packet(edns=Edns(do=True), flags=types.RD | types.CD)
    _, reply = answered(asked)
    assert reply.edns is not None
    assert reply.edns.do
    assert reply.flags & types.CD


def test_signatures_go_only_to_who_asked_for_them() -> None:
    name = name_from_text("www.example.com.")
    signature = b"\x00\x01" + bytes(16) + b"\0" + bytes(64)  # covers type A
    rrset = RRset(name, types.A, 60, (bytes(4),), (signature,))
    signed = Resolution(0, (rrset,))
    assert answered(packet(), signed)[1].answer[0].signatures == ()
    with_do = answered(packet(edns=Edns(do=True)), signed)[1]
    assert with_do.answer[0].signatures == (signature,)


BIG = Resolution(
    0,
    tuple(
        rrsets_from_text(
            "\n".join(f"www.example.com. 60 TXT {i:0200}" for i in range(9))
        )
    ),
)


def test_what_does_not_fit_is_left_out_whole_and_marked() -> None:
    for edns, limit in (
        (None, 512),
        (Edns(512), 512),
        (Edns(1400), 1232),
        (Edns(0), 512),
    ):
        data, reply = answered(packet("www.example.com. TXT", edns=edns), BIG)
        assert reply.flags & types.TC
        assert reply.answer == ()
        assert len(data) <= limit


def test_over_a_stream_everything_fits() -> None:
    _, reply = answered(packet("www.example.com. TXT"), BIG, stream=True)
    assert not reply.flags & types.TC
    assert len(reply.answer[0].rdatas) == 9


def test_a_failure_says_why_to_who_understands_it() -> None:
    failed = Resolution(types.SERVFAIL, ede=((EDE_OTHER, "nobody helps"),))
    assert answered(packet(), failed)[1].rcode == types.SERVFAIL
    edns = answered(packet(edns=Edns()), failed)[1].edns
    assert edns is not None
    assert edns.options == ((15, b"\x00\x00nobody helps"),)


def test_local_names_are_answered_with_authority_and_never_walked_for() -> None:
    reply = received(packet("localhost. A"))
    assert reply is not None
    assert reply.flags & types.AA
    assert len(reply.answer) == 1


def test_an_answer_is_kept_for_the_next_client_and_ages_there() -> None:
    replies = Replies(1_000_000)
    one = service(replies=replies)
    query = one.receive(packet(), HERE, stream=False, now=0.0)
    assert isinstance(query, Query)
    one.compose(query, ANSWER, 0.0)
    kept = replies.answer(b"\x12\x34" + packet()[2:], 100.0)
    assert kept is not None
    assert read(kept).id == 0x1234
    assert read(kept).answer[0].ttl == 200
    assert replies.answer(packet(), 300.0) is None


def test_failures_local_names_and_truncated_replies_are_not_kept() -> None:
    replies = Replies(1_000_000)
    one = service(replies=replies)
    failed = Resolution(types.SERVFAIL, ede=((EDE_OTHER, "nobody helps"),))
    for text, found in (
        ("www.example.com. A", failed),
        ("www.example.com. A", Resolution(0)),
        ("www.example.com. TXT", BIG),
        ("www.example.com. A", ANSWER._replace(authoritative=True)),
    ):
        query = one.receive(packet(text), HERE, stream=False, now=0.0)
        assert isinstance(query, Query)
        one.compose(query, found, 0.0)
    assert len(replies) == 0


@given(
    st.binary(max_size=80)
    | st.binary(min_size=12, max_size=80).map(
        lambda b: b[:2] + b"\x01\x00\x00\x01" + b[6:]
    )
)
def test_no_packet_at_all_makes_it_raise(data: bytes) -> None:
    reply = service().receive(data, HERE, stream=False, now=0.0)
    if isinstance(reply, bytes):
        assert reply[:2] == data[:2]
        assert reply[2] & 0x80
