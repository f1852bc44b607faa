"""One zone's servers, asked in turn.  Whole walks are in test_walk."""

from collections.abc import Coroutine, Generator
from typing import Any

import pytest

from resolver.beliefs import BOGUS, UNCHECKED
from resolver.cache.infra import DOWN_AFTER, MAX_PATIENCE
from resolver.cache.rrsets import RANK_ANSWER
from resolver.cache.zones import Delegation, NameServer
from resolver.ports import Address, Errand, Hedge, Silence, Spent
from resolver.walk.inquiry import (
    ENOUGH_HEARSAY,
    HEDGED_SHARE,
    MAX_OPEN_HEDGES,
    MAX_OPEN_PER_ZONE,
)
from resolver.walk.scrub import Answer, Outcome, Useless
from resolver.wire.message import Message, Question
from resolver.wire.presentation import name_from_text, rrsets_from_text
from tests.walk.pretend import Clock, Walked, question, reply, run, walk_over

ONE, TWO = "192.0.2.4", "192.0.2.5"
ANSWER = "AA\n;ANSWER\nwww.example.com. 300 A 198.51.100.1"
ZONE = Delegation(
    name_from_text("example.com."),
    (
        NameServer(name_from_text("ns1.example.com."), (Address(ONE),)),
        NameServer(name_from_text("ns2.example.com."), (Address(TWO),)),
    ),
    1e9,
)


LAME = ";AUTHORITY\nexample.com. 60 NS ns.\n;ADDITIONAL\nns. 60 A 192.0.2.9"


def put(world: Walked, *, zone: Delegation = ZONE, patience: int = 32) -> Outcome:
    asked = question("www.example.com. A")
    errand = Errand(world.clock, world.clock.time + 8.0)
    return run(world.walk._inquiry.put(zone, asked, errand, patience))


def test_the_first_server_that_helps_ends_it() -> None:
    world = walk_over({(host, "www.example.com. A"): ANSWER for host in (ONE, TWO)})
    assert isinstance(put(world), Answer)
    assert len(world.internet.asked) == 1


def test_nobody_is_asked_more_often_than_patience_allows() -> None:
    world = walk_over({})
    assert isinstance(put(world, patience=2), Useless)
    assert len(world.internet.asked) == 2


def test_every_server_is_asked_before_any_is_asked_again() -> None:
    world = walk_over({})
    put(world)
    hosts = [asked.server for asked in world.internet.asked]
    assert len(hosts) == 6
    assert set(hosts[:2]) == set(hosts[2:4]) == set(hosts[4:]) == {ONE, TWO}


def test_useless_says_who_was_asked_and_why_they_did_not_help() -> None:
    table = {
        (ONE, "www.example.com. A"): "REFUSED",
        (TWO, "www.example.com. A"): "SERVFAIL",
    }
    outcome = put(walk_over(table))
    assert isinstance(outcome, Useless)
    assert "ns1.example.com (192.0.2.4) REFUSED" in outcome.reason
    assert "ns2.example.com (192.0.2.5) SERVFAIL" in outcome.reason


def test_a_zone_without_servers_is_useless_and_costs_nothing() -> None:
    world = walk_over({})
    outcome = put(world, zone=ZONE._replace(servers=()))
    assert isinstance(outcome, Useless)
    assert world.internet.asked == []


def test_a_looked_up_server_is_asked_before_a_silent_one_is_tried_again() -> None:
    zone = ZONE._replace(
        servers=(
            NameServer(name_from_text("ns1.example.com."), (Address(ONE),)),
            NameServer(name_from_text("ns.net."), ()),
        )
    )
    table = {
        ("192.0.2.1", "ns.net. A"): "AA\n;ANSWER\nns.net. 60 A 192.0.2.5",
        (TWO, "www.example.com. A"): ANSWER,
    }
    world = walk_over(table)
    assert isinstance(put(world, zone=zone), Answer)
    assert [asked.server for asked in world.internet.asked] == [ONE, "192.0.2.1", TWO]


def test_when_somebody_answers_in_the_place_of_all_servers_three_are_enough() -> None:
    hosts = [f"192.0.2.{i}" for i in range(10, 20)]
    addresses = tuple(Address(host) for host in hosts)
    zone = ZONE._replace(servers=(NameServer(name_from_text("ns."), addresses),))
    hearsay = "RA\n;ANSWER\nwww.example.com. 300 A 198.51.100.1"
    world = walk_over({(host, "www.example.com. A"): hearsay for host in hosts})
    assert isinstance(put(world, zone=zone), Answer)
    assert len(world.internet.asked) == ENOUGH_HEARSAY


def test_names_without_an_address_are_looked_up_before_a_lame_server_is_asked() -> None:
    away = name_from_text("ns.elsewhere.")
    zone = ZONE._replace(servers=(ZONE.servers[0], NameServer(away, ())))
    table = {
        (ONE, "www.example.com. A"): "REFUSED",
        (TWO, "www.example.com. A"): ANSWER,
        ("192.0.2.1", "ns.elsewhere. A"): f"AA\n;ANSWER\nns.elsewhere. 60 A {TWO}",
    }
    world = walk_over(table)
    world.servers.set_lame(Address(ONE), zone.zone, world.clock.time)
    assert isinstance(put(world, zone=zone), Answer)
    assert ONE not in [asked.server for asked in world.internet.asked]


# --- hedges ---------------------------------------------------------------------------


class Hedged:
    """Servers of which the first to be asked is late, and what its backup does."""

    def __init__(self, *, won: bool = False, silence: str = "") -> None:
        self.won = won
        self.silence = silence
        self.replies = dict.fromkeys((ONE, TWO), ANSWER)
        self.clock = Clock()
        self.asked: list[str] = []
        self.hedges: list[Hedge | None] = []
        self.late = True

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
        self.asked.append(server.host)
        self.hedges.append(hedge)
        if hedge is None or not self.late:
            return reply(question, self.replies[server.host])
        self.clock.time += hedge.after + 0.01
        hedge.won, hedge.silence = self.won, self.silence
        if hedge.silence:
            self.clock.time += 0.4
            raise Silence("timeout")
        host = hedge.backup.host if hedge.won else server.host
        return reply(question, self.replies[host])

    def over(self, **settings: Any) -> Walked:
        return walk_over({}, ask=self, clock=self.clock, **settings)


def test_with_each_question_goes_the_name_of_a_second_server() -> None:
    servers = Hedged()
    assert isinstance(put(servers.over()), Answer)
    [hedge] = servers.hedges
    assert hedge is not None
    assert {servers.asked[0], hedge.backup.host} == {ONE, TWO}
    assert hedge.after == MAX_PATIENCE


def test_what_a_backup_replies_is_held_against_the_backup() -> None:
    servers = Hedged(won=True)
    servers.replies[TWO] = LAME
    world = servers.over()
    assert isinstance(put(world, patience=1), Useless)
    assert servers.asked == [ONE]
    now = world.clock.time
    assert world.servers.lame(Address(TWO), ZONE.zone, now)
    assert not world.servers.lame(Address(ONE), ZONE.zone, now)


def test_who_was_overtaken_is_known_to_have_been_silent() -> None:
    servers = Hedged(won=True)
    world = servers.over()
    assert isinstance(put(world), Answer)
    facts = world.servers.known(Address(ONE), world.clock.time)
    assert facts is not None
    assert facts.silences == 1


def test_when_both_keep_silent_both_have_failed() -> None:
    servers = Hedged(silence="timeout")
    outcome = put(servers.over(), patience=1)
    assert isinstance(outcome, Useless)
    assert outcome.reason == "ns1.example.com (192.0.2.4) and 1 other did not reply"


def test_a_backup_that_fails_for_good_is_not_asked_again() -> None:
    servers = Hedged(silence="connection refused")
    put(servers.over())
    assert servers.asked == [ONE, ONE]


def test_hedges_that_are_needed_all_the_time_are_rationed() -> None:
    servers = Hedged(won=True)
    world = servers.over()
    for _ in range(1000):
        world.servers.reset()
        put(world)
    given = sum(hedge is not None for hedge in servers.hedges)
    assert given == pytest.approx(MAX_OPEN_HEDGES + 1000 * HEDGED_SHARE, abs=30)
    # In the long run, one in ten.
    given = sum(hedge is not None for hedge in servers.hedges[-200:])
    assert given == pytest.approx(20, abs=1)


def test_hedges_that_are_not_needed_cost_nothing() -> None:
    servers = Hedged()
    servers.late = False
    world = servers.over()
    for _ in range(1000):
        put(world)
    assert None not in servers.hedges


# --- families -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "order"),
    [("192.0.2.1", ["AAAA", "A"]), ("2001:db8::1", ["A", "AAAA"]), ("", ["A", "AAAA"])],
)
def test_addresses_are_looked_up_in_the_family_that_works(
    broken: str, order: list[str]
) -> None:
    zone = ZONE._replace(servers=(NameServer(name_from_text("ns.net."), ()),))
    soa = "AA\n;AUTHORITY\nnet. 60 SOA . . 1 1 1 1 60"
    table = {("192.0.2.1", f"ns.net. {kind}"): soa for kind in ("A", "AAAA")}
    world = walk_over(table)
    if broken:
        world.servers.unreachable(Address(broken), "network unreachable", 1000.0)
    put(world, zone=zone)
    assert [asked.question for asked in world.internet.asked] == [
        f"ns.net. {kind}" for kind in order
    ]


def test_who_cannot_be_reached_is_not_blamed_but_its_family_is() -> None:
    table = {(ONE, "www.example.com. A"): "network unreachable"}
    world = walk_over(table | {(TWO, "www.example.com. A"): ANSWER})
    assert isinstance(put(world), Answer)
    assert world.servers.reach.avoids(Address(TWO))
    assert len(world.servers) == 0


def test_who_cannot_be_reached_costs_no_patience() -> None:
    table = {(ONE, "www.example.com. A"): "network unreachable"}
    world = walk_over(table | {(TWO, "www.example.com. A"): ANSWER})
    assert isinstance(put(world, patience=1), Answer)
    assert [asked.server for asked in world.internet.asked] == [ONE, TWO]


# --- limits ---------------------------------------------------------------------------


class Never:
    """A server that never replies, in the eyes of who does not wait."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def silent(*_: object, **__: object) -> Message:
    await Never()
    raise Silence("timeout")


Open = Coroutine[Any, Any, Outcome]


def flood(world: Walked, zone: Delegation) -> list[Open]:
    """Open questions until one is refused, or 300 are open."""
    opened: list[Open] = []
    for number in range(300):
        errand = Errand(world.clock, world.clock.time + 8.0)
        asked = question(f"n{number}.example.com. A")
        one = world.walk._inquiry.put(zone, asked, errand, 32)
        try:
            one.send(None)
        except Spent:
            break
        opened.append(one)
    return opened


def test_a_zone_has_200_questions_open_and_no_more() -> None:
    world = walk_over({}, ask=silent)
    opened = flood(world, ZONE)
    assert len(opened) == MAX_OPEN_PER_ZONE == 200
    with pytest.raises(Spent, match=r"max_open_per_zone \(200\) of example.com."):
        put(world)
    # Others are not concerned.
    others = flood(world, ZONE._replace(zone=name_from_text("example.net.")))
    assert len(others) == 200
    # Whoever ends, however, makes room.
    opened.pop().close()
    opened += flood(world, ZONE)
    assert len(opened) == 200
    for one in opened + others:
        one.close()
    assert world.walk._inquiry._open == {}


@pytest.mark.parametrize("zone", [".", "com."])
def test_the_root_and_top_level_domains_have_no_such_bound(zone: str) -> None:
    top = ZONE._replace(zone=name_from_text(zone))
    opened = flood(walk_over({}, ask=silent), top)
    assert len(opened) == 300
    for one in opened:
        one.close()


def test_forwarders_have_no_such_bound() -> None:
    opened = flood(walk_over({}, ask=silent), ZONE._replace(recursive=True))
    assert len(opened) == 300
    for one in opened:
        one.close()


# --- returns --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "recursive", "forgotten"),
    [
        ("com.", False, True),
        ("example.com.", False, False),
        ("example.com.", True, True),
    ],
)
def test_failures_are_forgotten_when_those_are_back_on_whom_everything_hangs(
    zone: str, *, recursive: bool, forgotten: bool
) -> None:
    world = walk_over({(ONE, "www.example.com. A"): ANSWER})
    only = NameServer(name_from_text("ns."), (Address(ONE),))
    delegation = Delegation(name_from_text(zone), (only,), 1e9, recursive=recursive)
    failed = question("other.example.com. A")
    world.failures.remember(failed, "no", 22, world.clock.time)
    for _ in range(DOWN_AFTER):
        world.servers.timed_out(Address(ONE), world.clock.time)
    assert isinstance(put(world, zone=delegation), Answer)
    assert (world.failures.get(failed, world.clock.time) is None) == forgotten


@pytest.mark.parametrize(("worth", "lookups"), [(UNCHECKED, 0), (BOGUS, 1)])
def test_addresses_that_nobody_has_checked_are_asked_as_they_are(
    worth: int, lookups: int
) -> None:
    world = walk_over({(ONE, "www.example.com. A"): ANSWER})
    [known] = rrsets_from_text(f"ns.example.net. 60 A {ONE}")
    world.rrsets.put(known, RANK_ANSWER, world.clock.time, worth)
    hosted = Delegation(ZONE.zone, (NameServer(known.name, ()),), 1e9)
    asked = question("www.example.com. A")
    errand = Errand(world.clock, world.clock.time + 8.0)
    run(world.walk._inquiry.put(hosted, asked, errand, 1))
    assert len([it for it in errand.diary if it.kind == "question"]) == lookups
    assert (ONE in {it.server for it in world.internet.asked}) == (not lookups)
