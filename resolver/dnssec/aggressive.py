"""Deny from memory what a zone has already denied for its neighbours (RFC 8198).

`learn` is given what was secure in a negative answer; `synthesise` looks whether that is
enough for another question, and puts what it finds to the same judge as if it had just
arrived: `denial.Evidence`.  So nothing can be denied from memory that could not have
been denied by those records in an answer.

Only denials are made, no answers from wildcards: what a wildcard holds is in the cache of
record sets under the names that it was asked for, and the next name has to be asked for.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, final

from resolver.beliefs import SECURE, Denial
from resolver.cache.proofs import (
    CAPACITY,
    NSEC,
    ZONE_CAPACITY,
    ProofCache,
    Range,
)
from resolver.dnssec import nsec, nsec3
from resolver.dnssec.denial import Evidence
from resolver.dnssec.negative import NegativeAnchors
from resolver.dnssec.proof import Proof, Verdict
from resolver.dnssec.trust import Trust
from resolver.wire import types
from resolver.wire.message import Question, RRset
from resolver.wire.names import is_below, label_count, parent, sort_key

# Looking for a denial by hashes has to be cheaper than the question that it saves, as it
# is tried before every question: at most so many blocks of SHA-1 for a name, and names so
# many labels below their zone.  RFC 9276 has zones hash once.
MAX_PRICE: Final = 12
MAX_LABELS: Final = 6


# Types that stand for several, or for none (RFC 6895 section 3.1): a list of the types at
# a name says nothing of them.
_META: Final = range(128, 256)


@final
class Denials:
    """What zones have denied, for the validator to fill; implements `beliefs.Deny`.

    `known` says what is held of a zone.  Only one that is secure at this moment is
    believed, so what was learnt under an anchor that has gone is not used any more.
    """

    __slots__ = ("_cache", "_known", "_negative")

    def __init__(
        self,
        known: Callable[[bytes, float], Trust | None],
        negative: NegativeAnchors,
    ) -> None:
        self._cache: Final = ProofCache(CAPACITY, ZONE_CAPACITY)
        self._known: Final = known
        self._negative: Final = negative

    def learn(
        self, zone: bytes, soa: RRset, proofs: Iterable[RRset], now: float
    ) -> None:
        """Keep what a zone proved: see `learn`."""
        learn(self._cache, zone, soa, proofs, now)

    def forget(self, name: bytes, *, below: bool) -> None:
        """Deny a name no more until its zone does; with `below`, nor those below it."""
        self._cache.remove_about(name, below=below)

    def __call__(self, zone: bytes, question: Question, now: float) -> Denial | None:
        """Deny what is asked, if `zone`, which would be asked next, has denied it."""
        name, rdtype, _ = question
        if self._cache.soa(zone, now) is None or rdtype in _META:
            return None
        trust = self._known(zone, now)
        if trust is None or trust.security != SECURE:
            return None
        if self._negative.above(name, now) is not None:
            return None
        made = synthesise(self._cache, zone, name, rdtype, now)
        if made is None or made.ttl <= 0:
            return None
        rcode, soa, proofs, ttl, verdict = made
        return Denial(rcode, soa, proofs, ttl, verdict.reason)


class Synthesis(NamedTuple):
    """A negative answer made from memory.

    `soa` and `proofs` have the TTL `ttl`, in seconds, which none of them outlives.
    """

    rcode: int
    soa: RRset
    proofs: tuple[RRset, ...]
    ttl: int
    verdict: Verdict


def learn(
    cache: ProofCache, zone: bytes, soa: RRset, proofs: Iterable[RRset], now: float
) -> None:
    """Keep what a zone proved.  All sets are secure, signed by the zone, and in time.

    TTLs are those that validation left (RFC 4035 section 5.3.3).  What is malformed,
    outside the zone, opted out or dear to look up is not kept.
    """
    if soa.name != zone:
        return
    cache.put_soa(zone, soa, now)
    for rrset in proofs:
        # A second record at one name would be in each other's range.
        if len(rrset.rdatas) != 1:
            continue
        proof = Proof(rrset.name, rrset.rdtype, rrset.rdatas[0], zone)
        if rrset.rdtype == types.NSEC:
            plain = nsec.parse(proof, zone)
            if plain is not None:
                cache.put(zone, NSEC, plain.low, plain.high, rrset, now)
        elif rrset.rdtype == types.NSEC3:
            hashed = nsec3.parse(proof, zone)
            if hashed is not None and not hashed.opt_out and _is_cheap(hashed):
                chain = _chain(hashed)
                cache.put(zone, chain, hashed.low, hashed.high, rrset, now)


def synthesise(
    cache: ProofCache, zone: bytes, name: bytes, rdtype: int, now: float
) -> Synthesis | None:
    """Deny a name below `zone`, or a type there, if what is known proves it.

    `zone` is the zone that would be asked, `name` a name in it.
    """
    authority = cache.soa(zone, now)
    if authority is None or not is_below(name, zone):
        return None
    for chain in cache.chains(zone):
        if chain == NSEC:
            found = _plain(cache, zone, name, now)
        else:
            found = _hashed(cache, zone, chain, name, now)
        if not found:
            continue
        rcode, verdict = _judge(zone, found, name, rdtype)
        if verdict.proven:
            expires = min(it.expires for it in found)
            ttl = int(min(expires, authority.expires) - now)
            sets = tuple(it.rrset.with_ttl(ttl) for it in found)
            return Synthesis(rcode, authority.soa.with_ttl(ttl), sets, ttl, verdict)
    return None


def _judge(
    zone: bytes, found: list[Range], name: bytes, rdtype: int
) -> tuple[int, Verdict]:
    """Put the records found to the judge of denials."""
    proofs = [
        Proof(it.rrset.name, it.rrset.rdtype, it.rrset.rdatas[0], zone) for it in found
    ]
    evidence = Evidence(zone, proofs, _bounded)
    verdict = evidence.name_error(name)
    if verdict.proven:
        return types.NXDOMAIN, verdict
    return types.NOERROR, evidence.no_data(name, rdtype)


def _plain(cache: ProofCache, zone: bytes, name: bytes, now: float) -> list[Range]:
    """Find the NSEC at or around a name and its wildcard."""
    first = cache.covering(zone, NSEC, sort_key(name), now)
    if first is None:
        return []
    if first.rrset.name == name:
        return [first]
    data = first.rrset.rdatas[0]
    record = nsec.parse(Proof(first.rrset.name, types.NSEC, data, zone), zone)
    if record is None or is_below(record.following, name):
        return [first]
    wildcard = b"\x01*" + nsec.closest_encloser(record, name)
    second = cache.covering(zone, NSEC, sort_key(wildcard), now)
    return [first] if second is None or second is first else [first, second]


def _hashed(
    cache: ProofCache, zone: bytes, chain: bytes, name: bytes, now: float
) -> list[Range]:
    """Find the NSEC3 at a name; or at its closest encloser, and those of the denial."""
    if label_count(name) - label_count(zone) > MAX_LABELS:
        return []
    iterations, salt = chain[0] << 8 | chain[1], chain[2:]
    closer: Range | None = None
    while True:
        key = nsec3.hash_name(name, iterations, salt)
        found = cache.covering(zone, chain, key, now)
        if found is not None and found.low == key:
            break
        if name == zone:
            return []
        closer, name = found, parent(name)
    if closer is None:
        return [found]
    key = nsec3.hash_name(b"\x01*" + name, iterations, salt)
    wildcard = cache.covering(zone, chain, key, now)
    distinct = [found]
    if closer is not found:
        distinct.append(closer)
    if wildcard is not None and wildcard is not found and wildcard is not closer:
        distinct.append(wildcard)
    return distinct


def _chain(record: nsec3.Nsec3) -> bytes:
    """Name the chain of a record by its parameters, which `_hashed` reads again."""
    return record.iterations.to_bytes(2, "big") + record.salt


def _is_cheap(record: nsec3.Nsec3) -> bool:
    return nsec3.price(record.iterations, record.salt) <= MAX_PRICE


def _bounded(_count: int) -> None:
    """Charge nobody: the names and what each costs are few here."""
