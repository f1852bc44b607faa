"""A worker as the supervisor sees it: pretended in virtual time, and a real one."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from resolver.config import Config, Listen, Recursion
from resolver.daemon.child import (
    LONGEST_END,
    LONGEST_ORDER,
    LONGEST_SILENCE,
    LONGEST_STACK,
    LONGEST_START,
    UNWELL,
    Child,
    Gone,
)
from resolver.daemon.commands import Refused
from resolver.daemon.link import (
    ALIVE,
    DONE,
    FAILED,
    MAX_LINE,
    READY,
    REFUSED,
    SHOW_STACK,
    STOPPED,
    Assignment,
    Order,
    Told,
)
from resolver.daemon.statistics import Statistics
from resolver.lab.demo import free_port
from tests import virtual
from tests.daemon.pretend import PretendProcess, pretend_child
from tests.daemon.running import ask

Story = Callable[[Child, PretendProcess], Coroutine[Any, Any, None]]


def told_of(story: Story) -> tuple[Child, list[Child], str, float]:
    """Let a worker live while the story is told: child, who was ready, its end, when."""

    async def run() -> tuple[Child, list[Child], str, float]:
        ready: list[Child] = []
        child, process = pretend_child(1, 100, ready.append)
        telling = asyncio.ensure_future(story(child, process))
        reason = await child.live()
        await telling
        return child, ready, reason, asyncio.get_running_loop().time() - virtual.START

    return virtual.run(run())


def test_a_worker_that_is_ready_tells_so_and_what_it_counts() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        assert not child.is_well()
        process.say(Told(READY))
        await asyncio.sleep(0)
        assert child.is_well()
        process.say(Told(ALIVE, Statistics(walks=1)))
        process.say(Told(STOPPED, Statistics(walks=2), complete=True))
        process.end(0)

    child, ready, reason, _ = told_of(story)
    assert ready == [child]
    assert reason == "exit status 0"
    assert child.statistics == Statistics(walks=2)
    assert child.complete
    assert not child.is_well()


def test_a_worker_that_is_killed_has_left_questions_open() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.say(Told(READY))
        process.say(Told(ALIVE, Statistics(walks=1)))
        await asyncio.sleep(1)
        process.end(-signal.SIGKILL)

    child, _, reason, _ = told_of(story)
    assert reason == "SIGKILL"
    assert child.statistics == Statistics(walks=1)
    assert not child.complete
    assert not child.bad_memory


def test_one_that_was_never_ready_had_no_questions() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        child.stop()

    child, ready, _, _ = told_of(story)
    assert child.complete
    assert ready == []


@pytest.mark.parametrize("number", [signal.SIGBUS, signal.SIGSEGV])
def test_it_is_told_when_memory_was_the_reason(number: signal.Signals) -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.end(-number)

    child, _, reason, _ = told_of(story)
    assert reason == number.name
    assert child.bad_memory


def test_a_signal_without_a_name_has_a_number() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.end(-99)

    assert told_of(story)[2] == "signal 99"


def test_a_worker_that_goes_silent_is_ended() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.obedient = False
        process.say(Told(READY))
        await asyncio.sleep(3)
        process.say(Told(ALIVE))
        await asyncio.sleep(UNWELL - 0.1)
        assert child.is_well()
        await asyncio.sleep(0.2)
        assert not child.is_well()

    _, _, reason, ended = told_of(story)
    assert reason == "silence, then SIGKILL"
    assert ended == pytest.approx(3 + LONGEST_SILENCE + LONGEST_STACK, abs=0.1)


def test_one_that_hangs_is_asked_where_before_it_is_ended() -> None:
    stack = b'Thread 0x1 (most recent call first):\n  File "walk.py", line 7 in step\n'

    signals: list[list[signal.Signals]] = []

    async def story(child: Child, process: PretendProcess) -> None:
        process.obedient = False
        process.say(Told(READY))
        await asyncio.sleep(LONGEST_SILENCE + 0.1)
        assert process.signals == [SHOW_STACK]
        process.reader.feed_data(stack)
        signals.append(process.signals)

    child, *_ = told_of(story)
    assert signals == [[SHOW_STACK, signal.SIGKILL]]
    assert child.stack == stack.decode().splitlines()


def test_an_order_is_carried_out_or_refused_or_too_late() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.say(Told(READY))
        orders = [
            asyncio.ensure_future(child.order("name", {"number": number}))
            for number in range(3)
        ]
        await asyncio.sleep(0.1)
        process.say(Told(REFUSED, number=2, text="not today"))
        process.say(Told(DONE, number=1, result=[1, "one"]))
        process.say(Told(DONE, number=99))
        assert await orders[0] == [1, "one"]
        with pytest.raises(Refused, match="not today"):
            await orders[1]
        process.end(0)
        with pytest.raises(Refused, match="worker 1 has ended"):
            await orders[2]
        sent.extend(process.orders())

    sent: list[Order] = []
    told_of(story)
    assert [order.number for order in sent] == [1, 2, 3]
    assert sent[1] == Order(2, "name", {"number": 1})


def test_an_order_of_which_nothing_comes_is_given_up() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.say(Told(READY))
        order = asyncio.ensure_future(child.order("name", {}))
        for _ in range(int(LONGEST_ORDER)):
            process.beat()
            await asyncio.sleep(1)
        with pytest.raises(Refused, match="worker 1 did not say"):
            await order
        process.end(0)

    *_, ended = told_of(story)
    assert ended == pytest.approx(LONGEST_ORDER, abs=1.1)


def test_a_worker_has_longer_to_start() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.obedient = False

    _, _, reason, ended = told_of(story)
    assert reason == "silence, then SIGKILL"
    assert ended == pytest.approx(LONGEST_START + LONGEST_STACK, abs=0.1)


def test_a_worker_that_hangs_up_and_stays_is_ended() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.hang_up()

    _, _, reason, ended = told_of(story)
    assert reason == "SIGKILL"
    assert ended == pytest.approx(LONGEST_END, abs=0.1)


def test_nonsense_is_no_sign_of_life_and_does_no_harm() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.say(Told(READY))
        while process.returncode is None:
            process.reader.feed_data(b"nonsense\n")
            await asyncio.sleep(1)
            if not child.is_well():
                process.end(1)

    _, _, reason, ended = told_of(story)
    assert reason == "exit status 1"
    assert UNWELL <= ended <= UNWELL + 1.1


def test_an_endless_line_is_the_end() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.reader.feed_data(b"x" * (2 * MAX_LINE + 1))

    assert told_of(story)[2] == "SIGKILL"


def test_why_it_could_not_start_is_kept() -> None:
    failure = Told(FAILED, number=98, text="Address already in use")

    async def story(child: Child, process: PretendProcess) -> None:
        process.say(failure)
        process.end(1)

    assert told_of(story)[0].failure == failure


def test_what_has_ended_is_not_ended_again() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.end(0)
        child.stop()
        child.kill()
        assert process.signals == []

    told_of(story)


async def test_a_real_one_answers_and_ends() -> None:
    port = free_port()
    config = Config(
        listen=Listen(plain=(f"127.0.0.1:{port}",)),
        recursion=Recursion(prime=False),
    )
    ready = asyncio.Event()
    child = await Child.start(Assignment(1, config, None), lambda _: ready.set())
    living = asyncio.ensure_future(child.live())
    async with asyncio.timeout(15):
        await ready.wait()
        assert child.is_well()
        assert child.pid > 0
        reply = await asyncio.to_thread(ask, port, "localhost. A")
        assert len(reply.answer) == 1
        child.stop()
        assert await living == "exit status 0"
    assert child.statistics.at_once == 1
    assert child.complete


def test_an_order_has_its_outcome() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        with pytest.raises(Gone, match="not ready"):
            await child.order("echo", {})
        process.say(Told(READY))
        await asyncio.sleep(0)
        first = asyncio.ensure_future(child.order("one", {"a": 1}))
        second = asyncio.ensure_future(child.order("two", {}))
        await asyncio.sleep(0)
        one, two = process.writer.orders()
        assert (one.name, one.arguments) == ("one", {"a": 1})
        process.say(Told(REFUSED, number=two.number, text="no"))
        process.say(Told(DONE, number=one.number, result=[7]))
        process.say(Told(DONE, number=99, result="nobody's"))
        assert await first == [7]
        with pytest.raises(Refused, match="no"):
            await second
        process.end(0)

    told_of(story)


def test_an_order_to_a_worker_that_ends_is_given_up() -> None:
    async def story(child: Child, process: PretendProcess) -> None:
        process.say(Told(READY))
        await asyncio.sleep(0)
        ordered = asyncio.ensure_future(child.order("one", {}))
        await asyncio.sleep(0)
        process.end(0)
        with pytest.raises(Gone, match="has ended"):
            await ordered

    told_of(story)
