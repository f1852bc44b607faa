import itertools
import json

import pytest

from resolver import daemon
from resolver.cli import query
from resolver.cli.query import Outcome
from resolver.config import Config
from resolver.ports import Address, Errand, Resolution
from resolver.wire import names, types
from resolver.wire.message import Question, RRset

WWW = b"\x03www\x07example\x03com\x00"
COM = b"\x03com\x00"
QUESTION = Question(WWW, types.A)
ADDRESS = RRset(
    WWW, types.A, 300, (b"\xc0\x00\x02\x01",), (b"\x00\x01" + b"\x00" * 17,)
)
SERVER = Address("198.41.0.4")


def errand_of_a_walk() -> Errand:
    times = itertools.chain([5.0, 5.001, 5.021], itertools.repeat(5.0625))
    errand = Errand(lambda: next(times), 10.0)
    errand.note("question", QUESTION)
    errand.note("sent", SERVER, QUESTION, "udp")
    errand.note("reply", SERVER, types.NOERROR, 0.02, 300)
    errand.asks_left -= 1
    return errand


def outcome_of(resolution: Resolution) -> Outcome:
    return Outcome(QUESTION, resolution, errand_of_a_walk(), 5.0, 0.0625)


ANSWER = outcome_of(Resolution(types.NOERROR, (ADDRESS,)))
FAILURE = outcome_of(Resolution(types.SERVFAIL, ede=((22, "nobody\x1b knows"),)))


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("www.example.com", None, QUESTION),
        ("WWW.Example.COM.", "a", QUESTION),
        ("example.com", "mx", Question(WWW[4:], types.MX)),
        (".", "NS", Question(names.ROOT, types.NS)),
        ("com", "TYPE65280", Question(COM, 65280)),
        (
            "192.0.2.1",
            None,
            Question(b"\x011\x012\x010\x03192\x07in-addr\x04arpa\x00", types.PTR),
        ),
        (
            "::1",
            None,
            Question(b"\x011" + b"\x010" * 31 + b"\x03ip6\x04arpa\x00", types.PTR),
        ),
        # With a type it is meant as it stands.
        (
            "192.0.2.1",
            "A",
            Question(b"\x03192\x010\x012\x011\x00", types.A),
        ),
    ],
)
def test_what_is_typed_becomes_a_question(
    name: str, kind: str | None, expected: Question
) -> None:
    assert query.question_from(name, kind) == expected


@pytest.mark.parametrize(
    ("name", "kind", "complaint"),
    [
        ("www.example.com", "AAA", r"'AAA' is not a record type.*did you mean A"),
        ("MX", "example.com", "the name comes first, then the type"),
        ("a..b", None, r"'a\.\.b' is not a name"),
        ("a" * 64, None, "is not a name"),
        ("bücher.example", None, "xn--"),
    ],
)
def test_what_is_no_question_is_explained(
    name: str, kind: str | None, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        query.question_from(name, kind)


def test_an_answer_looks_as_with_dig() -> None:
    text = query.as_text(ANSWER, trace=False)
    assert "status: NOERROR" in text
    assert "www.example.com. 300 IN A 192.0.2.1" in text
    assert text.endswith(";; 62.5 ms, 1 question to servers")
    assert "└─" not in text


def test_the_trace_stands_above_the_answer() -> None:
    text = query.as_text(ANSWER, trace=True)
    tree, _, answer = text.partition("\n\n")
    assert tree.splitlines()[0].endswith("www.example.com. A")
    assert "198.41.0.4 udp" in tree
    assert "status: NOERROR" in answer


def test_a_failure_says_why_and_is_harmless() -> None:
    text = query.as_text(FAILURE, trace=True)
    assert "status: SERVFAIL" in text
    assert "EDE: 22" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_a_clock_that_must_be_wrong_is_told_with_the_answer() -> None:
    told = FAILURE._replace(clock="the clock of this host shows 1970")
    assert ";; WARNING: the clock of this host shows 1970" in query.as_text(
        told, trace=False
    )
    assert json.loads(query.as_json(told, trace=False))["clock"] == told.clock
    assert "WARNING" not in query.as_text(FAILURE, trace=False)
    assert "clock" not in json.loads(query.as_json(FAILURE, trace=False))


def test_only_failures_are_no_answers() -> None:
    assert ANSWER.answered
    assert outcome_of(Resolution(types.NXDOMAIN)).answered
    assert not FAILURE.answered


def test_programs_get_json() -> None:
    found = json.loads(query.as_json(ANSWER, trace=False))
    signature = found["answer"].pop()
    assert (signature["type"], signature["ttl"]) == ("RRSIG", 300)
    assert found == {
        "name": "www.example.com.",
        "type": "A",
        "rcode": "NOERROR",
        "secure": False,
        "answer": [
            {"name": "www.example.com.", "type": "A", "ttl": 300, "data": "192.0.2.1"}
        ],
        "authority": [],
        "errors": [],
        "seconds": 0.0625,
        "asked": 1,
    }


def test_programs_get_the_trace_and_the_errors_too() -> None:
    found = json.loads(query.as_json(FAILURE, trace=True))
    assert found["errors"] == [{"code": 22, "text": "nobody\x1b knows"}]
    assert [entry["kind"] for entry in found["trace"]] == ["question", "sent", "reply"]


def test_local_data_is_marked_as_authoritative() -> None:
    outcome = outcome_of(Resolution(types.NOERROR, (ADDRESS,), authoritative=True))
    assert "flags: qr aa rd ra" in query.as_text(outcome, trace=False)


def test_what_was_validated_is_marked_as_with_dig() -> None:
    outcome = outcome_of(Resolution(types.NOERROR, (ADDRESS,), secure=True))
    assert "flags: qr rd ra ad" in query.as_text(outcome, trace=False)
    assert json.loads(query.as_json(outcome, trace=False))["secure"] is True
    assert "flags: qr rd ra;" in query.as_text(ANSWER, trace=False)


def test_the_trace_of_a_failure_ends_in_a_verdict() -> None:
    refused = ((22, "example.com.: ns1.example.com (192.0.2.1) REFUSED\x1b"),)
    outcome = outcome_of(Resolution(types.SERVFAIL, ede=refused))
    told = query.as_text(outcome, trace=True).splitlines()
    assert any(";; verdict: The servers of example.com. refuse" in it for it in told)
    assert ";; to blame: zone owner" in told
    assert any(it.startswith(";; to mend: ") for it in told)
    assert all(map(str.isprintable, told))
    assert "verdict" not in query.as_text(outcome, trace=False)
    assert "verdict" not in query.as_text(ANSWER, trace=True)


def test_asking_measures_from_the_first_note(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Question] = []

    def ask_once(config: Config, question: Question) -> tuple[Resolution, Errand]:
        asked.append(question)
        return Resolution(types.NOERROR, (ADDRESS,)), errand_of_a_walk()

    monkeypatch.setattr(daemon, "ask_once", ask_once)
    outcome = query.ask(Config(), QUESTION)
    assert asked == [QUESTION]
    assert outcome.started == 5.0
    assert outcome.seconds == pytest.approx(0.0625)
    assert outcome.asked == 1
