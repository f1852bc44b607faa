from importlib import resources

import pytest

from resolver.ports import Errand
from resolver.walk.addresses import Addresses
from resolver.walk.root import MAX_PRIMING_TRIES, hints_delegation, read_hints
from resolver.wire.presentation import rrsets_from_text
from tests.walk.pretend import Walked, run, walk_over


def root_hosts(world: Walked) -> list[str]:
    errand = Errand(world.clock, world.clock.time + 8)
    zone = run(world.walk._descent._cuts._root.delegation(errand))
    return [address.host for server in zone.servers for address in server.addresses]


def anybody(host: str) -> bool:
    return True


def test_the_built_in_hints_read_as_a_zone_file_would() -> None:
    text = (resources.files("resolver") / "data" / "root.hints").read_text("utf-8")
    assert read_hints(text) == rrsets_from_text(text)


def test_hints_that_are_not_four_plain_words_a_line_are_not_guessed_at() -> None:
    for text in (". NS ns.", ". 60 TXT x", "x. 60 A nowhere"):
        with pytest.raises(ValueError, match=r"unpack|no hint|IPv4"):
            read_hints(text)


def test_the_built_in_hints_name_thirteen_servers_with_both_families() -> None:
    text = (resources.files("resolver") / "data" / "root.hints").read_text("utf-8")
    hints = hints_delegation(rrsets_from_text(text), Addresses(anybody))
    assert len(hints.servers) == 13
    assert all(len(server.addresses) == 2 for server in hints.servers)


def test_hints_without_a_usable_address_are_refused() -> None:
    records = rrsets_from_text(". 60 NS ns.root.\nns.root. 60 AAAA 2001:db8::1")
    with pytest.raises(ValueError, match="address"):
        hints_delegation(records, Addresses(anybody, ipv6=False))


def test_hints_without_an_ns_record_are_refused() -> None:
    with pytest.raises(ValueError, match="NS"):
        hints_delegation(rrsets_from_text("x. 60 A 192.0.2.1"), Addresses(anybody))


def test_without_priming_the_hints_are_used_as_they_are() -> None:
    world = walk_over({})
    assert root_hosts(world) == ["192.0.2.1"]
    assert world.internet.asked == []


def test_a_primed_server_without_an_address_keeps_that_of_the_hints() -> None:
    world = walk_over(
        {("192.0.2.1", ". NS"): "AA\n;ANSWER\n. 60 NS ns.root."}, prime=True
    )
    assert root_hosts(world) == ["192.0.2.1"]
    assert len(world.internet.asked) == 1
    assert root_hosts(world) == ["192.0.2.1"]
    assert len(world.internet.asked) == 1


def test_a_priming_reply_without_any_address_leaves_the_hints_in_place() -> None:
    table = {("192.0.2.1", ". NS"): "AA\n;ANSWER\n. 60 NS elsewhere."}
    assert root_hosts(walk_over(table, prime=True)) == ["192.0.2.1"]


def test_silent_hints_are_tried_a_few_times_and_then_left_alone_for_a_while() -> None:
    world = walk_over({}, prime=True)
    assert root_hosts(world) == ["192.0.2.1"]
    assert len(world.internet.asked) == MAX_PRIMING_TRIES
    root_hosts(world)
    assert len(world.internet.asked) == MAX_PRIMING_TRIES


def test_the_root_is_primed_again_when_its_ttl_is_over() -> None:
    primed = "AA\n;ANSWER\n. 600 NS ns2.root.\n;ADDITIONAL\nns2.root. 600 A 192.0.2.77"
    world = walk_over({("192.0.2.1", ". NS"): primed}, prime=True)
    assert root_hosts(world) == ["192.0.2.77"]
    world.clock.time += 601
    assert root_hosts(world) == ["192.0.2.77"]
    assert world.internet.questions == ["192.0.2.1 . NS", "192.0.2.1 . NS"]
