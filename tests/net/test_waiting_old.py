"""Clients who get old answers, and walks that nobody waits for."""

import asyncio
import functools
from collections.abc import Callable, Coroutine

from resolver.net.crowd import MAX_WAITING
from resolver.net.waiting import JOSTLE, LASTING, MAX_RENEWALS
from resolver.ports import Resolution
from resolver.wire import types
from tests.net.reception import CRASH, Stage, ask, end, packet, settle
from tests.virtual import run


def in_virtual_time(
    story: Callable[[], Coroutine[None, None, None]],
) -> Callable[[], None]:
    @functools.wraps(story)
    def test() -> None:
        run(story())

    del test.__wrapped__  # pytest would look through it
    return test


# Old answers.

OLD = Resolution(types.NXDOMAIN)  # so that it can be told from a fresh one
PATIENCE = 1.8


@in_virtual_time
async def test_who_has_waited_for_long_gets_the_old_answer_and_the_walk_goes_on() -> (
    None
):
    stage = Stage(late_after=PATIENCE)
    stage.service.old = OLD
    first, second = ask(stage, "a", number=1), ask(stage, "a", number=2, stream=True)
    await asyncio.sleep(PATIENCE - 0.1)
    assert (first, second) == ([], [])
    await asyncio.sleep(0.2)
    assert first == [packet("a", 1) + b" NXDOMAIN"]
    assert second == [packet("a", 2) + b" NXDOMAIN"]
    assert stage.front.waiting == 0
    assert not stage.service.asked(b"a").done()
    await end(stage, "a")
    assert (len(first), len(second)) == (1, 1)
    assert (stage.front.walks, stage.errors) == (1, [])


@in_virtual_time
async def test_who_asks_later_gets_the_old_answer_at_once_and_starts_no_walk() -> None:
    stage = Stage(late_after=PATIENCE)
    stage.service.old = OLD
    ask(stage, "a")
    await asyncio.sleep(PATIENCE + 0.1)
    assert ask(stage, "a", number=3) == [packet("a", 3) + b" NXDOMAIN"]
    assert stage.front.walks == 1
    await end(stage, "a")
    again = ask(stage, "a", number=4)
    await end(stage, "a")
    assert again == [packet("a", 4) + b" NOERROR"]
    assert stage.front.walks == 2


@in_virtual_time
async def test_without_an_old_answer_everybody_waits_on() -> None:
    stage = Stage(late_after=PATIENCE)
    first = ask(stage, "a", number=1)
    await asyncio.sleep(PATIENCE + 0.1)
    second = ask(stage, "a", number=2)
    await asyncio.sleep(1.0)
    assert (first, second) == ([], [])
    assert len(stage.service.lates) == 2
    await end(stage, "a")
    assert (first, second) == (
        [packet("a", 1) + b" NOERROR"],
        [packet("a", 2) + b" NOERROR"],
    )


@in_virtual_time
async def test_without_patience_set_nobody_looks_for_an_old_answer() -> None:
    stage = Stage()
    stage.service.old = OLD
    replies = ask(stage, "a")
    await asyncio.sleep(4.0)
    assert (replies, stage.service.lates) == ([], [])
    await end(stage, "a")


@in_virtual_time
async def test_an_error_in_the_search_for_an_old_answer_is_reported() -> None:
    stage = Stage(late_after=PATIENCE)
    stage.service.old = CRASH
    replies = ask(stage, "a")
    await asyncio.sleep(PATIENCE + 0.1)
    assert replies == []
    [(what, error)] = stage.errors
    assert (what, type(error)) == ("a. A", RuntimeError)
    await end(stage, "a")
    assert replies == [packet("a") + b" NOERROR"]


@in_virtual_time
async def test_a_walk_that_breaks_when_everybody_has_gone_is_reported() -> None:
    stage = Stage(late_after=PATIENCE)
    stage.service.old = OLD
    ask(stage, "a")
    await asyncio.sleep(PATIENCE + 0.1)
    error = ZeroDivisionError("a bug")
    stage.service.fail("a", error)
    await settle()
    assert stage.errors == [("a. A", error)]


# Renewals.


@in_virtual_time
async def test_who_asks_for_what_is_to_be_renewed_gets_it_before_the_walk_begins() -> (
    None
):
    stage = Stage()
    assert ask(stage, "renew") == [packet("renew") + b" old"]
    assert (stage.front.at_once, stage.front.waiting) == (1, 0)
    await settle()
    [errand] = stage.service.errands
    assert errand.ahead == 3
    assert (stage.front.walks, stage.front.renewals) == (1, 1)
    await end(stage, "renew")
    assert stage.errors == []


@in_virtual_time
async def test_there_is_one_renewal_of_a_question_at_a_time() -> None:
    stage = Stage()
    for _ in range(3):
        ask(stage, "renew")
        await settle()
    assert stage.front.renewals == 1
    await end(stage, "renew")
    ask(stage, "renew")
    assert stage.front.renewals == 2
    await end(stage, "renew")


@in_virtual_time
async def test_there_is_a_bound_on_all_renewals() -> None:
    stage = Stage()
    for number in range(MAX_RENEWALS + 5):
        assert ask(stage, f"renew {number}") == [packet(f"renew {number}") + b" old"]
    assert stage.front.renewals == MAX_RENEWALS
    await end(stage, "renew 0")
    ask(stage, "renew again")
    assert stage.front.renewals == MAX_RENEWALS + 1
    await end(stage, *(f"renew {n}" for n in range(1, MAX_RENEWALS)), "renew again")
    assert len(stage.front._walks) == 0


@in_virtual_time
async def test_a_renewal_is_no_reason_to_close_late() -> None:
    stage = Stage()
    ask(stage, "renew")
    await settle()
    assert await stage.front.drain(100.0)
    assert ask(stage, "renew 2") == [packet("renew 2") + b" old"]
    assert stage.front.renewals == 1
    assert stage.errors == []


@in_virtual_time
async def test_in_a_full_house_a_walk_that_nobody_waits_for_is_not_given_up() -> None:
    stage = Stage()
    stage.front._walks._settled = LASTING
    ask(stage, "renew")
    ask(stage, "b", stream=True)
    await asyncio.sleep(JOSTLE + 0.1)
    stage.front.crowd.waiting = MAX_WAITING
    newcomer = ask(stage, "c")
    await settle()
    assert newcomer == []
    assert [str(walk.query.packet[12:]) for walk in stage.front._walks._all()] == [
        "b'renew'",
        "b'c'",
    ]
