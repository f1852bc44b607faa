"""A few signed zones, and whoever asks about their keys: for the chain and the validator.

Zones are put in one below the other; each signs what it says with a key of its own.
`World.fetch` answers for DS and DNSKEY from what the zones have, and notes who asked for
what.  What is wrong is said by hand: `World.say` puts another reply in the place of one,
for the first asking or for all.
"""

from collections import defaultdict
from typing import Any

import dns.dnssec
import dns.name

from resolver.beliefs import Belief, Claim
from resolver.dnssec.anchors import Anchor, Anchors
from resolver.dnssec.chain import Chain
from resolver.dnssec.crypto import Crypto, KeyStore
from resolver.dnssec.negative import NegativeAnchors
from resolver.dnssec.signatures import Signatures
from resolver.dnssec.validate import Validator
from resolver.lab.pretend import Clock
from resolver.ports import Address, Errand, Lost
from resolver.wire import types
from resolver.wire.message import Question, RRset
from resolver.wire.names import is_below, parent
from resolver.wire.presentation import type_from_text
from tests.dnssec.signing import NOW, dnskey, our_set, rdataset, sign, wire
from tests.walk.pretend import run

SOA = "ns.example. host.example. 1 3600 900 604800 300"


def named(text: str) -> bytes:
    return wire(dns.name.from_text(text)).lower()


def asked_for(text: str) -> Question:
    name, kind = text.split()
    return Question(named(name), type_from_text(kind))


class Zone:
    """A zone with one key; `number` says which."""

    def __init__(self, origin: str, number: int, algorithm: int = 13) -> None:
        self.origin = origin
        self.number = number
        self.algorithm = algorithm
        self.key = dnskey(algorithm, number, 257)

    def signed(self, owner: str, kind: str, *texts: str, **dates: Any) -> RRset:
        """A set with its signature; `made_from` is the wildcard it was made from."""
        made_from = dates.pop("made_from", owner)
        ttl = dates.pop("ttl", 3600)
        records = rdataset(kind, texts, ttl)
        signature = sign(
            made_from,
            records,
            self.algorithm,
            key=self.key,
            number=self.number,
            signer=dns.name.from_text(self.origin),
            **dates,
        )
        return our_set(owner, records, signature)

    def soa(self) -> RRset:
        return self.signed(self.origin, "SOA", SOA)

    def nsec(self, owner: str, following: str, kinds: str, **dates: Any) -> RRset:
        return self.signed(owner, "NSEC", f"{following} {kinds} RRSIG NSEC", **dates)

    def nsec3(
        self, name: str, *, cover: bool = False, opt_out: bool = False, kinds: str = ""
    ) -> RRset:
        """The record at a name's hash, or one that covers nothing but it."""
        hashed = dns.dnssec.nsec3_hash(name, "", 0, 1).lower()
        number = int(hashed, 32)
        low, high = (number - 1, number + 1) if cover else (number, number + 1)
        owner = f"{_base32(low)}.{self.origin.lstrip('.')}"
        data = f"1 {int(opt_out)} 0 - {_base32(high)} {kinds}"
        return self.signed(owner, "NSEC3", data)


def unsigned(owner: str, kind: str, *texts: str) -> RRset:
    return our_set(owner, rdataset(kind, texts))


class World:
    """Zones, what is believed of them, and who asked about them."""

    def __init__(self, *anchored: str, **settings: Any) -> None:
        self.crypto: Crypto = settings.get("crypto") or KeyStore(accept_sha1=False)
        self.clock = Clock(1000.0)
        self.wall = float(NOW)
        self.turns = 0
        self.zones: dict[str, Zone] = {}
        self.fetched: list[str] = []
        self.negative = NegativeAnchors(tuple(map(named, settings.get("negative", ()))))
        self._said: dict[Question, list[tuple[bool, Claim | Lost]]] = defaultdict(list)
        self._anchored = anchored or (".",)
        self._chain: Chain | None = None
        self._errand: Errand | None = None
        self._validator: Validator | None = None

    def zone(self, origin: str, *, algorithm: int = 13, ds: bool = True) -> Zone:
        """Add a zone; the one above it vouches for its key, if `ds`."""
        made = self.zones[origin] = Zone(origin, len(self.zones), algorithm)
        keys = made.signed(origin, "DNSKEY", made.key.to_text())
        self.say(f"{origin} DNSKEY", origin, keys)
        above = self.above(origin)
        if ds and above is not None:
            self.say(f"{origin} DS", above.origin, self.ds(made, above))
        return made

    def ds(self, zone: Zone, by: Zone, digest: str = "SHA256") -> RRset:
        made = dns.dnssec.make_ds(dns.name.from_text(zone.origin), zone.key, digest)
        return by.signed(zone.origin, "DS", made.to_text())

    def above(self, origin: str) -> Zone | None:
        """The zone that a zone is delegated by."""
        name = named(origin)
        found = [
            zone
            for zone in self.zones.values()
            if zone.origin != origin and is_below(name, named(zone.origin))
        ]
        return max(found, key=lambda zone: len(zone.origin), default=None)

    def say(
        self, asked: str, zone: str, *said: RRset, rcode: int = 0, first: bool = False
    ) -> None:
        """Put a reply in the place of others; `first`: only for who asks first."""
        wanted = asked_for(asked)
        found = self.claim(asked, zone, *said, rcode=rcode)
        if not first:
            self._said[wanted].clear()
        self._said[wanted].insert(0, (first, found))

    def silent(self, asked: str) -> None:
        self._said[asked_for(asked)] = [(False, Lost("nobody answers", 22))]

    @staticmethod
    def claim(asked: str, zone: str, *said: RRset, rcode: int = 0) -> Claim:
        """What servers say: an answer if a set of the type is there, else a denial."""
        wanted = asked_for(asked)
        found = None
        links: list[RRset] = []
        name = wanted.name
        denying = (types.SOA, types.NSEC, types.NSEC3)
        for rrset in said:
            if rrset.rdtype == wanted.rdtype and rrset.name == name:
                found = rrset
            elif rrset.rdtype in {types.CNAME, types.DNAME}:
                links.append(rrset)
                if rrset.rdtype == types.CNAME:
                    name = rrset.rdatas[0].lower()
        proofs = tuple(it for it in said if it.rdtype in denying and it is not found)
        denies = found is None and not links
        return Claim(
            wanted, named(zone), name, tuple(links), found, denies, rcode, proofs
        )

    async def fetch(
        self, question: Question, errand: Errand, *, again: bool = False
    ) -> Claim:
        """`ports.Fetch`: each asking is answered by another server."""
        self.fetched.append(f"{question}{' again' if again else ''}")
        errand.answered_by = Address(f"192.0.2.{len(self.fetched)}")
        said = self._said[question]
        if not said:
            return self._nothing(question)
        first, found = said[0]
        if first:
            del said[0]
        if isinstance(found, Lost):
            raise found
        return found

    def _nothing(self, wanted: Question) -> Claim:
        """The closest zone above proves that there is no DS, the name being no cut."""
        zones = [
            zone
            for zone in self.zones.values()
            if is_below(parent(wanted.name), named(zone.origin))
        ]
        zone = max(zones, key=lambda it: len(it.origin))
        owner = dns.name.from_wire(wanted.name, 0)[0].to_text()
        proof = zone.nsec(owner, zone.origin, "A")
        return self.claim(
            f"{owner} {types.type_name(wanted.rdtype)}", zone.origin, zone.soa(), proof
        )

    @property
    def anchors(self) -> Anchors:
        return Anchors(
            Anchor(named(it), (), (wire(self.zones[it].key),)) for it in self._anchored
        )

    @property
    def chain(self) -> Chain:
        """The chain of trust, one for the life of the world."""
        if self._chain is None:
            self._chain = Chain(
                self.anchors,
                self.negative,
                (self.crypto, Signatures(self.crypto, 0)),
                self.fetch,
                lambda: self.wall,
                self._breathe,
            )
        return self._chain

    async def _breathe(self) -> None:
        self.turns += 1

    @property
    def errand(self) -> Errand:
        """The errand of the last judgement."""
        assert self._errand is not None
        return self._errand

    def judge(self, asked: str, zone: str, *said: RRset, rcode: int = 0) -> Belief:
        """Judge a reply to a question, on an errand of its own."""
        if self._validator is None:
            self._validator = Validator(self.anchors, self.chain)
        self._errand = Errand(self.clock, self.clock.time + 8)
        claim = self.claim(asked, zone, *said, rcode=rcode)
        return run(self._validator(claim, self._errand))


def _base32(number: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuv"
    return "".join(digits[number >> shift & 31] for shift in range(155, -1, -5))
