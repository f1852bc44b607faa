"""The whole resolver over a box, in virtual time: what clients get, and what is kept."""

import asyncio
import dataclasses
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from resolver.config import Config, load
from resolver.daemon.build import Company, Core, World, build
from resolver.lab.box import Box
from resolver.lab.pretend import Network
from resolver.net.exchange import Transport
from resolver.observe.record import Circumstances, Record
from resolver.ports import Address, Errand, Resolution, Silence
from resolver.wire import types
from resolver.wire.edns import extended_errors
from resolver.wire.message import Edns, Message, Question
from resolver.wire.presentation import name_from_text, type_from_text
from resolver.wire.reader import read
from resolver.wire.writer import query
from tests import virtual

NOW = 1_800_000_000.0


def asked_for(text: str) -> Question:
    name, rdtype = text.split()
    return Question(name_from_text(name), type_from_text(rdtype))


async def silence(
    _server: Address,
    _packet: bytes,
    timeout: float,  # noqa: ASYNC109 - the seam's word
    _accept: Callable[[bytes], bool],
) -> bytes:
    """A network where nobody is."""
    await asyncio.sleep(timeout)
    raise Silence("timeout")


class Boxed:
    """A resolver over a box.  `wall` is what its clock shows; `tables` are settings."""

    def __init__(
        self,
        box: Box,
        folder: Path,
        *,
        wall: float = NOW + 100,
        network: Transport | None = None,
        worker: int = 0,
        seed: int = 1,
        **tables: Any,
    ) -> None:
        box.write(folder / "lab.toml", 5300)
        config = load(folder / "lab.toml")
        self.config: Config = dataclasses.replace(config, **tables)
        self._box = box
        self._wall = wall
        self._network = network
        self._worker = worker
        self._seed = seed

    def core(self) -> Core:
        """Make a resolver on the running (virtual) loop."""
        clock = asyncio.get_running_loop().time
        chance = random.Random(self._seed)
        udp = self._network or Network(self._box, asyncio.sleep)
        tcp = self._network or Network(self._box, asyncio.sleep, tcp=True)

        def complain(what: str, error: BaseException) -> None:
            raise AssertionError(what) from error

        world = World(
            clock,
            udp,
            tcp,
            chance.getrandbits,
            chance,
            lambda: self._wall + clock() - virtual.START,
            asyncio.create_task,
        )
        return build(self.config, world, complain, company=Company(worker=self._worker))

    def ask(self, *texts: str) -> tuple[Message, list[Record]]:
        """Ask one after the other; give the last reply and all records, newest first."""

        async def go() -> tuple[Message, list[Record]]:
            core = self.core()
            replies = [await ask(core, text) for text in texts]
            assert core.recorder is not None
            return replies[-1], list(core.recorder)

        return virtual.run(go())


async def ask(core: Core, text: str, host: str = "127.0.0.1") -> Message:
    """Ask as a client does, over TCP."""
    packet = query(1, asked_for(text), flags=types.RD, edns=Edns())
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    core.front.packet(packet, host, True, answered.set_result)  # noqa: FBT003 - the contract's own order
    return read(await answered)


def errors(reply: Message) -> list[tuple[int, str]]:
    assert reply.edns is not None
    return extended_errors(reply.edns)


def remade(
    question: str,
    ede: tuple[tuple[int, str], ...],
    rcode: int = types.SERVFAIL,
    notes: Sequence[tuple[object, ...]] = (),
    **around: Any,
) -> Record:
    """A record as a walk would have left it; `notes` are kinds with their facts.

    A number before the kind is the note's depth.
    """
    errand = Errand(lambda: 10.0, 18.0)
    errand.note("question", asked_for(question))
    for note in notes:
        depth, kind, *facts = note if isinstance(note[0], int) else (0, *note)
        assert isinstance(depth, int)
        errand.depth = depth
        errand.note(str(kind), *facts)
    return Record(
        "x",
        asked_for(question),
        Resolution(rcode, ede=ede),
        errand,
        seconds=0.0,
        reasons=around.pop("reasons", ("failed",)),
        around=Circumstances(NOW, **around),
    )
