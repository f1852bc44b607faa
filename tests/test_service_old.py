"""What becomes of a client's packet when the answer is old, or is getting old."""

import pytest

from resolver.cache.failures import Failure
from resolver.hot.replies import Replies
from resolver.ports import Errand, Resolution
from resolver.service import Manners, Query, Service
from resolver.wire import types
from resolver.wire.edns import extended_errors
from resolver.wire.errors import EDE_NO_REACHABLE_AUTHORITY, EDE_STALE_ANSWER
from resolver.wire.message import Edns, Message
from resolver.wire.presentation import rrsets_from_text
from resolver.wire.reader import read
from tests.test_service import ANSWER, HERE, Pretend, packet, service
from tests.walk.pretend import Clock, question, run

WWW = question("www.example.com. A")
EXPIRED = Resolution(
    types.NOERROR,
    tuple(rrsets_from_text("www.example.com. 30 A 192.0.2.9")),
    ede=((EDE_STALE_ANSWER, "expired 5 s ago"),),
)
FAILED = Resolution(
    types.SERVFAIL, ede=((EDE_NO_REACHABLE_AUTHORITY, "nobody answers"),)
)
FAILURE = Failure(EDE_NO_REACHABLE_AUTHORITY, "nobody answers", 4.0, 103.0)
ASKED = packet(edns=Edns())


def errors(reply: bytes) -> list[tuple[int, str]]:
    edns = read(reply).edns
    assert edns is not None
    return extended_errors(edns)


def received(one: Service, now: float = 100.0) -> bytes | Query | None:
    return one.receive(ASKED, HERE, stream=False, now=now)


def resolved(pretend: Pretend) -> tuple[Service, Message, Errand]:
    """Walk, and read the reply."""
    one = service(pretend)
    query = received(one)
    assert isinstance(query, Query)
    errand = Errand(Clock(), 1008.0)
    found = run(one.resolve(query, errand))
    return one, read(one.compose(query, found, 100.0)), errand


# When nobody answers.


def test_a_walk_that_failed_gives_way_to_what_was_known_before_and_says_why() -> None:
    one, reply, errand = resolved(Pretend(found=FAILED, old=EXPIRED))
    assert (reply.rcode, reply.answer) == (types.NOERROR, EXPIRED.answer)
    assert reply.edns is not None
    assert extended_errors(reply.edns) == [
        (3, "expired 5 s ago"),
        (22, "nobody answers"),
    ]
    assert one.stale == 1
    assert errand.diary[-1].facts == ("stale answer: expired 5 s ago",)


def test_a_walk_that_failed_where_nothing_was_known_is_servfail() -> None:
    one, reply, errand = resolved(Pretend(found=FAILED))
    assert (reply.rcode, one.stale, errand.diary) == (types.SERVFAIL, 0, [])


def test_a_walk_that_ends_well_has_no_need_of_old_answers() -> None:
    one, reply, _ = resolved(Pretend(old=EXPIRED))
    assert (reply.answer, one.stale) == (ANSWER.answer, 0)


def test_a_renewal_that_failed_changes_nothing_about_what_is_still_good() -> None:
    _, reply, errand = resolved(Pretend(found=FAILED, old=ANSWER))
    assert reply.answer == ANSWER.answer
    assert reply.edns is not None
    assert (reply.edns.options, errand.diary) == ((), [])


def test_questions_that_come_in_no_packet_get_old_answers_too() -> None:
    one = service(Pretend(found=FAILED, old=EXPIRED))
    found = run(one.answer(WWW, Errand(Clock(), 1008.0)))
    assert found.answer == EXPIRED.answer
    one = service(Pretend(found=FAILED))
    assert run(one.answer(WWW, Errand(Clock(), 1008.0))) == FAILED


def test_while_a_failure_is_believed_an_old_answer_is_given_at_once() -> None:
    pretend = Pretend(failure=FAILURE, old=EXPIRED)
    one = service(pretend)
    reply = received(one)
    assert isinstance(reply, bytes)
    assert read(reply).answer == EXPIRED.answer
    assert errors(reply) == [
        (3, "expired 5 s ago"),
        (13, "for 3 more seconds: nobody answers"),
        (22, ""),
    ]
    assert pretend.walked == []


def test_while_a_failure_is_believed_and_nothing_is_known_the_walk_says_so() -> None:
    query = received(service(Pretend(failure=FAILURE)))
    assert isinstance(query, Query)
    assert query.reply == b""


def test_an_old_answer_is_not_given_while_a_walk_may_still_do_better() -> None:
    query = received(service(Pretend(old=EXPIRED)))
    assert isinstance(query, Query)
    assert (query.reply, query.ahead) == (b"", 0)


def test_old_answers_are_not_kept_for_the_next_client() -> None:
    replies = Replies(1_000_000)
    received(service(Pretend(failure=FAILURE, old=EXPIRED), replies))
    assert len(replies) == 0


def test_the_impatient_get_an_old_answer_at_once_and_it_is_renewed() -> None:
    replies = Replies(1_000_000)
    one = service(Pretend(old=EXPIRED), replies, Manners(impatient=True))
    query = received(one)
    assert isinstance(query, Query)
    assert read(query.reply).answer == EXPIRED.answer
    assert errors(query.reply) == [(3, "expired 5 s ago")]
    assert (query.ahead, len(replies)) == (0, 0)


def test_who_has_waited_for_long_gets_what_has_been_learned_meanwhile_or_the_old() -> (
    None
):
    pretend = Pretend(old=EXPIRED)
    one = service(pretend)
    query = received(one)
    assert isinstance(query, Query)
    assert one.late(query, 102.0) == EXPIRED
    pretend.known[WWW] = ANSWER
    assert one.late(query, 102.0) == ANSWER


# Reasons.

LONG = ((3, "x" * 300), (13, "y" * 300), (22, "z" * 300), (0, "one too many"))


def test_a_reply_has_three_reasons_at_most() -> None:
    failed = Resolution(types.SERVFAIL, ede=LONG)
    one = service(Pretend(found=failed))
    query = one.receive(ASKED, HERE, stream=False, now=100.0)
    assert isinstance(query, Query)
    found = errors(one.compose(query, failed, 100.0))
    assert found == [(3, "x" * 192), (13, "y" * 192), (22, "z" * 192)]


def test_reasons_do_not_cost_an_answer_its_records() -> None:
    asked = packet(edns=Edns(512))
    stale = EXPIRED._replace(ede=LONG)
    one = service()
    query = one.receive(asked, HERE, stream=False, now=100.0)
    assert isinstance(query, Query)
    reply = one.compose(query, stale, 100.0)
    assert len(reply) <= 512
    message = read(reply)
    assert not message.flags & types.TC
    assert message.answer == EXPIRED.answer
    assert errors(reply) == [(3, ""), (13, ""), (22, "")]


# In the last tenth.

# Half of these 300 seconds have passed before, so the last tenth begins at 120.
HALF = Resolution(
    types.NOERROR, tuple(rrsets_from_text("www.example.com. 150 A 192.0.2.1"))
)
LEFT = Resolution(
    types.NOERROR, tuple(rrsets_from_text("www.example.com. 15 A 192.0.2.1"))
)
RENEW = Manners(renew=True)


def in_the_last_tenth(
    pretend: Pretend, *, kept: float | None, now: float = 235.5
) -> tuple[bytes | Query | None, Replies]:
    """Ask when 15 of 150 seconds are left; asked before at `kept`, or never."""
    pretend.known[WWW] = LEFT
    replies = Replies(1_000_000)
    one = service(pretend, replies, RENEW)
    if kept is not None:
        query = Query(ASKED, read(ASKED), WWW, ASKED[12:-11], 1232)
        one.compose(query, HALF, kept)
    return received(one, now), replies


def test_what_is_asked_for_again_in_its_last_tenth_is_renewed() -> None:
    query, replies = in_the_last_tenth(Pretend(begun=100.5), kept=100.5)
    assert isinstance(query, Query)
    assert read(query.reply).answer == LEFT.answer
    assert query.ahead == 15
    # Until the renewal has ended, everybody who asks is sent here.
    assert replies.answer(ASKED, 236.0) is None


@pytest.mark.parametrize("kept", [None, 99.0])
def test_what_is_asked_for_once_in_a_life_is_not_renewed(kept: float | None) -> None:
    reply, replies = in_the_last_tenth(Pretend(begun=100.5), kept=kept)
    assert isinstance(reply, bytes)
    assert replies.kept_since(ASKED) == 235


def test_before_the_last_tenth_nothing_is_renewed() -> None:
    reply, _ = in_the_last_tenth(Pretend(begun=None), kept=100.5)
    assert isinstance(reply, bytes)


def test_what_could_not_be_renewed_is_tried_again_when_the_failure_is_over() -> None:
    failure = FAILURE._replace(expires=239.0)
    reply, replies = in_the_last_tenth(
        Pretend(begun=100.5, failure=failure), kept=100.5
    )
    assert isinstance(reply, bytes)
    assert errors(reply) == []
    assert replies.answer(ASKED, 238.9) is not None
    assert replies.answer(ASKED, 239.0) is None


def test_a_failure_that_outlives_the_answer_does_not_prolong_it() -> None:
    failure = FAILURE._replace(expires=400.0)
    _, replies = in_the_last_tenth(Pretend(begun=100.5, failure=failure), kept=100.5)
    assert replies.answer(ASKED, 250.4) is not None
    assert replies.answer(ASKED, 250.5) is None


def test_the_hot_room_has_a_reply_until_its_last_tenth_begins() -> None:
    for manners, until in ((RENEW, 370.0), (Manners(), 400.0)):
        replies = Replies(1_000_000)
        one = service(Pretend(known={WWW: ANSWER}), replies, manners)
        assert isinstance(received(one), bytes)
        assert replies.answer(ASKED, until - 0.1) is not None
        assert replies.answer(ASKED, until) is None


def test_switched_off_nothing_is_renewed() -> None:
    replies = Replies(1_000_000)
    one = service(Pretend(known={WWW: LEFT}, begun=0.0), replies)
    assert isinstance(received(one), bytes)
    assert isinstance(received(one), bytes)
