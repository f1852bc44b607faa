"""What clients are told beside the answer: who we are."""

from resolver.hot.replies import Replies
from resolver.policy.identity import Identity
from resolver.ports import Resolution
from resolver.service import MAX_EDE, Manners, Query, Service
from resolver.wire import types
from resolver.wire.edns import COOKIE, EXTENDED_ERROR, NSID
from resolver.wire.errors import EDE_OTHER
from resolver.wire.message import Edns, Message, Question
from resolver.wire.presentation import name_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query
from tests.test_service import ANSWER, HERE, Pretend, packet, service
from tests.walk.pretend import question

ASKED = question("www.example.com. A")
WHO = Edns(options=((NSID, b""),))
LONG = b"x" * 128
US = Manners(identity=Identity(b"fra-2", b"two", b"1.0"))


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
