"""The Internet in poor health."""

import random

from benchmarks.soak.internet import LOSS, ZONES, Internet, Lossy, box_of, origin
from resolver.lab.attacks.stage import packet_of
from resolver.lab.virtual import run


def test_one_server_in_twenty_is_dead() -> None:
    box = box_of(1)
    servers = [
        box.servers[f"127.53.{2 + which}.{number + 1}"]
        for number in range(ZONES)
        for which in (1, 2)
    ]
    packets = [packet_of(f"www.{origin(number // 2)} A") for number in range(2 * ZONES)]
    dead = [
        server
        for server, packet in zip(servers, packets, strict=True)
        if not server.replies_to(packet, tcp=False)
    ]
    assert len(dead) == 2 * ZONES // 20
    # Some say nothing, with others nobody is there.
    assert {server.udp for server in dead} == {True, False}


def test_one_reply_in_a_hundred_is_lost_and_none_over_tcp() -> None:
    box = box_of(1)
    lossy = Lossy(box.servers["127.53.0.1"], random.Random(3))
    packet = packet_of("www.nothing-here. A")
    lost = sum(not lossy.replies_to(packet, tcp=False) for _ in range(2000))
    assert 0.3 * LOSS < lost / 2000 < 3 * LOSS
    assert all(lossy.replies_to(packet, tcp=True) for _ in range(500))


def test_every_zone_has_what_is_asked_for() -> None:
    box = box_of(7)
    packet = packet_of(f"anything.{origin(5)} A")
    reply = box.respond_to("127.53.4.6", packet)
    assert reply is not None
    assert bytes((192, 0, 2, 7)) in reply


def test_it_comes_back_changed_at_the_same_port() -> None:
    async def story() -> None:
        internet = Internet()
        await internet.open()
        port = internet.port
        await internet.outage()
        assert (internet.port, internet.generation) == (port, 2)
        await internet.close()

    run(story())
