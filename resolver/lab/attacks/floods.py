"""Too many questions: names that nobody has, and entries that nobody will ask for.

The attacker's questions come from many addresses, as they do where many hosts obey him.
What counts is the others: a client who asks for an honest zone meanwhile, and what was
known before.
"""

import asyncio
from typing import Final

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.grounds import LIE, TRUTH, attacker, box_of, victim
from resolver.lab.attacks.stage import Build, Stage
from resolver.wire import types

# Questions of the flood, how many a second, and the hosts that they come from, each in
# a network of its own.
FLOOD: Final = 6_000
RATE: Final = 3_000
HOSTS: Final = 2_000
# Questions of an honest client meanwhile, and the seconds one may take.
HONEST: Final = 60
PATIENCE: Final = 1.0
# Packets to the servers of the zone for each question of the flood; a question to a
# silent server is asked again, as long as nobody knows that it is silent.
MOST_AMPLIFICATION: Final = 3.0

# Bytes of the cache that is to be flushed, and of the text in each entry that does it.
SMALL_CACHE: Final = 1_000_000
ENTRY: Final = 1_000
# Entries that take the place of the whole cache, twice over.
FLUSH: Final = 2 * SMALL_CACHE // ENTRY
POPULAR: Final = 200
# The share of popular names that a flood may cost.
MOST_LOST: Final = 0.05

_DEAF: Final = "deaf NS ns1.deaf\ndeaf NS ns2.deaf\nns1.deaf A 198.51.100.91\nns2.deaf A 198.51.100.92"


async def random_subdomain(build: Build) -> Verdict:
    """Ask for names without end in a zone whose servers are down (water torture)."""
    stage = Stage(build, box_of(victim(records=f"* A {TRUTH}"), attacker(_DEAF)))
    await stage.ask("www.victim.net. A")
    await stage.ask("www.attacker.com. A")
    stage.begin()
    flood = asyncio.get_running_loop().create_task(_flood(stage))
    answered = 0
    pause = FLOOD / RATE / HONEST
    for number in range(HONEST):
        await asyncio.sleep(pause)
        answered += await _is_answered(stage, f"h{number}.victim.net. A")
    await flood
    cost = stage.cost
    return Verdict(
        cost,
        f"{answered} of {HONEST} honest questions answered meanwhile",
        answered == HONEST
        and cost.amplification <= MOST_AMPLIFICATION
        and not stage.errors,
    )


async def _flood(stage: Stage) -> None:
    open_questions = []
    for number in range(FLOOD):
        host = f"10.{number % HOSTS >> 8}.{number % HOSTS & 255}.1"
        open_questions.append(stage.send(f"x{number}.deaf.attacker.com. A", host))
        await asyncio.sleep(1 / RATE)
    await asyncio.gather(*open_questions)


async def _is_answered(stage: Stage, name: str) -> bool:
    """Ask as a client who waits for a second and no longer."""
    try:
        async with asyncio.timeout(PATIENCE):
            reply = await stage.send(name)
    except TimeoutError:
        return False
    return bool(reply) and reply[3] & 15 == types.NOERROR


async def cacheflush(build: Build) -> Verdict:
    """Have answers kept that nobody will ask for again, until nothing else is."""
    big = "\n".join(
        f'* TXT "{number}{"x" * (ENTRY // 5)}"' for number in range(ENTRY // 200)
    )
    stage = Stage(
        build,
        box_of(victim(records=f"* A {TRUTH}"), attacker(f"{big}\n* A {LIE}")),
        cache=SMALL_CACHE,
    )
    popular = [f"p{number}.victim.net. A" for number in range(POPULAR)]
    for name in popular:
        # Two clients, who ask in different ways: one would be answered from bytes.
        await stage.ask(name)
        await stage.send(name, stream=True)
    stage.begin()
    for number in range(FLUSH):
        await stage.ask(f"f{number}.attacker.com. TXT")
    cost, before = stage.cost, stage.packets
    for name in popular:
        await stage.ask(name)
    lost = min(stage.packets - before, POPULAR)
    return Verdict(
        cost,
        f"{lost} of {POPULAR} popular names forgotten",
        lost <= MOST_LOST * POPULAR and not stage.errors,
    )
