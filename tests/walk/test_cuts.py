from resolver.cache.zones import Delegation
from resolver.ports import Errand
from resolver.walk.root import NEVER
from resolver.walk.scrub import Referral, glue
from resolver.wire.presentation import (
    name_from_text,
    rrsets_from_text,
)
from resolver.wire.presentation import (
    name_from_text as name,
)
from tests.walk.pretend import Walked, configured_zone, question, reply, run, walk_over


def start(world: Walked, text: str) -> bytes:
    errand = Errand(world.clock, world.clock.time + 8)
    return run(world.walk._descent._cuts.start(question(text), errand)).zone


def put(world: Walked, zone: str, ttl: int = 3600) -> None:
    world.zones.put(name_from_text(zone), (), ttl, NEVER, world.clock.time)


def referral(zone: str, ttl: int) -> Referral:
    [ns] = rrsets_from_text(f"{zone} {ttl} NS ns.{zone}")
    message = reply(question(f"{zone} A"), f";ADDITIONAL\nns.{zone} 60 A 192.0.2.9")
    return Referral(ns.name, ns, glue(ns, message, name(".")))


def test_a_walk_starts_at_the_deepest_known_zone() -> None:
    world = walk_over({})
    put(world, "com.")
    put(world, "example.com.")
    assert start(world, "www.example.com. A") == name("example.com.")
    assert start(world, "www.example.net. A") == name(".")


def test_the_ds_of_a_zone_is_looked_for_above_it() -> None:
    world = walk_over({})
    put(world, "com.")
    put(world, "example.com.")
    assert start(world, "example.com. DS") == name("com.")
    assert start(world, ". DS") == name(".")


def test_a_forward_zone_wins_over_everything_learnt_below_it() -> None:
    forward = configured_zone("com.", "192.0.2.53", recursive=True)
    world = walk_over({}, configured=(forward,))
    put(world, "example.com.")
    assert start(world, "www.example.com. A") == name("com.")


def test_a_stub_zone_wins_over_what_is_above_it_but_may_delegate() -> None:
    stub = configured_zone("example.com.", "192.0.2.53", recursive=False)
    world = walk_over({}, configured=(stub,))
    put(world, "com.")
    assert start(world, "www.example.com. A") == name("example.com.")
    put(world, "sub.example.com.")
    assert start(world, "www.sub.example.com. A") == name("sub.example.com.")


def test_the_most_specific_configured_zone_wins() -> None:
    zones = (
        configured_zone(".", "192.0.2.53", recursive=True),
        configured_zone("corp.", "192.0.2.54", recursive=True),
    )
    world = walk_over({}, configured=zones)
    assert start(world, "www.corp. A") == name("corp.")
    assert start(world, "www.com. A") == name(".")


def test_a_delegation_never_outlives_the_one_that_led_to_it() -> None:
    world = walk_over({})
    now = world.clock.time
    parent = world.zones.put(name("com."), (), 600, NEVER, now)
    child = world.walk._descent._cuts.enter(
        referral("example.com.", 86400), parent, now
    )
    assert child.expires == now + 600


def test_a_delegation_below_the_hints_lives_as_long_as_it_says() -> None:
    world = walk_over({})
    now = world.clock.time
    errand = Errand(world.clock, now + 8)
    root = run(world.walk._descent._cuts.start(question("com. A"), errand))
    child = world.walk._descent._cuts.enter(referral("com.", 7200), root, now)
    assert child.expires == now + 7200


def test_a_zone_whose_servers_are_all_inside_it_without_glue_is_no_place_to_start() -> (
    None
):
    world = walk_over({})
    parent = world.zones.put(name("com."), (), 600, NEVER, world.clock.time)
    [ns] = rrsets_from_text("example.com. 600 NS ns.example.com.")
    bare = Referral(ns.name, ns, ())
    child = world.walk._descent._cuts.enter(bare, parent, world.clock.time)
    assert child.servers
    assert start(world, "ns.example.com. A") == name("com.")


def test_a_delegation_from_the_root_outlives_the_roots_own_list() -> None:
    world = walk_over({})
    now = world.clock.time
    root = world.zones.put(name("."), (), 600, NEVER, now)
    child = world.walk._descent._cuts.enter(referral("com.", 7200), root, now)
    assert child.expires == now + 7200


def test_without_a_zone_that_does_not_help_the_next_above_it_is_given() -> None:
    everything = configured_zone(".", "192.0.2.53", recursive=True)
    com = configured_zone("com.", "192.0.2.54", recursive=True)
    exception = Delegation(name("example.com."), (), NEVER)
    world = walk_over({}, configured=(everything, com, exception))
    put(world, "example.com.")
    errand = Errand(world.clock, world.clock.time + 8)
    asked = question("www.net.com. A")
    cuts = world.walk._descent._cuts
    assert run(cuts.start(asked, errand)) is com
    assert run(cuts.start(asked, errand, com)) is everything
    assert run(cuts.start(asked, errand, everything)).recursive is False
    assert start(world, "www.example.com. A") == name("example.com.")
    assert run(cuts.start(question("www.example.com. A"), errand)).servers == ()
