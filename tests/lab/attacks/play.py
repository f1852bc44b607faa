"""Playing attacks on the resolver as it is."""

from collections.abc import Awaitable, Callable

import pytest

from resolver.cli.target import reception_of
from resolver.config.build import kind_of_build
from resolver.lab.attacks.attack import Verdict
from resolver.lab.attacks.stage import Build
from resolver.lab.virtual import run

# A limit can be taken away only where it is looked up as the program runs.
interpreted_only = pytest.mark.skipif(
    kind_of_build() != "interpreted", reason="constants are compiled in"
)


def play(attack: Callable[[Build], Awaitable[Verdict]]) -> Verdict:
    async def playing() -> Verdict:
        return await attack(reception_of)

    return run(playing())
