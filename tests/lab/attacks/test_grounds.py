"""The ground that attacks are played on."""

import asyncio

from resolver.cli.target import reception_of
from resolver.lab.attacks.grounds import LIE, TRUTH, attacker, box_of, victim
from resolver.lab.attacks.stage import Stage, data_of
from resolver.lab.virtual import run
from resolver.wire import types


def test_victim_and_attacker_are_there_and_nobody_else() -> None:
    async def story() -> None:
        stage = Stage(reception_of, box_of(victim(), attacker("")))
        assert data_of(await stage.ask("www.victim.net. A")) == (TRUTH,)
        assert data_of(await stage.ask("www.attacker.com. A")) == (LIE,)
        nobody = await stage.ask("www.nobody.org. A")
        assert nobody is not None
        assert nobody.rcode == types.NXDOMAIN
        assert data_of(nobody) == ()

    run(story())


def test_the_internet_may_change() -> None:
    async def story() -> None:
        stage = Stage(reception_of, box_of(victim()))
        stage.box = box_of()
        assert data_of(await stage.ask("www.victim.net. A")) == ()
        await asyncio.sleep(3600)
        stage.box = box_of(victim())
        assert data_of(await stage.ask("www.victim.net. A")) == (TRUTH,)

    run(story())
