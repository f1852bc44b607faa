"""How often may one client ask?

Replies to datagrams go where the source address points, true or forged, and are larger
than the questions.  So each network has a bucket of tokens: a question takes one, time
puts them back, and a question that finds none is dropped, or now and then "slips": it
gets an empty reply that says to come again over TCP (TC).  A real client does that and
has its answer; one that was made up gets fewer bytes than were sent in its name.
Streams are not limited here: who they are from is proven, and how many there may be is
limited by `net.tcp`.

**A network** is an IPv4 address or an IPv6 /64.  Response rate limiting in authoritative
servers takes whole /24 and /56, for anybody may ask them, and a victim's neighbours are
as good a target as the victim.  Who may ask us is in the access list, and a /24 is
often all of it.

**Who is not limited.**  Loopback, and by default all private networks.  A forger has to
be inside to use such an address, while those who ask much from there are our own: a
forwarder that asks for a whole house, or somebody who measures how fast we are.

Forgetting a bucket that is full changes nothing, and most are full again moments after
they were used, so that is how room is made for new ones.
"""

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Final, final

from resolver.policy.networks import Networks

# Seconds of asking nothing that may be made up for at once.  A page, or an office that
# starts work, asks in bursts; Knot's `rate-limiting` allows half a second's worth.
BURST: Final = 5.0
# Networks whose tokens are counted: about 4 MB.  BIND `rate-limit max-table-size`
# 20,000.
MAX_BUCKETS: Final = 16_384
# Seconds between two warnings about one network; and how many warnings there are in
# that time about all of them, for forged ones are cheap.
QUIET: Final = 60.0
MAX_WARNINGS: Final = 10

# What words in `[access] rate_limit_exempt` stand for.
_NAMED: Final = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    # RFC 1918; RFC 6598, the provider's side of many NATs, and what Tailscale uses;
    # link-local, RFC 3927 and RFC 4291; RFC 4193.
    "private": (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("169.254.0.0/16", "fe80::/10", "fc00::/7"),
    ),
}
# The bits of an IPv6 address that name the link (RFC 4291 section 2.5.1).
_LINK_MASK: Final = ((1 << 64) - 1) << 64


def named(networks: tuple[str, ...]) -> tuple[str, ...]:
    """Put networks in place of the words `loopback` and `private`."""
    found: list[str] = []
    for network in networks:
        found.extend(_NAMED.get(network, (network,)))
    return tuple(found)


def network_text(host: str) -> str:
    """Write the network that an address is counted with."""
    if ":" not in host:
        return host
    address = int(IPv6Address(host.partition("%")[0]))
    return f"{IPv6Address(address & _LINK_MASK)}/64"


@final
class Rates:
    """The tokens of all networks.

    `rate` is questions a second, above 0; every `slip`-th question over it slips, with
    0 none does.  `exempt` networks, or words (see `named`), have no limit.  `on_limit`
    is told of a network when its limit begins to be felt.

    `limited` counts the questions over the limit, `slipped` those of them that slipped.
    """

    __slots__ = (
        "_buckets",
        "_exempt",
        "_on_limit",
        "_told",
        "_told_since",
        "burst",
        "limited",
        "rate",
        "slip",
        "slipped",
    )

    def __init__(
        self,
        rate: int,
        slip: int,
        exempt: tuple[str, ...],
        on_limit: Callable[[str], None],
    ) -> None:
        self.rate: Final = float(rate)
        self.burst: Final = rate * BURST
        self.slip: Final = slip
        self._exempt: Final = Networks(named(exempt))
        self._on_limit: Final = on_limit
        self._buckets: dict[str, Bucket] = {}
        self._told = 0
        self._told_since = float("-inf")
        self.limited = 0
        self.slipped = 0

    def __len__(self) -> int:
        return len(self._buckets)

    def bucket(self, host: str) -> "Bucket | None":
        """Give the bucket that a host's questions take from; None: it has no limit."""
        if self._exempt.contains(host):
            return None
        network = network_text(host)
        bucket = self._buckets.get(network)
        if bucket is None:
            if len(self._buckets) >= MAX_BUCKETS:
                self._make_room()
            bucket = self._buckets[network] = Bucket(self, network)
        return bucket

    def exceeded(self, bucket: "Bucket", count: int, now: float) -> None:
        """Count questions over the limit, and tell of it when that is news."""
        self.limited += count
        if now - bucket.told_at < QUIET:
            return
        bucket.told_at = now
        if now - self._told_since >= QUIET:
            self._told_since, self._told = now, 0
        self._told += 1
        if self._told <= MAX_WARNINGS:
            self._on_limit(bucket.network)

    def _make_room(self) -> None:
        """Forget the full buckets; if that is not enough, the older half as well."""
        latest = max([bucket.at for bucket in self._buckets.values()])
        kept = {
            network: bucket
            for network, bucket in self._buckets.items()
            if bucket.level(latest) < self.burst
        }
        if len(kept) > MAX_BUCKETS // 2:
            kept = dict(list(kept.items())[-MAX_BUCKETS // 2 :])
        self._buckets = kept


@final
class Bucket:
    """The tokens of one network."""

    __slots__ = ("_over", "_rates", "at", "network", "tokens", "told_at")

    def __init__(self, rates: Rates, network: str) -> None:
        self._rates: Final = rates
        self.network: Final = network
        self.tokens = rates.burst
        self.at = float("-inf")  # when there were so many tokens
        self.told_at = float("-inf")
        self._over = 0

    def level(self, now: float) -> float:
        """Say how many tokens there are."""
        passed = now - self.at
        if passed > 0:  # it is not when the clock was set back
            return min(self._rates.burst, self.tokens + passed * self._rates.rate)
        return self.tokens

    def take(self, count: int, now: float) -> int:
        """Take a token for each of `count` questions; give how many there were."""
        tokens = self.tokens
        rates = self._rates
        passed = now - self.at
        if passed > 0:  # as in `level`; a call would be a third of the work
            tokens = min(rates.burst, tokens + passed * rates.rate)
        self.at = now
        if tokens >= count:
            self.tokens = tokens - count
            return count
        granted = int(tokens)
        self.tokens = tokens - granted
        rates.exceeded(self, count - granted, now)
        return granted

    def slips(self) -> bool:
        """Say whether a question over the limit gets a reply that leads to TCP."""
        self._over += 1
        rates = self._rates
        if not rates.slip or self._over % rates.slip:
            return False
        rates.slipped += 1
        return True
