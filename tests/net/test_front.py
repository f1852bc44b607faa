"""The reception, with hand-made walks and a hand-set clock."""

import pytest

from resolver.net.front import (
    MAX_JUDGED_HOSTS,
    MAX_WAITING,
    MAX_WAITING_FOR_ONE,
    MAX_WAITING_OF_HOST,
)
from resolver.wire import types
from tests.net.reception import CLIENT, Stage, ask, end, packet, settle


@pytest.fixture
def stage() -> Stage:
    return Stage()


# From memory.


def test_a_packet_that_the_hot_room_knows_is_answered_by_it(
    stage: Stage,
) -> None:
    stage.replies.known[packet("a")[2:]] = b"the reply"
    assert stage.front.known(packet("a"), CLIENT) == b"the reply"
    assert stage.replies.asked == [(packet("a"), 100.0)]
    assert stage.front.known(packet("b"), CLIENT) is None


def test_a_host_outside_the_access_list_gets_nothing_from_memory(
    stage: Stage,
) -> None:
    stage.allowed = lambda host: host != CLIENT
    stage.replies.known[packet("a")[2:]] = b"the reply"
    assert stage.front.known(packet("a"), CLIENT) is None
    assert stage.replies.asked == []
    assert stage.front.known(packet("a"), "192.0.2.8") == b"the reply"


def test_the_access_list_is_looked_at_once_for_each_host(stage: Stage) -> None:
    looks: list[str] = []
    stage.allowed = lambda host: not looks.append(host)  # type: ignore[func-returns-value]
    for host in ("192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"):
        stage.front.known(packet("a"), host)
    assert looks == ["192.0.2.1", "192.0.2.2"]


def test_verdicts_are_remembered_for_a_bounded_number_of_hosts(
    stage: Stage,
) -> None:
    looks = 0

    def allowed(host: str) -> bool:
        nonlocal looks
        looks += 1
        return True

    stage.allowed = allowed
    for number in range(MAX_JUDGED_HOSTS + 1):
        stage.front.known(b"", f"host {number}")
    assert len(stage.front._judged) == 1
    stage.front.known(b"", f"host {MAX_JUDGED_HOSTS}")
    assert looks == MAX_JUDGED_HOSTS + 1


def test_an_error_in_the_hot_room_is_reported_and_the_packet_takes_the_long_way(
    stage: Stage,
) -> None:
    stage.replies.error = IndexError("a bug")
    assert stage.front.known(packet("a"), CLIENT) is None
    assert stage.errors == [(f"hot reply to {CLIENT}", stage.replies.error)]


# At once.


def test_what_the_service_has_a_reply_to_is_answered_before_packet_returns(
    stage: Stage,
) -> None:
    assert ask(stage, "now") == [packet("now") + b" answered"]
    assert stage.service.hosts == [CLIENT]
    assert stage.service.streams == [False]
    assert (stage.front.at_once, stage.front.walks) == (1, 0)


def test_the_service_is_told_of_streams(stage: Stage) -> None:
    ask(stage, "now", stream=True)
    assert stage.service.streams == [True]


def test_silence_is_told_by_an_empty_reply(stage: Stage) -> None:
    assert ask(stage, "silence") == [b""]
    assert stage.front.silences == 1


def test_a_packet_that_the_service_chokes_on_is_reported_and_met_with_silence(
    stage: Stage,
) -> None:
    assert ask(stage, "crash") == [b""]
    [(what, error)] = stage.errors
    assert what == f"packet from {CLIENT}"
    assert isinstance(error, RuntimeError)
    assert stage.front.errors == 1


# Later: joining.


async def test_a_question_is_answered_when_its_walk_has_ended(
    stage: Stage,
) -> None:
    replies = ask(stage, "a")
    await settle()
    assert replies == []
    assert stage.front.waiting == 1
    stage.service.answer("a")
    await settle()
    assert replies == [packet("a") + b" NOERROR"]
    assert stage.front.waiting == 0


async def test_the_errand_has_the_clock_and_the_deadline(stage: Stage) -> None:
    ask(stage, "a")
    stage.now = 101.0
    await settle()
    [errand] = stage.service.errands
    assert errand.deadline == 108.0
    assert errand.now() == 101.0
    stage.service.answer("a")
    await settle()


async def test_identical_questions_share_one_walk_and_each_gets_its_own_reply(
    stage: Stage,
) -> None:
    first = ask(stage, "a", number=1)
    second = ask(stage, "a", number=2, host="192.0.2.8")
    await settle()
    third = ask(stage, "a", number=3, stream=True)
    await settle()
    assert len(stage.service.errands) == 1
    assert (stage.front.walks, stage.front.joined) == (1, 2)
    stage.service.answer("a", types.NXDOMAIN)
    await settle()
    assert first == [packet("a", 1) + b" NXDOMAIN"]
    assert second == [packet("a", 2) + b" NXDOMAIN"]
    assert third == [packet("a", 3) + b" NXDOMAIN"]


async def test_different_questions_have_walks_of_their_own(
    stage: Stage,
) -> None:
    a, b = ask(stage, "a"), ask(stage, "b")
    await settle()
    stage.service.answer("b")
    await settle()
    assert (len(a), len(b)) == (0, 1)
    stage.service.answer("a")
    await settle()
    assert (len(a), len(b)) == (1, 1)


async def test_a_question_asked_again_after_its_answer_is_a_new_walk(
    stage: Stage,
) -> None:
    for _ in range(2):
        replies = ask(stage, "a")
        await settle()
        stage.service.answer("a")
        await settle()
        assert len(replies) == 1
    assert (stage.front.walks, stage.front.joined) == (2, 0)


async def test_one_who_asks_again_while_replies_are_sent_starts_a_new_walk(
    stage: Stage,
) -> None:
    later: list[bytes] = []

    def ask_again(reply: bytes) -> None:
        stage.front.packet(packet("a", 2), CLIENT, stream=False, send=later.append)

    stage.front.packet(packet("a"), CLIENT, stream=False, send=ask_again)
    await settle()
    stage.service.answer("a")
    await settle()
    assert stage.front.waiting == 1
    stage.service.answer("a")
    await settle()
    assert later == [packet("a", 2) + b" NOERROR"]
    assert stage.front.waiting == 0


# Limits.


async def test_one_walk_has_a_bounded_number_of_clients_waiting(
    stage: Stage,
) -> None:
    taken = [
        ask(stage, "a", host=f"192.0.2.{number}")
        for number in range(MAX_WAITING_FOR_ONE)
    ]
    dropped = ask(stage, "a")
    assert dropped == [b""]
    other = ask(stage, "b")
    assert other == []
    assert stage.front.dropped == 1
    await end(stage, "a", "b")
    assert [len(replies) for replies in taken] == [1] * MAX_WAITING_FOR_ONE


async def test_one_host_has_a_bounded_number_of_questions_waiting(
    stage: Stage,
) -> None:
    words = [f"w{number}" for number in range(MAX_WAITING_OF_HOST)]
    for word in words:
        assert ask(stage, word) == []
    assert ask(stage, "one more") == [b""]
    assert ask(stage, words[0]) == [b""], "joining is waiting too"
    assert ask(stage, "elsewhere", host="192.0.2.8") == []
    assert stage.front.waiting == MAX_WAITING_OF_HOST + 1
    await end(stage, words[0])
    assert ask(stage, "one more") == [], "a place is free again"
    await end(stage, *words[1:], "one more", "elsewhere")
    assert stage.front._waiting_of_host == {}


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1"])
async def test_loopback_may_have_more_waiting_than_other_hosts(
    stage: Stage, host: str
) -> None:
    words = [f"w{number}" for number in range(MAX_WAITING_OF_HOST + 1)]
    for word in words:
        assert ask(stage, word, host=host) == []
    await end(stage, *words)


async def test_no_more_than_so_many_questions_wait_in_all(stage: Stage) -> None:
    words = [f"w{number}" for number in range(MAX_WAITING)]
    for number, word in enumerate(words):
        assert ask(stage, word, host=f"192.0.2.{number % 200}") == []
    assert ask(stage, "one more", host="127.0.0.1") == [b""]
    assert ask(stage, words[0], host="127.0.0.1") == [b""]
    await end(stage, *words)
    assert ask(stage, "one more") == []
    await end(stage, "one more")


async def test_beyond_a_limit_a_stream_gets_servfail(stage: Stage) -> None:
    for _ in range(MAX_WAITING_FOR_ONE):
        ask(stage, "a")
    assert ask(stage, "a", stream=True) == [packet("a") + b" SERVFAIL"]
    await end(stage, "a")
