"""A resolver over the lab, without sockets, and commands to it."""

import asyncio
import dataclasses
import random
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from resolver.config import Config, Dnssec, Recursion
from resolver.daemon.build import Company, World, build
from resolver.daemon.sharing import Backing
from resolver.daemon.subject import Subject
from resolver.lab.box import Box
from resolver.lab.pretend import Clock, Network
from resolver.ports import Errand, Resolution
from tests.walk.pretend import question, run

WALL = 1_900_000_000.0
_Result = TypeVar("_Result")


class Asked:
    """A resolver that questions are put to, and then commands."""

    def __init__(
        self,
        box: Box,
        folder: Path,
        backing: Callable[[], Backing | None] = lambda: None,
        **tables: object,
    ) -> None:
        hints = folder / "root.hints"
        hints.write_text(box.hints_text)
        self.clock = Clock(1000.0)
        self.udp = Network(box, self.clock.sleep)
        recursion = Recursion(root_hints=str(hints), server_port=5300, never_ask=())
        config = Config(recursion=recursion, dnssec=Dnssec(validate=False))
        config = dataclasses.replace(config, **tables)  # type: ignore[arg-type]
        world = World(
            self.clock,
            self.udp,
            Network(box, self.clock.sleep, tcp=True),
            random.Random(1).getrandbits,
            random.Random(2),
            self.wall,
        )
        kept = backing()
        core = build(config, world, self._fail, company=Company(kept))
        self.subject = Subject(config, core, self.clock, self.wall, kept)

    def wall(self) -> float:
        return WALL + self.clock()

    def ask(self, text: str) -> Resolution:
        errand = Errand(self.clock, self.clock() + 8.0)
        return run(self.subject.core.service.answer(question(text), errand))

    def asked(self, text: str) -> int:
        """How many servers had to be asked for an answer."""
        before = len(self.udp.asked)
        self.ask(text)
        return len(self.udp.asked) - before

    def _fail(self, what: str, error: BaseException) -> None:
        raise AssertionError(what) from error


def told(command: Coroutine[Any, Any, _Result]) -> _Result:
    """Carry out a command; some let others have their turn."""
    return asyncio.run(command)
