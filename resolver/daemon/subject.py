"""What commands are about: the resolver of this process, as it is now.

Commands outlive what they look at, since a reload may put another one in its place.  So
they are given this, and look inside each time.
"""

from collections.abc import Callable
from typing import Final, final

from resolver.config import Config
from resolver.daemon.build import Core
from resolver.daemon.commands import Refused
from resolver.daemon.sharing import Backing
from resolver.daemon.trust import Validation


@final
class Subject:
    """A resolver with its clocks.

    `clock` ages records, `wall` is seconds since 1970; `backing` is the store that it
    shares with others, if there is one.
    """

    __slots__ = ("backing", "clock", "config", "core", "wall")

    def __init__(
        self,
        config: Config,
        core: Core,
        clock: Callable[[], float],
        wall: Callable[[], float],
        backing: Backing | None = None,
    ) -> None:
        self.config = config
        self.core = core
        self.backing = backing
        self.clock: Final = clock
        self.wall: Final = wall

    @property
    def validation(self) -> Validation:
        """What is needed to change what is believed.  Raises `Refused`: nothing is."""
        if self.core.validation is None:
            raise Refused("nothing is validated: [dnssec] validate is false")
        return self.core.validation
