"""Referrals that make work: one question, and many packets to find servers.

The attacker answers a client's question with a referral to servers that cost much to
look up, or lead nowhere, or back.  Each attack asks several such questions, one after
the other, from a resolver that knows the attacker's and the victim's zones already, and
counts the packets of the dearest.
"""

from typing import Final

from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.grounds import attacker, box_of, victim
from resolver.lab.attacks.stage import Build, Stage
from resolver.lab.catalogue import named
from resolver.lab.description import Host, ZoneSpec

# Questions asked in each of these attacks.
ROUNDS: Final = 10
# Names in one referral of NXNSAttack; the paper found 135 to be the most that pays.
NXNS_SERVERS: Final = 135
# ... and of NRDelegation, whose paper used 1500.
NR_SERVERS: Final = 1500
# Packets to servers for one question that a referral leads astray.  NXNSAttack made
# 1620 in 2020; here it is the referral over UDP and TCP, a step to where the names are,
# and some names in both address families.
MOST_PACKETS: Final = 12
# CPU seconds for one question whose referral fills a whole message.
MOST_CPU: Final = 0.05


async def nxns(build: Build) -> Verdict:
    """Refer to many names in the victim's zone that do not exist or have no address."""
    records = [
        f"{kind}{turn} NS {kind}{turn}-{number}.{below}victim.net."
        for kind, below in (("no", ""), ("empty", "empty."))
        for turn in range(ROUNDS // 2)
        for number in range(NXNS_SERVERS)
    ]
    stage = Stage(
        build, box_of(victim(records='*.empty TXT "-"'), attacker("\n".join(records)))
    )
    await _know(stage)
    for turn in range(ROUNDS // 2):
        await stage.ask(f"www.no{turn}.attacker.com. A")
        await stage.ask(f"www.empty{turn}.attacker.com. A")
    return verdict_on(stage)


async def nrdelegation(build: Build) -> Verdict:
    """Refer to so many names that looking through them is the work."""
    records = [
        f"r{turn} NS n{turn}-{number}.silent.net."
        for turn in range(ROUNDS)
        for number in range(NR_SERVERS)
    ]
    silent = ZoneSpec(
        "silent.net.", (Host("ns1.silent.net.", ("198.51.100.81",), named("refuses")),)
    )
    stage = Stage(build, box_of(victim(), silent, attacker("\n".join(records))))
    await _know(stage)
    for turn in range(ROUNDS):
        await stage.ask(f"www.r{turn}.attacker.com. A")
    verdict = verdict_on(stage)
    seconds = verdict.cost.cpu / ROUNDS
    return Verdict(
        verdict.cost,
        f"{verdict.outcome}, {seconds * 1000:.0f} ms of CPU for a question",
        verdict.held and seconds <= MOST_CPU,
    )


async def tsuname(build: Build) -> Verdict:
    """Let two zones have their servers in each other."""
    loops = [
        zone
        for number in range(ROUNDS)
        for zone in (
            ZoneSpec(f"here{number}.com.", (Host(f"ns.there{number}.net."),)),
            ZoneSpec(f"there{number}.net.", (Host(f"ns.here{number}.com."),)),
        )
    ]
    stage = Stage(build, box_of(victim(), attacker(""), *loops))
    await _know(stage)
    for number in range(ROUNDS):
        await stage.ask(f"www.here{number}.com. A")
        before = stage.packets
        await stage.ask(f"www.here{number}.com. A")
        if stage.packets > before:
            outcome = "the same failure was walked for twice"
            return Verdict(stage.cost, outcome, held=False)
    return verdict_on(stage)


async def self_glue(build: Build) -> Verdict:
    """Refer to many names whose glue is the address that has just been asked."""
    records = [
        f"s{turn} NS n{number}.s{turn}\nn{number}.s{turn} A 198.51.100.66"
        for turn in range(ROUNDS)
        for number in range(NXNS_SERVERS)
    ]
    stage = Stage(build, box_of(victim(), attacker("\n".join(records))))
    await _know(stage)
    for turn in range(ROUNDS):
        await stage.ask(f"www.s{turn}.attacker.com. A")
    return verdict_on(stage)


async def overlapping_addresses(build: Build) -> Verdict:
    """Refer to many names that all have the same few addresses, of deaf servers."""
    deaf = ("198.51.100.91", "198.51.100.92")
    hosts = tuple(
        Host(f"ns{number}.overlap{turn}.com.", deaf, named("silent"))
        for turn in range(ROUNDS)
        for number in range(NXNS_SERVERS)
    )
    size = NXNS_SERVERS
    zones = [
        ZoneSpec(f"overlap{turn}.com.", hosts[turn * size : (turn + 1) * size])
        for turn in range(ROUNDS)
    ]
    stage = Stage(build, box_of(victim(), attacker(""), *zones))
    await _know(stage)
    for turn in range(ROUNDS):
        await stage.ask(f"www.overlap{turn}.com. A")
    return verdict_on(stage)


def verdict_on(stage: Stage, most: int = MOST_PACKETS) -> Verdict:
    """Judge a play by the packets of its dearest question."""
    cost = stage.cost
    return Verdict(
        cost,
        f"{cost.worst} packets for a question, {most} at most",
        cost.worst <= most and not stage.errors,
    )


async def _know(stage: Stage) -> None:
    """Have the resolver find the zones that attacker and victim share with everybody."""
    await stage.ask("www.victim.net. A")
    await stage.ask("www.attacker.com. A")
    stage.begin()
