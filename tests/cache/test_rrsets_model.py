"""The cache of record sets against simple models."""

from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from resolver.cache.packed import Found
from resolver.cache.rrsets import RRsetCache
from resolver.wire import types
from resolver.wire.message import RRset
from tests.cache.sets import RANKS, ROOMY, soa

NAMES = [b"\x00", b"\x01a\x00", b"\x01b\x01a\x00", b"\x02\x00\x01\x00"]
TYPES = [types.A, types.CNAME, 256]
MIN_TTL, MAX_TTL, MAX_NEGATIVE = 2, 90, 40

names = st.sampled_from(NAMES)
rdtypes = st.sampled_from(TYPES)
ranks = st.sampled_from(RANKS)
ttls = st.integers(0, 100)
data = st.lists(st.binary(max_size=40), min_size=1, max_size=3, unique=True)


class Fact(NamedTuple):
    """What was put: everything about it, before any time has passed."""

    stored: float
    ttl: int
    rank: int
    rcode: int
    rrset: RRset

    def found(self, now: float) -> Found | None:
        left = self.ttl - int(now - self.stored)
        if left <= 0:
            return None
        aged = self.rrset.with_ttl(left)
        if self.rcode == types.NXDOMAIN or self.rrset.rdtype == types.SOA:
            return Found(None, self.rcode, aged, self.rank, left)
        return Found(aged, self.rcode, None, self.rank, left)


Key = tuple[bytes, int | None]


class CacheMachine(RuleBasedStateMachine):
    """What both machines do to a cache; `note` tells their model of a put."""

    capacity = ROOMY

    def __init__(self) -> None:
        super().__init__()
        self.cache = RRsetCache(self.capacity, 0, MAX_TTL, MAX_NEGATIVE)
        self.min_ttl = 0
        self.now = 0.0

    def note(self, key: Key, fact: Fact) -> None:
        raise NotImplementedError

    def forget(self, key: Key) -> None:
        raise NotImplementedError

    @initialize(minimum=st.sampled_from([0, MIN_TTL]))
    def begin(self, minimum: int) -> None:
        self.min_ttl = minimum
        self.cache = RRsetCache(self.capacity, minimum, MAX_TTL, MAX_NEGATIVE)

    @rule(name=names, rdtype=rdtypes, rank=ranks, ttl=ttls, data=data, signed=data)
    def put(
        self,
        name: bytes,
        rdtype: int,
        rank: int,
        ttl: int,
        data: list[bytes],
        signed: list[bytes],
    ) -> None:
        rrset = RRset(name, rdtype, ttl, tuple(data), tuple(signed[1:]))
        told = self.cache.put(rrset, rank, self.now)
        ttl = max(self.min_ttl, min(ttl, MAX_TTL))
        assert told == rrset.with_ttl(ttl)
        fact = Fact(self.now, ttl, rank, types.NOERROR, rrset)
        self.note((name, rdtype), fact)
        self.note((name, None), fact._replace(ttl=0))

    @rule(
        name=names,
        rdtype=rdtypes,
        rcode=st.sampled_from([types.NOERROR, types.NXDOMAIN]),
        rank=ranks,
        ttl=ttls,
        minimum=ttls,
        owner=names,
    )
    def put_nothing(
        self,
        name: bytes,
        rdtype: int,
        rcode: int,
        rank: int,
        ttl: int,
        minimum: int,
        owner: bytes,
    ) -> None:
        proof = soa(ttl, minimum, owner)
        told = self.cache.put_nothing(name, rdtype, rcode, proof, self.now, rank)
        ttl = min(max(self.min_ttl, min(ttl, minimum)), MAX_NEGATIVE)
        assert told == proof.with_ttl(ttl)
        fact = Fact(self.now, ttl, rank, rcode, proof)
        if rcode == types.NXDOMAIN:
            self.note((name, None), fact)
        else:
            self.note((name, rdtype), fact)
            self.note((name, None), fact._replace(ttl=0))

    @rule(name=names, rdtype=rdtypes)
    def remove(self, name: bytes, rdtype: int) -> None:
        self.cache.remove(name, rdtype)
        self.forget((name, rdtype))
        self.forget((name, None))

    @rule(seconds=st.integers(1, 60 * 8))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds / 8

    @rule()
    @precondition(lambda self: self.now > 100)
    def clear(self) -> None:
        self.cache.clear()
        for name in NAMES:
            for rdtype in (*TYPES, None):
                self.forget((name, rdtype))

    @invariant()
    def is_bounded(self) -> None:
        assert self.cache.size_bytes <= self.capacity


class RoomyMachine(CacheMachine):
    """A cache that never evicts is a dictionary with rules."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[Key, Fact] = {}

    def note(self, key: Key, fact: Fact) -> None:
        kept = self.facts.get(key)
        if kept is not None and kept.rank > fact.rank and kept.found(self.now):
            return
        self.facts[key] = fact

    def forget(self, key: Key) -> None:
        self.facts.pop(key, None)

    def expected(self, key: Key) -> Found | None:
        fact = self.facts.get(key)
        return None if fact is None else fact.found(self.now)

    @invariant()
    def answers_as_the_model_does(self) -> None:
        for name in NAMES:
            for rdtype in TYPES:
                exact = self.expected((name, rdtype))
                if exact is None or exact.rrset is None:
                    exact = self.expected((name, None)) or exact
                assert self.cache.get(name, rdtype, self.now) == exact

    @invariant()
    def keeps_everything(self) -> None:
        assert self.cache.evictions == 0


class CrampedMachine(CacheMachine):
    """A cache that evicts may know less, but what it says is what was put last.

    For each key the model keeps every fact that the cache may hold: those that nothing
    of the same or a higher rank has followed.
    """

    capacity = 2500  # about five entries

    def __init__(self) -> None:
        super().__init__()
        self.facts: dict[Key, list[Fact]] = {}

    def note(self, key: Key, fact: Fact) -> None:
        kept = [old for old in self.facts.get(key, ()) if old.rank > fact.rank]
        self.facts[key] = [*kept, fact]

    def forget(self, key: Key) -> None:
        self.facts.pop(key, None)

    @invariant()
    def says_nothing_wrong(self) -> None:
        for name in NAMES:
            for rdtype in TYPES:
                found = self.cache.get(name, rdtype, self.now)
                possible = [
                    fact.found(self.now)
                    for key in ((name, rdtype), (name, None))
                    for fact in self.facts.get(key, ())
                ]
                assert found is None or found in possible


TestRoomy = RoomyMachine.TestCase
TestCramped = CrampedMachine.TestCase
TestRoomy.settings = TestCramped.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)
