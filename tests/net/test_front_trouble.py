"""The reception when things go wrong, and when it closes."""

import asyncio

import pytest

from resolver.net import front
from resolver.net.door import Door
from resolver.net.waiting import GRACE
from resolver.net.watch import Patience
from resolver.ports import Resolution
from resolver.wire import types
from tests.net.reception import CLIENT, PretendService, Stage, ask, packet, settle
from tests.virtual import VirtualLoop, run


@pytest.fixture
def stage() -> Stage:
    return Stage()


# Errors.


async def test_a_walk_that_breaks_is_reported_and_answered_with_servfail(
    stage: Stage,
) -> None:
    first, second = ask(stage, "a", number=1), ask(stage, "a", number=2)
    await settle()
    error = ZeroDivisionError("a bug")
    stage.service.fail("a", error)
    await settle()
    assert first == [packet("a", 1) + b" SERVFAIL"]
    assert second == [packet("a", 2) + b" SERVFAIL"]
    assert stage.errors == [("a. A", error)]
    assert stage.front.waiting == 0


async def test_a_walk_cancelled_from_within_is_reported_and_answered_with_servfail(
    stage: Stage,
) -> None:
    replies = ask(stage, "a")
    await settle()
    stage.service.asked(b"a").cancel()
    await settle()
    assert replies == [packet("a") + b" SERVFAIL"]
    [(what, error)] = stage.errors
    assert what == "a. A"
    assert isinstance(error, asyncio.CancelledError)
    assert stage.front.waiting == 0


def test_a_walk_that_hangs_is_ended_and_answered_with_servfail() -> None:
    async def story() -> None:
        stage = Stage(query_deadline=8.0)
        replies = ask(stage, "a")
        await asyncio.sleep(8.0 + GRACE - 0.01)
        assert replies == []
        await asyncio.sleep(0.02)
        assert replies == [packet("a") + b" SERVFAIL"]
        [(what, error)] = stage.errors
        assert what == "a. A"
        assert isinstance(error, TimeoutError)
        again = ask(stage, "a", number=2)
        await settle()
        assert stage.front.walks == 2, "the question is not poisoned"
        await asyncio.sleep(8.0 + GRACE)
        assert len(again) == 1

    run(story())


def test_walks_that_hang_are_ended_each_at_its_own_time() -> None:
    async def story() -> None:
        stage = Stage(query_deadline=8.0)
        first = ask(stage, "a")
        await asyncio.sleep(5)
        fine, second = ask(stage, "fine"), ask(stage, "b")
        await settle()
        stage.service.answer("fine")
        await asyncio.sleep(3 + GRACE + 0.01)
        assert (len(first), len(fine), len(second)) == (1, 1, 0)
        await asyncio.sleep(5)
        assert second == [packet("b") + b" SERVFAIL"]
        assert stage.front.errors == 2
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        assert loop.next_timer() is None, "nobody watches when nobody walks"

    run(story())


async def test_a_resolution_that_cannot_be_encoded_is_answered_with_servfail(
    stage: Stage,
) -> None:
    replies = ask(stage, "a")
    await settle()
    stage.service.unencodable = Resolution(types.NOERROR)
    stage.service.asked(b"a").set_result(stage.service.unencodable)
    await settle()
    assert replies == [packet("a") + b" SERVFAIL"]
    assert stage.front.errors == 1


async def test_when_not_even_servfail_can_be_encoded_the_end_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compose(*_: object) -> bytes:
        raise ValueError("cannot encode at all")

    monkeypatch.setattr(PretendService, "compose", compose)
    stage = Stage()
    replies = ask(stage, "a")
    await settle()
    stage.service.answer("a")
    await settle()
    assert replies == [b""]
    assert stage.front.waiting == 0


async def test_a_client_that_cannot_be_sent_to_does_not_keep_the_others_waiting(
    stage: Stage,
) -> None:
    def broken(reply: bytes) -> None:
        raise OSError("the wire is cut")

    stage.front.packet(packet("a"), CLIENT, stream=False, send=broken)
    other = ask(stage, "a", number=2)
    await settle()
    stage.service.answer("a")
    await settle()
    assert len(other) == 1
    assert stage.front.waiting == 0
    assert [what for what, _ in stage.errors] == ["sending a reply"]


async def test_errors_are_answered_even_when_reporting_them_fails() -> None:
    stage = Stage()

    def broken(what: str, error: BaseException) -> None:
        raise BrokenPipeError

    service = PretendService()
    broken_front = front.Front(
        service,
        stage.replies,
        lambda: 0.0,
        Door(lambda host: True),
        Patience(8.0),
        broken,
    )
    replies: list[bytes] = []
    broken_front.packet(packet("a"), CLIENT, stream=False, send=replies.append)
    await settle()
    service.fail("a", RuntimeError())
    await settle()
    assert replies == [packet("a") + b" SERVFAIL"]
    assert broken_front.errors == 1


# The end.


async def test_draining_with_nothing_open_is_over_at_once(
    stage: Stage,
) -> None:
    assert await stage.front.drain(0) is True


async def test_draining_waits_for_the_open_questions(stage: Stage) -> None:
    replies = ask(stage, "a")
    drained = asyncio.ensure_future(stage.front.drain(60))
    await settle()
    assert not drained.done()
    stage.service.answer("a")
    assert await drained is True
    assert replies == [packet("a") + b" NOERROR"]


async def test_while_draining_nobody_new_may_wait(stage: Stage) -> None:
    ask(stage, "a")
    drained = asyncio.ensure_future(stage.front.drain(60))
    await settle()
    assert ask(stage, "a") == [b""]
    assert ask(stage, "b") == [b""]
    assert ask(stage, "b", stream=True) == [packet("b") + b" SERVFAIL"]
    assert ask(stage, "now") == [packet("now") + b" answered"]
    stage.service.answer("a")
    assert await drained is True


def test_what_is_open_after_the_drains_time_is_cancelled_and_nothing_stays() -> None:
    async def story() -> None:
        stage = Stage(query_deadline=60)
        replies = ask(stage, "a"), ask(stage, "b")
        started = asyncio.get_running_loop().time()
        assert await stage.front.drain(5) is False
        assert asyncio.get_running_loop().time() - started == pytest.approx(5)
        assert replies == ([b""], [b""])
        assert (stage.front.waiting, stage.front.crowd.networks) == (0, 0)
        assert len(stage.front._walks) == 0
        assert stage.errors == []

    run(story())


async def test_a_walk_cancelled_before_its_first_step_leaves_nothing_behind(
    stage: Stage,
) -> None:
    replies = ask(stage, "a")
    [walk] = stage.front._walks._all()
    stage.front._walks._draining = True
    walk.task.cancel()
    await settle()
    assert stage.service.errands == [], "it has not begun"
    assert replies == [b""]
    assert (stage.front.waiting, len(stage.front._walks)) == (0, 0)
