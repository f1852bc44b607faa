import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.cache.infra import (
    DOWN_AFTER,
    FRESH,
    LIFETIME,
    LONGEST_REST,
    MAX_LAME_ZONES,
    MAX_PATIENCE,
    MAX_TIMEOUT,
    MIN_TIMEOUT,
    SLACK,
    UNKNOWN_TIMEOUT,
    Servers,
)
from resolver.cache.manners import PLAIN
from resolver.ports import Address

HERE = Address("192.0.2.1")
THERE = Address("2001:db8::1", 5353)
COM = b"\x03com\x00"


def measured(*seconds: float) -> Servers:
    servers = Servers(10)
    for time in seconds:
        servers.answered(HERE, time, 0.0)
    return servers


def patience(servers: Servers) -> float:
    facts = servers.known(HERE, 0.0)
    assert facts is not None
    return facts.patience()


# --- how long to wait --------------------------------------------------------------


def test_nothing_is_known_of_a_new_server() -> None:
    servers = Servers(10)
    assert servers.timeout(HERE, 0.0) == pytest.approx(0.376) == UNKNOWN_TIMEOUT
    assert servers.rtt(HERE, 0.0) is None
    assert not servers.is_down(HERE, 0.0)
    assert not servers.lame(HERE, COM, 0.0)
    assert len(servers) == 0


def test_the_first_reply_is_the_round_trip_time() -> None:
    servers = measured(0.08)
    assert servers.rtt(HERE, 0.0) == 0.08
    variation = 0.094 + (0.04 - 0.094) / 4
    assert servers.timeout(HERE, 0.0) == pytest.approx(0.08 + 4 * variation)


def test_later_replies_count_for_an_eighth_and_their_distance_for_a_quarter() -> None:
    servers = measured(0.08, 0.16)
    assert servers.rtt(HERE, 0.0) == pytest.approx(0.09)
    first = 0.094 + (0.04 - 0.094) / 4
    variation = first + (0.08 - first) / 4
    assert servers.timeout(HERE, 0.0) == pytest.approx(0.09 + 4 * variation)


def test_one_quick_reply_does_not_make_us_impatient() -> None:
    assert measured(0.001).timeout(HERE, 0.0) > 0.25


def test_many_quick_replies_do_down_to_50_ms() -> None:
    assert measured(*[0.001] * 50).timeout(HERE, 0.0) == MIN_TIMEOUT == 0.05


def test_nobody_is_waited_for_longer_than_5_seconds() -> None:
    assert measured(30.0).timeout(HERE, 0.0) == MAX_TIMEOUT == 5.0


def test_the_timeout_doubles_with_each_timeout_in_a_row() -> None:
    servers = Servers(10)
    waits = []
    for _ in range(2000):
        waits.append(servers.timeout(HERE, 0.0))
        servers.timed_out(HERE, 0.0)
    assert waits[:5] == pytest.approx([0.376, 0.752, 1.504, 3.008, 5.0])
    assert waits[-1] == 5.0


def test_an_answer_ends_the_row() -> None:
    servers = measured(0.08)
    before = measured(0.08, 0.08).timeout(HERE, 0.0)
    servers.timed_out(HERE, 0.0)
    servers.answered(HERE, 0.08, 0.0)
    assert servers.timeout(HERE, 0.0) == before


def test_a_silent_server_ranks_behind_its_own_measurements() -> None:
    servers = measured(0.02)
    servers.timed_out(HERE, 0.0)
    assert servers.rtt(HERE, 0.0) == servers.timeout(HERE, 0.0) > 0.4
    servers.timed_out(THERE, 0.0)
    assert servers.rtt(THERE, 0.0) == pytest.approx(0.752)


@given(st.lists(st.floats(0.0, 20.0), max_size=30), st.integers(0, 5))
def test_the_timeout_stays_within_bounds_and_above_the_rtt(
    replies: list[float], silences: int
) -> None:
    servers = measured(*replies)
    for _ in range(silences):
        servers.timed_out(HERE, 0.0)
    rtt = servers.rtt(HERE, 0.0) or 0.0
    assert MIN_TIMEOUT <= servers.timeout(HERE, 0.0) <= MAX_TIMEOUT
    assert servers.timeout(HERE, 0.0) >= min(rtt, MAX_TIMEOUT)


# --- down --------------------------------------------------------------------------


def test_three_timeouts_in_a_row_take_a_server_down() -> None:
    servers = Servers(10)
    for silences in range(1, DOWN_AFTER + 1):
        assert not servers.is_down(HERE, 5.0)
        servers.timed_out(HERE, 5.0)
        assert servers.is_down(HERE, 5.0) == (silences == DOWN_AFTER)
    assert not servers.is_down(THERE, 5.0)


def test_probes_are_allowed_after_1_2_4_and_at_last_60_seconds() -> None:
    servers = Servers(10)
    now = 0.0
    for _ in range(DOWN_AFTER - 1):
        servers.timed_out(HERE, now)
    for rest in [1, 2, 4, 8, 16, 32, 60, 60]:
        servers.timed_out(HERE, now)
        assert servers.is_down(HERE, now + rest - 0.01)
        now += rest
        assert not servers.is_down(HERE, now)
    assert rest == LONGEST_REST


def test_one_answer_brings_a_server_back() -> None:
    servers = Servers(10)
    for _ in range(10):
        servers.timed_out(HERE, 0.0)
    servers.answered(HERE, 0.1, 0.0)
    assert not servers.is_down(HERE, 0.0)
    servers.timed_out(HERE, 0.0)
    assert not servers.is_down(HERE, 0.0)


def test_questions_that_time_out_together_are_one_timeout() -> None:
    servers = Servers(10)
    for question in range(50):
        asked_at = question / 1000
        servers.timed_out(HERE, asked_at + 0.376, asked_at)
    assert servers.timeout(HERE, 1.0) == pytest.approx(0.752)
    servers.timed_out(HERE, 2.0, 1.0)
    assert servers.timeout(HERE, 2.0) == pytest.approx(1.504)
    servers.timed_out(HERE, 2.0, 0.5)
    assert servers.timeout(HERE, 2.0) == pytest.approx(1.504)
    servers.timed_out(HERE, 3.0, 2.0)
    assert servers.is_down(HERE, 3.0)


def test_the_first_timeout_counts_whenever_it_was_asked() -> None:
    servers = Servers(10)
    servers.timed_out(HERE, -1.0, -2.0)
    assert servers.timeout(HERE, 0.0) == pytest.approx(0.752)


def test_who_is_down_may_be_asked_once_a_second_and_then_rests_on() -> None:
    servers = Servers(10)
    for _ in range(DOWN_AFTER):
        servers.timed_out(HERE, 0.0)
    facts = servers.known(HERE, 1.0)
    assert facts is not None
    assert servers.may_probe(facts, 1.0)
    assert servers.is_down(HERE, 1.5), "the outcome is not known yet"
    assert not servers.may_probe(facts, 1.9)
    assert servers.may_probe(facts, 2.0)


def test_while_we_are_cut_off_questions_to_all_who_are_down_keep_a_pace() -> None:
    servers = Servers(10)
    hosts = [Address(f"192.0.{net}.1") for net in range(10)]
    for host in hosts * DOWN_AFTER:
        servers.timed_out(host, 0.0)
    allowed = 0
    for ms in range(10_000, 11_000):
        for host in hosts:
            facts = servers.known(host, ms / 1000)
            assert facts is not None
            allowed += servers.may_probe(facts, ms / 1000)
    assert allowed == 4


# --- late --------------------------------------------------------------------------


def test_patience_covers_what_is_usual_and_a_little_more() -> None:
    servers = Servers(10)
    servers.set_lame(HERE, COM, 0.0)
    assert patience(servers) == MAX_PATIENCE
    for _ in range(50):
        servers.answered(HERE, 0.05, 0.0)
    assert patience(servers) == pytest.approx(0.05 + SLACK, abs=1e-4)
    for seconds in (0.05, 0.07) * 50:
        servers.answered(HERE, seconds, 0.0)
    assert 0.07 < patience(servers) < 0.1
    assert patience(measured(3.0)) == MAX_PATIENCE


def test_who_is_overtaken_after_its_usual_time_has_fallen_silent() -> None:
    servers = measured(*[0.02] * 50)
    for silences in range(1, DOWN_AFTER + 1):
        servers.overtaken(HERE, silences * 1.0, silences + 0.06)
        assert servers.is_down(HERE, silences + 0.06) == (silences == DOWN_AFTER)


def test_overtaken_and_timed_out_by_the_same_question_is_one_silence() -> None:
    servers = Servers(10)
    for _ in range(DOWN_AFTER):
        servers.overtaken(HERE, 0.0, 0.2)
        servers.timed_out(HERE, 0.4, 0.0)
    assert servers.timeout(HERE, 1.0) == pytest.approx(2 * UNKNOWN_TIMEOUT)


def test_who_is_overtaken_early_is_only_known_not_to_be_quicker() -> None:
    servers = Servers(10)
    servers.overtaken(HERE, 0.0, 0.1)
    assert servers.rtt(HERE, 0.1) == pytest.approx(0.1)
    servers.overtaken(HERE, 1.0, 1.05)
    assert servers.rtt(HERE, 1.1) == pytest.approx(0.1)
    assert servers.timeout(HERE, 1.1) < 2 * UNKNOWN_TIMEOUT


def test_who_is_down_stays_so_however_early_it_is_overtaken() -> None:
    servers = Servers(10)
    for _ in range(DOWN_AFTER):
        servers.timed_out(HERE, 0.0)
    servers.overtaken(HERE, 1.0, 1.03)
    assert servers.is_down(HERE, 3.0)
    assert not servers.is_down(HERE, 3.1)


# --- what it gets wrong ------------------------------------------------------------


def test_a_server_is_lame_for_a_zone_for_a_quarter_of_an_hour() -> None:
    servers = Servers(10)
    servers.set_lame(HERE, COM, 100.0)
    servers.answered(HERE, 0.1, 100.0 + LIFETIME - 1)
    assert servers.lame(HERE, COM, 100.0 + LIFETIME - 0.1)
    assert not servers.lame(HERE, COM, 100.0 + LIFETIME)
    assert not servers.lame(HERE, b"\x03net\x00", 100.0)
    assert not servers.lame(THERE, COM, 100.0)


def test_what_is_found_out_late_is_not_forgotten_early() -> None:
    servers = measured(0.1)
    servers.set_lame(HERE, COM, LIFETIME - 1)
    assert servers.lame(HERE, COM, LIFETIME + 1)


def test_the_lame_zones_of_one_server_are_bounded() -> None:
    servers = Servers(10)
    zones = [b"\x02%02d\x00" % number for number in range(MAX_LAME_ZONES + 1)]
    for zone in zones[:-1]:
        servers.set_lame(HERE, zone, 0.0)
    assert all(servers.lame(HERE, zone, 0.0) for zone in zones[:-1])
    servers.set_lame(HERE, zones[-1], 0.0)
    assert sum(servers.lame(HERE, zone, 0.0) for zone in zones) == 1


# --- for whoever asks --------------------------------------------------------------


def test_who_asks_a_server_gets_its_facts_and_the_same_ones_each_time() -> None:
    servers = measured(0.1)
    facts = servers.facts(HERE, 1.0)
    assert (facts.rtt, facts.silences) == (0.1, 0)
    assert facts.timeout() == servers.timeout(HERE, 1.0)
    servers.timed_out(HERE, 2.0)
    assert servers.facts(HERE, 2.0) is facts
    assert facts.silences == 1


def test_facts_are_made_for_a_server_that_nobody_knows() -> None:
    servers = Servers(10)
    facts = servers.facts(HERE, 1.0)
    assert servers.facts(HERE, 2.0) is facts
    assert servers.rtt(HERE, 2.0) is None
    assert servers.timeout(HERE, 2.0) == UNKNOWN_TIMEOUT


def test_what_was_known_is_forgotten_for_whoever_asks_late() -> None:
    servers = measured(0.1)
    servers.facts(HERE, 0.0).manners.prove(PLAIN, 0.0)
    facts = servers.facts(HERE, LIFETIME)
    assert facts.rtt < 0
    assert facts.manners.faults(LIFETIME) == 0


# --- forgetting --------------------------------------------------------------------


def test_a_server_without_news_for_a_quarter_of_an_hour_is_unknown() -> None:
    servers = measured(0.1)
    assert servers.rtt(HERE, LIFETIME - 0.1) == 0.1
    assert servers.rtt(HERE, LIFETIME) is None
    assert servers.timeout(HERE, LIFETIME) == UNKNOWN_TIMEOUT
    servers.timed_out(HERE, LIFETIME)
    assert servers.timeout(HERE, LIFETIME) == pytest.approx(2 * UNKNOWN_TIMEOUT)


def test_the_number_of_servers_is_bounded() -> None:
    servers = Servers(2)
    for number in range(3):
        servers.answered(Address(f"192.0.2.{number}"), 0.1, 0.0)
    assert len(servers) == 2
    assert servers.rtt(Address("192.0.2.0"), 0.0) is None


def test_servers_without_news_make_room_for_those_with() -> None:
    servers = Servers(2)
    servers.answered(HERE, 0.1, 0.0)
    servers.answered(THERE, 0.1, 0.0)
    servers.answered(HERE, 0.1, FRESH)
    servers.answered(Address("192.0.2.3"), 0.1, FRESH)
    assert servers.rtt(HERE, FRESH) == 0.1
    assert servers.rtt(THERE, FRESH) is None


def test_the_first_answer_after_silence_all_around_brings_everybody_back() -> None:
    returns: list[int] = []
    servers = Servers(100, lambda: returns.append(1))
    hosts = [Address(f"192.0.{net}.1") for net in range(5)]
    for silences in range(10):
        for host in hosts:
            servers.timed_out(host, float(silences))
    servers.set_lame(hosts[0], COM, 10.0)
    assert returns == []
    servers.answered(hosts[0], 0.1, 20.0)
    assert returns == [1]
    assert not any(servers.is_down(host, 20.0) for host in hosts)
    assert servers.lame(hosts[0], COM, 20.0)
    servers.answered(hosts[1], 0.1, 20.0)
    assert returns == [1]


def test_a_server_that_cannot_be_reached_is_not_held_to_be_silent() -> None:
    servers = Servers(10)
    for _ in range(10):
        servers.unreachable(THERE, "network unreachable", 0.0)
    assert not servers.is_down(THERE, 0.0)
    assert servers.reach.avoids(THERE)


def test_reset_forgets_everything() -> None:
    told: list[int] = []
    servers = Servers(10, lambda: told.append(1))
    servers.answered(HERE, 0.1, 0.0)
    servers.unreachable(THERE, "network unreachable", 0.0)
    servers.set_lame(HERE, COM, 0.0)
    servers.facts(HERE, 0.0).manners.prove(PLAIN, 0.0)
    for _ in range(3):
        servers.timed_out(HERE, 0.0)
    servers.reset()
    assert told == [1]
    assert servers.reach.calm
    assert len(servers) == 0
    assert not servers.is_down(HERE, 0.0)
    assert not servers.lame(HERE, COM, 0.0)
    assert not servers.facts(HERE, 0.0).manners.faults(0.0)
    assert servers.rtt(HERE, 0.0) is None
