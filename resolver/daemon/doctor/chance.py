"""Are source ports hard to guess?

What a forger has to guess is the port that a question leaves from, and its id (RFC 5452).
So questions are sent to ourselves, through the transport that walks use, and the ports
that they came from are looked at.  This leaves the host out of the question, or finds it
guilty; a box for address translation behind it may still count upwards.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from math import sqrt
from typing import Final

from resolver.daemon.build import World
from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING, Finding
from resolver.daemon.doctor.sounding import QUESTIONS, SOA
from resolver.ports import Address, Silence
from resolver.wire.writer import query

SAMPLES: Final = 32
# Standard deviations of ports below which they are called poor, and good but not great;
# as DNS-OARC's porttest.  All of 64,510 ports have 18,600.
POOR: Final = 296.0
GOOD: Final = 3980.0
# Seconds: nothing leaves this host.
_PATIENCE: Final = 1.0
_LARGEST: Final = 512  # bytes of such a question, at most
_MEND: Final = (
    "a rule of this host gives questions few source ports: look for policies that allow"
    " UDP from some ports only (`nft list ruleset`, SELinux, seccomp), and for address"
    " translation on this host"
)


async def source_ports(world: World, samples: int = SAMPLES) -> list[int]:
    """Send questions to ourselves, and give the ports that they came from."""
    loop = asyncio.get_running_loop()
    ports: list[int] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mirror:
        mirror.settimeout(0)
        mirror.bind(("127.0.0.1", 0))
        here = Address(*mirror.getsockname())
        loop.add_reader(mirror, _reflect, mirror, ports)
        try:
            await asyncio.gather(*(_ask(world, here) for _ in range(samples)))
        finally:
            loop.remove_reader(mirror)
    return ports


def _reflect(mirror: socket.socket, ports: list[int]) -> None:
    """Send back what came, and note where from."""
    with suppress(OSError):  # whoever asked has given up
        packet, (host, port) = mirror.recvfrom(_LARGEST)
        ports.append(port)
        mirror.sendto(packet, (host, port))


async def _ask(world: World, here: Address) -> None:
    packet = query(world.random_bits(16), QUESTIONS[SOA])
    try:
        await world.udp(here, packet, _PATIENCE, lambda reply: reply == packet)
    except Silence:
        return  # a sample less


def judge_ports(ports: Sequence[int]) -> Finding:
    """Say whether ports look as if they had been drawn."""
    if len(ports) < SAMPLES // 2:
        seen = (f"only {len(ports)} of {SAMPLES} questions to ourselves arrived",)
        return Finding("source_ports", UNKNOWN, seen)
    spread = _deviation(ports)
    seen = (
        f"{len(set(ports))} different ports in {len(ports)} questions, from {min(ports)}"
        f" to {max(ports)}, standard deviation {spread:.0f}",
    )
    if spread < POOR or len(set(ports)) < len(ports) // 2:
        return Finding("source_ports", PROBLEM, seen, _MEND)
    if spread < GOOD:
        return Finding("source_ports", WARNING, seen, _MEND)
    return Finding("source_ports", OK, seen)


def _deviation(ports: Sequence[int]) -> float:
    """Give the standard deviation."""
    mean = sum(ports) / len(ports)
    return sqrt(sum((port - mean) ** 2 for port in ports) / len(ports))
