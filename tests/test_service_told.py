"""What clients are told beside the answer: who we are, and how long they may be idle."""

import pytest

from resolver.hot.replies import Replies
from resolver.policy.identity import Identity
from resolver.ports import Resolution
from resolver.service import MAX_EDE, Manners, Query, Service
from resolver.wire import types
from resolver.wire.edns import COOKIE, EXTENDED_ERROR, KEEPALIVE, NSID
from resolver.wire.errors import EDE_OTHER
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.presentation import name_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query
from tests.test_service import ANSWER, HERE, Pretend, packet, service
from tests.walk.pretend import question

NULL = 10  # RFC 1035 section 3.3.10: any data
ASKED = question("www.example.com. A")
WHO = Edns(options=((NSID, b""),))
LONG = b"x" * 128
ALIVE = Edns(options=((KEEPALIVE, b""),))
US = Manners(identity=Identity(b"fra-2", b"two", b"1.0"), idle=lambda: 7.65)
IDLE = (KEEPALIVE, b"\0\x4c")


def known(manners: Manners = US, replies: Replies | None = None) -> Service:
    return service(Pretend(known={ASKED: ANSWER}), replies, manners)


def replied(
    data: bytes, one: Service, *, stream: bool = False, host: str = HERE
) -> Message:
    reply = one.receive(data, host, stream=stream, now=0.0)
    assert isinstance(reply, bytes)
    return read(reply)


def options(reply: Message) -> tuple[tuple[int, bytes], ...]:
    assert reply.edns is not None
    return reply.edns.options


def test_who_asks_which_server_this_is_is_told_with_the_answer() -> None:
    reply = replied(packet(edns=WHO), known())
    assert reply.answer == ANSWER.answer
    assert options(reply) == ((NSID, b"fra-2"),)
    assert options(replied(packet(edns=WHO), known(Manners()))) == ()
    assert replied(packet(), known()).edns is None


def test_which_server_this_is_stands_before_the_reasons() -> None:
    one = known()
    query = one.receive(packet("else. A", edns=WHO), HERE, stream=False, now=0.0)
    assert isinstance(query, Query)
    failed = Resolution(types.SERVFAIL, ede=((EDE_OTHER, "why"),))
    codes = [code for code, _ in options(read(one.compose(query, failed, 0.0)))]
    assert codes == [NSID, EXTENDED_ERROR]


def test_the_longest_name_of_ours_fits_beside_the_codes_of_all_reasons() -> None:
    one = known(Manners(identity=Identity(LONG)))
    label = "x" * 63
    asked = packet(
        f"{label}.{label}.{label}.{'y' * 61}. A", edns=Edns(0, options=WHO.options)
    )
    query = one.receive(asked, HERE, stream=False, now=0.0)
    assert isinstance(query, Query)
    failed = Resolution(types.SERVFAIL, ede=((EDE_OTHER, "y" * 192),) * (MAX_EDE + 1))
    reply = one.compose(query, failed, 0.0)
    assert len(reply) <= 512
    assert options(read(reply))[0] == (NSID, LONG)


def test_a_reply_that_says_which_server_this_is_is_for_nobody_else() -> None:
    replies = Replies(1_000_000)
    one = known(US, replies)
    nosy = packet(edns=WHO)
    with_cookie = packet(edns=Edns(options=((COOKIE, bytes(8)), (NSID, b""))))
    for data in (nosy, with_cookie):
        replied(data, one)
        assert len(replies) == 0
    replied(packet(edns=Edns()), one)
    assert len(replies) == 1
    hot = replies.answer(packet(edns=Edns()), 0.0)
    assert hot is not None
    assert options(read(hot)) == ()
    assert replies.answer(nosy, 0.0) is None
    assert replies.answer(with_cookie, 0.0) is None


def test_who_may_not_ask_is_not_told_who_we_are() -> None:
    stranger = "192.0.2.200"
    reply = replied(packet(edns=WHO), known(), host=stranger, stream=True)
    assert [code for code, _ in options(reply)] == [EXTENDED_ERROR]
    asked = Question(name_from_text("id.server."), types.TXT, types.CH)
    assert replied(write_query(1, asked), known()).answer[0].rdatas == (b"\3two",)
    refused = replied(write_query(1, asked), known(), host=stranger)
    assert (refused.rcode, refused.answer) == (types.REFUSED, ())


def test_who_comes_over_tcp_with_edns_is_told_how_long_it_may_be_idle() -> None:
    for edns in (ALIVE, Edns()):
        reply = replied(packet(edns=edns), known(), stream=True)
        assert reply.answer == ANSWER.answer
        assert options(reply) == (IDLE,)
    both = Edns(options=WHO.options + ALIVE.options)
    told = replied(packet(edns=both), known(), stream=True)
    assert options(told) == ((NSID, b"fra-2"), IDLE)
    assert replied(packet(), known(), stream=True).edns is None


def test_so_is_who_gets_an_answer_that_is_renewed() -> None:
    pretend = Pretend(known={ASKED: ANSWER}, begun=5.0)
    one = service(pretend, None, US._replace(renew=True))
    one.receive(packet(edns=Edns()), HERE, stream=True, now=5.0)
    outcome = one.receive(packet(edns=Edns()), HERE, stream=True, now=295.0)
    assert isinstance(outcome, Query)
    assert options(read(outcome.reply)) == (IDLE,)


def test_it_is_told_as_it_is_at_that_moment() -> None:
    patience = [10.0, 0.5]
    one = known(Manners(idle=lambda: patience.pop(0)))
    for units in (100, 5):
        reply = replied(packet(edns=ALIVE), one, stream=True)
        assert options(reply) == ((KEEPALIVE, units.to_bytes(2, "big")),)


def test_where_there_are_no_connections_nobody_is_told() -> None:
    reply = replied(packet(edns=ALIVE), known(Manners()), stream=True)
    assert options(reply) == ()


def test_a_reply_for_a_connection_is_kept_without_that() -> None:
    replies = Replies(1_000_000)
    one = known(US, replies)
    replied(packet(edns=Edns()), one, stream=True)
    hot = replies.answer(packet(edns=Edns()), 0.0)
    assert hot is not None
    assert options(read(hot)) == ()
    assert replies.answer(packet(edns=ALIVE), 0.0) is None


@pytest.mark.parametrize("data", [b"", b"\0\xff", b"x"])
def test_over_udp_the_option_means_nothing(data: bytes) -> None:
    reply = replied(packet(edns=Edns(options=((KEEPALIVE, data),))), known())
    assert (reply.rcode, reply.answer) == (types.NOERROR, ANSWER.answer)
    assert options(reply) == ()


def test_the_longest_of_replies_does_not_grow_for_it() -> None:
    name, plain, alive = ASKED.name, packet(edns=Edns()), packet(edns=ALIVE)
    for data, fits in ((65_473, True), (65_474, False)):
        answer = Resolution(0, (RRset(name, NULL, 60, (bytes(data),)),))
        one = service(Pretend(known={ASKED: answer}), None, US)
        sizes = []
        for asked in (plain, alive):
            reply = one.receive(asked, HERE, stream=True, now=0.0)
            assert isinstance(reply, bytes)
            assert options(read(reply)) == ((IDLE,) if fits else ())
            sizes.append(len(reply))
        assert sizes == [65_535 if fits else 65_530] * 2


def test_in_another_version_the_option_means_nothing_known() -> None:
    asked = packet(edns=Edns(version=1, options=((KEEPALIVE, b"\0\xff"),)))
    reply = replied(asked, known(), stream=True)
    assert (reply.rcode, options(reply)) == (types.BADVERS, ())


def test_a_client_that_says_how_long_we_may_be_idle_is_malformed() -> None:
    asked = packet(edns=Edns(options=((KEEPALIVE, b"\0\xff"),)))
    reply = replied(asked, known(), stream=True)
    assert (reply.rcode, reply.answer) == (types.FORMERR, ())
    assert options(reply) == (IDLE,)
