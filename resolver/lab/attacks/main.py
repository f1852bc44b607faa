"""`resolver lab --attack`: play attacks against this resolver, and say how they end."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from resolver.lab.attacks.attack import Attack, Verdict
from resolver.lab.attacks.catalogue import ATTACKS
from resolver.lab.attacks.stage import Build
from resolver.lab.virtual import run as run_in_virtual_time

# In place of a name: all of them.
ALL: Final = "all"

_HEAD: Final = (
    "attack                  in    out   each  most    kB  CPU ms  verdict",
    "-" * 72,
)
_LEGEND: Final = """\
in: questions of clients; out: packets to servers; each: out for one in; most: out for
the dearest of them, where they came one by one; kB: from servers; CPU: without theirs.
"""


def names() -> tuple[str, ...]:
    """Say what may be asked for."""
    return (ALL, *(attack.name for attack in ATTACKS))


def run(name: str, build: Build, *, as_json: bool = False) -> int:
    """Play one attack, or all; print each as it ends.  Exit status 1: one broke us."""
    chosen = [attack for attack in ATTACKS if name in {ALL, attack.name}]
    play = _play_json if as_json else _play_text
    return 0 if all(play(chosen, build)) else 1


def verdict_of(attack: Attack, build: Build) -> Verdict:
    """Play an attack in virtual time."""

    async def play() -> Verdict:
        return await attack.play(build)

    return run_in_virtual_time(play())


def _play_text(attacks: Sequence[Attack], build: Build) -> list[bool]:
    for line in _HEAD:
        _say(line)
    held = []
    for attack in attacks:
        verdict = verdict_of(attack, build)
        held.append(verdict.held)
        for line in lines(attack, verdict):
            _say(line)
    _say("")
    _say(_LEGEND + f"{sum(held)} of {len(held)} held off.")
    return held


def lines(attack: Attack, verdict: Verdict) -> Iterable[str]:
    """Write what an attack came to, for people."""
    cost = verdict.cost
    yield (
        f"{attack.name:21}{cost.questions:7}{cost.packets:7}{cost.amplification:7.1f}"
        f"{cost.worst or '-':>6}{cost.received / 1000:6.0f}{cost.cpu * 1000:8.0f}"
        f"  {'held' if verdict.held else 'BROKEN'}"
    )
    yield f"    {attack.text}"
    yield f"    {verdict.outcome}"
    yield f"    limit: {attack.limit}"


def _play_json(attacks: Sequence[Attack], build: Build) -> list[bool]:
    played = [(attack, verdict_of(attack, build)) for attack in attacks]
    _say(json.dumps([fields(*each) for each in played], indent=2))
    return [verdict.held for _, verdict in played]


def fields(attack: Attack, verdict: Verdict) -> dict[str, object]:
    """Say what an attack came to, for programs.  CPU time is in seconds."""
    return {
        "attack": attack.name,
        "ids": attack.ids,
        "limit": attack.limit,
        **verdict.cost._asdict(),
        "amplification": round(verdict.cost.amplification, 2),
        "outcome": verdict.outcome,
        "held": verdict.held,
    }


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
