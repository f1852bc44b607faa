"""Whatever the Internet says, a walk ends, within its budget, without an exception.

The servers here say anything at all about a small world of names: answers, aliases in
circles, referrals to each other, nonsense, nothing.  Hypothesis looks for the
combination that makes a walk run away.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.cache.infra import Servers
from resolver.ports import MAX_ASKS, MAX_DEPTH, Address, Errand, Hedge, Silence
from resolver.wire import types
from resolver.wire.message import Message, Question, RRset
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import Clock, Walked, run, walk_over

NAMES = [
    name_from_text(text)
    for text in (
        ".",
        "com.",
        "net.",
        "a.com.",
        "b.com.",
        "a.net.",
        "ns.a.com.",
        "ns.b.com.",
        "ns.a.net.",
        "x.y.a.com.",
        "*.a.com.",
    )
]
names = st.sampled_from(NAMES)
ttls = st.sampled_from([0, 1, 60, 86400, 2**31 - 1])
hosts = st.integers(1, 6).map(lambda i: bytes((192, 0, 2, i)))


def one(rdtype: int, data: st.SearchStrategy[bytes]) -> st.SearchStrategy[RRset]:
    rdatas = st.lists(data, min_size=1, max_size=3, unique=True).map(tuple)
    return st.builds(RRset, names, st.just(rdtype), ttls, rdatas)


soa = st.builds(lambda name: name + b"\0" + bytes(20), names)
rrsets = st.one_of(
    one(types.A, hosts),
    one(types.AAAA, hosts.map(lambda host: b"\x20\x01" + bytes(10) + host)),
    one(types.NS, names),
    one(types.CNAME, names).map(lambda r: RRset(r.name, r.rdtype, r.ttl, r.rdatas[:1])),
    one(types.DNAME, names).map(lambda r: RRset(r.name, r.rdtype, r.ttl, r.rdatas[:1])),
    one(types.SOA, soa).map(lambda r: RRset(r.name, r.rdtype, r.ttl, r.rdatas[:1])),
)
sections = st.lists(rrsets, max_size=4).map(tuple)
rcodes = st.sampled_from(
    [types.NOERROR] * 6
    + [types.NXDOMAIN, types.SERVFAIL, types.REFUSED, types.YXDOMAIN]
)
silences = st.sampled_from(["", "timeout", "connection refused"])
flags = st.sampled_from([types.QR, types.QR | types.AA, types.QR | types.RA])


class AnythingGoes:
    """Servers whose every reply hypothesis makes up."""

    def __init__(self, data: st.DataObject, clock: Clock) -> None:
        self.data = data
        self.clock = clock
        self.asked = 0
        self.deepest = 0
        self.servers = Servers(0)

    async def __call__(
        self,
        server: Address,
        question: Question,
        errand: Errand,
        *,
        recursive: bool = False,
        hedge: Hedge | None = None,
    ) -> Message:
        errand.spend_ask()
        self.asked += 1
        if hedge is not None and self.data.draw(st.booleans()):
            self.clock.time += hedge.after
            hedge.won = self.data.draw(st.booleans())
            hedge.silence = "" if hedge.won else self.data.draw(silences)
        self.deepest = max(self.deepest, errand.depth)
        self.clock.time += 0.01
        if self.data.draw(st.integers(0, 9)) == 0:
            self.servers.timed_out(server, self.clock.time)
            raise Silence("timeout")
        self.servers.answered(server, 0.01, self.clock.time)
        return Message(
            0,
            self.data.draw(flags),
            question,
            self.data.draw(rcodes),
            self.data.draw(sections),
            self.data.draw(sections),
            self.data.draw(sections),
        )


def world_of(data: st.DataObject, *, minimise: bool) -> tuple[Walked, AnythingGoes]:
    clock = Clock()
    anything = AnythingGoes(data, clock)
    world = walk_over({}, minimise=minimise, prime=True, clock=clock, ask=anything)
    anything.servers = world.servers
    return world, anything


@settings(max_examples=150, deadline=None)
@given(data=st.data(), minimise=st.booleans())
def test_every_walk_ends_within_its_budget(
    data: st.DataObject, *, minimise: bool
) -> None:
    world, anything = world_of(data, minimise=minimise)
    for _ in range(3):
        kinds = st.sampled_from([types.A, types.AAAA, types.NS, types.DS])
        question = Question(data.draw(names), data.draw(kinds))
        errand = Errand(world.clock, world.clock.time + 8.0)
        before = anything.asked
        resolution = run(world.walk.resolve(question, errand))
        assert anything.asked - before <= MAX_ASKS
        assert anything.deepest <= MAX_DEPTH
        assert errand.depth == 0
        assert errand.pending == []
        if resolution.rcode == types.SERVFAIL:
            assert resolution.ede
