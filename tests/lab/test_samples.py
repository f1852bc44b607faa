"""Our own resolver in the box: every question, put to every server it takes.

The whole resolver as `daemon.build` makes it, on the pretended network and in virtual
time: the waits for slow and silent servers cost nothing.
"""

import asyncio
import random

import pytest

from resolver.config import Config, load
from resolver.daemon.build import Core, World, build
from resolver.lab.box import Box
from resolver.lab.catalogue import LIE, VICTIM, VICTIM_ADDRESS
from resolver.lab.description import Sample
from resolver.lab.pretend import Network
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.presentation import name_from_text, rdata_text, type_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query
from tests import virtual

BOX = Box.standard(now=1_800_000_000.0)
SEED = 1


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    file = tmp_path_factory.mktemp("lab") / "lab.toml"
    BOX.write(file, 5300)
    return load(file)


def resolver(config: Config, network: Network) -> Core:
    """Make a resolver on the running (virtual) loop."""
    clock = asyncio.get_running_loop().time
    chance = random.Random(SEED)
    tcp = Network(BOX, asyncio.sleep, tcp=True)

    def complain(what: str, error: BaseException) -> None:
        raise AssertionError(what) from error

    world = World(clock, network, tcp, chance.getrandbits, chance, lambda: 0.0)
    return build(config, world, complain)


async def ask(core: Core, text: str) -> Message:
    """Ask as a client on this machine does, over TCP: nothing is truncated."""
    name, rdtype = text.split()
    question = Question(name_from_text(name), type_from_text(rdtype))
    packet = query(1, question, flags=types.RD, edns=Edns())
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    core.front.packet(packet, "127.0.0.1", True, answered.set_result)  # noqa: FBT003 - the contract's own order
    return read(await answered)


def data(reply: Message) -> list[str]:
    """Give the data of the last set of the answer."""
    if not reply.answer:
        return []
    last = reply.answer[-1]
    return [rdata_text(last.rdtype, rdata) for rdata in last.rdatas]


def verdict(sample: Sample, reply: Message) -> str:
    """Say what is wrong with an answer; nothing if it is right."""
    rcode, last = types.rcode_name(reply.rcode), data(reply)
    if rcode in sample.rcode.split(" or ") and sample.answer in {*last, ""}:
        return ""
    return f"{sample}, but {rcode} {last}"


@pytest.mark.parametrize("sample", BOX.samples, ids=str)
def test_what_is_right_is_found_from_cold(sample: Sample, config: Config) -> None:
    async def find() -> Message:
        core = resolver(config, Network(BOX, asyncio.sleep))
        return await ask(core, sample.question)

    assert verdict(sample, virtual.run(find())) == ""


def test_it_is_found_too_whatever_was_asked_before(config: Config) -> None:
    samples = list(BOX.samples)
    random.Random(SEED).shuffle(samples)

    async def find() -> list[str]:
        core = resolver(config, Network(BOX, asyncio.sleep))
        return [verdict(sample, await ask(core, sample.question)) for sample in samples]

    assert [each for each in virtual.run(find()) if each] == []


def test_no_lie_is_believed(config: Config) -> None:
    liars = [sample for sample in BOX.samples if "lies" in sample.question]
    liars += [sample for sample in BOX.samples if "poisons" in sample.question]

    async def find() -> list[list[str]]:
        core = resolver(config, Network(BOX, asyncio.sleep))
        return [
            data(await ask(core, question))
            for question in (*(each.question for each in liars), f"www.{VICTIM} A")
        ]

    found = virtual.run(find())
    assert len(liars) == 4
    assert not any(LIE in each for each in found)
    assert found[-1] == [VICTIM_ADDRESS]


def test_an_attack_by_delegation_costs_little(config: Config) -> None:
    """NXNSAttack: 60 names of servers that are not there."""
    network = Network(BOX, asyncio.sleep)

    async def find() -> Message:
        return await ask(resolver(config, network), "www.nowhere.com. A")

    assert virtual.run(find()).rcode == types.SERVFAIL
    assert len(network.asked) <= 20
