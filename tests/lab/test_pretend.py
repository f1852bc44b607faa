import asyncio

import dns.message
import pytest

from resolver.lab.box import Box
from resolver.lab.pretend import ROUND_TRIP, Clock, Network
from resolver.ports import Address, Silence
from tests import virtual

BOX = Box.standard(now=1_800_000_000.0)
ROOT = Address("127.53.0.1", 5300)
HOSTS = {
    host.behaviour.name: Address(host.addresses[0], 5300)
    for ingredient in BOX.ingredients
    for spec in ingredient.zones
    for host in spec.hosts
    if host.addresses and spec.origin == f"{host.behaviour.name}.com."
}


def query(behaviour: str) -> bytes:
    return dns.message.make_query(f"www.{behaviour}.com.", "A").to_wire()


def accepts_all(packet: bytes) -> bool:
    return True


async def test_a_reply_takes_a_round_trip_and_tcp_two() -> None:
    clock = Clock(5.0)
    udp, tcp = Network(BOX, clock.sleep), Network(BOX, clock.sleep, tcp=True)
    packet = query("terse")
    reply = await udp(HOSTS["terse"], packet, 1.0, accepts_all)
    assert reply == BOX.respond_to(HOSTS["terse"].host, packet)
    assert clock() == 5.0 + ROUND_TRIP
    await tcp(HOSTS["terse"], packet, 1.0, accepts_all)
    assert clock() == pytest.approx(5.0 + 3 * ROUND_TRIP)
    assert udp.asked == tcp.asked == [HOSTS["terse"]]


async def test_silence_takes_as_long_as_one_waits() -> None:
    clock = Clock()
    with pytest.raises(Silence, match="timeout"):
        await Network(BOX, clock.sleep)(
            HOSTS["silent"], query("silent"), 0.4, accepts_all
        )
    assert clock() == pytest.approx(0.4)


async def test_what_is_too_late_is_silence() -> None:
    clock = Clock()
    network = Network(BOX, clock.sleep)
    with pytest.raises(Silence, match="timeout"):
        await network(HOSTS["slow"], query("slow"), 0.4, accepts_all)
    assert clock() == pytest.approx(0.4)
    assert await network(HOSTS["slow"], query("slow"), 1.0, accepts_all)
    assert clock() == pytest.approx(0.4 + 0.6 + ROUND_TRIP)


async def test_where_nobody_listens_it_is_refused_at_once() -> None:
    clock = Clock()
    for server, behaviour in (
        (HOSTS["dead"], "dead"),
        (Address("127.53.77.77", 5300), "x"),
    ):
        with pytest.raises(Silence, match="refused"):
            await Network(BOX, clock.sleep)(server, query(behaviour), 9.0, accepts_all)
    assert clock() < 0.1


async def test_a_server_that_hangs_up_says_so() -> None:
    clock = Clock()
    network = Network(BOX, clock.sleep, tcp=True)
    with pytest.raises(Silence, match="closed"):
        await network(HOSTS["hangs-up"], query("hangs-up"), 3.0, accepts_all)


async def test_unacceptable_packets_do_not_end_the_wait() -> None:
    clock = Clock()
    packet = query("wrong-id-first")
    reply = await Network(BOX, clock.sleep)(
        HOSTS["wrong-id-first"], packet, 1.0, lambda each: each[:2] == packet[:2]
    )
    assert reply == BOX.respond_to(HOSTS["wrong-id-first"].host, packet)
    with pytest.raises(Silence, match="timeout"):
        await Network(BOX, clock.sleep)(ROOT, packet, 1.0, lambda each: False)


def test_questions_overlap_on_a_loop_in_virtual_time() -> None:
    async def both() -> float:
        network = Network(BOX, asyncio.sleep)
        start = asyncio.get_running_loop().time()
        await asyncio.gather(
            *(network(HOSTS["slow"], query("slow"), 2.0, accepts_all) for _ in "ab")
        )
        return asyncio.get_running_loop().time() - start

    assert virtual.run(both()) == pytest.approx(0.6 + ROUND_TRIP)
