import random

from resolver.daemon.doctor.sounding import (
    IDENTITY,
    KEYS,
    NOBODY,
    NOBODYS,
    RECURSIVE,
    SOA,
    TCP,
    UDP,
    Heard,
    chosen,
    sound,
)
from resolver.ports import Address
from resolver.wire import types
from resolver.wire.message import Message
from tests.daemon.doctor.pretend import SERVERS, Network


def test_some_servers_of_each_family_are_chosen_by_chance() -> None:
    drawn = {tuple(chosen(SERVERS, random.Random(it), 2)) for it in range(20)}
    assert len(drawn) > 3
    for servers in drawn:
        families = [server.address.is_ipv6 for server in servers]
        assert families == [False, False, True, True]
        assert set(servers) <= set(SERVERS)


async def heard(network: Network, *, forwarding: bool = False) -> list[Heard]:
    return await sound(network.world(), SERVERS, forwarding=forwarding)


async def test_each_server_is_asked_everything_and_nobody_is_asked_too() -> None:
    found = await heard(Network())
    for server in SERVERS:
        asked = {(it.kind, it.transport) for it in found if it.server == server}
        assert asked == {
            (SOA, UDP),
            (SOA, TCP),
            (KEYS, UDP),
            (KEYS, TCP),
            (RECURSIVE, UDP),
            (IDENTITY, UDP),
        }
    nobody = [it.server.address for it in found if it.kind == NOBODY]
    assert nobody == list(NOBODYS)


async def test_replies_are_read_and_measured() -> None:
    (soa,) = [
        it
        for it in await heard(Network())
        if (it.kind, it.transport, it.server) == (SOA, UDP, SERVERS[0])
    ]
    assert soa.message is not None
    assert soa.message.answer[0].signatures
    assert soa.size > 256


async def test_forwarders_are_asked_with_rd_and_only_what_they_can_know() -> None:
    network = Network()
    flags = []

    def note(message: Message) -> Message:
        flags.append(message.flags & types.RD)
        return message

    network.rewrite = note
    found = await heard(network, forwarding=True)
    assert {it.kind for it in found} == {SOA, KEYS}
    assert set(flags) == {types.RD}


async def test_a_lost_datagram_is_sent_again_and_a_silent_server_is_told() -> None:
    network = Network()
    lost: list[Message] = []

    def lose_the_first(message: Message) -> Message | None:
        if len(lost) < 1:
            lost.append(message)
            return None
        return message

    network.rewrite = lose_the_first
    world = network.world()
    found = await sound(world, SERVERS[:1], (), forwarding=True)
    assert all(it.message for it in found)
    network.silent = {(False, UDP)}
    found = await sound(world, SERVERS[:1], (), forwarding=True)
    told = {it.transport: (it.reason, it.sent) for it in found}
    assert told == {UDP: ("timeout", True), TCP: ("", True)}


async def test_what_cannot_leave_and_what_cannot_be_read_are_told_apart() -> None:
    network = Network()
    network.no_route = {True}
    found = [it for it in await heard(network) if it.server.address.is_ipv6]
    assert {(it.reason, it.sent) for it in found} == {("network unreachable", False)}

    async def babble(server: Address, packet: bytes, *_: object) -> bytes:
        return packet[:2] + b"\x80\0\0\7" + bytes(6) + b"what"

    world = Network().world()._replace(udp=babble, tcp=babble)
    (one, *_) = await sound(world, SERVERS[:1], ())
    assert one.message is None
    assert one.reason.startswith("malformed reply")
