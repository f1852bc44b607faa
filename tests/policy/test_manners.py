import pytest

from resolver.policy.manners import objection
from resolver.wire import types
from resolver.wire.message import Edns, Message, Question, RRset
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import question

RRSET = RRset(b"\0", types.A, 1, (bytes(4),))


def rcode(asked: str, **more: object) -> int | None:
    message = Message(1, types.RD, question(asked))
    for name, value in more.items():
        setattr(message, name, value)
    resolution = objection(message)
    return None if resolution is None else resolution.rcode


def test_an_ordinary_question_meets_no_objection() -> None:
    for kind in ("A", "AAAA", "MX", "HTTPS", "DNSKEY", "DS", "TYPE65280"):
        assert rcode(f"www.example.com. {kind}") is None


def test_an_edns_version_from_the_future_is_badvers_before_all_else() -> None:
    edns = Edns(version=1)
    assert rcode("example.com. A", edns=edns, question=None) == types.BADVERS


def test_a_query_with_records_or_without_a_question_is_formerr() -> None:
    assert rcode("example.com. A", question=None) == types.FORMERR
    assert rcode("example.com. A", answer=(RRSET,)) == types.FORMERR
    assert rcode("example.com. A", authority=(RRSET,)) == types.FORMERR


def test_zone_transfers_are_refused() -> None:
    for kind in ("AXFR", "IXFR"):
        assert rcode(f"example.com. {kind}") == types.REFUSED
    # RFC 1995 section 3: the SOA says which version the client has.
    assert rcode("example.com. IXFR", authority=(RRSET,)) == types.REFUSED


def test_a_question_without_recursion_desired_is_refused() -> None:
    assert rcode("example.com. A", flags=0) == types.REFUSED


def test_what_is_no_data_cannot_be_asked_for() -> None:
    for kind in ("OPT", "TSIG", "TKEY", "MAILA", "MAILB", "RRSIG"):
        assert rcode(f"example.com. {kind}") == types.NOTIMP


def test_the_reserved_type_0_is_formerr() -> None:
    assert rcode("example.com. TYPE0") == types.FORMERR


def test_any_gets_the_minimal_answer_of_rfc_8482() -> None:
    resolution = objection(Message(1, types.RD, question("example.com. ANY")))
    assert resolution is not None
    [hinfo] = resolution.answer
    assert (hinfo.rdtype, hinfo.rdatas) == (types.HINFO, (b"\x07RFC8482\x00",))


@pytest.mark.parametrize("name", ["version.bind.", "id.server.", "hostname.bind."])
def test_chaos_names_exist_and_tell_nothing(name: str) -> None:
    asked = Question(name_from_text(name), types.TXT, types.CH)
    resolution = objection(Message(1, 0, asked))
    assert resolution is not None
    assert (resolution.rcode, resolution.answer) == (types.NOERROR, ())


def test_other_classes_are_refused() -> None:
    for rdclass in (types.CH, types.HS, types.CLASS_ANY, types.CLASS_NONE, 7):
        asked = Question(name_from_text("example.com."), types.A, rdclass)
        resolution = objection(Message(1, types.RD, asked))
        assert resolution is not None
        assert resolution.rcode == types.REFUSED


@pytest.mark.parametrize(
    ("asked", "flags", "code"),
    [
        (question("a. A"), 0, 20),
        (question("a. AXFR"), types.RD, 21),
        (question("a. OPT"), types.RD, 21),
        (Question(b"\0", types.A, 4), types.RD, 21),
        (Question(b"\0", types.TXT, types.CH), types.RD, 21),
    ],
)
def test_every_refusal_says_why(asked: Question, flags: int, code: int) -> None:
    resolution = objection(Message(1, flags, asked))
    assert resolution is not None
    [(found, text)] = resolution.ede
    assert found == code
    assert text
