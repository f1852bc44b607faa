"""What a stage counts, and what its transports do."""

import asyncio
from collections.abc import Callable

from resolver.cli.target import reception_of
from resolver.config import Config
from resolver.lab.attacks.grounds import TRUTH, attacker, box_of, victim
from resolver.lab.attacks.stage import Outside, Stage, data_of
from resolver.lab.catalogue import named
from resolver.lab.description import Host, ZoneSpec
from resolver.lab.virtual import run
from resolver.net.front import Reception
from resolver.net.outlet import Send


def test_packets_questions_and_bytes_are_counted() -> None:
    async def story() -> None:
        stage = Stage(reception_of, box_of(victim()))
        await stage.ask("www.victim.net. A")
        first = stage.cost
        # The root for its servers and for net., net. for victim.net., and that.
        assert (first.questions, first.packets, first.worst) == (1, 4, 4)
        assert first.received > 4 * 40
        assert first.sent > 40
        assert first.amplification == 4.0
        assert 0 < first.cpu < 1
        await stage.ask("www.victim.net. A")
        assert stage.cost[:3] == (2, 4, 4)
        stage.begin()
        assert stage.cost[:5] == (0, 0, 0, 0, 0)

    run(story())


def test_questions_may_be_open_together() -> None:
    async def story() -> None:
        stage = Stage(reception_of, box_of(victim(records=f"* A {TRUTH}")))
        waiting = [stage.send(f"n{number}.victim.net. A") for number in range(5)]
        before = asyncio.get_running_loop().time()
        assert all(await asyncio.gather(*waiting))
        assert asyncio.get_running_loop().time() - before < 0.2

    run(story())


def test_truncation_silence_and_hanging_up_are_as_on_the_network() -> None:
    async def story() -> None:
        zones = [
            ZoneSpec(
                f"{kind}.com.",
                (Host(f"ns.{kind}.com.", (f"198.51.100.{last}",), named(kind)),),
                "www A 203.0.113.9",
            )
            for last, kind in enumerate(("truncates", "silent", "hangs-up"), 100)
        ]
        stage = Stage(reception_of, box_of(*zones))
        assert data_of(await stage.ask("www.truncates.com. A")) == ("203.0.113.9",)
        assert data_of(await stage.ask("www.hangs-up.com. A")) == ("203.0.113.9",)
        assert data_of(await stage.ask("www.silent.com. A")) == ()

    run(story())


def test_an_intruder_sees_queries_over_udp_and_speaks_first() -> None:
    async def story() -> None:
        seen: list[bytes] = []

        def intrude(packet: bytes, accept: Callable[[bytes], bool]) -> bytes | None:
            seen.append(packet)
            assert not accept(b"nonsense")
            return None

        stage = Stage(reception_of, box_of(attacker("")), intruder=intrude)
        await stage.ask("www.attacker.com. A")
        assert len(seen) == stage.packets

    run(story())


def test_what_the_resolver_reports_of_itself_is_kept() -> None:
    class Broken:
        def known(self, packet: bytes, host: str) -> bytes | None:
            return None

        def packet(
            self,
            packet: bytes,
            host: str,
            stream: bool,  # noqa: FBT001 - as Front.packet
            send: Send,
        ) -> None:
            send(b"")

    def build(
        config: Config,
        outside: Outside,
        on_error: Callable[[str, BaseException], None],
    ) -> Reception:
        on_error("a packet", ValueError("no good"))
        return Broken()

    async def story() -> None:
        stage = Stage(build, box_of(victim()))
        assert await stage.ask("www.victim.net. A") is None
        assert stage.errors == ["a packet: ValueError('no good')"]

    run(story())
