"""Clients find out which keys of the root are trusted (RFC 8509)."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from resolver.policy.sentinel import Sentinel
from resolver.ports import Errand, Resolution
from resolver.wire import types
from resolver.wire.message import Question
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import run

SECURE = Resolution(types.NOERROR, secure=True)
IS, NOT = "root-key-sentinel-is-ta-", "root-key-sentinel-not-ta-"


def lookup(found: Resolution) -> Callable[..., Coroutine[Any, Any, Resolution]]:
    async def answer(_: Question, __: Errand) -> Resolution:
        return found

    return answer


class Old:
    """Memory that knows one answer, fresh and expired."""

    def __init__(self, found: Resolution) -> None:
        self.found = found

    def whole(self, question: Question, now: float) -> Resolution | None:
        return self.found

    def stale(self, question: Question, now: float) -> Resolution | None:
        return self.found


def asked(
    name: str, rdtype: int = types.A, found: Resolution = SECURE, *, cd: bool = False
) -> int:
    sentinel = Sentinel(lambda: [20326, 1], Old(found), lookup(found))
    errand = Errand(lambda: 0.0, 8.0)
    errand.checking_disabled = cd
    question = Question(name_from_text(name), rdtype)
    return run(sentinel.resolve(question, errand)).rcode


@pytest.mark.parametrize("rdtype", [types.A, types.AAAA])
@pytest.mark.parametrize(
    ("name", "rcode"),
    [
        (f"{IS}20326.example.", types.NOERROR),
        (f"{IS}38696.example.", types.SERVFAIL),
        (f"{NOT}20326.example.", types.SERVFAIL),
        (f"{NOT}38696.example.", types.NOERROR),
        (f"{IS}00001.example.", types.NOERROR),
        (f"{IS}99999.example.", types.SERVFAIL),
        (f"{IS.upper()}38696.Example.", types.SERVFAIL),
        # Nothing is asked by these.
        (f"{IS}2032.example.", types.NOERROR),
        (f"{IS}020326.example.", types.NOERROR),
        (f"{IS}2032x.example.", types.NOERROR),
        (f"www.{IS}38696.example.", types.NOERROR),
        ("www.example.", types.NOERROR),
    ],
)
def test_the_answer_is_whether_there_are_addresses(
    name: str, rcode: int, rdtype: int
) -> None:
    """The table of section 3.2."""
    assert asked(name, rdtype) == rcode


def test_it_is_about_secure_answers_with_addresses_without_cd_only() -> None:
    """Section 3.1."""
    name = f"{IS}38696.example."
    assert asked(name) == types.SERVFAIL
    assert asked(name, types.TXT) == types.NOERROR
    assert asked(name, found=Resolution(types.NOERROR)) == types.NOERROR
    assert asked(name, cd=True) == types.NOERROR
    assert asked(name, found=Resolution(types.SERVFAIL)) == types.SERVFAIL


def test_memory_which_does_not_know_of_cd_is_passed_by() -> None:
    sentinel = Sentinel(list, Old(SECURE), lookup(SECURE))
    name = name_from_text(f"{IS}38696.example.")
    assert sentinel.whole(Question(name, types.A), 0.0) is None
    assert sentinel.stale(Question(name, types.A), 0.0) is None
    other = Question(name_from_text("www.example."), types.A)
    assert sentinel.whole(other, 0.0) is SECURE
    assert sentinel.stale(other, 0.0) is SECURE
