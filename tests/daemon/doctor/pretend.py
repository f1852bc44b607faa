"""A network with faults, without sockets: what a doctor's questions come to in it."""

import random
from collections.abc import Callable, Mapping
from typing import Final

from resolver.daemon.build import World
from resolver.daemon.doctor.sounding import Server
from resolver.net.exchange import Transport, Unreachable
from resolver.ports import Address, Silence
from resolver.wire import names, types
from resolver.wire.message import Edns, Message, RRset
from resolver.wire.reader import read
from resolver.wire.writer import write

NOW: Final = 1_800_000_000
DAY: Final = 86_400
NOBODY: Final = (Address("192.0.2.53"), Address("2001:db8::53"))
SERVERS: Final = tuple(
    Server(name, Address(host))
    for name, *hosts in (
        ("a.root.", "198.51.100.1", "2001:db8:a::1"),
        ("b.root.", "198.51.100.2", "2001:db8:b::1"),
        ("c.root.", "198.51.100.3", "2001:db8:c::1"),
    )
    for host in hosts
)
NAMES: Final = {server.address.host: server.name for server in SERVERS}
_SOA: Final = b"\1a\0\1b\0" + bytes(20)
_EXAMPLE_NS: Final = RRset(b"\3com\0", types.NS, 60, (b"\1a\3net\0",))


def signature(rdtype: int, since: int, until: int) -> bytes:
    times = until.to_bytes(4, "big") + since.to_bytes(4, "big")
    head = rdtype.to_bytes(2, "big") + bytes((8, 0)) + bytes(4)
    return head + times + bytes(2) + names.ROOT + bytes(256)


class Network:
    """Honest servers of the root, but for the faults that are set.

    `rewrite` is what the way does to replies; None: it keeps them.
    """

    def __init__(self, names: Mapping[str, str] = NAMES) -> None:
        self._names = names
        self.signed = (NOW - DAY, NOW + DAY)
        self.no_route: set[bool] = set()  # of IPv6?
        self.silent: set[tuple[bool, str]] = set()  # IPv6?, transport
        self.intercepted = False
        self.identity = ""
        self.key_bytes = 300
        self.lost_above = 65_535  # bytes of a datagram
        self.cut_above = 1232
        self.rewrite: Callable[[Message], Message | None] = lambda message: message
        self.asked: list[tuple[Address, str]] = []

    def world(self, wall: float = NOW) -> World:
        dice = random.Random(1)
        return World(
            lambda: 0.0,
            self._way("udp"),
            self._way("tcp"),
            dice.getrandbits,
            dice,
            lambda: wall,
        )

    def _way(self, transport: str) -> Transport:
        async def put(
            server: Address, packet: bytes, seconds: float, accept: Callable[..., bool]
        ) -> bytes:
            self.asked.append((server, transport))
            if server.is_ipv6 in self.no_route:
                raise Unreachable("network unreachable")
            if (server.is_ipv6, transport) in self.silent:
                raise Silence("timeout")
            reply = self.reply(server, packet, transport)
            if reply is None:
                raise Silence("timeout")
            assert accept(reply)
            assert not accept(bytes(12))
            return reply

        return put

    def reply(self, server: Address, packet: bytes, transport: str) -> bytes | None:
        message = self._message(server, read(packet))
        if message is not None:
            message = self.rewrite(message)
        if message is None:
            return None
        if transport == "tcp":
            return write(message)
        if len(write(message)) > self.lost_above:
            return None
        return write(message, self.cut_above)

    def _message(self, server: Address, asked: Message) -> Message | None:
        assert asked.question is not None
        if self.intercepted:
            return self._cache(asked)
        if server.host not in self._names:
            return None
        edns = Edns() if asked.edns else None
        flags = types.QR | types.AA | asked.flags & types.RD
        reply = Message(asked.id, flags, asked.question, edns=edns)
        name, rdtype, rdclass = asked.question
        if rdclass == types.CH:
            text = (self.identity or self._names[server.host]).encode()
            data = bytes((len(text),)) + text
            reply.answer = (RRset(name, rdtype, 0, (data,), rdclass=rdclass),)
        elif rdtype == types.SOA:
            reply.answer = (self._signed(types.SOA, (_SOA,), asked),)
        elif rdtype == types.DNSKEY:
            keys = tuple(b"\1\1\3\10" + bytes((n,)) * self.key_bytes for n in range(3))
            reply.answer = (self._signed(types.DNSKEY, keys, asked),)
        else:
            reply.flags &= ~types.AA
            reply.authority = (_EXAMPLE_NS,)
        return reply

    def _cache(self, asked: Message) -> Message:
        """What a forwarder in a router says, whomever was asked."""
        assert asked.question is not None
        name, rdtype, _ = asked.question
        reply = Message(asked.id, types.QR | types.RA, asked.question)
        reply.edns = Edns() if asked.edns else None
        if rdtype == types.A:
            reply.answer = (RRset(name, types.A, 60, (b"\1\2\3\4",)),)
        elif rdtype == types.SOA:
            reply.answer = (self._signed(types.SOA, (_SOA,), asked),)
        else:
            reply.rcode = types.REFUSED
        return reply

    def _signed(self, rdtype: int, rdatas: tuple[bytes, ...], asked: Message) -> RRset:
        do = asked.edns is not None and asked.edns.do
        signatures = (signature(rdtype, *self.signed),) if do else ()
        return RRset(names.ROOT, rdtype, 60, rdatas, signatures)


def unsigned(message: Message) -> Message:
    message.answer = tuple(
        RRset(it.name, it.rdtype, it.ttl, it.rdatas, rdclass=it.rdclass)
        for it in message.answer
    )
    return message


def without_edns(message: Message) -> Message:
    message.edns = None
    return unsigned(message)
