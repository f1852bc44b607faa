"""Is this address in one of these networks?

Used twice: for the access list (who may ask us) and for `never_ask` (whom we do not
ask).  The same few hosts come again and again, so what was decided about a host is
remembered, in a table that is simply emptied when it is full.
"""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, final

# Where no server is, whatever a delegation says (RFC 6890 and its registries): this
# host, link-local without a link, multicast and broadcast.  Private and shared address
# space is not among them: name servers of one's own are there, and their zones need not
# be configured.  Nor is loopback, which a lab may use.
NO_SERVERS: Final = (
    "0.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "fe80::/10",
    "ff00::/8",
)
# Hosts whose membership is remembered: about 100 bytes each.
REMEMBERED_HOSTS: Final = 65_536


@final
class Networks:
    """A set of IP networks, each written as `192.0.2.0/24` or `2001:db8::/32`.

    Raises ValueError for text that is no network.
    """

    __slots__ = ("_known", "_networks")

    def __init__(self, networks: tuple[str, ...]) -> None:
        self._networks: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
            ip_network(text, strict=False) for text in networks
        )
        self._known: Final[dict[str, bool]] = {}

    def contains(self, host: str) -> bool:
        """Say whether an address lies in one of the networks.

        A scope (`fe80::1%eth0`) is ignored; an IPv4 address that came mapped into
        IPv6 (`::ffff:192.0.2.1`) counts as what it is.
        """
        known = self._known.get(host)
        if known is not None:
            return known
        if len(self._known) >= REMEMBERED_HOSTS:
            self._known.clear()
        answer = self._look(host)
        self._known[host] = answer
        return answer

    def _look(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
