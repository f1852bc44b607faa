"""What an attack is, and how one ends.

An attack is held off if the cost that it causes stays below a bound, or the lie that it
tells reaches nobody.  Whoever plays the attack names the bound; what keeps the resolver
below it is a limit of the resolver's own, and the attack says which.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from resolver.lab.attacks.stage import Build, Cost


class Verdict(NamedTuple):
    """What an attack has cost, what it came to, and whether that is below its bound."""

    cost: Cost
    outcome: str
    held: bool


class Attack(NamedTuple):
    """An attack, by its name in the field.

    `ids` are the numbers and papers that it is known by.  `text` says what it does,
    `limit` what stands against it here.  `play` plays it against a resolver that its
    argument builds, on a loop in virtual time.
    """

    name: str
    ids: str
    text: str
    limit: str
    play: Callable[[Build], Awaitable[Verdict]]
