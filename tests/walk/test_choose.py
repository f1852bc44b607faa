import random
from collections import Counter

import pytest

from resolver.cache.infra import DOWN_AFTER, INSIST, MAX_PATIENCE, SLACK, Servers
from resolver.cache.reach import FAMILY_REST
from resolver.cache.zones import Delegation, NameServer
from resolver.ports import Address
from resolver.walk.choose import GRACE, LONE_TRIES, MAX_FRUITLESS, MAX_TRIES, Candidates
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import Dice

ZONE = name_from_text("example.com.")
V6 = Address("2001:db8::1")
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


# --- the backup -----------------------------------------------------------------------


def best(
    servers: Servers, *, zone: Delegation = TWO, dice: float = 0.5, now: float = 0.0
) -> tuple[Address | None, Address | None, float]:
    candidates = Candidates(zone, servers, Dice(dice))
    first = candidates.best(now)
    return first, candidates.backup, candidates.patience


def down(servers: Servers, address: Address, now: float = 0.0) -> Servers:
    for _ in range(DOWN_AFTER):
        servers.timed_out(address, now)
    return servers


EXPLORING = 0.04  # the second of two servers, if the first is so much quicker


def test_who_is_known_has_its_usual_time_before_another_is_asked_as_well() -> None:
    first, backup, patience = best(measured(fast=0.02))
    assert (first, backup) == (FAST, SLOW)
    assert 0.02 + SLACK <= patience < 0.06


def test_who_is_unknown_has_150_ms() -> None:
    first, backup, patience = best(Servers(10))
    assert {first, backup} == {FAST, SLOW}
    assert patience == MAX_PATIENCE == 0.15


def test_whoever_is_far_away_has_150_ms_too() -> None:
    assert best(measured(fast=0.4, slow=0.4))[2] == 0.15


def test_where_there_is_only_one_server_there_is_no_backup() -> None:
    only = delegation(("a.example.com.", (FAST,)))
    assert best(measured(fast=0.02), zone=only)[:2] == (FAST, None)


def test_the_backup_is_one_that_is_equally_quick_or_the_best_of_the_others() -> None:
    zone = delegation(("a.", (FAST, SLOW, OTHER)))
    for dice in (0.06, 0.3, 0.6, 0.99):
        servers = measured(fast=0.02, other=0.03, slow=0.5)
        assert set(best(servers, zone=zone, dice=dice)[:2]) == {FAST, OTHER}
        servers = measured(fast=0.02, other=0.8, slow=0.5)
        assert best(servers, zone=zone, dice=dice)[:2] == (FAST, SLOW)


def test_a_server_that_is_lame_or_down_or_has_failed_is_no_backup() -> None:
    assert best(down(measured(fast=0.02, slow=0.02), SLOW))[:2] == (FAST, None)
    servers = measured(fast=0.02, slow=0.02)
    servers.set_lame(SLOW, ZONE, 0.0)
    assert best(servers)[:2] == (FAST, None)
    candidates = Candidates(TWO, measured(fast=0.02, slow=0.02), Dice())
    candidates.failed(SLOW, "timeout", hopeless=False)
    assert candidates.best(0.0) == FAST
    assert candidates.backup is None
    candidates.failed(FAST, "timeout", hopeless=False)
    assert candidates.best(0.0) is not None
    assert candidates.backup is None


def test_exploring_costs_little_more_than_asking_the_best() -> None:
    servers = measured(fast=0.02, slow=0.5)
    first, backup, patience = best(servers, dice=EXPLORING)
    assert (first, backup) == (SLOW, FAST)
    assert patience == pytest.approx(0.02 + GRACE)


def test_whoever_explores_waits_for_a_first_reply_and_for_a_silence() -> None:
    assert best(measured(fast=0.02), dice=EXPLORING) == (SLOW, FAST, MAX_PATIENCE)
    servers = measured(fast=0.02, slow=0.1)
    servers.timed_out(SLOW, 0.0)
    first, _, patience = best(servers, dice=EXPLORING)
    assert first == SLOW
    assert patience > 0.1


def test_nobody_explores_or_probes_who_cannot_afford_a_backup() -> None:
    servers = measured(fast=0.02, slow=0.5)
    candidates = Candidates(TWO, servers, Dice(EXPLORING))
    assert candidates.best(0.0, hedged=False) == FAST
    down(servers, SLOW)
    assert Candidates(TWO, servers, Dice()).best(60.0, hedged=False) == FAST


def test_the_backup_of_a_server_that_is_unknown_is_of_the_other_family() -> None:
    zone = delegation(("a.", (FAST, SLOW, OTHER, V6)))
    for dice in (0.1, 0.4, 0.6):
        assert best(Servers(10), zone=zone, dice=dice)[1] == V6
    first, backup, _ = best(Servers(10), zone=zone, dice=0.99)
    assert first == V6
    assert backup in {FAST, SLOW, OTHER}


# --- servers that are down ------------------------------------------------------------


def test_one_question_finds_out_whether_a_server_is_back_when_its_rest_is_over() -> (
    None
):
    servers = down(measured(fast=0.02, slow=0.02), SLOW)
    assert best(servers, now=0.9)[0] == FAST
    first, backup, patience = best(servers, now=1.0)
    assert (first, backup) == (SLOW, FAST)
    assert patience == pytest.approx(0.02 + GRACE)
    assert best(servers, now=1.0)[0] == FAST
    servers.timed_out(SLOW, 1.1)
    assert best(servers, now=3.0)[0] == FAST
    assert best(servers, now=3.2)[0] == SLOW


def test_servers_that_are_all_down_are_asked_one_after_the_other_once_a_second() -> (
    None
):
    zone = delegation(("a.", (FAST, SLOW, OTHER)))
    servers = Servers(100)
    for address in (FAST, SLOW, OTHER):
        down(servers, address)
    # Two at a time: the one chosen and its backup.
    assert set(best(servers, zone=zone, now=INSIST)[:2]) == {FAST, SLOW}
    assert best(servers, zone=zone, now=INSIST)[:2] == (OTHER, None)
    candidates = Candidates(zone, servers, Dice())
    assert candidates.best(INSIST + 0.1) is None
    assert "and 2 others did not reply lately" in candidates.summary()
    assert best(servers, zone=zone, now=INSIST + 1)[0] is not None


def test_a_hiccup_is_no_reason_to_give_up_for_who_has_nobody_else() -> None:
    only = delegation(("a.example.com.", (FAST,)))
    servers = down(measured(fast=0.02), FAST)
    for _ in range(10):
        assert best(servers, zone=only, now=INSIST - 0.1)[0] == FAST
    candidates = Candidates(only, servers, Dice())
    for _ in range(LONE_TRIES):
        assert candidates.best(0.5) == FAST
        candidates.failed(FAST, "timeout", hopeless=False)
    assert candidates.best(0.5) is None


def test_the_only_server_is_asked_more_often_than_one_of_several() -> None:
    only = delegation(("a.example.com.", (FAST,)))
    candidates = Candidates(only, Servers(10), Dice())
    while candidates.best(0.0) is not None:
        candidates.failed(FAST, "timeout", hopeless=False)
    assert candidates._tries == {FAST: LONE_TRIES}
    candidates = Candidates(only, Servers(10), Dice())
    candidates.failed(FAST, "REFUSED", hopeless=True)
    assert candidates.best(0.0) is None


def test_only_a_server_that_is_down_makes_us_desperate() -> None:
    servers = down(Servers(10), FAST)
    candidates = Candidates(TWO, servers, Dice())
    chosen = [candidates.best(0.0), candidates.desperate]
    assert chosen == [SLOW, False]
    candidates.failed(SLOW, "REFUSED", hopeless=True)
    chosen = [candidates.best(0.0), candidates.desperate]
    assert chosen == [FAST, True]
    candidates.failed(FAST, "timeout", hopeless=False)
    assert candidates.best(INSIST + 2) is None, "once, if it has been so for long"


def test_who_has_failed_once_is_tried_again_before_who_is_down() -> None:
    candidates = Candidates(TWO, down(Servers(10), FAST), Dice())
    for _ in range(MAX_TRIES):
        assert candidates.best(0.0) == SLOW
        candidates.failed(SLOW, "timeout", hopeless=False)
    assert candidates.best(0.0) == FAST


# --- families -------------------------------------------------------------------------

BOTH = delegation(("a.example.com.", (FAST, V6)))


def test_a_broken_family_is_a_last_resort_and_looked_at_once_a_minute() -> None:
    servers = measured(fast=0.02)
    servers.unreachable(V6, "network unreachable", 0.0)
    assert choices(servers, BOTH)[V6] == 0
    first, backup, patience = best(servers, zone=BOTH, now=FAMILY_REST)
    assert (first, backup) == (V6, FAST)
    assert patience < 0.1
    assert best(servers, zone=BOTH, now=FAMILY_REST)[0] == FAST
    candidates = Candidates(BOTH, servers, Dice())
    candidates.failed(FAST, "REFUSED", hopeless=True)
    assert candidates.best(0.0) == V6


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


def test_the_summary_tells_together_of_servers_that_failed_alike() -> None:
    zone = delegation(
        ("a.example.com.", (FAST,)),
        ("b.example.com.", (SLOW,)),
        ("c.example.com.", (OTHER,)),
    )
    candidates = Candidates(zone, Servers(100), random.Random(1))
    for address in (FAST, SLOW, OTHER):
        candidates.failed(address, "timeout", hopeless=False)
    assert candidates.summary() == (
        "a.example.com (192.0.2.1) and 2 others did not reply"
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


def test_a_server_known_to_be_lame_for_the_zone_is_a_last_resort() -> None:
    servers = Servers(10)
    servers.set_lame(FAST, ZONE, 0.0)
    candidates = Candidates(TWO, servers, random.Random(1))
    assert candidates.is_last_resort(FAST, 0.0)
    assert not candidates.is_last_resort(SLOW, 0.0)
