"""Zones that the configuration points somewhere, and what happens if that fails."""

from resolver.cache.zones import Delegation
from resolver.ports import Address
from resolver.walk.descent import ASKS_BEFORE_FALLBACK
from resolver.wire import types
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import configured_zone, lines, walk_over

ROOT, COM, NET, EXAMPLE, OTHER = (f"192.0.2.{i}" for i in range(1, 6))
TO_COM = ";AUTHORITY\ncom. 86400 NS ns.com.\n;ADDITIONAL\nns.com. 86400 A 192.0.2.2"
TO_EXAMPLE = (
    ";AUTHORITY\nexample.com. 3600 NS ns.example.com.\n"
    ";ADDITIONAL\nns.example.com. 3600 A 192.0.2.4"
)
ANSWER = "AA\n;ANSWER\nwww.example.com. 300 A 198.51.100.1"
DOWN = {
    (ROOT, "www.example.com. A"): TO_COM,
    (COM, "www.example.com. A"): TO_EXAMPLE,
}
NO_DS = "AA NXDOMAIN\n;AUTHORITY\n. 900 SOA ns. admin. 1 2 3 4 300"


def forwarded(zone: str, *hosts: str, first: bool) -> Delegation:
    return configured_zone(zone, *hosts, recursive=True)._replace(first=first)


def test_a_forwarder_that_fails_ends_the_walk_unless_it_is_only_the_first() -> None:
    table = DOWN | {
        (EXAMPLE, "www.example.com. A"): ANSWER,
        (OTHER, "www.example.com. A"): "SERVFAIL",
    }
    only = walk_over(table, configured=(forwarded("com.", OTHER, first=False),))
    assert only.resolve("www.example.com. A").rcode == types.SERVFAIL
    first = walk_over(table, configured=(forwarded("com.", OTHER, first=True),))
    assert lines(first.resolve("www.example.com. A"))
    assert first.internet.questions == [
        f"{OTHER} www.example.com. A",
        f"{ROOT} www.example.com. A",
        f"{COM} www.example.com. A",
        f"{EXAMPLE} www.example.com. A",
    ]


def test_all_forwarders_are_tried_before_anybody_else() -> None:
    table = DOWN | {
        (EXAMPLE, "www.example.com. A"): ANSWER,
        (NET, "www.example.com. A"): "RA\n;ANSWER\nwww.example.com. 9 A 203.0.113.1",
    }
    zone = forwarded(".", OTHER, NET, first=True)
    for dice in (0.0, 0.9):
        world = walk_over(table, configured=(zone,), dice=dice)
        assert lines(world.resolve("www.example.com. A")) == [
            "www.example.com. 9 IN A 203.0.113.1"
        ]


def test_silent_forwarders_leave_time_for_what_is_asked_instead() -> None:
    hosts = [f"203.0.113.{i}" for i in range(1, 14)]
    zone = forwarded(".", *hosts, first=True)
    table = DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER}
    world = walk_over(table, configured=(zone,))
    assert lines(world.resolve("www.example.com. A"))
    vain = [asked for asked in world.internet.asked if asked.server in hosts]
    assert len(vain) == ASKS_BEFORE_FALLBACK


def test_a_forwarder_that_is_down_is_not_waited_for() -> None:
    zone = forwarded(".", OTHER, first=True)
    table = DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER}
    world = walk_over(table, configured=(zone,))
    for _ in range(3):
        world.servers.timed_out(Address(OTHER), world.clock.time)
    assert lines(world.resolve("www.example.com. A"))
    assert world.internet.questions[0] == f"{ROOT} www.example.com. A"


def test_a_stub_zone_that_is_only_the_first_gives_way_to_the_delegation() -> None:
    stub = configured_zone("example.com.", OTHER, recursive=False)
    table = DOWN | {
        (EXAMPLE, "www.example.com. A"): ANSWER,
        (OTHER, "www.example.com. A"): "REFUSED",
    }
    world = walk_over(table, configured=(stub._replace(first=True),))
    assert lines(world.resolve("www.example.com. A"))
    assert world.internet.questions[-1] == f"{EXAMPLE} www.example.com. A"


def test_what_fails_is_asked_of_the_forwarder_of_the_zone_above() -> None:
    zones = (
        forwarded(".", NET, first=False),
        forwarded("com.", OTHER, first=True),
    )
    table = {
        (OTHER, "www.example.com. A"): "REFUSED",
        (NET, "www.example.com. A"): "RA\n" + ANSWER.removeprefix("AA\n"),
    }
    world = walk_over(table, configured=zones)
    assert lines(world.resolve("www.example.com. A"))


def test_a_zone_without_servers_is_an_exception_that_is_walked_for() -> None:
    everything = forwarded("com.", OTHER, first=False)
    nobody = everything._replace(zone=name_from_text("example.com."), servers=())
    table = DOWN | {(EXAMPLE, "www.example.com. A"): ANSWER}
    world = walk_over(table, configured=(everything, nobody))
    assert lines(world.resolve("www.example.com. A"))
    assert OTHER not in {asked.server for asked in world.internet.asked}


def test_the_parents_nxdomain_for_its_ds_does_not_hide_a_configured_zone() -> None:
    table = {
        (ROOT, "corp. DS"): NO_DS,
        (OTHER, "corp. A"): "RA\n;ANSWER\ncorp. 60 A 192.168.1.1",
    }
    world = walk_over(table, configured=(forwarded("corp.", OTHER, first=False),))
    assert world.resolve("corp. DS").rcode == types.NXDOMAIN
    assert lines(world.resolve("corp. A")) == ["corp. 60 IN A 192.168.1.1"]
