"""Token buckets, with a hand-set clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.config.tables import Access
from resolver.policy.rates import (
    BURST,
    MAX_BUCKETS,
    MAX_WARNINGS,
    QUIET,
    Bucket,
    Rates,
    network_text,
)

CLIENT = "198.51.100.7"
RATE = 100
FULL = int(RATE * BURST)


class Stage:
    def __init__(self, rate: int = RATE, slip: int = 2) -> None:
        self.told: list[str] = []
        self.rates = Rates(rate, slip, ("loopback", "10.0.0.0/8"), self.told.append)

    def bucket(self, host: str = CLIENT) -> Bucket:
        bucket = self.rates.bucket(host)
        assert bucket is not None
        return bucket


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_network_is_an_ipv4_address_or_a_link(host: str, network: str) -> None:
    assert network_text(host) == network


def test_exempt_networks_have_no_bucket() -> None:
    rates = Stage().rates
    assert rates.bucket("127.0.0.1") is None
    assert rates.bucket("10.1.2.3") is None
    assert rates.bucket("11.1.2.3") is not None


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "192.168.1.7", "fd00::7"])
def test_a_home_network_has_no_limit_unless_it_wants_one(client: str) -> None:
    assert Rates(1, 2, Access().rate_limit_exempt, print).bucket(client) is None


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "172.32.0.1"])
def test_everybody_else_has_one(host: str) -> None:
    assert Rates(1, 2, Access().rate_limit_exempt, print).bucket(host) is not None


def test_hosts_of_one_link_share_a_bucket_and_ipv4_neighbours_do_not() -> None:
    stage = Stage()
    assert stage.bucket("2001:db8::1") is stage.bucket("2001:db8::ffff:0:0:1")
    assert stage.bucket("2001:db8::1") is not stage.bucket("2001:db8:0:1::1")
    assert stage.bucket("198.51.100.7") is not stage.bucket("198.51.100.8")


def test_a_burst_is_answered_and_then_so_many_a_second() -> None:
    bucket = Stage().bucket()
    assert bucket.take(FULL + 10, 50.0) == FULL
    assert bucket.take(1, 50.0) == 0
    assert bucket.take(RATE, 50.5) == RATE // 2
    assert bucket.take(FULL * 2, 1000.0) == FULL, (
        "what is not used is not saved for ever"
    )


def test_a_clock_that_is_set_back_gives_and_takes_nothing() -> None:
    bucket = Stage().bucket()
    assert bucket.take(FULL, 5000.0) == FULL
    assert bucket.take(1, 10.0) == 0
    assert bucket.take(RATE, 11.0) == RATE


@given(
    st.lists(st.tuples(st.floats(0, 10), st.integers(1, 1000)), min_size=1, max_size=50)
)
def test_nobody_ever_gets_more_than_a_burst_and_the_rate(
    asked: list[tuple[float, int]],
) -> None:
    bucket, now, granted = Stage().bucket(), 100.0, 0
    for passed, count in asked:
        now += passed
        taken = bucket.take(count, now)
        assert 0 <= taken <= count
        granted += taken
        assert granted <= FULL + (now - 100.0) * RATE + 0.001


def test_every_second_question_over_the_limit_slips() -> None:
    stage = Stage(slip=2)
    bucket = stage.bucket()
    assert [bucket.slips() for _ in range(5)] == [False, True, False, True, False]
    assert stage.rates.slipped == 2


@pytest.mark.parametrize(("slip", "slips"), [(0, 0), (1, 6), (3, 2)])
def test_how_many_slip_is_a_setting(slip: int, slips: int) -> None:
    bucket = Stage(slip=slip).bucket()
    assert sum(bucket.slips() for _ in range(6)) == slips


def test_questions_over_the_limit_are_counted() -> None:
    stage = Stage()
    stage.bucket().take(FULL + 10, 0.0)
    stage.bucket("198.51.100.8").take(FULL + 1, 0.0)
    assert stage.rates.limited == 11


def test_a_network_is_told_of_once_a_minute() -> None:
    stage = Stage()
    bucket = stage.bucket("2001:db8::7")
    bucket.take(FULL, 100.0)
    assert stage.told == []
    for second in range(int(QUIET)):
        bucket.take(FULL, 100.0 + second)
    assert stage.told == ["2001:db8::/64"]
    bucket.take(FULL, 100.0 + QUIET)
    assert stage.told == ["2001:db8::/64"] * 2


def test_a_flood_of_networks_does_not_flood_the_log() -> None:
    stage = Stage()
    for number in range(MAX_WARNINGS + 5):
        stage.bucket(f"198.51.100.{number}").take(FULL + 1, 100.0)
    assert len(stage.told) == MAX_WARNINGS
    stage.bucket("198.51.100.200").take(FULL + 1, 100.0 + QUIET)
    assert stage.told[MAX_WARNINGS:] == ["198.51.100.200"]


def host(number: int) -> str:
    return f"198.18.{number >> 8}.{number & 255}"


def test_full_buckets_make_room() -> None:
    stage = Stage()
    empty = stage.bucket(CLIENT)
    empty.take(FULL, 100.0)
    for number in range(1, MAX_BUCKETS):
        stage.bucket(host(number)).take(1, 99.0)
    assert len(stage.rates) == MAX_BUCKETS
    stage.bucket("198.51.100.8")
    assert len(stage.rates) == 2
    assert stage.bucket(CLIENT) is empty


def test_when_no_bucket_is_full_the_older_half_makes_room() -> None:
    stage = Stage()
    buckets = [stage.bucket(host(number)) for number in range(MAX_BUCKETS)]
    for bucket in buckets:
        bucket.take(FULL, 100.0)
    stage.bucket(CLIENT)
    assert len(stage.rates) == MAX_BUCKETS // 2 + 1
    half = MAX_BUCKETS // 2
    assert stage.bucket(host(half)) is buckets[half]
    assert stage.bucket(host(half - 1)) is not buckets[half - 1]


def test_buckets_that_nobody_asked_from_make_room() -> None:
    stage = Stage()
    sizes = []
    for number in range(MAX_BUCKETS + 10):
        stage.bucket(host(number))
        sizes.append(len(stage.rates))
    assert max(sizes) == MAX_BUCKETS
    assert sizes[-1] == 10
