"""The errand: one budget and one diary for everything that a client question costs."""

from collections.abc import Callable

import pytest

from resolver.ports import (
    MAX_ADDRESS_LOOKUPS,
    MAX_ASKS,
    MAX_BYTES,
    MAX_FAILED_CHECKS,
    MAX_NOTES,
    MAX_NSEC3_HASHES,
    MAX_OPINIONS,
    MAX_REFERRALS,
    MAX_SIGNATURE_CHECKS,
    Address,
    Errand,
    Lost,
    Spent,
)


def errand(deadline: float = 8.0) -> Errand:
    return Errand(lambda: 1.0, deadline)


def test_an_address_is_written_as_users_do() -> None:
    assert str(Address("192.0.2.1")) == "192.0.2.1"
    assert str(Address("192.0.2.1", 5300)) == "192.0.2.1:5300"
    assert str(Address("2001:db8::1")) == "2001:db8::1"
    assert str(Address("2001:db8::1", 5300)) == "[2001:db8::1]:5300"


@pytest.mark.parametrize(
    ("spend", "limit", "name"),
    [
        (Errand.spend_ask, MAX_ASKS, "max_asks"),
        (Errand.spend_referral, MAX_REFERRALS, "max_referrals"),
        (Errand.spend_address_lookup, MAX_ADDRESS_LOOKUPS, "max_address_lookups"),
        (Errand.spend_signature_check, MAX_SIGNATURE_CHECKS, "max_signature_checks"),
    ],
)
def test_a_budget_ends_where_it_says_and_names_itself(
    spend: Callable[[Errand], None], limit: int, name: str
) -> None:
    one = errand()
    for _ in range(limit):
        spend(one)
    with pytest.raises(Spent, match=name):
        spend(one)


def test_bytes_are_paid_for_as_they_come() -> None:
    one = errand()
    one.spend_bytes(MAX_BYTES)
    with pytest.raises(Spent, match="max_bytes"):
        one.spend_bytes(1)


def test_checks_that_fail_have_a_budget_of_their_own() -> None:
    one = errand()
    for _ in range(MAX_FAILED_CHECKS):
        one.spend_signature_check()
        one.failed_checks_left -= 1
    with pytest.raises(Spent, match="max_failed_checks"):
        one.spend_signature_check()


def test_hashes_are_paid_for_before_they_are_made() -> None:
    one = errand()
    one.spend_hashes(MAX_NSEC3_HASHES - 1)
    with pytest.raises(Spent, match="max_nsec3_hashes"):
        one.spend_hashes(2)
    one.spend_hashes(1)
    with pytest.raises(Spent, match="max_nsec3_hashes"):
        one.spend_hashes(1)


def test_nothing_is_asked_after_the_deadline() -> None:
    with pytest.raises(Spent, match="query_deadline"):
        errand(deadline=1.0).spend_ask()


def test_the_diary_notes_when_and_how_deep() -> None:
    one = errand()
    one.depth = 2
    one.note("zone", b"\0")
    [note] = one.diary
    assert (note.at, note.depth, note.kind, note.facts) == (1.0, 2, "zone", (b"\0",))


def test_a_diary_is_bounded_and_its_last_line_is_always_the_latest() -> None:
    one = errand()
    for i in range(MAX_NOTES + 10):
        one.note("zone", i)
    assert len(one.diary) == MAX_NOTES
    assert one.diary[-1].facts == (MAX_NOTES + 9,)


def test_who_is_lost_says_why_and_with_which_extended_error() -> None:
    assert str(Lost("nobody helps")) == "nobody helps"
    assert Lost("nobody helps").ede == 22


def test_for_what_is_bogus_somebody_else_is_asked_but_not_everybody() -> None:
    one = Errand(lambda: 0.0, 8.0)
    first, second = Address("192.0.2.1"), Address("192.0.2.2")
    assert one.may_ask_again([None])  # our own memory may be wrong
    assert one.may_ask_again([None, first, second])
    assert not one.may_ask_again([first, first])  # there is nobody else
    many: list[Address | None] = [
        Address(f"192.0.2.{number}") for number in range(MAX_OPINIONS)
    ]
    assert one.may_ask_again(many[1:])
    assert not one.may_ask_again(many)


def test_two_signatures_that_do_not_fit_are_enough_to_call_it_bogus() -> None:
    one = Errand(lambda: 0.0, 8.0)
    one.failed_checks_left -= 1
    assert one.may_ask_again([None])
    one.failed_checks_left -= 1
    assert not one.may_ask_again([None])
