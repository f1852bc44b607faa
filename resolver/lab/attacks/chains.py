"""Aliases that lead on and on, and chains in which limits are multiplied.

One limit for each step is no limit where steps can be chained: a chain of eleven
aliases, each in a zone whose servers take ten look-ups, each of which takes three
questions, is 330 questions.  So the budget belongs to the client's question, and
whatever that leads to shares it.
"""

from typing import Final

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.delegations import verdict_on
from resolver.lab.attacks.grounds import attacker, box_of, victim
from resolver.lab.attacks.stage import Build, Stage
from resolver.lab.description import Host, ZoneSpec
from resolver.ports import MAX_ASKS
from resolver.walk.scrub import MAX_ALIASES

# Links in the chains: more than any resolver follows.
LINKS: Final = 24
# Server names beside each link of CAMP that lead nowhere.
DETOURS: Final = 8
# Questions asked in each of these attacks.
ROUNDS: Final = 5


async def camp(build: Build) -> Verdict:
    """Chain aliases over zones whose servers are hard to find, and the same with those."""
    zones = [_hard(f"link{number}", number) for number in range(LINKS)]
    zones += [
        ZoneSpec(
            f"host{number}.org.",
            (Host(f"ns.host{number}.org.", (f"198.51.100.{100 + number}",)),),
        )
        for number in range(LINKS)
    ]
    stage = Stage(build, box_of(victim(), attacker(""), *zones))
    for turn in range(ROUNDS):
        await stage.ask(f"w{turn}.link0.com. A")
    return verdict_on(stage, MAX_ASKS)


def _hard(name: str, number: int) -> ZoneSpec:
    """Describe a zone that is hard to reach, and whose every name leads to the next."""
    nowhere = (
        Host(f"n{detour}.nowhere{number}.net.", glue=False) for detour in range(DETOURS)
    )
    server = Host(f"ns.host{number}.org.", (f"198.51.100.{100 + number}",), glue=False)
    aliases = "\n".join(
        f"w{turn} CNAME w{turn}.link{number + 1}.com." for turn in range(ROUNDS)
    )
    return ZoneSpec(f"{name}.com.", (*nowhere, server), aliases)


async def cname_chain(build: Build) -> Verdict:
    """Lead from one zone to the other and back, one alias at a time ("Unchained")."""
    sides = ("here.com.", "there.net.")
    zones = [
        ZoneSpec(
            sides[side],
            (Host(f"ns.{sides[side]}", (f"198.51.100.{90 + side}",)),),
            "\n".join(
                f"c{link}-{turn} CNAME c{link + 1}-{turn}.{sides[1 - side]}"
                for turn in range(ROUNDS)
                for link in range(LINKS)
            ),
        )
        for side in (0, 1)
    ]
    stage = Stage(build, box_of(victim(), *zones))
    for side in sides:
        await stage.ask(f"nothing.{side} A")
    stage.begin()
    for turn in range(ROUNDS):
        await stage.ask(f"c0-{turn}.here.com. A")
    return verdict_on(stage, MAX_ALIASES + 1)
