"""Take private addresses out of what the public Internet answers.

A web page from `evil.example` may talk to `evil.example`.  If that name suddenly has
the address 192.168.1.1, the page talks to the router at home: DNS rebinding.  A filter
here means that no name of a stranger leads into a private network, neither by an A or
AAAA record nor by the address hints of SVCB and HTTPS (RFC 9460 section 7.3).

**Whose names may.**  The name that the client asked for decides, not the one at the
end of its aliases: an alias from `evil.example` to `router.corp.example` is the same
attack with one step more, and the second name is easily guessed.

**When.**  The filter stands between the cache and the client.  What is remembered stays
what was said; what is written into replies that lie ready has been through here.

A record set loses the records in question, and with them its signatures, which are not
true of the rest.  An SVCB or HTTPS record goes as a whole: its client can do without
(Unbound does the same).  The reply says so (RFC 8914, "Blocked": a policy of whoever
runs this resolver).
"""

from ipaddress import IPv4Address, IPv6Address
from typing import Final, final

from resolver.policy.networks import Networks
from resolver.ports import Errand, Lookup, Recall, Resolution
from resolver.wire import names, types
from resolver.wire.errors import EDE_BLOCKED
from resolver.wire.message import Question, RRset

# Parameters of SVCB and HTTPS, RFC 9460 section 14.3.2, and the bytes of one address.
_HINTS: Final = {4: 4, 6: 16}
_TYPES: Final = frozenset({types.A, types.AAAA, types.SVCB, types.HTTPS})


@final
class Rebinding:
    """Memory and walk, with the filter between them and the client."""

    __slots__ = ("_lookup", "_networks", "_recall", "_trusted")

    def __init__(
        self,
        networks: Networks,
        trusted: frozenset[bytes],
        recall: Recall,
        lookup: Lookup,
    ) -> None:
        """Take the private networks, and the names below which they are all right."""
        self._networks: Final = networks
        self._trusted: Final = trusted
        self._recall: Final = recall
        self._lookup: Final = lookup

    def whole(self, question: Question, now: float) -> Resolution | None:
        """Find the complete answer to a question in memory, or None."""
        known = self._recall.whole(question, now)
        return None if known is None else self.screen(question, known)

    def stale(self, question: Question, now: float) -> Resolution | None:
        """Find the answer in what may have expired; see `ports.Recall`."""
        known = self._recall.stale(question, now)
        return None if known is None else self.screen(question, known)

    async def resolve(self, question: Question, errand: Errand) -> Resolution:
        """Find the answer as `Lookup` does."""
        return self.screen(question, await self._lookup(question, errand))

    def screen(self, question: Question, resolution: Resolution) -> Resolution:
        """Give an answer as the client may have it."""
        if not any(map(self._is_private, resolution.answer)):
            return resolution
        if any(name in self._trusted for name in names.ancestors(question.name)):
            return resolution
        answer = tuple(
            kept
            for rrset in resolution.answer
            if (kept := self._public(rrset)) is not None
        )
        text = f"{names.to_text(question.name)} is public and its address is private"
        return resolution._replace(
            answer=answer, secure=False, ede=(*resolution.ede, (EDE_BLOCKED, text))
        )

    def _is_private(self, rrset: RRset) -> bool:
        return rrset.rdtype in _TYPES and any(
            self._points_inside(rrset.rdtype, rdata) for rdata in rrset.rdatas
        )

    def _public(self, rrset: RRset) -> RRset | None:
        """Give what is left of a record set, None where that is nothing."""
        if not self._is_private(rrset):
            return rrset
        rest = tuple(
            rdata
            for rdata in rrset.rdatas
            if not self._points_inside(rrset.rdtype, rdata)
        )
        return RRset(rrset.name, rrset.rdtype, rrset.ttl, rest) if rest else None

    def _points_inside(self, rdtype: int, rdata: bytes) -> bool:
        addresses = [rdata] if rdtype in {types.A, types.AAAA} else hints(rdata)
        return any(self._networks.contains(_text(address)) for address in addresses)


def hints(rdata: bytes) -> list[bytes]:
    """List the addresses in the hints of an SVCB or HTTPS record.

    What is cut short has none: whoever reads the record finds none either.
    """
    found: list[bytes] = []
    at = 2
    while at < len(rdata) and rdata[at]:
        at += rdata[at] + 1
    at += 1
    while at + 4 <= len(rdata):
        key, size = rdata[at] << 8 | rdata[at + 1], rdata[at + 2] << 8 | rdata[at + 3]
        value = rdata[at + 4 : at + 4 + size]
        at += 4 + size
        step = _HINTS.get(key, 0)
        if step and len(value) == size and not size % step:
            found += [value[i : i + step] for i in range(0, size, step)]
    return found


def _text(address: bytes) -> str:
    if len(address) == 4:  # noqa: PLR2004 - bytes of an IPv4 address
        return str(IPv4Address(address))
    return IPv6Address(address).compressed
