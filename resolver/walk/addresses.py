"""From record data to addresses that may be asked.

Two rules stand between a record in somebody's reply and a packet of ours: the
address family must be switched on, and the address must not lie in a network that
is never asked (`recursion.never_ask`: by default our own loopback, so that nobody
can point a delegation at ourselves).
"""

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Final, final

from resolver.cache.zones import NameServer
from resolver.ports import Address
from resolver.walk.scrub import Referral
from resolver.wire import types
from resolver.wire.message import RRset

# Name servers of one delegation that are used; BIND and PowerDNS 13, Unbound 20.
MAX_SERVERS: Final = 13
# Glue addresses kept of one name server; BIND 6.
MAX_GLUE: Final = 6


@final
class Addresses:
    """Turns record sets into addresses, and leaves out what must not be asked."""

    __slots__ = ("_may_ask", "_port", "families")

    def __init__(
        self,
        may_ask: Callable[[str], bool],
        port: int = 53,
        *,
        ipv4: bool = True,
        ipv6: bool = True,
    ) -> None:
        self._may_ask: Final = may_ask
        self._port: Final = port
        # The address types worth asking for, the quicker to be useful first.
        self.families: Final[tuple[int, ...]] = (
            *((types.A,) if ipv4 else ()),
            *((types.AAAA,) if ipv6 else ()),
        )

    def of(self, rrset: RRset) -> tuple[Address, ...]:
        """List the addresses in an A or AAAA record set that may be asked."""
        if rrset.rdtype not in self.families:
            return ()
        write = _ipv4 if rrset.rdtype == types.A else _ipv6
        hosts = map(write, rrset.rdatas[:MAX_GLUE])
        return tuple(Address(host, self._port) for host in hosts if self._may_ask(host))

    def of_referral(self, referral: Referral) -> tuple[NameServer, ...]:
        """List the servers of a referral with the addresses its glue gives them.

        An address that several names share is kept once: whoever lists one address
        under a hundred names gets asked there once.
        """
        glue: dict[bytes, list[Address]] = {}
        seen: set[Address] = set()
        for rrset in referral.glue:
            kept = glue.setdefault(rrset.name, [])
            for address in self.of(rrset):
                if address not in seen and len(kept) < MAX_GLUE:
                    seen.add(address)
                    kept.append(address)
        # Servers with glue first, so that the cap drops those that need a look-up.
        targets = dict.fromkeys(rdata.lower() for rdata in referral.ns.rdatas)
        ordered = sorted(targets, key=lambda name: not glue.get(name))
        return tuple(
            NameServer(name, tuple(glue.get(name, ())))
            for name in ordered[:MAX_SERVERS]
        )


def _ipv4(rdata: bytes) -> str:
    return "{}.{}.{}.{}".format(*rdata)


def _ipv6(rdata: bytes) -> str:
    return IPv6Address(rdata).compressed
