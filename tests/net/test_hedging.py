"""A second server for when the first is late, in virtual time."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from resolver.net.exchange import Exchange, Unreachable
from resolver.net.hedging import GRAIN
from resolver.ports import MAX_ASKS, Address, Errand, Hedge, Silence, Spent
from resolver.wire import types
from resolver.wire.message import Message, Question
from tests.net.pretend import (
    NAME,
    QUESTION,
    SERVER,
    Script,
    Step,
    World,
    answer,
    kinds,
    silence,
)

BACKUP = Address("192.0.2.2")
AFTER = 0.15
A_BIT = 1e-6


class TwoServers:
    """A world in which the backup has a script of its own."""

    def __init__(self, first: Sequence[Step], second: Sequence[Step] = ()) -> None:
        self.world = World(first)
        self.first, self.second = self.world.udp, Script(*second)
        self.world.exchange._udp = self.by_server
        self.loop = self.world.loop
        self.tasks = 0

    async def by_server(
        self,
        server: Address,
        packet: bytes,
        timeout: float,  # noqa: ASYNC109 - a transport keeps time
        accept: Callable[[bytes], bool],
        /,
    ) -> bytes:
        script = self.second if server == BACKUP else self.first
        return await script(server, packet, timeout, accept)

    async def ask(self, errand: Errand, hedge: Hedge) -> Message:
        exchange: Exchange = self.world.exchange
        return await exchange(SERVER, QUESTION, errand, hedge=hedge)

    def run(self, errand: Errand | None = None) -> tuple[Message, Hedge]:
        hedge = Hedge(BACKUP, AFTER)

        async def story() -> Message:
            message = await self.ask(errand or self.world.errand(), hedge)
            await asyncio.sleep(0)  # whatever was cancelled ends
            assert asyncio.all_tasks() == {asyncio.current_task()}
            return message

        outcome: Message = self.world.run(story())
        assert not self.second.steps, "the script was not played to its end"
        return outcome, hedge


def rcode(number: int, delay: float = 0.03) -> Step:
    """A reply that can be told from others."""
    return answer(number, delay=delay)


def test_a_reply_in_time_needs_no_second_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Any] = []
    both = TwoServers([answer(delay=AFTER - 0.01)])
    create = both.loop.create_task

    def create_task(*arguments: Any, **more: Any) -> Any:
        made.append(arguments)
        return create(*arguments, **more)

    monkeypatch.setattr(both.loop, "create_task", create_task)
    _, hedge = both.run()
    assert (hedge.won, hedge.silence) == (False, "")
    names = [coroutine.__name__ for [coroutine] in made]
    assert both.world.exchange.hedges.begun == 0
    assert names[0] == "story"
    assert all(name.startswith("shutdown_") for name in names[1:]), "of the loop itself"


def test_the_second_server_is_asked_when_the_first_is_late_and_the_first_may_win() -> (
    None
):
    both = TwoServers([rcode(types.NOERROR, 0.2)], [rcode(types.NXDOMAIN, 0.3)])
    errand = both.world.errand()
    message, hedge = both.run(errand)
    assert message.rcode == types.NOERROR
    assert (hedge.won, hedge.silence) == (False, "")
    assert both.second.ended == 1, "it is not waited for"
    assert both.loop.time() == pytest.approx(0.2)
    assert errand.asks_left == MAX_ASKS - 2
    sent = [note.facts[0] for note in errand.diary if note.kind == "sent"]
    assert sent == [SERVER, BACKUP]
    hedges = both.world.exchange.hedges
    assert (hedges.begun, hedges.won) == (1, 0)


def test_the_second_servers_reply_counts_if_it_is_there_first() -> None:
    both = TwoServers([silence()], [rcode(types.NXDOMAIN, 0.03)])
    errand = both.world.errand()
    message, hedge = both.run(errand)
    assert message.rcode == types.NXDOMAIN
    assert (hedge.won, hedge.silence) == (True, "")
    assert AFTER + 0.03 - A_BIT <= both.loop.time() <= AFTER + GRAIN + 0.03 + A_BIT
    assert kinds(errand) == ["sent", "sent", "reply", "silent"]
    assert errand.diary[3].facts[:2] == (SERVER, "overtaken")
    assert both.first.ended == 1, "the first wait is over"
    hedges = both.world.exchange.hedges
    assert (hedges.begun, hedges.won) == (1, 1)
    now = both.loop.time()
    assert both.world.servers.rtt(BACKUP, now) == pytest.approx(0.03)
    assert both.world.servers.facts(SERVER, now).silences == 0, "not a time-out"


def test_if_the_second_server_fails_the_first_is_waited_for() -> None:
    both = TwoServers(
        [rcode(types.NOERROR, 0.3)], [silence("connection refused", 0.01)]
    )
    message, hedge = both.run()
    assert message.rcode == types.NOERROR
    assert (hedge.won, hedge.silence) == (False, "connection refused")


def test_if_the_first_server_fails_the_second_is_waited_for() -> None:
    both = TwoServers(
        [silence("connection refused", 0.2)], [rcode(types.NXDOMAIN, 0.3)]
    )
    message, hedge = both.run()
    assert message.rcode == types.NXDOMAIN
    assert hedge.won
    assert both.loop.time() == pytest.approx(AFTER + 0.3, abs=GRAIN + A_BIT)


def test_a_server_that_fails_in_time_is_not_hedged() -> None:
    both = TwoServers([silence("connection refused", 0.01)])
    with pytest.raises(Silence, match="connection refused"):
        both.run()
    both = TwoServers([lambda _: [(0.0, Unreachable("network unreachable"))]])
    with pytest.raises(Unreachable):
        both.run()


def test_the_silence_of_both_is_that_of_the_first() -> None:
    both = TwoServers([silence()], [silence("connection refused", 0.01)])
    hedge = Hedge(BACKUP, AFTER)
    errand = both.world.errand()
    with pytest.raises(Silence, match="timeout"):
        both.world.run(both.ask(errand, hedge))
    assert (hedge.won, hedge.silence) == (False, "connection refused")
    assert kinds(errand) == ["sent", "sent", "silent", "silent"]


def test_the_deadline_holds_for_both() -> None:
    both = TwoServers([silence()], [silence()])
    errand = both.world.errand(deadline=0.25)
    with pytest.raises(Spent, match="query_deadline"):
        both.world.run(both.ask(errand, Hedge(BACKUP, AFTER)))
    assert both.loop.time() == pytest.approx(0.25)


def test_without_a_budget_for_it_the_second_server_is_not_asked() -> None:
    both = TwoServers([rcode(types.NOERROR, 0.2)])
    errand = both.world.errand()
    errand.asks_left = 1
    message, hedge = both.run(errand)
    assert message.rcode == types.NOERROR
    assert (hedge.won, hedge.silence) == (False, "")


def test_who_is_cancelled_asks_nobody_any_more() -> None:
    both = TwoServers([silence()], [silence()])

    async def story() -> None:
        hedge = Hedge(BACKUP, AFTER)
        task = asyncio.create_task(both.ask(both.world.errand(), hedge))
        await asyncio.sleep(AFTER + 0.02)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    both.world.run(story())
    assert (both.first.ended, both.second.ended) == (1, 1)


def test_who_is_cancelled_while_waiting_for_the_second_asks_nobody_any_more() -> None:
    both = TwoServers([silence("connection refused", 0.2)], [silence()])

    async def story() -> None:
        task = asyncio.create_task(both.ask(both.world.errand(), Hedge(BACKUP, AFTER)))
        await asyncio.sleep(0.3)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    both.world.run(story())
    assert both.second.ended == 1


def test_a_cancellation_at_the_moment_of_overtaking_is_not_lost() -> None:
    async def story() -> None:
        both_at_once = asyncio.create_task(
            both.ask(both.world.errand(), Hedge(BACKUP, AFTER))
        )
        both.cancels = both_at_once
        await asyncio.wait([both_at_once])
        assert both_at_once.cancelled()

    class Cancelling(TwoServers):
        cancels: "asyncio.Task[Message]"

        async def by_server(self, *arguments: Any) -> bytes:
            reply = await super().by_server(*arguments)
            self.cancels.cancel()  # whoever waits for this reply is told to stop, too
            return reply

    both = Cancelling([silence()], [answer()])
    both.world.run(story())


def test_a_task_that_lost_a_race_can_be_cancelled_and_used_as_before() -> None:
    both = TwoServers([silence()] * 2, [answer()] * 2)

    async def story() -> None:
        for _ in range(2):
            await both.ask(both.world.errand(), Hedge(BACKUP, AFTER))
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0
            async with asyncio.timeout(1.0):
                await asyncio.sleep(0.1)

    both.world.run(story())


def test_who_rides_along_is_not_thrown_off_by_the_leaders_hedge() -> None:
    both = TwoServers([silence(), answer()], [rcode(types.NXDOMAIN)])

    async def story() -> None:
        hedged = asyncio.create_task(
            both.ask(both.world.errand(), Hedge(BACKUP, AFTER))
        )
        await asyncio.sleep(0)
        rider = asyncio.create_task(
            both.world.exchange(SERVER, QUESTION, both.world.errand())
        )
        assert (await hedged).rcode == types.NXDOMAIN
        assert (await rider).rcode == types.NOERROR

    both.world.run(story())


def test_a_rider_may_have_a_hedge_of_its_own() -> None:
    both = TwoServers([answer(delay=0.35)], [rcode(types.NXDOMAIN)])

    async def story() -> None:
        leader = asyncio.create_task(
            both.world.exchange(SERVER, QUESTION, both.world.errand())
        )
        await asyncio.sleep(0)
        rider = asyncio.create_task(both.ask(both.world.errand(), Hedge(BACKUP, AFTER)))
        assert (await rider).rcode == types.NXDOMAIN
        assert (await leader).rcode == types.NOERROR

    both.world.run(story())


def test_the_second_question_is_joined_like_any_other() -> None:
    both = TwoServers([silence()], [answer(delay=0.3)])

    async def story() -> None:
        other = asyncio.create_task(
            both.world.exchange(BACKUP, QUESTION, both.world.errand())
        )
        hedge = Hedge(BACKUP, AFTER)
        hedged = asyncio.create_task(both.ask(both.world.errand(), hedge))
        assert await hedged is await other
        assert hedge.won

    both.world.run(story())
    assert both.world.exchange.joined == 1


def test_a_fault_is_not_hidden() -> None:
    def broken(_packet: bytes) -> Any:
        raise ZeroDivisionError

    both = TwoServers([silence("connection refused", 0.2)], [broken])
    with pytest.raises(ZeroDivisionError):
        both.world.run(both.ask(both.world.errand(), Hedge(BACKUP, AFTER)))


def test_where_no_loop_runs_nobody_is_late() -> None:
    world = World()

    async def at_once(
        server: Address, packet: bytes, _timeout: float, accept: Any
    ) -> bytes:
        [(_, reply)] = answer()(packet)
        assert isinstance(reply, bytes)
        assert accept(reply)
        return reply

    world.exchange._udp = at_once
    walk = world.exchange(
        SERVER, Question(NAME, types.A), world.errand(), hedge=Hedge(BACKUP, AFTER)
    )
    with pytest.raises(StopIteration) as ended:
        walk.send(None)
    assert ended.value.value.rcode == types.NOERROR
    world.loop.close()
