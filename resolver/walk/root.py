"""Where every walk that knows nothing begins: the root.

The hints are addresses that somebody wrote down once.  The first question of all is
put to them: who serves the root now (priming, RFC 9609)?  What they answer is used
and kept like any delegation until its TTL is over, then the hints are asked again.
Where priming fails the hints themselves serve, and a while later it is tried anew.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, final

from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation, NameServer, ZoneCache
from resolver.ports import Ask, Dice, Errand, Silence
from resolver.walk.addresses import Addresses
from resolver.walk.choose import Candidates
from resolver.walk.scrub import Answer, Referral, glue, judge
from resolver.wire import names, types
from resolver.wire.message import Message, Question, RRset

PRIMING: Final = Question(names.ROOT, types.NS)
# Seconds before a failed priming is tried again; the hints serve meanwhile.
PRIMING_RETRY: Final = 10.0
# Hints asked, at most, for one priming; each may take a time-out.
MAX_PRIMING_TRIES: Final = 3

NEVER: Final = float("inf")


def read_hints(text: str) -> list[RRset]:
    """Read hints as we ship them: `name ttl type data` on each line, names plain.

    A zone-file parser would take longer to load than everything else at start; files
    of others get one (`wire.presentation`).  Raises ValueError for anything else.
    """
    found: dict[tuple[bytes, int], list[bytes]] = {}
    for line in text.splitlines():
        words = line.partition(";")[0].split()
        if not words:
            continue
        owner, _, kind, data = words
        if kind not in _HINTS:
            raise ValueError(f"no hint: {line}")
        rdtype, encode = _HINTS[kind]
        found.setdefault((_plain_name(owner), rdtype), []).append(encode(data))
    return [
        RRset(name, rdtype, _HINTS_TTL, tuple(rdatas))
        for (name, rdtype), rdatas in found.items()
    ]


def _plain_name(text: str) -> bytes:
    labels = text.lower().rstrip(".").encode("ascii").split(b".")
    return b"".join(bytes((len(label),)) + label for label in labels if label) + b"\0"


def _address(text: str) -> bytes:
    return ip_address(text).packed


# Hints do not age: the program that ships them does.
_HINTS_TTL: Final = 3_600_000
_HINTS: Final[dict[str, tuple[int, Callable[[str], bytes]]]] = {
    "NS": (types.NS, _plain_name),
    "A": (types.A, _address),
    "AAAA": (types.AAAA, _address),
}


def hints_delegation(records: list[RRset], addresses: Addresses) -> Delegation:
    """Make the root's delegation from hints: its NS set and their A and AAAA sets.

    Raises ValueError when no name server with a usable address is among them.
    """
    for rrset in records:
        if rrset.rdtype == types.NS and rrset.name == names.ROOT:
            referral = Referral(names.ROOT, rrset, tuple(records))
            servers = addresses.of_referral(referral)
            if any(server.addresses for server in servers):
                return Delegation(names.ROOT, servers, NEVER)
    raise ValueError("no NS record of the root with an address that may be asked")


@final
class Root:
    """Knows the root's servers: from priming, or from the hints."""

    __slots__ = (
        "_addresses",
        "_ask",
        "_dice",
        "_hints",
        "_prime",
        "_retry_at",
        "_servers",
        "_zones",
    )

    def __init__(
        self,
        hints: Delegation,
        ask: Ask,
        memory: tuple[ZoneCache, Servers],
        addresses: Addresses,
        dice: Dice,
        *,
        prime: bool,
    ) -> None:
        self._hints: Final = hints
        self._ask: Final = ask
        self._zones: Final = memory[0]
        self._servers: Final = memory[1]
        self._addresses: Final = addresses
        self._dice: Final = dice
        self._prime: Final = prime
        self._retry_at = -NEVER

    async def delegation(self, errand: Errand) -> Delegation:
        """Give the root's delegation, primed if that is wanted and works.

        Raises Spent when the errand ends while priming.
        """
        known = self._zones.get(names.ROOT, errand.now())
        if known is not None:
            return known
        if not self._prime or errand.now() < self._retry_at:
            return self._hints
        errand.note("zone", names.ROOT)
        candidates = Candidates(self._hints, self._servers, self._dice)
        for _ in range(MAX_PRIMING_TRIES):
            address = candidates.best(errand.now(), hedged=False)
            if address is None:
                break
            try:
                reply = await self._ask(address, PRIMING, errand)
            except Silence as silence:
                candidates.failed(address, str(silence), hopeless=False)
                continue
            primed = self._read(reply, errand)
            if primed is not None:
                return primed
            candidates.failed(address, "no NS set of the root", hopeless=True)
        self._retry_at = errand.now() + PRIMING_RETRY
        return self._hints

    def _read(self, reply: Message, errand: Errand) -> Delegation | None:
        """Take the root's NS set and its servers' addresses from a priming reply.

        A server whose address did not come along keeps the one of the hints.
        """
        outcome = judge(reply, PRIMING, names.ROOT, recursive=True)
        errand.note("verdict", outcome)
        if not isinstance(outcome, Answer):
            return None
        found = glue(outcome.rrset, reply, names.ROOT)
        referral = Referral(names.ROOT, outcome.rrset, found)
        hinted = {server.name: server.addresses for server in self._hints.servers}
        servers = tuple(
            NameServer(server.name, server.addresses or hinted.get(server.name, ()))
            for server in self._addresses.of_referral(referral)
        )
        if not any(server.addresses for server in servers):
            return None
        now = errand.now()
        return self._zones.put(names.ROOT, servers, outcome.rrset.ttl, NEVER, now)
