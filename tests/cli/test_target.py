"""The resolver that attacks are played on."""

from resolver.cli.target import reception_of
from resolver.lab.attacks.grounds import TRUTH, box_of, victim
from resolver.lab.attacks.stage import Stage, data_of
from resolver.lab.virtual import run
from resolver.net.front import Front


def test_it_is_a_whole_resolver_without_sockets() -> None:
    async def story() -> None:
        stage = Stage(reception_of, box_of(victim()))
        assert isinstance(stage.reception, Front)
        assert data_of(await stage.ask("www.victim.net. A")) == (TRUTH,)

    run(story())
