"""Put a few questions to a few servers, all at once, and write down what comes back.

The servers are those of the root, for everybody can ask them and what they say is known
beforehand: they are authoritative for the root and for nothing below, they do not
recurse, they sign, and no two of them are one machine.  Where everything is forwarded
it is the forwarders that are asked; of them only some of that is known.

The questions go out as those of a walk do, through the same transports.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from resolver.daemon.build import World
from resolver.ports import Address, Dice, Silence
from resolver.wire import names, types
from resolver.wire.message import Edns, Message, Question
from resolver.wire.rdata import Malformed
from resolver.wire.reader import read
from resolver.wire.writer import query

# Seconds for one reply: ten times what it takes from far away.
PATIENCE: Final = 2.0
# A packet may be lost; two are not.
TRIES: Final = 2
# Servers of each family: enough to tell a server's trouble from ours.
SERVERS: Final = 3
# Bytes, as walks offer (RFC 9715).
BUFFER: Final = 1232

UDP: Final = "udp"
TCP: Final = "tcp"

# The kinds of question.
SOA: Final = "soa"
KEYS: Final = "keys"
RECURSIVE: Final = "recursive"
IDENTITY: Final = "identity"
NOBODY: Final = "nobody"

_EXAMPLE: Final = b"\7example\3com\0"
QUESTIONS: Final = {
    SOA: Question(names.ROOT, types.SOA),
    KEYS: Question(names.ROOT, types.DNSKEY),
    RECURSIVE: Question(_EXAMPLE, types.A),
    IDENTITY: Question(b"\x08hostname\4bind\0", types.TXT, types.CH),
    NOBODY: Question(_EXAMPLE, types.A),
}
_WITH_RD: Final = frozenset((RECURSIVE, NOBODY))
_HEADER: Final = 12

# Addresses for documentation (RFC 5737, RFC 3849): no server ever has one.
NOBODYS: Final = (Address("192.0.2.53"), Address("2001:db8::53"))


class Server(NamedTuple):
    """Whom to ask; `name` tells which addresses are those of one server."""

    name: str
    address: Address


class Heard(NamedTuple):
    """What came of a question.

    `message` is None where nothing usable came, for `reason`; `sent` is False if no
    packet could leave this host.  `size` is in bytes, `seconds` how long it took.
    """

    kind: str
    server: Server
    transport: str
    message: Message | None
    size: int = 0
    seconds: float = 0.0
    reason: str = ""
    sent: bool = True


def chosen(servers: Sequence[Server], dice: Dice, count: int = SERVERS) -> list[Server]:
    """Choose at most `count` servers of each family, by chance."""
    found: list[Server] = []
    for is_ipv6 in (False, True):
        family = [it for it in servers if it.address.is_ipv6 is is_ipv6]
        found += sorted(family, key=lambda _: dice.random())[:count]
    return found


async def sound(
    world: World,
    servers: Sequence[Server],
    nobodys: Sequence[Address] = NOBODYS,
    *,
    forwarding: bool = False,
) -> list[Heard]:
    """Ask servers everything, at once; takes `TRIES * PATIENCE` seconds at most.

    `nobodys` are asked, too: where something answers for them, it is no server.
    """
    plan = [
        (kind, server, transport)
        for server in servers
        for kind, transport in (
            (SOA, UDP),
            (SOA, TCP),
            (KEYS, UDP),
            (KEYS, TCP),
            (RECURSIVE, UDP),
            (IDENTITY, UDP),
        )
        if not forwarding or kind in {SOA, KEYS}
    ]
    if not forwarding:
        families = {server.address.is_ipv6 for server in servers}
        plan += [
            (NOBODY, Server("nobody", address), UDP)
            for address in nobodys
            if address.is_ipv6 in families
        ]
    return await asyncio.gather(
        *(_hear(world, *one, forwarding=forwarding) for one in plan)
    )


async def _hear(
    world: World, kind: str, server: Server, transport: str, *, forwarding: bool
) -> Heard:
    """Ask one server one thing."""
    flags = types.RD if forwarding or kind in _WITH_RD else 0
    edns = Edns(BUFFER, do=kind in {SOA, KEYS})
    way = world.udp if transport == UDP else world.tcp
    heard = Heard(kind, server, transport, None)
    for _ in range(TRIES if transport == UDP else 1):
        packet = query(world.random_bits(16), QUESTIONS[kind], flags=flags, edns=edns)
        started = world.clock()
        try:
            reply = await way(server.address, packet, PATIENCE, _replies_to(packet))
        except Silence as silence:
            heard = heard._replace(reason=str(silence), sent=silence.sent)
            continue
        return _read(heard, reply, world.clock() - started)
    return heard


def _read(heard: Heard, reply: bytes, seconds: float) -> Heard:
    heard = heard._replace(size=len(reply), seconds=seconds, reason="", sent=True)
    try:
        return heard._replace(message=read(reply))
    except Malformed as error:
        return heard._replace(reason=f"malformed reply: {error}")


class _Replies:
    """Accepts replies with the id of a question; who sends them is to be judged."""

    __slots__ = ("_id",)

    def __init__(self, packet: bytes) -> None:
        self._id: Final = packet[:2]

    def __call__(self, reply: bytes) -> bool:
        return (
            len(reply) >= _HEADER
            and reply[:2] == self._id
            and reply[2] >= types.QR >> 8
        )


_replies_to: Final = _Replies
