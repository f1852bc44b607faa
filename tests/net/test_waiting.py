"""Questions that take their time, with hand-made walks and a hand-set clock."""

import asyncio
from collections.abc import Sequence

import pytest

from resolver.net.crowd import (
    MAX_WAITING,
    MAX_WAITING_FOR_ONE,
    MAX_WAITING_OF_NETWORK,
)
from resolver.net.waiting import DISCARD, JOSTLE, LASTING
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question
from tests.net.reception import CLIENT, Stage, ask, end, packet, settle
from tests.virtual import run


@pytest.fixture
def stage() -> Stage:
    return Stage()


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


async def test_how_long_each_had_to_wait_is_counted(stage: Stage) -> None:
    start = stage.now
    ask(stage, "a")
    stage.now = start + 0.3
    ask(stage, "a", number=2)
    await settle()
    stage.now = start + 0.7
    stage.service.answer("a")
    await settle()
    told = stage.front.under_way.waits.told("w")
    assert told == {"w|8": 1, "w|9": 1, "w|sum": pytest.approx(1.1)}


async def test_walks_without_an_answer_are_counted(stage: Stage) -> None:
    for word, rcode in (("a", types.NOERROR), ("b", types.NXDOMAIN)):
        ask(stage, word)
        await settle()
        stage.service.answer(word, rcode)
    await settle()
    assert stage.front.under_way.failed == 0
    ask(stage, "c")
    ask(stage, "d")
    await settle()
    assert len(stage.front.under_way) == 2
    stage.service.answer("c", types.SERVFAIL)
    stage.service.fail("d", RuntimeError("broken"))
    await settle()
    assert stage.front.under_way.failed == 2
    assert len(stage.front.under_way) == 0


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


async def test_one_network_has_a_bounded_number_of_questions_waiting(
    stage: Stage,
) -> None:
    words = [f"w{number}" for number in range(MAX_WAITING_OF_NETWORK)]
    for word in words:
        assert ask(stage, word) == []
    assert ask(stage, "one more") == [b""]
    assert ask(stage, words[0]) == [b""], "joining is waiting too"
    assert ask(stage, "elsewhere", host="192.0.2.8") == []
    assert stage.front.waiting == MAX_WAITING_OF_NETWORK + 1
    await end(stage, words[0])
    assert ask(stage, "one more") == [], "a place is free again"
    await end(stage, *words[1:], "one more", "elsewhere")
    assert stage.front.crowd.networks == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1"])
async def test_loopback_may_have_more_waiting_than_others(
    stage: Stage, host: str
) -> None:
    words = [f"w{number}" for number in range(MAX_WAITING_OF_NETWORK + 1)]
    for word in words:
        assert ask(stage, word, host=host) == []
    await end(stage, *words)


def test_no_more_than_so_many_questions_wait_in_all() -> None:
    async def story() -> None:
        stage = Stage()
        words = [f"w{number}" for number in range(MAX_WAITING)]
        for number, word in enumerate(words):
            assert ask(stage, word, host=f"192.0.2.{number % 200}") == []
        assert ask(stage, "one more", host="127.0.0.1") == [b""]
        assert ask(stage, words[0], host="127.0.0.1") == [b""]
        await end(stage, *words)
        assert ask(stage, "one more") == []
        await end(stage, "one more")

    run(story())


async def test_beyond_a_limit_a_stream_gets_servfail(stage: Stage) -> None:
    for _ in range(MAX_WAITING_FOR_ONE):
        ask(stage, "a")
    assert ask(stage, "a", stream=True) == [packet("a") + b" SERVFAIL"]
    await end(stage, "a")


async def test_hosts_of_one_ipv6_link_are_counted_together(stage: Stage) -> None:
    words = [f"w{number}" for number in range(MAX_WAITING_OF_NETWORK)]
    for number, word in enumerate(words):
        assert ask(stage, word, host=f"2001:db8::{number:x}") == []
    assert ask(stage, "one more", host="2001:db8::ffff:0:0:1") == [b""]
    assert stage.front.crowd.over_network == 1
    assert ask(stage, "elsewhere", host="2001:db8:0:1::1") == []
    await end(stage, *words, "elsewhere")
    assert stage.front.crowd.networks == 0


# A full house.


def fill(stage: Stage, words: list[str]) -> list[list[bytes]]:
    """Have one client wait for each word, from many networks; streams at odd places."""
    return [
        ask(stage, word, host=f"192.0.{number % 200}.7", stream=bool(number % 2))
        for number, word in enumerate(words)
    ]


def test_when_it_is_full_the_oldest_of_the_second_half_goes_for_a_newcomer() -> None:
    async def story() -> None:
        stage = Stage()
        replies = fill(stage, [f"w{number}" for number in range(MAX_WAITING)])
        await asyncio.sleep(JOSTLE)
        first, second = ask(stage, "new"), ask(stage, "newer")
        assert (first, second) == ([], [])
        gone = [number for number, heard in enumerate(replies) if heard]
        assert gone == [LASTING, LASTING + 1]
        assert replies[LASTING] == [b""], "a datagram gets none"
        assert replies[LASTING + 1] == [packet(f"w{LASTING + 1}") + b" SERVFAIL"]
        assert stage.front.waiting == MAX_WAITING
        assert (stage.front.crowd.shed, stage.front.dropped) == (2, 0)
        await end(stage, "new")
        assert first == [packet("new") + b" NOERROR"]
        assert stage.errors == []

    run(story())


def test_a_walk_that_was_given_up_is_cancelled_and_its_diary_says_why() -> None:
    async def story() -> None:
        stage = Stage()
        trouble: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: trouble.append(context)
        )
        fill(stage, [f"w{number}" for number in range(MAX_WAITING)])
        await asyncio.sleep(JOSTLE)
        ask(stage, "new")
        await settle()
        assert trouble == []
        assert stage.service.asked(f"w{LASTING}".encode()).cancelled()
        [note] = stage.service.errands[LASTING].diary
        assert (note.kind, "given up" in str(note.facts)) == ("failed", True)
        del stage.service._open[f"w{LASTING}".encode()]
        again = ask(stage, f"w{LASTING}")
        await end(stage, f"w{LASTING}")
        assert again == [packet(f"w{LASTING}") + b" NOERROR"], "it can be asked again"

    run(story())


def test_every_walk_that_ends_is_shown_with_those_who_waited() -> None:
    seen: list[tuple[str, int, int]] = []

    def witness(
        question: Question, _: Errand, found: Resolution, waiting: Sequence[object]
    ) -> Resolution:
        seen.append((str(question), found.rcode, len(waiting)))
        return found

    async def story() -> None:
        stage = Stage()
        stage.front.show(witness)
        ask(stage, "a")
        ask(stage, "a")
        await end(stage, "a")
        ((_, rcode, count),) = seen
        assert (rcode, count) == (types.NOERROR, 2)
        fill(stage, [f"w{number}" for number in range(MAX_WAITING)])
        await asyncio.sleep(JOSTLE)
        ask(stage, "new")
        assert [it[1:] for it in seen[1:]] == [(types.SERVFAIL, 1)], "it was given up"

    run(story())


def test_a_walk_has_a_moment_before_it_may_be_given_up() -> None:
    async def story() -> None:
        stage = Stage()
        fill(stage, [f"w{number}" for number in range(MAX_WAITING)])
        await asyncio.sleep(JOSTLE - 0.01)
        assert ask(stage, "new") == [b""]
        assert ask(stage, "new", stream=True) == [packet("new") + b" SERVFAIL"]
        assert (stage.front.crowd.over_total, stage.front.crowd.shed) == (2, 0)
        await asyncio.sleep(0.02)
        assert ask(stage, "new") == []
        assert stage.front.crowd.shed == 1

    run(story())


def test_slow_questions_of_the_first_half_are_left_to_end() -> None:
    """However many newcomers there are, it is the second half that changes."""

    async def story() -> None:
        stage = Stage()
        words = [f"w{number}" for number in range(MAX_WAITING)]
        replies = fill(stage, words)
        for turn in range(3):
            await asyncio.sleep(JOSTLE + 0.01)
            for number in range(MAX_WAITING // 2):
                host = f"198.51.{number % 200}.7"
                assert ask(stage, f"new {turn} {number}", host=host) == []
        assert stage.front.crowd.shed == 3 * MAX_WAITING // 2
        await end(stage, *words[:LASTING])
        assert all(b"NOERROR" in heard[0] for heard in replies[:LASTING])

    run(story())


def test_a_few_slow_names_cannot_hold_every_place() -> None:
    """Those who join count, or the first sixteen walks would fill the house."""

    async def story() -> None:
        stage = Stage()
        count = MAX_WAITING // MAX_WAITING_FOR_ONE
        replies = [
            ask(stage, f"slow {number}", host=f"192.0.2.{client}")
            for client in range(MAX_WAITING_FOR_ONE)
            for number in range(count)
        ]
        assert stage.front.waiting == MAX_WAITING
        await asyncio.sleep(JOSTLE)
        assert ask(stage, "new", host="198.51.100.1") == []
        assert stage.front.crowd.shed == MAX_WAITING_FOR_ONE
        assert all(replies[::count]), "the oldest"
        assert not any(replies[1::count])
        assert stage.front.waiting == MAX_WAITING - MAX_WAITING_FOR_ONE + 1

    run(story())


def test_who_joins_a_walk_does_not_make_it_younger() -> None:
    async def story() -> None:
        stage = Stage()
        words = [f"w{number}" for number in range(MAX_WAITING - 1)]
        fill(stage, words)
        await asyncio.sleep(JOSTLE)
        ask(stage, words[LASTING], host="198.51.100.1")
        assert ask(stage, "new", host="198.51.100.2") == []
        assert stage.front.crowd.shed == 2

    run(story())


def test_one_who_would_join_the_walk_that_has_to_go_starts_a_new_one() -> None:
    async def story() -> None:
        stage = Stage()
        words = [f"w{number}" for number in range(MAX_WAITING)]
        fill(stage, words)
        await asyncio.sleep(JOSTLE)
        replies = ask(stage, words[LASTING], host="198.51.100.1")
        assert replies == []
        assert stage.front.walks == MAX_WAITING + 1
        assert stage.front.waiting == MAX_WAITING

    run(story())


def test_nobody_has_to_go_for_one_who_may_not_wait() -> None:
    async def story() -> None:
        stage = Stage()
        words = [f"w{number}" for number in range(MAX_WAITING)]
        mine, others = words[:MAX_WAITING_OF_NETWORK], words[MAX_WAITING_OF_NETWORK:]
        for word in mine:
            ask(stage, word, host="198.51.100.1")
        fill(stage, others)
        await asyncio.sleep(JOSTLE)
        assert stage.front.waiting == MAX_WAITING
        assert ask(stage, "one more", host="198.51.100.1") == [b""]
        assert (stage.front.crowd.over_network, stage.front.crowd.shed) == (1, 0)

    run(story())


async def test_places_of_slow_questions_are_free_again_when_these_have_ended(
    stage: Stage,
) -> None:
    for _ in range(2):
        words = [f"w{number}" for number in range(LASTING + 1)]
        for number, word in enumerate(words):
            ask(stage, word, host=f"192.0.{number % 200}.7")
        walks = stage.front._walks
        assert (len(walks._lasting), len(walks._brief)) == (LASTING, 1)
        await end(stage, *words)
        assert (len(walks), walks._settled) == (0, 0)


# Too late.


async def test_a_datagram_is_not_answered_when_its_client_has_given_up(
    stage: Stage,
) -> None:
    early, stream = ask(stage, "a"), ask(stage, "a", stream=True)
    stage.now += 0.1
    just = ask(stage, "a", host="192.0.2.8")
    await settle()
    stage.now += DISCARD
    again = ask(stage, "a", number=2)
    await end(stage, "a")
    assert early == [b""]
    assert all(heard[0].endswith(b"NOERROR") for heard in (just, stream, again))
    assert stage.front.crowd.late == 1
    assert stage.front.dropped == 0
