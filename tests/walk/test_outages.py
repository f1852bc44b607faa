"""What dead servers cost, and how soon names resolve again when they are back.

The numbers of the promise, in virtual time: one of four servers dead costs a question
next to nothing; after ten minutes without the root, names resolve within seconds.
"""

import asyncio
import random
import statistics

import pytest

from resolver.ports import Address, Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.names import to_text
from tests.virtual import run as run_virtually
from tests.walk.pretend import Walked, configured_zone, question
from tests.walk.timed import DEAD, Timed

FOUR = [f"192.0.2.{i}" for i in range(10, 14)]


def answer(host: str, asked: Question) -> str:
    return f"AA\n;ANSWER\n{to_text(asked.name)} 300 A 198.51.100.1"


async def resolve(world: Walked, text: str, patience: float = 5.0) -> Resolution:
    loop = asyncio.get_running_loop()
    errand = Errand(loop.time, loop.time() + patience)
    return await world.walk.resolve(question(text), errand)


# --- a dead server among living ones --------------------------------------------------


def seconds_of_questions(internet: Timed, seed: int, count: int = 1000) -> list[float]:
    zone = configured_zone("example.com.", *FOUR, recursive=False)
    world = internet.over(configured=(zone,), dice=random.Random(seed))

    async def story() -> list[float]:
        took = []
        for number in range(count):
            started = asyncio.get_running_loop().time()
            found = await resolve(world, f"n{number}.example.com. A")
            assert found.rcode == types.NOERROR
            took.append(asyncio.get_running_loop().time() - started)
            await asyncio.sleep(0.05)
        return took

    return run_virtually(story())


@pytest.mark.parametrize("seed", range(8))
def test_one_dead_server_of_four_costs_a_question_nearly_nothing(seed: int) -> None:
    distances: dict[str, float | None] = dict.fromkeys(FOUR, 0.02)
    distances[FOUR[seed % 4]] = DEAD
    took = seconds_of_questions(Timed(distances, answer, jitter=0.002), seed)
    added = sorted(seconds - 0.02 for seconds in took[1:])
    assert statistics.median(added) < 0.005
    assert added[int(0.99 * len(added))] < 0.2
    assert max(added) < 0.2
    assert took[0] < 0.2


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_server_is_asked_less_and_less(seed: int) -> None:
    internet = Timed(dict.fromkeys(FOUR, 0.02) | {FOUR[0]: DEAD}, answer)
    seconds_of_questions(internet, seed)
    asked = [when for when, host in internet.sent if host == FOUR[0]]
    assert 3 <= len(asked) <= 12
    assert asked[-1] - asked[-2] > 12


def test_hedges_are_rare_where_all_is_well() -> None:
    internet = Timed(dict.fromkeys(FOUR, 0.02), answer, jitter=0.01)
    seconds_of_questions(internet, 1)
    assert len(internet.sent) < 1.1 * 1000


# --- nobody answers, and then they do again -------------------------------------------

ROOTS = [f"192.0.{net}.1" for net in range(2, 15)]
HINTS = "\n".join(
    f". 3600000 NS ns{i}.root.\nns{i}.root. 3600000 A {host}"
    for i, host in enumerate(ROOTS)
)
LEAF, OTHER, FORWARDER = "198.51.100.1", "203.0.113.1", "192.168.1.1"
# Ten minutes.
OUTAGE = 600.0


def from_the_root(host: str, asked: Question) -> str:
    """The root knows example.com; the server of example.org is configured."""
    if host in ROOTS:
        return (
            ";AUTHORITY\nexample.com. 3600 NS ns.example.com."
            f"\n;ADDITIONAL\nns.example.com. 3600 A {LEAF}"
        )
    return answer(host, asked)


class Story:
    """Clients ask all the time; the network goes away for ten minutes."""

    def __init__(
        self,
        seed: int,
        *,
        gone: list[str],
        forwarded: bool = False,
        every: float = 0.5,
        outage: float = OUTAGE,
    ) -> None:
        distances: dict[str, float | None] = dict.fromkeys([*ROOTS, LEAF, OTHER], 0.03)
        distances[FORWARDER] = 0.001
        self.internet = Timed(distances, from_the_root, jitter=0.01)
        zone = configured_zone("example.org.", OTHER, recursive=False)
        if forwarded:
            zone = configured_zone(".", FORWARDER, recursive=True)
        self.world = self.internet.over(
            configured=(zone,), dice=random.Random(seed), hints=HINTS
        )
        self.gone = gone
        self.every = every
        self.outage = outage
        self.answered: list[tuple[float, str]] = []
        self.started = self.returned = 0.0
        run_virtually(self.tell())

    async def ask(self, text: str) -> None:
        found = await resolve(self.world, f"{text} A")
        if found.rcode == types.NOERROR:
            self.answered.append((asyncio.get_running_loop().time(), text))

    async def ask_all_the_time(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        number = 0
        async with asyncio.TaskGroup() as questions:
            while loop.time() < until:
                number += 1
                # One name that all want, others that nobody has asked for before.
                for text in ("www.example.com.", f"n{number}.example.com."):
                    questions.create_task(self.ask(text))
                questions.create_task(self.ask(f"n{number}.example.org."))
                await asyncio.sleep(self.every)

    async def tell(self) -> None:
        loop = asyncio.get_running_loop()
        for host in self.gone:
            self.internet.distances[host] = DEAD
        self.started, self.returned = loop.time(), loop.time() + self.outage
        loop.call_at(self.returned, self.come_back)
        await self.ask_all_the_time(self.returned + 30)

    def come_back(self) -> None:
        for host in self.gone:
            self.internet.distances[host] = 0.02

    def seconds_until(self, name: str) -> float:
        """Say how long after the return a name was first answered."""
        return min(when for when, text in self.answered if name in text) - self.returned

    def packets_a_second(self) -> float:
        """Count what went to those who were gone, once that was known."""
        begun = self.started + 60
        sent = [when for when, host in self.internet.sent if host in self.gone]
        return sum(begun <= w < self.returned for w in sent) / (self.outage - 60)


@pytest.mark.parametrize("seed", range(2))
def test_names_resolve_within_seconds_when_the_root_is_back(seed: int) -> None:
    story = Story(seed, gone=ROOTS)
    assert story.seconds_until("example.com") < 5.0
    assert story.seconds_until("www.example.com") < 5.0
    assert all("example.org" in t for w, t in story.answered if w < story.returned)


@pytest.mark.parametrize("seed", range(2))
def test_names_resolve_within_seconds_when_the_network_is_back(seed: int) -> None:
    story = Story(seed, gone=[*ROOTS, LEAF, OTHER])
    assert story.seconds_until("www.example.com") < 5.0
    assert story.seconds_until("example.org") < 5.0


@pytest.mark.parametrize("seed", range(2))
def test_names_resolve_within_seconds_when_the_only_forwarder_is_back(
    seed: int,
) -> None:
    story = Story(seed, gone=[FORWARDER], forwarded=True)
    assert story.seconds_until("www.example.com") < 5.0
    assert story.packets_a_second() < 2


def test_few_questions_are_sent_while_nobody_answers() -> None:
    story = Story(1, gone=[*ROOTS, LEAF, OTHER], every=0.05, outage=90)
    assert 1 < story.packets_a_second() < 6


def test_few_questions_are_sent_while_the_root_does_not_answer() -> None:
    story = Story(1, gone=ROOTS, every=0.05, outage=90)
    assert 1 < story.packets_a_second() <= len(ROOTS) + 1


# --- a family that leads nowhere ------------------------------------------------------

IPV4 = [f"192.0.{net}.53" for net in range(2, 10)]
IPV6 = [f"2001:db8:{net}::53" for net in range(2, 10)]


@pytest.mark.parametrize("seed", range(4))
def test_a_dead_family_costs_little_and_is_used_again_when_it_works(seed: int) -> None:
    both: dict[str, float | None] = dict.fromkeys(IPV4, 0.02)
    internet = Timed(both | dict.fromkeys(IPV6), answer, jitter=0.002)
    zone = configured_zone("example.com.", *IPV4, *IPV6, recursive=False)
    world = internet.over(configured=(zone,), dice=random.Random(seed))
    took: list[float] = []

    async def ask(count: int, label: str) -> None:
        loop = asyncio.get_running_loop()
        for number in range(count):
            started = loop.time()
            found = await resolve(world, f"{label}{number}.example.com. A")
            assert found.rcode == types.NOERROR
            took.append(loop.time() - started)
            await asyncio.sleep(0.2)

    def packets() -> int:
        return sum(":" in host for _, host in internet.sent)

    async def story() -> None:
        await ask(1000, "learning")
        learning = packets()
        await ask(1000, "knowing")
        assert world.servers.reach.avoids(Address(IPV6[0]))
        # Over 200 seconds, one in a minute.
        assert packets() - learning <= 8
        assert max(took) < 0.3
        internet.distances.update(dict.fromkeys(IPV6, 0.02))
        await ask(1000, "back")
        assert not world.servers.reach.avoids(Address(IPV6[0]))
        assert packets() - learning > 100

    run_virtually(story())
