"""Two resolvers with one store between them, over the lab without sockets."""

import dataclasses
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resolver.cache.shared import COMMIT_AT_ONCE, Shared, open_store
from resolver.config import Config, Dnssec, Recursion, Stub
from resolver.daemon import Core, build
from resolver.daemon.build import Company, World
from resolver.daemon.sharing import GATHER, RETRY, Backing
from resolver.lab.box import Box
from resolver.lab.pretend import Clock, Network
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import RRset
from tests.walk.pretend import lines, question, run

WALL = 1_700_000_000.0


class Turn:
    """Ours, unless somebody else has it."""

    def __init__(self) -> None:
        self.taken = False
        self.ours = False
        self.closed = False

    def take(self) -> bool:
        assert not self.closed
        self.ours = not self.taken
        return self.ours

    def give(self) -> None:
        assert self.ours
        self.ours = False

    def close(self) -> None:
        self.closed = True


class Sharer:
    """A resolver of its own, with a clock of its own, and the store."""

    def __init__(
        self, box: Box, hints: Path, store: Shared, started: float, *stubs: Stub
    ) -> None:
        self.clock = Clock(started)
        self.wall = WALL
        self.network = Network(box, self.clock.sleep)
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.turn = Turn()
        self.backing = Backing(store, self.turn, lambda: self.wall, self._later)
        recursion = Recursion(
            root_hints=str(hints), server_port=5300, never_ask=(), prime=False
        )
        world = World(
            self.clock,
            self.network,
            self.network,
            random.Random(1).getrandbits,
            random.Random(2),
            lambda: 0.0,
        )
        self.core: Core = build(
            dataclasses.replace(
                Config(),
                recursion=recursion,
                stub=stubs,
                dnssec=Dnssec(validate=False),
            ),
            world,
            lambda what, error: pytest.fail(f"{what}: {error}"),
            company=Company(self.backing),
        )

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self.timers.append((seconds, call))

    def fire(self) -> float:
        """Let the one timer fire; give the seconds it was set to."""
        [(seconds, call)] = self.timers
        self.timers.clear()
        call()
        return seconds

    def ask(self, text: str) -> Resolution:
        """Ask as a client does: what is not known is walked for."""
        asked = question(text)
        service = self.core.service
        known = service._memory.whole(asked, self.clock())
        if known is not None:
            return known
        errand = Errand(self.clock, self.clock() + 8.0)
        return run(service._lookup(asked, errand))

    @property
    def asked(self) -> int:
        return len(self.network.asked)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Shared]:
    one = open_store(str(tmp_path / "cache.mdb"), 10_000_000)
    yield one
    one.close()


@pytest.fixture
def hints(box: Box, tmp_path: Path) -> Path:
    path = tmp_path / "root.hints"
    path.write_text(box.hints_text)
    return path


@pytest.fixture
def one(box: Box, hints: Path, store: Shared) -> Sharer:
    return Sharer(box, hints, store, 1000.0)


@pytest.fixture
def other(box: Box, hints: Path, store: Shared) -> Sharer:
    """Another, whose clock tells a different time."""
    return Sharer(box, hints, store, 5.0)


SHARED = [
    "www.example.com. A",
    "nowhere.example.com. A",
    "www.example.com. MX",
    "alias.example.com. A",
    "out.example.com. A",
]


@pytest.mark.parametrize("text", SHARED)
def test_what_one_has_found_out_the_other_does_not_ask_for(
    one: Sharer, other: Sharer, text: str
) -> None:
    found = one.ask(text)
    assert one.asked > 0
    assert one.fire() == GATHER
    told = other.ask(text)
    assert other.asked == 0
    assert (told.rcode, told.answer, told.authority) == (
        found.rcode,
        found.answer,
        found.authority,
    )


@pytest.mark.parametrize("text", SHARED)
def test_names_of_a_configured_zone_are_neither_shared_nor_taken_over(
    one: Sharer, box: Box, hints: Path, store: Shared, text: str
) -> None:
    one.ask("www.example.com. A")
    server = f"{one.network.asked[-1].host}:5300"
    one.ask(text)
    one.fire()
    stub = Stub(zone="example.com", servers=(server,))
    apart = Sharer(box, hints, store, 5.0, stub)
    found = apart.ask(text)
    assert (found.rcode, found.answer) == (one.ask(text).rcode, one.ask(text).answer)
    assert apart.asked > 0
    store_has = store.count
    if apart.timers:
        apart.fire()
    assert store.count == store_has


def test_before_it_is_committed_each_asks_for_itself(
    one: Sharer, other: Sharer
) -> None:
    one.ask("www.example.com. A")
    other.ask("www.example.com. A")
    assert other.asked == one.asked


def test_a_name_that_does_not_exist_has_no_other_type_either(
    one: Sharer, other: Sharer
) -> None:
    one.ask("nowhere.example.com. A")
    one.fire()
    assert other.ask("nowhere.example.com. TXT").rcode == types.NXDOMAIN
    assert other.asked == 0


def test_records_are_as_old_there_as_they_are(one: Sharer, other: Sharer) -> None:
    one.ask("www.example.com. A")
    one.fire()
    other.wall += 600.0
    assert lines(other.ask("www.example.com. A")) == [
        "www.example.com. 3000 IN A 192.0.2.2"
    ]
    other.clock.time += 400.0
    assert lines(other.ask("www.example.com. A")) == [
        "www.example.com. 2600 IN A 192.0.2.2"
    ]
    assert other.asked == 0


def test_what_has_expired_is_asked_for(one: Sharer, other: Sharer) -> None:
    one.ask("www.example.com. A")
    one.fire()
    other.wall += 3600.0
    other.ask("www.example.com. A")
    assert other.asked > 0


def renew(sharer: Sharer, text: str, ahead: int) -> int:
    """Renew what has so many seconds left; give the seconds left then."""
    errand = Errand(sharer.clock, sharer.clock() + 8.0)
    errand.ahead = ahead
    run(sharer.core.service._lookup(question(text), errand))
    return sharer.ask(text).answer[0].ttl


def test_what_another_has_renewed_need_not_be_asked_for(
    one: Sharer, other: Sharer
) -> None:
    ttl = one.ask("www.example.com. A").answer[0].ttl
    one.fire()
    other.ask("www.example.com. A")
    for sharer in (one, other):
        sharer.clock.time += ttl - 5
        sharer.wall += ttl - 5
    before = one.asked
    assert renew(one, "www.example.com. A", 10) == ttl
    assert one.asked == before + 1
    one.fire()
    assert renew(other, "www.example.com. A", 10) == ttl
    assert other.asked == 0


def test_what_nobody_has_renewed_is_asked_for(one: Sharer) -> None:
    ttl = one.ask("www.example.com. A").answer[0].ttl
    one.fire()
    one.clock.time += ttl - 5
    one.wall += ttl - 5
    before = one.asked
    assert renew(one, "www.example.com. A", 10) == ttl
    assert one.asked == before + 1


def test_stale_answers_are_those_of_a_processs_own_memory(
    one: Sharer, other: Sharer
) -> None:
    ttl = one.ask("www.example.com. A").answer[0].ttl
    one.fire()
    for sharer in (one, other):
        sharer.clock.time += ttl + 5
        sharer.wall += ttl + 5
    asked = question("www.example.com. A")
    stale = one.core.service._memory.stale(asked, one.clock())
    assert stale is not None
    assert stale.ede[0][0] == 3
    assert other.core.service._memory.stale(asked, other.clock()) is None


def test_it_is_kept_here_after_it_was_found_there(
    one: Sharer, other: Sharer, store: Shared
) -> None:
    one.ask("www.example.com. A")
    one.fire()
    other.ask("www.example.com. A")
    hits = store.hits
    other.ask("www.example.com. A")
    assert store.hits == hits


def test_half_a_chain_of_aliases_is_walked_to_its_end(
    one: Sharer, other: Sharer, store: Shared
) -> None:
    half, www = question("half.example.com. A"), question("www.example.com. A")
    store.keep(RRset(half.name, types.CNAME, 300, (www.name,)), 3, WALL)
    store.commit(WALL)
    found = lines(other.ask("half.example.com. A"))
    assert found[-1].endswith("A 192.0.2.2")
    assert other.asked > 0


def test_an_alias_in_a_circle_ends(other: Sharer, store: Shared) -> None:
    name = question("circle.example.com. A").name
    store.keep(RRset(name, types.CNAME, 300, (name,)), 3, WALL)
    store.commit(WALL)
    assert other.ask("circle.example.com. A").rcode == types.SERVFAIL
    assert other.asked == 0


def test_what_a_dname_implies_is_not_shared(
    one: Sharer, other: Sharer, store: Shared
) -> None:
    found = one.ask("www.moved.com. A")
    assert [rrset.rdtype for rrset in found.answer] == [
        types.DNAME,
        types.CNAME,
        types.A,
    ]
    one.fire()
    assert store.find(question("www.moved.com. A").name, types.CNAME, WALL) is None
    assert other.ask("www.moved.com. A").answer == found.answer


def test_failures_are_not_shared(one: Sharer, store: Shared) -> None:
    assert one.ask("www.silent.com. A").rcode == types.SERVFAIL
    assert store.pending == 0


def test_when_it_is_anothers_turn_it_is_tried_again(one: Sharer, store: Shared) -> None:
    one.turn.taken = True
    one.ask("www.example.com. A")
    assert one.fire() == GATHER
    assert one.fire() == RETRY
    assert store.kept == 0
    one.turn.taken = False
    assert one.fire() == RETRY
    assert store.kept == 1
    assert one.timers == []
    assert not one.turn.ours


def test_many_entries_are_committed_in_several_turns(
    one: Sharer, store: Shared
) -> None:
    for i in range(COMMIT_AT_ONCE + 10):
        name = b"\4n%03d\0" % i
        store.keep(RRset(name, types.A, 300, (b"1234",)), 3, WALL)
    one.backing.written()
    assert one.fire() == GATHER
    assert store.pending == 10
    assert one.fire() == 0.0
    assert (store.pending, one.timers) == (0, [])


def test_what_is_left_is_committed_in_the_end(one: Sharer, tmp_path: Path) -> None:
    for text in SHARED:
        one.ask(text)
    one.backing.close()
    assert one.turn.closed
    one.fire()  # a timer that was still set
    again = open_store(str(tmp_path / "cache.mdb"), 10_000_000)
    assert again.count() >= len(SHARED)
    again.close()


def test_the_end_does_not_wait_for_its_turn(one: Sharer) -> None:
    one.ask("www.example.com. A")
    one.turn.taken = True
    one.backing.close()
    assert one.turn.closed


def test_the_counters_are_those_of_the_store(one: Sharer, other: Sharer) -> None:
    one.ask("www.example.com. A")
    one.fire()
    other.ask("www.example.com. A")
    counted = one.backing.statistics()
    assert (counted.shared_hits, counted.shared_misses) == (1, 1)
    assert (counted.shared_kept, counted.shared_lost, counted.shared_faults) == (
        1,
        0,
        0,
    )


def test_what_is_shared_is_forgotten_as_soon_as_it_is_our_turn(
    one: Sharer, store: Shared
) -> None:
    one.ask("www.example.com. A")
    one.fire()
    assert store.count() > 0
    one.turn.taken = True
    one.backing.clear()
    assert store.count() > 0
    one.turn.taken = False
    assert one.fire() == RETRY
    assert store.count() == 0
    assert not one.turn.ours
    one.backing.close()
    one.backing.clear()  # too late for anything
