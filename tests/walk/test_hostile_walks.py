"""Whatever one zone's servers say, other zones are what they are.

Root, `com.`, `net.` and the victim answer honestly.  The servers of the attacker's zone
say anything at all, made of the names and addresses of all zones, and hypothesis looks
for what would let them speak for the victim, outlive their delegation or spend more
than a question may cost.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.ports import (
    MAX_ADDRESS_LOOKUPS,
    MAX_ASKS,
    MAX_BYTES,
    MAX_NOTES,
    MAX_REFERRALS,
    Address,
    Errand,
    Hedge,
    Resolution,
    Silence,
)
from resolver.wire import types
from resolver.wire.message import Message, Question, RRset
from resolver.wire.presentation import name_from_text
from resolver.wire.reader import Malformed, read
from resolver.wire.writer import write
from tests.walk.pretend import Clock, Walked, lines, question, reply, run, walk_over

EVIL = "192.0.2.66"
TRUTH = "192.0.2.80"
SERVERS = {"192.0.2.1": ".", "192.0.2.2": "com. net.", "192.0.2.3": "victim.net."}
DEADLINE = 8.0
# One try of one server, at most, may go past the deadline.
LONGEST_TRY = 0.4

NAMES = [
    name_from_text(text)
    for text in (
        ".",
        "com.",
        "net.",
        "attacker.com.",
        "www.attacker.com.",
        "ns.attacker.com.",
        "x.y.attacker.com.",
        "victim.net.",
        "www.victim.net.",
        "ns.victim.net.",
    )
]
names = st.sampled_from(NAMES)
addresses = st.sampled_from(
    [b"\xc0\x00\x02\x42", b"\xc0\x00\x02\x03", b"\xc0\x00\x02\x01"]
)
ttls = st.sampled_from([0, 1, 300, 2**31 - 1])


def many(
    rdtype: int, data: st.SearchStrategy[bytes], most: int
) -> st.SearchStrategy[RRset]:
    rdatas = st.lists(data, min_size=1, max_size=most, unique=True).map(tuple)
    return st.builds(RRset, names, st.just(rdtype), ttls, rdatas)


# Server names without end, in both zones.
made_up = st.builds(
    lambda number, zone: name_from_text(f"n{number}.{zone}"),
    st.integers(0, 999),
    st.sampled_from(["attacker.com.", "victim.net."]),
)
records = st.one_of(
    many(types.A, addresses, 3),
    many(types.NS, st.one_of(names, made_up), 40),
    many(types.CNAME, names, 1),
    many(types.DNAME, names, 1),
    many(types.SOA, names.map(lambda name: name + b"\0" + bytes(20)), 1),
)
sections = st.lists(records, max_size=5).map(tuple)
flags = st.sampled_from([types.QR, types.QR | types.AA, types.QR | types.AA | types.RA])
rcodes = st.sampled_from(
    [types.NOERROR] * 4 + [types.NXDOMAIN, types.SERVFAIL, types.YXDOMAIN]
)
evil_questions = st.tuples(
    st.one_of(names, made_up).filter(lambda name: b"attacker" in name),
    st.sampled_from([types.A, types.AAAA, types.NS, types.DS, types.DNAME]),
).map(lambda pair: Question(*pair))


def delegation(zone: str, host: str, address: str) -> str:
    return f";AUTHORITY\n{zone} 60 NS {host}\n;ADDITIONAL\n{host} 60 A {address}"


def honest(server: str, asked: Question) -> str:
    """What root, top-level domains and the victim say."""
    name = str(asked).split()[0]
    zone = next(z for z in ("victim.net.", "attacker.com.", name) if name.endswith(z))
    if server == "192.0.2.3" and name.endswith("victim.net."):
        if str(asked) in {"www.victim.net. A", "ns.victim.net. A"}:
            last = TRUTH if name.startswith("www") else "192.0.2.3"
            return f"AA\n;ANSWER\n{name} 60 A {last}"
        return "AA\n;AUTHORITY\nvictim.net. 60 SOA ns. mail. 1 2 3 4 60"
    if server == "192.0.2.2" and zone == "victim.net.":
        return delegation(zone, "ns.victim.net.", "192.0.2.3")
    if server == "192.0.2.2" and zone == "attacker.com.":
        return delegation(zone, "ns.attacker.com.", EVIL)
    if server == "192.0.2.1" and name.endswith(("com.", "net.")):
        top = name.split(".")[-2] + "."
        return delegation(top, "ns.top.net.", "192.0.2.2")
    return "AA\n;AUTHORITY\n. 60 SOA ns. mail. 1 2 3 4 60"


class HalfHonest:
    """An Internet with one liar in it."""

    def __init__(self, data: st.DataObject, clock: Clock) -> None:
        self.data = data
        self.clock = clock
        self.lying = True
        self.asked = 0

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
        self.clock.time += 0.01
        if server.host in SERVERS:
            return reply(question, honest(server.host, question))
        if not self.lying:
            self.clock.time += LONGEST_TRY
            raise Silence("timeout")
        lie = Message(
            1,
            self.data.draw(flags),
            question,
            self.data.draw(rcodes),
            self.data.draw(sections),
            self.data.draw(sections),
            self.data.draw(sections),
        )
        try:
            # What cannot be sent cannot be said.
            packet = write(lie)
            told = read(packet)
        except Malformed:
            raise Silence("timeout") from None
        errand.spend_bytes(len(packet))
        return told


def world_of(data: st.DataObject, *, minimise: bool) -> tuple[Walked, HalfHonest]:
    clock = Clock()
    internet = HalfHonest(data, clock)
    return walk_over({}, minimise=minimise, clock=clock, ask=internet), internet


def walk(world: Walked, asked: Question) -> tuple[Resolution, Errand]:
    errand = Errand(world.clock, world.clock.time + DEADLINE)
    return run(world.walk.resolve(asked, errand)), errand


@settings(max_examples=60, deadline=None)
@given(data=st.data(), minimise=st.booleans(), first=st.booleans())
def test_nobody_speaks_for_a_zone_that_is_not_his(
    data: st.DataObject, *, minimise: bool, first: bool
) -> None:
    world, internet = world_of(data, minimise=minimise)
    victim = question("www.victim.net. A")
    if first:
        walk(world, victim)
    for _ in range(4):
        walk(world, data.draw(evil_questions))
        world.clock.time += data.draw(st.sampled_from([0, 5, 61]))
    internet.lying = False
    resolution, _ = walk(world, victim)
    assert [line.split()[-1] for line in lines(resolution)] == [TRUTH]
    servers, _ = walk(world, question("ns.victim.net. A"))
    assert [line.split()[-1] for line in lines(servers)] == ["192.0.2.3"]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), minimise=st.booleans())
def test_whatever_is_said_stays_within_every_budget(
    data: st.DataObject, *, minimise: bool
) -> None:
    world, internet = world_of(data, minimise=minimise)
    for _ in range(3):
        before, started = internet.asked, world.clock.time
        resolution, errand = walk(world, data.draw(evil_questions))
        assert internet.asked - before <= MAX_ASKS
        assert world.clock.time - started <= DEADLINE + LONGEST_TRY + 0.02
        assert 0 <= errand.address_lookups_left <= MAX_ADDRESS_LOOKUPS
        assert 0 <= errand.referrals_left <= MAX_REFERRALS
        assert errand.bytes_left <= MAX_BYTES
        assert len(errand.diary) <= MAX_NOTES
        assert (errand.depth, errand.pending) == (0, [])
        assert resolution.rcode != types.SERVFAIL or resolution.ede


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_zone_that_its_parent_has_forgotten_is_soon_gone(data: st.DataObject) -> None:
    world, internet = world_of(data, minimise=False)
    for _ in range(3):
        walk(world, data.draw(evil_questions))
    # All delegations have a minute, by the parent's word; the clients' own answers may
    # have more.
    world.clock.time += 61
    internet.lying = False
    before = internet.asked
    fresh = Question(name_from_text("never-asked-before.victim.net."), types.A)
    walk(world, fresh)
    assert internet.asked - before >= 2
    assert world.zones.closest(name_from_text("q.attacker.com."), world.clock.time) in {
        None,
        world.zones.closest(name_from_text("com."), world.clock.time),
    }
