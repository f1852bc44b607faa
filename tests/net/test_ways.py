"""Which way a question begins and goes on: decisions as tables."""

import pytest

from resolver.cache.manners import (
    DEAF_TO_TCP,
    DEAF_TO_UDP,
    DENIES_COOKIES,
    FORGETS_COOKIES,
    LOSES_CASE,
    PLAIN,
)
from resolver.net.ways import (
    ASSURED,
    CONFIRMING,
    COOKIE,
    DONE,
    EDNS,
    INSTEAD,
    MIXED,
    NO_COOKIE,
    OTHER_CASE,
    RENEWED,
    STEADY,
    STREAM,
    TRUNCATED,
    WARY,
    WRONG_ID,
    after_bad_cookie,
    after_error,
    first_way,
    once_more,
    over_tcp,
)

WANTED = EDNS | COOKIE | MIXED | WARY
STEADILY = EDNS | COOKIE | WARY | STEADY


@pytest.mark.parametrize(
    ("faults", "silences", "has_server_cookie", "way"),
    [
        (0, 0, False, WANTED),
        (0, 0, True, STEADILY),
        (PLAIN, 0, False, MIXED | WARY),
        (PLAIN, 0, True, MIXED | WARY),
        (DENIES_COOKIES, 0, False, WANTED & ~COOKIE),
        (DENIES_COOKIES, 0, True, WANTED & ~COOKIE),
        (LOSES_CASE, 0, False, WANTED & ~MIXED),
        (FORGETS_COOKIES, 0, True, WANTED),
        (DEAF_TO_TCP, 0, False, WANTED & ~WARY),
        (DEAF_TO_UDP, 0, False, WANTED & ~MIXED | STREAM | INSTEAD),
        (DEAF_TO_UDP | DEAF_TO_TCP, 0, False, WANTED & ~WARY),
        (0, 1, False, WANTED & ~COOKIE),
        (0, 1, True, STEADILY),
        (0, 2, False, EDNS | WARY | STREAM | INSTEAD),
        (0, 2, True, STEADILY | STREAM | INSTEAD),
        (DEAF_TO_TCP, 2, False, EDNS | MIXED),
    ],
)
def test_a_question_begins_by_what_is_known_of_the_server(
    faults: int, silences: int, has_server_cookie: int, way: int
) -> None:
    found = first_way(
        WANTED, faults, silences, has_server_cookie=bool(has_server_cookie)
    )
    assert found == way


def test_what_is_not_wanted_is_never_done() -> None:
    assert first_way(EDNS | WARY, 0, 0, has_server_cookie=True) == EDNS | WARY


@pytest.mark.parametrize(
    ("doubt", "way"),
    [
        (TRUNCATED, EDNS | COOKIE | WARY | STREAM),
        (OTHER_CASE, WANTED | STREAM | CONFIRMING),
        (WRONG_ID, EDNS | COOKIE | WARY | STREAM | CONFIRMING),
        (NO_COOKIE, EDNS | COOKIE | WARY | STREAM | CONFIRMING),
    ],
)
def test_over_tcp_only_doubts_want_confirming(doubt: int, way: int) -> None:
    assert over_tcp(WANTED, doubt) == way


def test_after_tcp_in_vain_what_was_in_doubt_is_let_pass() -> None:
    assert once_more(WANTED | STEADY | STREAM | CONFIRMING) == EDNS | COOKIE


def test_bad_cookie_leads_to_the_new_one_then_to_tcp_then_to_an_end() -> None:
    renewed = after_bad_cookie(WANTED, renewed=True)
    assert renewed == WANTED | RENEWED
    streamed = after_bad_cookie(renewed, renewed=True)
    assert streamed == renewed & ~MIXED | STREAM
    assert after_bad_cookie(streamed, renewed=True) == DONE
    assert after_bad_cookie(WANTED, renewed=False) == WANTED & ~MIXED | STREAM


@pytest.mark.parametrize(
    ("way", "knows_edns", "further"),
    [
        (WANTED, False, MIXED | WARY),
        (WANTED, True, EDNS | MIXED | WARY),
        (EDNS | MIXED | WARY, True, MIXED | WARY),
        (STEADILY, True, EDNS | MIXED | WARY),
        (EDNS | COOKIE | STREAM, True, EDNS | STREAM | ASSURED),
        (EDNS | STREAM, False, STREAM | ASSURED),
    ],
)
def test_an_error_takes_away_the_cookie_or_edns(
    way: int, knows_edns: int, further: int
) -> None:
    assert after_error(way, WANTED, knows_edns=bool(knows_edns)) == further
