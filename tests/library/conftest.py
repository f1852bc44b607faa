"""A signed Internet in a box, without sockets, for resolvers of the library."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from resolver.config import Config, Dnssec, Recursion
from resolver.daemon.build import World
from resolver.daemon.world import wall_clock
from resolver.lab.box import Box
from resolver.lab.pretend import Network


async def at_once(seconds: float) -> None:
    """Wait for nothing."""


class Lab:
    """What a resolver of the library needs to live in the box."""

    def __init__(self, folder: Path) -> None:
        signed = [
            ".", "com.", "net.", "org.", "example.com.", "sub.example.com.",
        ]  # fmt: skip
        self.box = Box.standard(signed=signed, ipv6=False, delay=0.0)
        self.udp = Network(self.box, at_once)
        self.time = 1000.0
        (folder / "hints").write_text(self.box.hints_text)
        self.hints = str(folder / "hints")

    def config(self, config: Config | None = None) -> Config:
        """Give settings that lead into the box, and are otherwise those given."""
        config = config or Config()
        recursion = Recursion(root_hints=self.hints, never_ask=(), ipv6=False)
        anchors = (self.box.anchor_text.strip(),) if config.dnssec.validate else ()
        dnssec = replace(config.dnssec, trust_anchors=anchors)
        return replace(config, recursion=recursion, dnssec=dnssec)

    def world(self, config: Config) -> World:
        dice = random.Random(1)
        tcp = Network(self.box, at_once, tcp=True)
        return World(
            lambda: self.time, self.udp, tcp, dice.getrandbits, dice, wall_clock
        )


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The box, made once: signing takes a moment."""
    return Lab(tmp_path_factory.mktemp("library"))


@pytest.fixture
def lab(built: Lab) -> Lab:
    built.time = 1000.0
    built.udp.asked.clear()
    return built


UNCHECKED = Dnssec(validate=False)
