"""Our resolver over every way to sign, to deny and to fail: it tells them apart.

What is right is known, since the fault was made here: no peer is needed for it.
`tests/live` asks Unbound and delv about the same zones.
"""

import functools
import random
import tempfile
from pathlib import Path

import pytest

from resolver.config import Config, Dnssec, Recursion
from resolver.daemon.build import World, build
from resolver.lab import signed
from resolver.lab.box import Box
from resolver.lab.pretend import Clock, Network
from resolver.lab.sign import Signing
from resolver.lab.signed import Case, Truth
from resolver.ports import Errand
from resolver.wire import types
from tests.walk.pretend import question, run

NOW = 1_800_000_000.0


@functools.cache
def box() -> Box:
    return signed.box(signed.few(), NOW)


def judged(zones: Box, cases: list[Case]) -> dict[Case, Truth]:
    """Put questions to one resolver, one after the other."""
    clock = Clock(1000.0)
    with tempfile.TemporaryDirectory() as folder:
        hints = Path(folder, "hints")
        hints.write_text(zones.hints_text)
        config = Config(
            recursion=Recursion(root_hints=str(hints), prime=False, never_ask=()),
            dnssec=Dnssec(trust_anchors=(zones.anchor_text.strip(),)),
        )
        chance = random.Random(1)
        udp, tcp = Network(zones, clock.sleep), Network(zones, clock.sleep, tcp=True)
        world = World(clock, udp, tcp, chance.getrandbits, chance, lambda: NOW)
        core = build(config, world, _error)
    found = {}
    for case in cases:
        errand = Errand(clock, clock.time + 8.0)
        answer = run(core.service.answer(question(str(case)), errand))
        found[case] = Truth(types.rcode_name(answer.rcode), answer.secure)
    return found


def _error(what: str, error: BaseException) -> None:
    raise AssertionError(what) from error


def differing(found: dict[Case, Truth]) -> dict[str, tuple[Truth, Truth]]:
    return {
        str(case): (told, signed.truth(case))
        for case, told in found.items()
        if told != signed.truth(case)
    }


def test_a_resolver_that_asks_on_tells_all_of_them_apart() -> None:
    found = judged(box(), signed.cases(signed.few()))
    assert differing(found) == {}
    # The truth is not all of one kind, or it would be no test.
    assert len(set(found.values())) == 5


def test_a_resolver_that_knows_nothing_yet_tells_them_apart() -> None:
    # Nothing was learnt from another question: each kind comes first once.
    cases = signed.cases(signed.signings((13,)))
    chosen = random.Random(1).sample(cases, len(cases) // 10)
    found: dict[Case, Truth] = {}
    for case in chosen:
        found |= judged(box(), [case])
    assert differing(found) == {}


@pytest.mark.parametrize("signing", [Signing(), Signing(13, "nsec3")])
def test_signatures_are_the_algorithms_own(signing: Signing) -> None:
    keys = box().keys[signed.origin(signing)]
    assert keys.public.algorithm == signing.algorithm
