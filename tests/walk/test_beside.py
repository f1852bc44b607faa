"""The keys of a zone, asked for while the question is on its way."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from resolver.beliefs import INSECURE, Belief, Claim
from resolver.cache.zones import Delegation
from resolver.lab.virtual import run
from resolver.ports import Address, Errand, Hedge
from resolver.walk.beside import Beside, arrival, give_up
from resolver.wire import types
from resolver.wire.message import Message, Question
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import Walked, configured_zone, question, reply, walk_over

ROUND_TRIP = 0.02
COM = name_from_text("com.")
SIGNED = (
    f";AUTHORITY\ncom. 60 NS ns.com.\ncom. 60 DS 1 13 2 {'00' * 32}\n"
    ";ADDITIONAL\nns.com. 60 A 192.0.2.2"
)
KEYS = "AA\n;ANSWER\ncom. 60 DNSKEY 257 3 13 AAAA"
ANSWER = "AA\n;ANSWER\nwww.com. 60 A 192.0.2.99"
TABLE = {
    ("192.0.2.1", "www.com. A"): SIGNED,
    ("192.0.2.2", "www.com. A"): ANSWER,
    ("192.0.2.2", "com. DNSKEY"): KEYS,
}


class Slow:
    """A table of replies, each a round trip away."""

    def __init__(self, table: dict[tuple[str, str], str]) -> None:
        self.table = table
        self.asked: list[str] = []

    async def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Message:
        errand.spend_ask()
        self.asked.append(str(question))
        await asyncio.sleep(ROUND_TRIP)
        return reply(question, self.table[server.host, str(question)])


def beside(world: Walked, tasks: list[asyncio.Task[None]] | None) -> Beside:
    def begin(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        assert tasks is not None
        tasks.append(task)
        return task

    memory = world.walk._memory
    return Beside(world.walk._inquiry, memory, None if tasks is None else begin)


def zone() -> Delegation:
    return configured_zone("com.", "192.0.2.2", recursive=False)


async def keys_at_hand(world: Walked, errand: Errand) -> bool:
    asked = Question(COM, types.DNSKEY)
    return world.walk._memory.evidence(asked, errand.now()) is not None


def test_keys_come_in_the_time_that_the_question_takes() -> None:
    async def story() -> None:
        servers = Slow(TABLE)
        loop = asyncio.get_running_loop()
        world = walk_over({}, ask=servers)
        errand = Errand(loop.time, loop.time() + 8.0)
        started = loop.time()
        beside(world, []).ask(zone(), errand)
        await servers(Address("192.0.2.2"), question("www.com. A"), errand)
        await arrival(COM, errand)
        assert loop.time() - started < 1.5 * ROUND_TRIP
        assert await keys_at_hand(world, errand)
        assert errand.beside == {}

    run(story())


def test_keys_that_are_at_hand_or_on_their_way_are_not_asked_for() -> None:
    async def story() -> None:
        servers = Slow(TABLE)
        loop = asyncio.get_running_loop()
        world = walk_over({}, ask=servers)
        errand = Errand(loop.time, loop.time() + 8.0)
        tasks: list[asyncio.Task[None]] = []
        one = beside(world, tasks)
        one.ask(zone(), errand)
        one.ask(zone(), errand)
        await arrival(COM, errand)
        one.ask(zone(), errand)
        assert len(tasks) == 1
        assert servers.asked == ["com. DNSKEY"]

    run(story())


def test_who_is_done_waits_for_nothing_more() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        world = walk_over({}, ask=Slow(TABLE))
        errand = Errand(loop.time, loop.time() + 8.0)
        tasks: list[asyncio.Task[None]] = []
        beside(world, tasks).ask(zone(), errand)
        give_up(errand)
        await asyncio.sleep(0)
        assert [task.cancelled() for task in tasks] == [True]
        assert errand.beside == {}

    run(story())


def test_where_nothing_can_be_done_beside_nothing_is() -> None:
    async def story() -> None:
        servers = Slow(TABLE)
        loop = asyncio.get_running_loop()
        world = walk_over({}, ask=servers)
        errand = Errand(loop.time, loop.time() + 8.0)
        beside(world, None).ask(zone(), errand)
        await arrival(COM, errand)
        assert servers.asked == []

    run(story())


def test_a_referral_with_ds_has_the_keys_asked_for_once() -> None:
    async def believe(claim: Claim, errand: Errand) -> Belief:
        return Belief(INSECURE, 60)

    async def story() -> None:
        servers = Slow(TABLE)
        loop = asyncio.get_running_loop()
        world = walk_over({}, ask=servers, begin=asyncio.ensure_future)
        world.walk.doubt.consult(believe)
        errand = Errand(loop.time, loop.time() + 8.0)
        resolution = await world.walk.resolve(question("www.com. A"), errand)
        assert resolution.rcode == types.NOERROR
        assert sorted(servers.asked) == ["com. DNSKEY", "www.com. A", "www.com. A"]

    run(story())
