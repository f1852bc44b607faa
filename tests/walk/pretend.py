"""A pretend Internet as a table: who answers what to whom, without sockets or time.

`internet` takes a table of (server address, "name type") to a reply in words: an
optional first line of flags and a response code, then sections in zone-file form
behind `;ANSWER`, `;AUTHORITY` and `;ADDITIONAL`.  What the table does not know is met
with silence.  `walk_over` puts a whole walk on it and `run` drives it.
"""

import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple, TypeVar

from resolver.cache.failures import Failures
from resolver.cache.infra import Servers
from resolver.cache.rrsets import RRsetCache
from resolver.cache.zones import Delegation, NameServer, ZoneCache
from resolver.net.exchange import Unreachable
from resolver.ports import Address, Ask, Errand, Hedge, Note, Resolution, Silence
from resolver.walk.addresses import Addresses
from resolver.walk.beside import Begin
from resolver.walk.cuts import Cuts
from resolver.walk.memory import Memory
from resolver.walk.root import Root, hints_delegation
from resolver.walk.walk import Walk
from resolver.wire import types
from resolver.wire.message import Message, Question
from resolver.wire.presentation import (
    name_from_text,
    rrset_text,
    rrsets_from_text,
    type_from_text,
)

T = TypeVar("T")

FLAGS = {"AA": types.AA, "RA": types.RA, "TC": types.TC}
RCODES = {
    "NXDOMAIN": types.NXDOMAIN,
    "SERVFAIL": types.SERVFAIL,
    "REFUSED": types.REFUSED,
    "YXDOMAIN": types.YXDOMAIN,
}
HINTS = ". 3600000 NS ns.root.\nns.root. 3600000 A 192.0.2.1"


def question(text: str) -> Question:
    name, kind = text.split()
    return Question(name_from_text(name), type_from_text(kind))


def reply(asked: Question, text: str) -> Message:
    """Write a reply: "AA NXDOMAIN\\n;AUTHORITY\\n. 60 SOA ..."."""
    head, *sections = text.split(";")
    flags, rcode = types.QR, types.NOERROR
    for word in head.split():
        flags |= FLAGS.get(word, 0)
        rcode = RCODES.get(word, rcode)
    parts = {"ANSWER": "", "AUTHORITY": "", "ADDITIONAL": ""}
    for section in sections:
        name, _, records = section.partition("\n")
        parts[name.strip()] = records
    answer, authority, additional = (
        tuple(rrsets_from_text(records)) for records in parts.values()
    )
    return Message(0, flags, asked, rcode, answer, authority, additional)


class Dice:
    """Always throws the same."""

    def __init__(self, value: float = 0.5) -> None:
        self.value = value

    def random(self) -> float:
        return self.value


class Clock:
    """A clock that stands still unless it is told to move."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Asked(NamedTuple):
    server: str
    question: str
    recursive: bool


class Internet:
    """Answers from a table and remembers who was asked what."""

    def __init__(self, table: Mapping[tuple[str, str], str], clock: Clock) -> None:
        self.table = dict(table)
        self.clock = clock
        self.asked: list[Asked] = []
        self.timeout = 0.4

    async def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Message:
        errand.spend_ask()
        self.asked.append(Asked(server.host, str(question), recursive))
        text = self.table.get((server.host, str(question)))
        if text is None:
            self.clock.time += self.timeout
            raise Silence("timeout")
        if text == "network unreachable":
            errand.asks_left += 1
            raise Unreachable(text)
        if text == "connection refused":
            raise Silence(text)
        return reply(question, text)

    @property
    def questions(self) -> list[str]:
        return [f"{asked.server} {asked.question}" for asked in self.asked]


class Walked(NamedTuple):
    """A walk, and the world it walks through."""

    walk: Walk
    internet: Internet
    clock: Clock
    rrsets: RRsetCache
    zones: ZoneCache
    servers: Servers
    failures: Failures

    def resolve(self, text: str) -> Resolution:
        return self.errand(text)[0]

    def errand(self, text: str) -> tuple[Resolution, Errand]:
        errand = Errand(self.clock, self.clock.time + 8.0)
        return run(self.walk.resolve(question(text), errand)), errand

    def notes(self, text: str, kind: str) -> list[Note]:
        return [note for note in self.errand(text)[1].diary if note.kind == kind]


def walk_over(
    table: Mapping[tuple[str, str], str],
    *,
    minimise: bool = False,
    prime: bool = False,
    configured: tuple[Delegation, ...] = (),
    may_ask: Callable[[str], bool] = lambda host: True,
    ipv4: bool = True,
    ipv6: bool = True,
    dice: float | random.Random = 0.5,
    clock: Clock | None = None,
    ask: Ask | None = None,
    hints: str = HINTS,
    begin: Begin | None = None,
) -> Walked:
    """Put a walk, with fresh memory, over a pretend Internet whose root is 192.0.2.1.

    `ask` stands in for the table, `begin` starts what goes on beside the walk.
    """
    clock = clock or Clock()
    internet = Internet(table, clock)
    asking = ask or internet
    rrsets, zones = RRsetCache(1_000_000), ZoneCache(1000)
    failures, absences = Failures(1000), Failures(1000, 5.0)

    def forget() -> None:
        failures.clear()
        absences.clear()

    servers = Servers(1000, forget)
    addresses = Addresses(may_ask, ipv4=ipv4, ipv6=ipv6)
    start = hints_delegation(rrsets_from_text(hints), addresses)
    chance = dice if isinstance(dice, random.Random) else Dice(dice)
    root = Root(start, asking, (zones, servers), addresses, chance, prime=prime)
    cuts = Cuts(zones, root, addresses, configured)
    walk = Walk(
        asking,
        cuts,
        (
            Memory(rrsets, frozenset(z.zone for z in configured)),
            servers,
            failures,
            absences,
        ),
        addresses,
        chance,
        begin,
        minimise=minimise,
    )
    return Walked(walk, internet, clock, rrsets, zones, servers, failures)


def configured_zone(zone: str, *hosts: str, recursive: bool) -> Delegation:
    servers = (NameServer(b"", tuple(Address(host) for host in hosts)),)
    return Delegation(name_from_text(zone), servers, float("inf"), recursive=recursive)


def lines(resolution: Resolution) -> list[str]:
    """Write the answer section, one line a record."""
    return [
        line for rrset in resolution.answer for line in rrset_text(rrset).splitlines()
    ]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Drive a coroutine that waits for nothing real."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
