"""The box: zones, the servers that have them, and what leaves a server after a query.

Everything here works without a socket: `replies_to` is a function from a server's
address and a packet to packets, so a walk can be tested over the whole Internet of the
box under a virtual clock (`pretend`).  `running` puts the same servers on loopback.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Self, final

import dns.exception
import dns.flags
import dns.message
from dns.message import Message
from dns.rcode import Rcode

from resolver.lab.answer import encode, respond
from resolver.lab.behaviours import HONEST, Asked, Behaviour, Sent
from resolver.lab.catalogue import SLOW
from resolver.lab.description import Host, Ingredient, Sample, ZoneSpec, build_zones
from resolver.lab.sign import SLOW_TO_MAKE, Key, make_key
from resolver.lab.sockets import Running, running
from resolver.lab.world import standard
from resolver.lab.zones import Zone, ZoneSet

# The port the box listens on unless told otherwise: DNS's own, times a hundred.
PORT: Final = 5300
# Where the resolver of `config_text` listens; not 53, which needs privileges.
RESOLVER: Final = ("127.0.0.1:5353",)

_HEADER: Final = 12  # bytes, RFC 1035 section 4.1.1


class Packet(NamedTuple):
    """A packet on its way back, `after` so many seconds.  Empty over TCP: hang up."""

    after: float
    data: bytes


@final
class Server:
    """One address of the box: what it serves and how it behaves."""

    def __init__(self, zones: Iterable[Zone], behaviour: Behaviour) -> None:
        self.behaviour: Final = behaviour
        self._zones: Final = ZoneSet(zones)
        self._answering: Final = behaviour.wrap(self._answer)

    @property
    def udp(self) -> bool:
        """Say whether it listens on UDP."""
        return self.behaviour.udp

    @property
    def tcp(self) -> bool:
        """Say whether it listens on TCP."""
        return self.behaviour.tcp

    def replies_to(self, packet: bytes, *, tcp: bool) -> tuple[Packet, ...]:
        """Give what leaves the server after a packet, in order; nothing is silence."""
        if not (self.tcp if tcp else self.udp):
            return ()
        try:
            query = dns.message.from_wire(packet)
        except (dns.exception.DNSException, ValueError):
            return _formerr(packet)
        if query.flags & dns.flags.QR:
            return ()  # never answer an answer
        asked = Asked(query, tcp)
        answering = self._answering if len(query.question) == 1 else self._answer
        packets = (_encode(sent, asked) for sent in answering(asked))
        return tuple(sorted(packets, key=lambda packet: packet.after))

    def _answer(self, asked: Asked) -> tuple[Sent, ...]:
        return (Sent(respond(self._zones, asked.query)),)


@final
class Box:
    """An Internet of its own.

    `signed` is True for all zones that do not say otherwise, or the origins of some (a
    signed zone below an unsigned one is an island of security).  `now` is when the
    signatures are made, in seconds since 1970.
    """

    def __init__(
        self,
        ingredients: Sequence[Ingredient],
        *,
        signed: bool | Collection[str] = False,
        now: float | None = None,
    ) -> None:
        self.ingredients: Final = tuple(ingredients)
        specs = [spec for each in ingredients for spec in each.zones]
        self._root_hosts: Final = _root_hosts(specs)
        self.keys: Final = _keys([spec for spec in specs if _is_signed(spec, signed)])
        when = datetime.now(UTC).timestamp() if now is None else now
        zones = build_zones(specs, self.keys, when)
        self.zones: Final = {
            spec.origin: zone for spec, zone in zip(specs, zones, strict=True)
        }
        self.servers: Final = _servers(specs, self.zones)

    @classmethod
    def standard(
        cls,
        *,
        signed: bool | Collection[str] = False,
        delay: float = SLOW,
        ipv6: bool = True,
        now: float | None = None,
    ) -> Self:
        """Make the box that `resolver lab` runs; `delay` is that of slow servers."""
        return cls(standard(delay, ipv6=ipv6), signed=signed, now=now)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Give questions for a resolver that uses the box, with what is right."""
        return tuple(sample for each in self.ingredients for sample in each.samples)

    @property
    def hints_text(self) -> str:
        """Give the root hints, as `recursion.root_hints` wants them."""
        lines = []
        for host in self._root_hosts:
            lines.append(f". 3600000 NS {host.name}")
            for address in host.addresses:
                kind = "AAAA" if ":" in address else "A"
                lines.append(f"{host.name} 3600000 {kind} {address}")
        return "".join(f"{line}\n" for line in lines)

    @property
    def anchor_text(self) -> str:
        """Give the root's key as a DNSKEY record; empty when the root is unsigned."""
        key: Key | None = self.keys.get(".")
        return "" if key is None else f"{key.anchor('.')}\n"

    def replies_to(
        self, address: str, packet: bytes, *, tcp: bool = False
    ) -> tuple[Packet, ...]:
        """Give what comes back when a packet is sent to an address of the box."""
        server = self.servers.get(address)
        return () if server is None else server.replies_to(packet, tcp=tcp)

    def respond_to(
        self, address: str, packet: bytes, *, tcp: bool = False
    ) -> bytes | None:
        """Give the last packet that comes back, whenever that is; None is silence.

        Where a server sends several, the last is the one it means.
        """
        replies = self.replies_to(address, packet, tcp=tcp)
        return replies[-1].data or None if replies else None

    def refuses(self, address: str, *, tcp: bool = False) -> bool:
        """Say whether nobody listens there, so that the kernel would refuse."""
        server = self.servers.get(address)
        return server is None or not (server.tcp if tcp else server.udp)

    def config_text(
        self, port: int, listen: Sequence[str] = RESOLVER, name: str = "lab"
    ) -> str:
        """Write a resolver.toml for a resolver that uses the box at a port.

        It expects `hints_text` in NAME.hints and, if the box is signed, `anchor_text`
        in NAME.anchor, in its own folder.
        """
        signed = bool(self.anchor_text)
        settings: tuple[tuple[str, str, object], ...] = (
            ("listen", "plain", list(listen)),
            ("server", "self_check", False),
            ("control", "path", f"{name}.sock"),
            ("recursion", "root_hints", f"{name}.hints"),
            ("recursion", "server_port", port),
            ("recursion", "never_ask", []),
            ("dnssec", "validate", signed),
            ("dnssec", "trust_anchors", [f"{name}.anchor"] if signed else []),
        )
        lines = ["# For a resolver whose Internet is the lab."]
        for table, key, value in settings:
            if f"[{table}]" not in lines:
                lines += ["", f"[{table}]"]
            lines.append(f"{key} = {json.dumps(value)}")
        return "".join(f"{line}\n" for line in lines)

    def write(self, config: Path, port: int, listen: Sequence[str] = RESOLVER) -> None:
        """Write `config_text` to a file, and the files it names beside it."""
        config.write_text(self.config_text(port, listen, config.stem))
        config.with_suffix(".hints").write_text(self.hints_text)
        if self.anchor_text:
            config.with_suffix(".anchor").write_text(self.anchor_text)

    def running(self, port: int = PORT) -> AbstractAsyncContextManager[Running]:
        """Run all servers on loopback; see `sockets.running`."""
        return running(self.servers, port)


def _encode(sent: Sent, asked: Asked) -> Packet:
    content = sent.content
    if isinstance(content, Message):
        content = encode(content, asked.query, tcp=asked.tcp)
    return Packet(sent.after, content)


def _formerr(packet: bytes) -> tuple[Packet, ...]:
    """Answer what cannot be read, as far as there is a header to answer."""
    if len(packet) < _HEADER or packet[2] & 0x80:
        return ()
    reply = Message(id=int.from_bytes(packet[:2], "big"))
    reply.flags = dns.flags.QR
    reply.set_rcode(Rcode.FORMERR)
    return (Packet(0.0, reply.to_wire()),)


def _keys(specs: Sequence[ZoneSpec]) -> dict[str, Key]:
    """Make the keys of zones.

    RSA keys take a while to make, so all zones that want the same kind share one.
    """
    shared: dict[tuple[int, int], Key] = {}
    keys = {}
    for spec in specs:
        kind = (spec.signing.algorithm, spec.signing.fault.flags)
        if kind[0] in SLOW_TO_MAKE and kind in shared:
            keys[spec.origin] = shared[kind]
        else:
            keys[spec.origin] = shared[kind] = make_key(*kind)
    return keys


def _is_signed(spec: ZoneSpec, signed: bool | Collection[str]) -> bool:  # noqa: FBT001 - one of two ways to say which
    if isinstance(signed, bool):
        return signed and spec.signed
    return spec.origin in signed


def _root_hosts(specs: Sequence[ZoneSpec]) -> tuple[Host, ...]:
    for spec in specs:
        if spec.origin == ".":
            return spec.hosts
    raise ValueError("an Internet needs a root")


def _servers(specs: Sequence[ZoneSpec], zones: dict[str, Zone]) -> dict[str, Server]:
    """Gather what each address serves; it behaves in one way, whatever the zone."""
    serving: dict[str, list[Zone]] = {}
    behaviours: dict[str, Behaviour] = {}
    for spec in specs:
        for host in spec.hosts:
            for address in host.addresses:
                serving.setdefault(address, []).append(zones[spec.origin])
                known = behaviours.setdefault(address, host.behaviour)
                if known != host.behaviour:
                    raise ValueError(f"{address} cannot behave in two ways")
    return {
        address: Server(served, behaviours.get(address, HONEST))
        for address, served in serving.items()
    }
