"""What is believed about a server, and on what evidence."""

import pytest

from resolver.cache.manners import (
    CLIENT_COOKIE,
    DEAF_TO_TCP,
    DEAF_TO_UDP,
    FAULT_LIFETIME,
    FIRST_TCP_REST,
    LONGEST_TCP_REST,
    LOSES_CASE,
    PLAIN,
    UDP_REST,
    Manners,
)


def test_nothing_is_held_against_a_new_server() -> None:
    manners = Manners()
    assert manners.faults(0.0) == 0
    assert manners.suspected == 0
    assert manners.cookie == b""


def test_a_proven_fault_is_believed_for_a_quarter_of_an_hour() -> None:
    manners = Manners()
    manners.prove(PLAIN, 100.0)
    assert manners.faults(100.0 + FAULT_LIFETIME - 0.1) == PLAIN
    assert manners.faults(100.0 + FAULT_LIFETIME) == 0
    assert manners.faults(100.0) == 0, "what is forgotten does not come back"


def test_faults_end_each_at_its_own_time() -> None:
    manners = Manners()
    manners.prove(PLAIN, 0.0)
    manners.prove(DEAF_TO_UDP, 0.0, UDP_REST)
    assert manners.faults(1.0) == PLAIN | DEAF_TO_UDP
    assert manners.faults(UDP_REST) == PLAIN


def test_one_hint_fixes_nothing_and_the_second_does() -> None:
    manners = Manners()
    manners.suspect(PLAIN, 0.0)
    assert manners.faults(0.0) == 0
    manners.suspect(PLAIN, 500.0)
    assert manners.faults(500.0) == PLAIN
    assert manners.suspected == 0


def test_hints_of_different_faults_do_not_add_up() -> None:
    manners = Manners()
    manners.suspect(PLAIN, 0.0)
    manners.suspect(LOSES_CASE, 0.0)
    assert manners.faults(0.0) == 0


def test_a_reply_that_shows_the_contrary_drops_the_suspicion() -> None:
    manners = Manners()
    manners.suspect(PLAIN, 0.0)
    manners.suspect(LOSES_CASE, 0.0)
    manners.clear(PLAIN)
    manners.suspect(PLAIN, 0.0)
    assert manners.faults(0.0) == 0
    manners.suspect(LOSES_CASE, 0.0)
    assert manners.faults(0.0) == LOSES_CASE


def test_tcp_is_left_alone_for_longer_and_longer_until_it_works() -> None:
    manners = Manners()
    now, rests = 0.0, []
    for _ in range(6):
        manners.tcp_failed(now)
        began = now
        while manners.faults(now) & DEAF_TO_TCP:
            now += 0.5
        rests.append(now - began)
    assert rests == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert (rests[0], rests[-1]) == (FIRST_TCP_REST, LONGEST_TCP_REST)
    manners.tcp_failed(now)
    manners.tcp_answered()
    assert manners.faults(now) == 0
    manners.tcp_failed(now)
    assert manners.faults(now + FIRST_TCP_REST) == 0


@pytest.mark.parametrize("size", [8, 32])
def test_a_cookie_is_ours_with_the_servers_behind_it(size: int) -> None:
    manners = Manners()
    manners.cookie = b"c" * CLIENT_COOKIE
    manners.keep_cookie(b"c" * CLIENT_COOKIE + b"s" * size)
    assert manners.cookie == b"c" * CLIENT_COOKIE + b"s" * size


def test_the_answer_to_a_cookie_that_was_replaced_is_not_kept() -> None:
    manners = Manners()
    manners.cookie = b"n" * CLIENT_COOKIE
    manners.keep_cookie(b"o" * CLIENT_COOKIE + b"s" * 16)
    assert manners.cookie == b"n" * CLIENT_COOKIE
