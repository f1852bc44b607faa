"""How many clients may wait, in all and of one network.

Whoever waits takes memory here and a reply later, and both can be turned into a weapon:
against us, with more questions than there is room for; against others, with questions
whose replies are collected here and let go all at once (DNSBomb, CVE-2024-33655).  So
everybody who waits is counted, in all and for each network, and beyond a limit nobody
is taken.

A network is what one client can speak for: an IPv4 address, or the 64 bits of an IPv6
address that a router gives to a link; the other 64 are for the client to choose, and
to change with each packet.  Loopback is none: whoever asks from there is this machine,
where a proxy in front of us may speak for thousands.

This module only counts.  What waits, and who has to go when it is full, is told in
`waiting`; connections are counted in the same way, in `tcp`.
"""

import socket
from typing import Final, final

# Clients waiting for one walk; BIND `clients-per-query` 10, growing to 100.
MAX_WAITING_FOR_ONE: Final = 256
# Questions of one network that wait, loopback excepted; Unbound
# `wait-limit` 1000, `wait-limit-netblock` for loopback none.
MAX_WAITING_OF_NETWORK: Final = 500
# Questions that wait, in all; BIND `recursive-clients` 1000, PowerDNS
# `max-mthreads` 2048.
MAX_WAITING: Final = 4096

# Bytes of an IPv6 address that name the link (RFC 4291 section 2.5.1).
_LINK: Final = 8

# An IPv4 address as text, a /64 as bytes; "" is loopback.
Network = str | bytes
LOOPBACK: Final = ""


def network_of(host: str) -> Network:
    """Say which network an IP address, in its shortest text form, is counted with."""
    if ":" not in host:
        return LOOPBACK if host.startswith("127.") else host
    if host == "::1":
        return LOOPBACK
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])[:_LINK]


@final
class Tally:
    """How many there are of each network; those of loopback are not counted."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Final[dict[Network, int]] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def of(self, network: Network) -> int:
        """Say how many there are."""
        return self._counts.get(network, 0)

    def enter(self, network: Network) -> None:
        """Count one more."""
        if network:
            self._counts[network] = self._counts.get(network, 0) + 1

    def leave(self, network: Network) -> None:
        """Count one less."""
        if network:
            left = self._counts[network] - 1
            if left:
                self._counts[network] = left
            else:
                del self._counts[network]


@final
class Crowd:
    """Everybody who waits, as numbers.

    `waiting` is how many wait right now.  The others count questions that got no
    answer, by the limit that it was: `over_total`, `over_network` and `over_question`
    were not taken, as too many waited in all, of their network, or for the same
    question; `shed` made room for newer ones; `late` were answered when the client had
    gone.
    """

    __slots__ = (
        "_tally",
        "late",
        "over_network",
        "over_question",
        "over_total",
        "shed",
        "waiting",
    )

    def __init__(self) -> None:
        self._tally: Final = Tally()
        self.waiting = 0
        self.over_total = 0
        self.over_network = 0
        self.over_question = 0
        self.shed = 0
        self.late = 0

    @property
    def networks(self) -> int:
        """How many networks have somebody waiting, loopback left out."""
        return len(self._tally)

    def admit(self, network: Network, joining: int) -> str:
        """Count one more who waits, beside `joining` others for the same; or say why not."""
        of_network = self._tally.of(network)
        if joining >= MAX_WAITING_FOR_ONE or of_network >= MAX_WAITING_OF_NETWORK:
            return self.objection(network, joining)
        self.waiting += 1
        self._tally.enter(network)
        return ""

    def objection(self, network: Network, joining: int) -> str:
        """Say why one more may not wait, beside `joining` others for the same: or ""."""
        if joining >= MAX_WAITING_FOR_ONE:
            self.over_question += 1
            return "too many clients wait for this answer"
        if self._tally.of(network) >= MAX_WAITING_OF_NETWORK:
            self.over_network += 1
            return "too many questions of your network are waiting"
        return ""

    def overflow(self) -> str:
        """Count one for whom there is no room; say so in words."""
        self.over_total += 1
        return "too many questions are waiting"

    def leave(self, network: Network) -> None:
        """Count one who waits no more."""
        self.waiting -= 1
        self._tally.leave(network)
