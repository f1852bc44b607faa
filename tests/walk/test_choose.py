import random
from collections import Counter

from resolver.cache.infra import Servers
from resolver.cache.zones import Delegation, NameServer
from resolver.ports import Address
from resolver.walk.choose import MAX_FRUITLESS, MAX_TRIES, Candidates
from resolver.wire.presentation import name_from_text

ZONE = name_from_text("example.com.")
FAST, SLOW, OTHER = Address("192.0.2.1"), Address("192.0.2.2"), Address("192.0.2.3")


def delegation(*servers: tuple[str, tuple[Address, ...]]) -> Delegation:
    listed = tuple(NameServer(name_from_text(name), hosts) for name, hosts in servers)
    return Delegation(ZONE, listed, 1e9)


TWO = delegation(("a.example.com.", (FAST,)), ("b.example.com.", (SLOW,)))


def measured(**seconds: float) -> Servers:
    servers = Servers(100)
    for name, value in seconds.items():
        address = {"fast": FAST, "slow": SLOW, "other": OTHER}[name]
        for _ in range(20):
            servers.answered(address, value, 0.0)
    return servers


def choices(servers: Servers, zone: Delegation = TWO) -> Counter[Address | None]:
    dice = random.Random(1)
    return Counter(Candidates(zone, servers, dice).best(0.0) for _ in range(2000))


def test_equally_quick_servers_share_the_questions() -> None:
    counted = choices(measured(fast=0.02, slow=0.05))
    assert min(counted.values()) > 800


def test_a_much_slower_server_is_only_explored() -> None:
    counted = choices(measured(fast=0.02, slow=0.5))
    assert 20 <= counted[SLOW] <= 120


def test_a_quicker_server_is_preferred_to_an_unknown_one() -> None:
    counted = choices(measured(fast=0.02))
    assert 20 <= counted[SLOW] <= 120


def test_a_server_that_is_down_is_not_even_explored() -> None:
    servers = measured(fast=0.02, slow=0.02)
    for _ in range(3):
        servers.timed_out(SLOW, 0.0)
    assert choices(servers)[SLOW] == 0


def test_a_lame_server_is_a_last_resort() -> None:
    servers = measured(fast=0.02, slow=0.02)
    servers.set_lame(SLOW, ZONE, 0.0)
    assert choices(servers)[SLOW] == 0
    servers.set_lame(FAST, ZONE, 0.0)
    assert sum(choices(servers).values()) == 2000
    assert None not in choices(servers)


def test_every_address_is_tried_before_any_is_tried_again_and_then_given_up() -> None:
    candidates = Candidates(TWO, Servers(100), random.Random(1))
    tried = []
    while (address := candidates.best(0.0)) is not None:
        tried.append(address)
        candidates.failed(address, "timeout", hopeless=False)
    assert len(tried) == 2 * MAX_TRIES
    assert all(len(set(tried[i : i + 2])) == 2 for i in range(0, len(tried), 2))


def test_a_hopeless_address_is_not_tried_again() -> None:
    candidates = Candidates(TWO, Servers(100), random.Random(1))
    candidates.failed(FAST, "REFUSED", hopeless=True)
    assert candidates.best(0.0) == SLOW
    candidates.failed(SLOW, "REFUSED", hopeless=True)
    assert candidates.best(0.0) is None


def test_names_without_glue_are_looked_up_before_those_with_glue() -> None:
    zone = delegation(
        ("ns.example.net.", ()), ("ns2.example.net.", (FAST,)), ("ns.example.org.", ())
    )
    candidates = Candidates(zone, Servers(100), random.Random(1))
    order = [candidates.next_name() for _ in range(4)]
    assert order[2] == name_from_text("ns2.example.net.")
    assert order[3] is None


def test_a_name_inside_the_zone_is_looked_up_only_if_no_server_has_an_address() -> None:
    inside = ("ns.example.com.", ())
    alone = Candidates(delegation(inside), Servers(100), random.Random(1))
    assert alone.next_name() == name_from_text("ns.example.com.")
    beside = delegation(inside, ("ns.example.net.", (FAST,)))
    candidates = Candidates(beside, Servers(100), random.Random(1))
    assert candidates.next_name() == name_from_text("ns.example.net.")
    assert candidates.next_name() is None


def test_found_addresses_join_the_others() -> None:
    candidates = Candidates(TWO, Servers(100), random.Random(1))
    name = name_from_text("c.example.net.")
    candidates.add(name, (FAST, OTHER), free=False)
    candidates.failed(FAST, "REFUSED", hopeless=True)
    candidates.failed(SLOW, "REFUSED", hopeless=True)
    assert candidates.best(0.0) == OTHER


def test_the_summary_names_servers_and_reasons_and_counts_the_rest() -> None:
    zone = delegation(
        ("a.example.com.", (FAST,)),
        ("b.example.com.", (SLOW,)),
        ("c.example.com.", (OTHER,)),
    )
    candidates = Candidates(zone, Servers(100), random.Random(1))
    for address in (FAST, SLOW, OTHER):
        candidates.failed(address, "timeout", hopeless=False)
    assert candidates.summary() == (
        "a.example.com. (192.0.2.1) timeout, b.example.com. (192.0.2.2) timeout"
        " and 1 more"
    )


def test_the_summary_says_so_when_nobody_could_be_asked() -> None:
    candidates = Candidates(delegation(), Servers(100), random.Random(1))
    assert "no" in candidates.summary()


def test_look_ups_that_bring_nothing_end_the_search() -> None:
    zone = delegation(*((f"n{i}.example.net.", ()) for i in range(13)))
    candidates = Candidates(zone, Servers(100), random.Random(1))
    looked_up = 0
    while (name := candidates.next_name()) is not None:
        looked_up += 1
        candidates.add(name, (), free=False)
    assert looked_up == MAX_FRUITLESS


def test_look_ups_that_cost_nothing_may_all_be_made() -> None:
    zone = delegation(*((f"n{i}.example.net.", ()) for i in range(13)))
    candidates = Candidates(zone, Servers(100), random.Random(1))
    looked_up = 0
    while (name := candidates.next_name()) is not None:
        looked_up += 1
        candidates.add(name, (), free=True)
    assert looked_up == 13
