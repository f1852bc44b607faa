"""Commands for all workers, over pretended ones in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from operator import itemgetter
from typing import Any

import pytest
import structlog

from resolver.daemon.child import LONGEST_ORDER, Child
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.fleet import Fleet
from resolver.daemon.link import DONE, READY, REFUSED, Told
from tests import virtual
from tests.daemon.pretend import PretendProcess, pretend_child

Answer = Callable[[str, Arguments], object]


class Workers:
    """Two workers that answer as `answers` says: a result, or a refusal, or nothing."""

    def __init__(self) -> None:
        self.children: dict[int, Child] = {}
        self.processes: dict[int, PretendProcess] = {}
        self.answers: dict[int, object] = {}
        self.heard: list[tuple[int, str, Arguments]] = []
        self.commands = Commands()
        self.fleet = Fleet(self.children, self.commands)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def add(self, number: int, answer: object = None) -> Child:
        child, process = pretend_child(number, 100 + number, lambda _: None)
        self.children[number], self.processes[number] = child, process
        self.answers[number] = answer
        self._tasks.add(asyncio.ensure_future(child.live()))
        self._tasks.add(asyncio.ensure_future(self._work(number, process)))
        process.say(Told(READY))
        await asyncio.sleep(0.01)
        return child

    async def _work(self, number: int, process: PretendProcess) -> None:
        while process.returncode is None:
            for order in process.writer.orders():
                self.heard.append((number, order.name, order.arguments))
                answer = self.answers[number]
                if isinstance(answer, Refused):
                    told = Told(REFUSED, number=order.number, text=str(answer))
                    process.say(told)
                elif answer != "silence":
                    process.say(Told(DONE, number=order.number, result=answer))
            process.beat()
            await asyncio.sleep(0.01)

    def end(self, number: int) -> None:
        self.processes[number].end(0)

    async def close(self) -> None:
        for number in self.processes:
            self.end(number)
        await asyncio.gather(*self._tasks)


def told(story: Callable[[Workers], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        workers = Workers()
        try:
            await story(workers)
        finally:
            await workers.close()

    virtual.run(run())


def test_every_worker_is_asked_and_their_answers_are_one() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, {"records": 2})
        await workers.add(2, {"records": 3})
        assert await workers.fleet.run("flush", {"name": "a."}) == {"records": 5}
        assert sorted(workers.heard, key=itemgetter(0)) == [
            (1, "flush", {"name": "a."}),
            (2, "flush", {"name": "a."}),
        ]

    told(story)


def test_what_the_supervisor_does_itself_no_worker_hears() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, {})

        async def own(_: Arguments) -> object:
            return "own"

        workers.commands.add("status", own)
        assert await workers.fleet.run("status", {}) == "own"
        assert workers.heard == []

    told(story)


def test_one_worker_can_be_asked_alone() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, {"entries": [1]})
        await workers.add(2, {"entries": [2]})
        found = await workers.fleet.run("cache-dump", {"worker": 2})
        assert found == {"entries": [2]}
        assert [number for number, *_ in workers.heard] == [2]
        with pytest.raises(Refused, match="no worker 3; there are 1, 2"):
            await workers.fleet.run("cache-dump", {"worker": 3})

    told(story)


def test_a_refusal_of_all_is_the_answer_and_of_some_is_not() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, Refused("no such anchor"))
        await workers.add(2, Refused("nor here"))
        with pytest.raises(Refused, match="no such anchor"):
            await workers.fleet.run("flush", {})
        workers.answers[2] = {"records": 1}
        assert await workers.fleet.run("flush", {}) == {"records": 1}

    told(story)


def test_one_that_ends_meanwhile_is_left_out() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, {"records": 1})
        await workers.add(2, "silence")
        running = asyncio.ensure_future(workers.fleet.run("flush", {}))
        await asyncio.sleep(0.05)
        workers.end(2)
        assert await running == {"records": 1}

    told(story)


def test_one_that_says_nothing_is_not_waited_for_without_end() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, "silence")
        begun = asyncio.get_running_loop().time()
        with pytest.raises(Refused, match="did not say"):
            await workers.fleet.run("flush", {})
        assert asyncio.get_running_loop().time() - begun == pytest.approx(LONGEST_ORDER)

    told(story)


def test_without_workers_it_is_refused() -> None:
    async def story(workers: Workers) -> None:
        with pytest.raises(Refused, match="no worker is ready"):
            await workers.fleet.run("flush", {})

    told(story)


def test_a_worker_that_comes_later_is_told_what_was_told_to_all() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, {})
        fleet = workers.fleet
        await fleet.run("set-log", {"queries": True})
        await fleet.run("set-log", {"level": "debug"})
        await fleet.run("set-log", {"queries": False})
        add = {"action": "add", "seconds": 100}
        await fleet.run("negative-anchor", add | {"name": "a."})
        await fleet.run("negative-anchor", add | {"name": "b."})
        await fleet.run("negative-anchor", add | {"name": "c.", "seconds": 1})
        await fleet.run("negative-anchor", {"action": "remove", "name": "b."})
        await fleet.run("negative-anchor", {"action": "list"})
        await fleet.run("flush", {"name": "a."})
        await asyncio.sleep(40)
        workers.heard.clear()
        await fleet.greet(await workers.add(2, {}))
        orders = [(name, dict(arguments)) for _, name, arguments in workers.heard]
        anchor = orders.pop()
        assert orders == [
            ("set-log", {"level": "debug"}),
            ("set-log", {"queries": False}),
        ]
        assert anchor[1]["name"] == "a."
        assert anchor[1]["seconds"] == pytest.approx(60, abs=1)

    told(story)


def test_a_worker_that_cannot_be_told_is_reported() -> None:
    async def story(workers: Workers) -> None:
        await workers.add(1, {})
        await workers.fleet.run("set-log", {"queries": True})
        child = await workers.add(2, Refused("not here"))
        with structlog.testing.capture_logs() as events:
            await workers.fleet.greet(child)
            workers.end(2)
            await workers.fleet.greet(child)
        assert [it["event"] for it in events] == ["unexpected_error"]

    told(story)
