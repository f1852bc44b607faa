import dns.rcode
import dns.rdata
import dns.rdatatype
import pytest

from resolver.library.answers import Asked, Security, answer_of
from resolver.ports import Errand, Resolution
from resolver.wire import names, types
from resolver.wire.errors import (
    EDE_BOGUS,
    EDE_CACHED_ERROR,
    EDE_NO_REACHABLE_AUTHORITY,
    EDE_SIGNATURE_EXPIRED,
    EDE_STALE_ANSWER,
)
from resolver.wire.message import Question, RRset

WWW = b"\3www\7example\3com\0"
WEB = b"\3web\7example\3com\0"
ALIAS = RRset(WWW, types.CNAME, 300, (WEB,))
ADDRESS = RRset(WEB, types.A, 60, (b"\xc0\0\2\1",), (bytes(18) + names.ROOT + b"sig",))
SOA = RRset(b"\3com\0", types.SOA, 900, (b"\0\0" + bytes(20),))


def asked(rdtype: int = types.A) -> Asked:
    errand = Errand(lambda: 5.0, 9.0)
    errand.note("question", Question(WWW, rdtype))
    errand.asks_left -= 3
    return Asked(Question(WWW, rdtype), errand, 5.0, 5.5)


def test_an_answer_gives_the_records_at_the_end_of_all_aliases() -> None:
    answer = answer_of(
        asked(), Resolution(types.NOERROR, (ALIAS, ADDRESS)), 7.0, checked=True
    )
    assert [data.to_text() for data in answer] == ["192.0.2.1"]
    assert len(answer) == 1
    assert answer
    assert [it.rdtype for it in answer.rrsets] == [types.CNAME, types.A]
    assert [it.rdtype for it in answer.signatures] == [types.RRSIG]
    assert answer.rrset is answer.rrsets[1]
    assert str(answer.name) == "www.example.com."
    assert (answer.ttl, answer.age, answer.seconds, answer.asked) == (60, 7.0, 0.5, 3)
    assert answer.trace == ["     0.0 ms  └─ www.example.com. A"]
    assert answer.steps[0]["question"] == "www.example.com. A"
    assert str(answer) == "www.example.com. A: NOERROR, insecure"


def test_an_alias_that_was_asked_for_is_the_record_and_otherwise_it_is_not() -> None:
    found = Resolution(types.NOERROR, (ALIAS,))
    assert answer_of(asked(types.CNAME), found, 0.0, checked=True).exists
    answer = answer_of(asked(), found, 0.0, checked=True)
    assert not answer
    assert answer.answered
    assert answer_of(asked(types.ANY), found, 0.0, checked=True).exists


def test_nothing_is_an_answer_with_what_proves_it() -> None:
    found = Resolution(types.NXDOMAIN, authority=(SOA,), secure=True)
    answer = answer_of(asked(), found, 0.0, checked=True)
    assert (answer.exists, answer.answered, len(answer)) == (False, True, 0)
    assert answer.rcode == dns.rcode.NXDOMAIN
    assert answer.authority[0].rdtype == dns.rdatatype.SOA
    assert answer.ttl == 900
    assert answer.security is Security.SECURE


@pytest.mark.parametrize(
    ("found", "checked", "security"),
    [
        (Resolution(types.NOERROR, (ADDRESS,), secure=True), True, Security.SECURE),
        (Resolution(types.NOERROR, (ADDRESS,)), True, Security.INSECURE),
        (Resolution(types.NOERROR, (ADDRESS,)), False, Security.UNKNOWN),
        (Resolution(types.NOERROR, authoritative=True), False, Security.INSECURE),
        (Resolution(types.SERVFAIL, ede=((EDE_BOGUS, "x"),)), True, Security.BOGUS),
        (
            Resolution(
                types.SERVFAIL,
                ede=((EDE_CACHED_ERROR, "old"), (EDE_SIGNATURE_EXPIRED, "")),
            ),
            True,
            Security.BOGUS,
        ),
        (
            Resolution(types.SERVFAIL, ede=((EDE_NO_REACHABLE_AUTHORITY, "x"),)),
            True,
            Security.UNKNOWN,
        ),
    ],
)
def test_what_an_answer_is_worth_is_told(
    found: Resolution, *, checked: bool, security: Security
) -> None:
    assert answer_of(asked(), found, 0.0, checked=checked).security is security


def test_the_reason_is_the_first_that_has_words() -> None:
    ede = ((EDE_STALE_ANSWER, ""), (EDE_NO_REACHABLE_AUTHORITY, "nobody replied"))
    answer = answer_of(
        asked(), Resolution(types.NOERROR, (ADDRESS,), ede=ede), 0.0, checked=True
    )
    assert answer.is_stale
    assert answer.reason == "nobody replied"
    assert answer.errors == ede
    assert str(answer).endswith("NOERROR, insecure: nobody replied")
    plain = answer_of(asked(), Resolution(types.NOERROR), 0.0, checked=True)
    assert (plain.reason, plain.is_stale, plain.ttl) == ("", False, 0)


def test_data_that_is_not_what_its_type_promises_is_given_as_it_came() -> None:
    odd = RRset(WWW, types.A, 60, (b"\1\2\3", b"\1\2\3\4"))
    answer = answer_of(asked(), Resolution(types.NOERROR, (odd,)), 0.0, checked=True)
    assert {data.to_text() for data in answer} == {r"\# 3 010203", "1.2.3.4"}
    assert isinstance(next(iter(answer)), dns.rdata.GenericRdata)


def test_the_root_has_a_name_too() -> None:
    question = Question(names.ROOT, types.NS)
    errand = Errand(lambda: 0.0, 1.0)
    answer = answer_of(
        Asked(question, errand, 0.0, 0.0), Resolution(types.NOERROR), 0.0, checked=True
    )
    assert str(answer.name) == "."
