"""Is it the server that fails, or our way to all of them?

A host may have IPv6 addresses and no IPv6 beyond the next router, or the reverse; it may
be cut off altogether for a while.  Then time-outs say nothing about the servers that
they are charged to.  `Reach` looks at all of them together:

*A family is broken* when the system says that there is no route for it, and when
servers in several networks of it keep silent while the other family gets answers.  It
is avoided then, and tried again with one question a minute.  Budgets eaten by a dead
IPv6 are Unbound's issues 422, 1194 and 1234.

*We are cut off* when servers in several networks have kept silent for some seconds and
nobody has answered.  The first answer after that means that the network is back, and
what was learnt from the silence is not true any more: Unbound's issues 830 and 1461
tell of root servers that stayed down for days.  Until then a few questions in a second
are enough to find out.

While all is well, `calm` is True and nothing here is worth calling.
"""

from typing import Final, final

from resolver.ports import Address

# Networks of one family that have to keep silent in a row; Knot 6 prefixes.
SILENT_NETWORKS: Final = 6
# Seconds before a broken family is tried again.
FAMILY_REST: Final = 60.0
# What it takes to believe that we are cut off: so many networks, silent in a row for so
# many seconds.  Several zones are dead at the same time more often than one thinks, so
# not less; and who is wrong about it only asks some dead servers again.
CUT_OFF_NETWORKS: Final = 3
CUT_OFF_SECONDS: Final = 3.0
# Seconds between two questions to servers that are down, while we are cut off.
CUT_OFF_PACE: Final = 0.25
# What the system says when it is the family that it cannot serve.
NO_ROUTE: Final = frozenset(
    (
        "network unreachable",
        "cannot assign requested address",
        "address family not supported by protocol",
    )
)

_NEVER: Final = float("-inf")


@final
class _Family:
    """What is known about the way to the servers of one address family."""

    __slots__ = ("answered_at", "avoided", "retry_at", "silent", "silent_since")

    def __init__(self) -> None:
        # The networks that have kept silent since the last answer, and since when.
        self.silent: Final[set[str]] = set()
        self.silent_since = 0.0
        self.answered_at = _NEVER
        self.avoided = False
        self.retry_at = 0.0

    def avoid(self, now: float) -> None:
        """Have nobody ask servers of this family for a while."""
        if not self.avoided:
            self.avoided = True
            self.retry_at = now + FAMILY_REST


@final
class Reach:
    """Whether the address families work, and the network at all.  Times in seconds."""

    __slots__ = ("_families", "_next_probe", "_silent", "_silent_since", "calm")

    def __init__(self) -> None:
        self._families: Final = (_Family(), _Family())
        # The networks, some of them, that have kept silent since anybody answered.
        self._silent: Final[set[str]] = set()
        self._silent_since = 0.0
        self._next_probe = 0.0
        # Nobody keeps silent, and no family is avoided.
        self.calm = True

    def timed_out(self, address: Address, now: float) -> None:
        """Note that a server has kept silent."""
        network = _network(address)
        self._note_silence(network, now)
        family, other = self._family(address), self._other(address)
        if not family.silent:
            family.silent_since = now
        if len(family.silent) < SILENT_NETWORKS:
            family.silent.add(network)
        elif other.answered_at >= family.silent_since:
            family.avoid(now)

    def unreachable(self, address: Address, reason: str, now: float) -> None:
        """Note that the system could not send a packet to a server, and why."""
        self._note_silence(_network(address), now)
        if reason in NO_ROUTE:
            self._family(address).avoid(now)

    def answered(self, address: Address, now: float) -> bool:
        """Note that a server has answered; not needed while all is calm.

        Gives whether this is the first answer after we were cut off.
        """
        family, other = self._family(address), self._other(address)
        back = self.is_cut_off(now)
        self._silent.clear()
        family.avoided = False
        family.silent.clear()
        family.answered_at = now
        if back:
            other.silent.clear()
        self.calm = not (other.avoided or other.silent)
        return back

    def avoids(self, address: Address) -> bool:
        """Say whether a server's family is broken, while the other one works."""
        return self._family(address).avoided and not self._other(address).avoided

    def is_broken(self, *, is_ipv6: bool) -> bool:
        """Say the same of a family."""
        families = self._families
        return families[is_ipv6].avoided and not families[not is_ipv6].avoided

    def may_retry(self, address: Address, now: float) -> bool:
        """Say whether it is time to ask a server of a broken family, and count it."""
        family = self._family(address)
        if now < family.retry_at:
            return False
        family.retry_at = now + FAMILY_REST
        return True

    def is_cut_off(self, now: float) -> bool:
        """Say whether nobody at all answers, as far as one can know."""
        return (
            len(self._silent) >= CUT_OFF_NETWORKS
            and now - self._silent_since >= CUT_OFF_SECONDS
        )

    def may_probe(self, now: float) -> bool:
        """Say whether another question may go to a server that is down, and count it."""
        if self.calm or not self.is_cut_off(now):
            return True
        if now < self._next_probe:
            return False
        self._next_probe = now + CUT_OFF_PACE
        return True

    def reset(self) -> None:
        """Forget everything: the network is not the one it was."""
        self._silent.clear()
        for family in self._families:
            family.silent.clear()
            family.avoided = False
            family.answered_at = _NEVER
        self.calm = True

    def _note_silence(self, network: str, now: float) -> None:
        self.calm = False
        if not self._silent:
            self._silent_since = now
        if len(self._silent) < CUT_OFF_NETWORKS:
            self._silent.add(network)

    def _family(self, address: Address) -> _Family:
        return self._families[1 if address.is_ipv6 else 0]

    def _other(self, address: Address) -> _Family:
        return self._families[0 if address.is_ipv6 else 1]


def _network(address: Address) -> str:
    """Give what servers in one network have in common: a /24, roughly a /48."""
    if address.is_ipv6:
        return ":".join(address.host.split(":")[:3])
    return address.host.rpartition(".")[0]
