"""One zone's servers, asked in turn.  Whole walks are in test_walk."""

from resolver.cache.zones import Delegation, NameServer
from resolver.ports import Address, Errand
from resolver.walk.inquiry import ENOUGH_HEARSAY
from resolver.walk.scrub import Answer, Outcome, Useless
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import Walked, question, run, walk_over

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
    assert "ns1.example.com. (192.0.2.4) REFUSED" in outcome.reason
    assert "ns2.example.com. (192.0.2.5) SERVFAIL" in outcome.reason


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
