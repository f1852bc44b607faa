"""The whole examination: over pretend networks, and over loopback in the lab."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from resolver.config import Config, Recursion
from resolver.config.names import Forward
from resolver.daemon.doctor import sounding
from resolver.daemon.doctor.examine import Host, ask, examine, judge, look
from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING
from resolver.daemon.doctor.resolvconf import Names, ResolvConf
from resolver.daemon.world import world_of
from resolver.lab.sockets import running
from resolver.ports import Address
from tests.daemon.doctor.pretend import NOW, Network, unsigned, without_edns

WELL: Final = Host(
    (), Names(ResolvConf(found=True, servers=("127.0.0.1",))), (1, -1), ()
)
CHECKS: Final = [
    "port",
    "resolv_conf",
    "loop",
    "descriptors",
    "state",
    "ipv4",
    "ipv6",
    "interception",
    "edns",
    "dnssec",
    "big_answers",
    "source_ports",
    "clock",
]
ROOTS: Final = {"127.53.7.1": "a.root.", "127.53.7.2": "b.root."}
NOBODY: Final = Address("127.53.7.9")


def test_this_machine_is_looked_at_without_being_changed() -> None:
    host = look(Config())
    assert host.spots == []
    assert host.descriptors


class Faulty:
    """A server of the lab, as a pretend network has it."""

    udp = True
    tcp = True

    def __init__(self, network: Network, host: str) -> None:
        self._network = network
        self._address = Address(host)

    def replies_to(self, packet: bytes, *, tcp: bool) -> Sequence[tuple[float, bytes]]:
        transport = "tcp" if tcp else "udp"
        if (False, transport) in self._network.silent:
            return []
        reply = self._network.reply(self._address, packet, transport)
        return [] if reply is None else [(0.0, reply)]


Lab = Callable[[Network], AbstractAsyncContextManager[Config]]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Starts servers of a root on loopback, and gives the settings to ask them with."""
    monkeypatch.setattr(sounding, "PATIENCE", 0.2)

    @asynccontextmanager
    async def start(network: Network) -> AsyncIterator[Config]:
        hosts = [*ROOTS, NOBODY.host]
        servers = {host: Faulty(network, host) for host in hosts}
        hints = "".join(f". 60 NS {n}\n{n} 60 A {host}\n" for host, n in ROOTS.items())
        (tmp_path / "hints").write_text(hints)
        async with running(servers, 0) as found:
            yield Config(
                recursion=Recursion(
                    root_hints=str(tmp_path / "hints"),
                    server_port=found.port,
                    never_ask=(),
                    ipv6=False,
                )
            )

    return start


async def verdicts(network: Network, lab: Lab, wall: float = NOW) -> dict[str, str]:
    async with lab(network) as config:
        world = world_of(config)._replace(wall=lambda: wall)
        nobody = Address(NOBODY.host, config.recursion.server_port)
        try:
            found = await examine(config, world, [nobody], lambda _: WELL)
        finally:
            world.close()
    assert [it.check for it in found] == CHECKS
    return {it.check: it.verdict for it in found if it.verdict != OK}


async def test_in_a_network_without_faults_everything_is_well(lab: Lab) -> None:
    assert await verdicts(Network(ROOTS), lab) == {}


async def test_a_server_in_the_place_of_all_others_is_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.intercepted = True
    found = await verdicts(network, lab)
    assert found["interception"] == PROBLEM
    assert found.keys() == {"interception"}


async def test_a_way_that_removes_edns_is_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.rewrite = without_edns
    found = await verdicts(network, lab)
    assert found == {"edns": PROBLEM, "dnssec": PROBLEM, "clock": UNKNOWN}


async def test_a_way_that_removes_signatures_is_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.rewrite = unsigned
    found = await verdicts(network, lab)
    assert found == {"dnssec": PROBLEM, "clock": UNKNOWN}


async def test_a_way_that_cuts_datagrams_short_is_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.cut_above, network.key_bytes = 512, 200
    assert await verdicts(network, lab) == {"big_answers": WARNING}


async def test_a_way_that_loses_large_datagrams_is_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.lost_above = 1000
    assert await verdicts(network, lab) == {"big_answers": WARNING}


async def test_servers_that_are_silent_over_tcp_are_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.silent = {(False, "tcp")}
    found = await verdicts(network, lab)
    assert found == {"ipv4": PROBLEM, "big_answers": PROBLEM}


async def test_servers_that_are_silent_over_udp_are_found(lab: Lab) -> None:
    network = Network(ROOTS)
    network.silent = {(False, "udp")}
    assert (await verdicts(network, lab))["ipv4"] == PROBLEM


async def test_a_clock_that_is_wrong_is_found(lab: Lab) -> None:
    assert await verdicts(Network(ROOTS), lab, NOW + 10**7) == {"clock": PROBLEM}


async def test_where_everything_is_forwarded_the_forwarders_are_asked() -> None:
    forward = (Forward(zone=".", servers=("192.0.2.1", "192.0.2.2:5300")),)
    config = Config(forward=forward)
    network = Network({"192.0.2.1": "a", "192.0.2.2": "b"})
    replies = await ask(config, network.world())
    assert {address for address, _ in network.asked if address.port != 53} >= {
        Address("192.0.2.2", 5300)
    }
    assert not any(address.host == "192.0.2.53" for address, _ in network.asked)
    found = {it.check: it for it in judge(config, WELL, replies)}
    assert found["ipv4"].verdict == OK
    assert found["interception"].verdict == OK
    assert "forwarded" in found["interception"].evidence[0]


async def test_who_has_started_wonders_neither_about_its_port_nor_about_programs() -> (
    None
):
    replies = await ask(Config(), Network().world(), ())
    found = judge(Config(), WELL, replies, started=True)
    assert [it.check for it in found] == CHECKS[2:]
