"""What validation has done beside answering, as the configuration wants it."""

import random

import pytest

from resolver.beliefs import Claim
from resolver.config import Config, Dnssec
from resolver.daemon.build import World
from resolver.daemon.tending import beside_validation
from resolver.daemon.trust import validation_of
from resolver.ports import Errand, Lost
from resolver.wire.message import Question


async def nobody(*_: object) -> bytes:
    raise AssertionError("nothing is asked for")


async def fetch(question: Question, errand: Errand, *, again: bool = False) -> Claim:
    raise Lost("nobody answers")


@pytest.mark.parametrize(
    ("dnssec", "works"),
    [
        (
            Dnssec(),
            {"keep_looking", "notice_set", "keep_rechecking", "run", "keep_signalling"},
        ),
        (
            Dnssec(follow_anchor_rollovers=False, signal_key_tags=False),
            {"keep_looking", "notice_set", "keep_rechecking"},
        ),
    ],
)
def test_each_work_has_its_switch(dnssec: Dnssec, works: set[str]) -> None:
    world = World(
        lambda: 0.0, nobody, nobody, lambda _: 0, random.Random(1), lambda: 2e9
    )
    validation = validation_of(dnssec, fetch, world.wall)
    found = beside_validation(Config(dnssec=dnssec), world, validation)
    assert {getattr(work, "__name__", "") for work in found} == works
    for work in found:
        work.close()
