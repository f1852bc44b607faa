"""Failures are remembered for what caused them (RFC 9520): packets are counted."""

import pytest

from resolver.ports import Errand, Resolution
from resolver.wire import types
from tests.walk.pretend import Walked, question, run, walk_over

ROOT = "192.0.2.1"


def zone(name: str, address: str, server: str = "") -> str:
    """Write a referral, with glue unless the server is called otherwise."""
    server = server or f"ns.{name}"
    text = f";AUTHORITY\n{name} 86400 NS {server}"
    return text if not address else f"{text}\n;ADDITIONAL\n{server} 86400 A {address}"


DEAD = {(ROOT, f"{name}.dead. A"): zone("dead.", "192.0.2.9") for name in "ab"}
BROKEN = DEAD | {("192.0.2.9", f"{name}.dead. A"): "SERVFAIL" for name in "ab"}
ALIASES = {
    (ROOT, "one. A"): "AA\n;ANSWER\none. 3600 CNAME a.dead.",
    (ROOT, "two. A"): "AA\n;ANSWER\ntwo. 3600 CNAME a.dead.",
}


def packets(world: Walked, text: str) -> int:
    before = len(world.internet.asked)
    world.resolve(text)
    return len(world.internet.asked) - before


@pytest.mark.parametrize("table", [DEAD, BROKEN], ids=["silent", "SERVFAIL"])
def test_a_question_that_failed_sends_nothing_while_that_is_believed(
    table: dict[tuple[str, str], str],
) -> None:
    world = walk_over(table)
    believed = 2.0
    for _ in range(10):
        assert packets(world, "a.dead. A") > 0
        ended = world.clock.time
        for part in (0.1, 0.5, 0.99):
            world.clock.time = ended + part * believed
            assert packets(world, "a.dead. A") == 0
        world.clock.time = ended + believed
        believed = min(2 * believed, 300.0)


def test_who_asks_again_is_told_of_the_failure_and_for_how_long_it_is_believed() -> (
    None
):
    world = walk_over(BROKEN)
    first = world.resolve("a.dead. A")
    [(code, text)] = first.ede
    again = world.resolve("a.dead. A")
    assert again.rcode == types.SERVFAIL
    assert again.ede == ((13, f"for 2 more seconds: {text}"), (code, ""))


@pytest.mark.parametrize("table", [DEAD, BROKEN], ids=["silent", "SERVFAIL"])
def test_the_failure_of_a_target_is_that_of_every_alias_to_it(
    table: dict[tuple[str, str], str],
) -> None:
    world = walk_over(table | ALIASES)
    assert packets(world, "one. A") > 2
    resolution = world.resolve("two. A")
    assert world.internet.questions[-1] == f"{ROOT} two. A"
    assert resolution.ede[0][0] == 13
    assert packets(world, "two. A") == 0
    assert packets(world, "a.dead. A") == 0
    # The target is told of as often as it is met, and not believed any longer for it.
    world.clock.time += 2.0
    assert packets(world, "two. A") > 0


def test_a_target_that_answers_again_ends_the_failure() -> None:
    world = walk_over(BROKEN | ALIASES)
    world.resolve("one. A")
    world.internet.table["192.0.2.9", "a.dead. A"] = (
        "AA\n;ANSWER\na.dead. 60 A 198.51.100.1"
    )
    world.clock.time += 2.0
    assert world.resolve("one. A").rcode == types.NOERROR
    assert world.resolve("two. A").rcode == types.NOERROR


GLUELESS = {
    (ROOT, f"{host}.child. A"): zone("child.", "", "a.dead.") for host in ("x", "y")
}


@pytest.mark.parametrize("table", [DEAD, BROKEN], ids=["silent", "SERVFAIL"])
def test_a_server_name_that_could_not_be_looked_up_is_not_looked_up_for_each_question(
    table: dict[tuple[str, str], str],
) -> None:
    world = walk_over(table | GLUELESS, ipv6=False)
    assert packets(world, "x.child. A") > 2
    assert packets(world, "y.child. A") == 0
    assert world.resolve("y.child. A").rcode == types.SERVFAIL


def test_a_look_up_that_a_limit_cut_short_is_no_failure_of_its_own() -> None:
    # Each zone's server is named in the other: neither can be looked up from the other,
    # which says nothing about who would know the way.
    world = walk_over(
        {
            (ROOT, "ns.left. A"): zone("left.", "", "ns.right."),
            (ROOT, "ns.right. A"): zone("right.", "", "ns.left."),
            (ROOT, "www.left. A"): zone("left.", "", "ns.right."),
        },
        ipv6=False,
    )
    world.resolve("www.left. A")
    for name in ("ns.left. A", "ns.right. A"):
        assert world.failures.get(question(name), world.clock()) is None


def test_a_sub_question_that_ran_out_of_budget_is_no_failure_of_its_own() -> None:
    world = walk_over(DEAD | GLUELESS, ipv6=False)
    errand = Errand(world.clock, world.clock() + 8.0)
    errand.asks_left = 3
    failed: Resolution = run(world.walk.resolve(question("x.child. A"), errand))
    assert failed.rcode == types.SERVFAIL
    assert world.failures.get(question("a.dead. A"), world.clock()) is None
    assert world.failures.get(question("x.child. A"), world.clock()) is not None
    assert set(world.walk.findings.limits) == {"max_asks"}


def test_a_renewal_asks_again_for_what_soon_expires_and_for_nothing_else() -> None:
    table = {
        (ROOT, "www. A"): "AA\n;ANSWER\nwww. 3600 CNAME host.",
        (ROOT, "host. A"): "AA\n;ANSWER\nhost. 60 A 198.51.100.1",
    }
    world = walk_over(table)
    world.resolve("www. A")
    world.clock.time += 57
    errand = Errand(world.clock, world.clock() + 8.0)
    errand.ahead = 3
    run(world.walk.resolve(question("www. A"), errand))
    assert world.internet.questions[2:] == [f"{ROOT} host. A"]
    assert [rrset.ttl for rrset in world.resolve("www. A").answer] == [3543, 60]
    errand = Errand(world.clock, world.clock() + 8.0)
    errand.ahead = 3
    run(world.walk.resolve(question("www. A"), errand))
    assert len(world.internet.asked) == 3
