"""One timer for all walks, in virtual time."""

import asyncio
from collections.abc import Hashable

from resolver.net.watch import NEVER, TICK, Watch
from resolver.ports import Resolution
from tests.virtual import run


class Walk:
    """Begins now, and never ends by itself."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.begun = loop.time()
        self.task: asyncio.Task[Resolution] = loop.create_task(self._hang())
        self.late = False
        self.hung = False

    async def _hang(self) -> Resolution:
        await asyncio.sleep(1e6)
        raise AssertionError


Walks = dict[Hashable, Walk]


class Table:
    """Two tables of walks under one watch, and a record of who was late when."""

    def __init__(self, late_after: float = 1.8, hangs_after: float = 9.0) -> None:
        self.walks: tuple[Walks, ...] = ({}, {})
        self.late: list[tuple[Hashable, float]] = []
        self.loop = asyncio.get_running_loop()
        self.started = self.loop.time()
        self.watch: Watch[Walk] = Watch(self.walks, late_after, hangs_after, self._told)

    def begin(self, key: str, table: int = 0) -> Walk:
        walk = self.walks[table][key] = Walk()
        self.watch.begin(walk.begun)
        return walk

    def _told(self, walk: Walk) -> None:
        (key,) = [
            key for walks in self.walks for key, value in walks.items() if value is walk
        ]
        self.late.append((key, round(self.loop.time() - self.started, 3)))


def marks(*walks: Walk) -> list[bool]:
    return [walk.hung for walk in walks]


def test_each_walk_is_told_of_once_when_it_is_late() -> None:
    async def story() -> None:
        table = Table()
        table.begin("a")
        await asyncio.sleep(1.0)
        table.begin("b", table=1)
        await asyncio.sleep(0.5)
        table.begin("c")
        await asyncio.sleep(5.0)
        assert table.late == [("a", 1.8), ("b", 2.8), ("c", 3.3)]

    run(story())


def test_walks_that_ended_in_time_are_not_told_of() -> None:
    async def story() -> None:
        table = Table()
        table.begin("a")
        del table.walks[0]["a"]
        table.begin("b")
        del table.walks[0]["b"]
        await asyncio.sleep(1.0)
        table.begin("c")
        await asyncio.sleep(5.0)
        assert table.late == [("c", 2.8)]

    run(story())


def test_with_no_walk_left_there_is_no_timer_until_the_next_one() -> None:
    async def story() -> None:
        table = Table()
        table.begin("a")
        table.walks[0].clear()
        await asyncio.sleep(3.0)
        assert table.watch._timer is None
        table.begin("b")
        await asyncio.sleep(3.0)
        assert table.late == [("b", 4.8)]

    run(story())


def test_walks_that_began_at_nearly_the_same_time_share_a_look() -> None:
    async def story() -> None:
        table = Table()
        for number in range(100):
            table.begin(str(number))
            await asyncio.sleep(0.001)
        await asyncio.sleep(5.0)
        assert len(table.late) == 100
        moments = sorted({moment for _, moment in table.late})
        assert len(moments) <= 1 + 0.1 / TICK
        for number, (key, moment) in enumerate(table.late):
            assert key == str(number)
            assert abs(moment - 1.8 - number / 1000) <= TICK + 0.001

    run(story())


def test_a_walk_that_hangs_is_cancelled_whether_it_was_told_of_or_not() -> None:
    async def story(late_after: float) -> None:
        table = Table(late_after)
        first = table.begin("a")
        second = table.begin("b", table=1)
        await asyncio.sleep(8.9)
        assert not first.task.done()
        assert marks(first, second) == [False, False]
        await asyncio.sleep(0.2)
        assert marks(first, second) == [True, True]
        assert first.task.cancelled()
        assert second.task.cancelled()
        assert len(table.late) == (0 if late_after == NEVER else 2)

    run(story(1.8))
    run(story(NEVER))


def test_answering_the_late_may_bring_new_walks() -> None:
    async def story() -> None:
        table = Table()
        told: list[Walk] = []

        def ask_again(walk: Walk) -> None:
            told.append(walk)
            if len(told) < 3:
                table.begin(f"again {len(told)}")

        table.watch = Watch(table.walks, 1.8, 9.0, ask_again)
        table.begin("a")
        await asyncio.sleep(1.9)
        assert len(told) == 1
        await asyncio.sleep(4.0)
        assert len(told) == 3

    run(story())


def test_a_patience_shorter_than_a_tick_holds_too() -> None:
    async def story() -> None:
        table = Table(late_after=0.001)
        table.begin("a")
        await asyncio.sleep(0.002)
        assert table.late == [("a", 0.001)]

    run(story())
