import json
from pathlib import Path

from hypothesis import given, strategies

from resolver.lab.box import Box
from resolver.observe.cause import BLAMES
from resolver.observe.explain import explained, explanation, summary, time_text
from resolver.ports import Address
from resolver.wire import types
from tests.observe.boxed import NOW, Boxed, asked_for, remade

BOX = Box.standard(now=NOW)
NASTY = "\x1b]0;gotcha\x07\N{RIGHT-TO-LEFT OVERRIDE}\n"

# What programs may rely on.
FIELDS = {
    "id": str,
    "at": float,
    "time": str,
    "name": str,
    "type": str,
    "client": str,
    "transport": str,
    "rcode": str,
    "errors": list,
    "reasons": list,
    "seconds": float,
    "verdict": dict,
    "budgets": list,
    "network": str,
    "again": int,
    "last": float,
    "origin": str,
    "trace": list,
    "tree": list,
}


def test_an_explanation_has_the_fields_that_programs_know(tmp_path: Path) -> None:
    _, (record,) = Boxed(BOX, tmp_path).ask("www.refuses.com. A")
    told = explanation(record)
    assert {name: type(value) for name, value in told.items()} == FIELDS
    assert json.loads(json.dumps(told)) == told
    verdict, (budget, *_) = told["verdict"], told["budgets"]  # type: ignore[misc] # a list, as shown above
    assert set(verdict) == {"rule", "blame", "cause", "mend"}  # type: ignore[call-overload] # a dictionary, as above
    assert set(budget) == {"name", "used", "given"}  # type: ignore[has-type] # as above


def test_people_get_the_verdict_the_tree_and_what_it_took(tmp_path: Path) -> None:
    _, (record,) = Boxed(BOX, tmp_path).ask("www.refuses.com. A")
    text = "\n".join(explained(explanation(record)))
    for words in (
        f"www.refuses.com. A: SERVFAIL   [id {record.id}]",
        "asked by this host over TCP",
        "kept because: failed",
        "to blame: zone owner",
        "to mend:  Its owner",
        "├─ zone com.",
        "useless REFUSED",
        "of 100 questions to servers",
        "extended error 22: refuses.com.: ns1.refuses.com",
    ):
        assert words in text


def test_what_came_after_is_told_too() -> None:
    record = remade("www.a. A", ((22, "a.: nobody"),), network="cut off")
    record.again, record.last, record.origin = 2, NOW + 60, "k3f9"
    text = "\n".join(explained(explanation(record)))
    assert "told 2 times more from memory, the last at 2027-01-15 08:01:00 UTC" in text
    assert "the failure itself is record k3f9" in text
    assert "at the time: cut off" in text


def test_nothing_of_a_packet_reaches_a_terminal_unescaped() -> None:
    server, question = Address("192.0.2.1"), asked_for("www.a. A")
    notes = [
        ("zone", b"\x05\x1b[2Ja\x00"),
        ("sent", server, question, "udp"),
        ("silent", server, NASTY, 0.0),
        ("failed", NASTY),
    ]
    record = remade("www.a. A", ((22, NASTY),), types.SERVFAIL, notes, network=NASTY)
    told = explanation(record)
    assert all(line.isprintable() for line in [*explained(told), summary(told)])
    # Nor from another process that has not looked.
    forged = {**told, "tree": [NASTY], "client": NASTY, "id": NASTY}
    assert all(line.isprintable() for line in [*explained(forged), summary(forged)])


def test_a_list_has_a_line_for_each() -> None:
    line = summary(explanation(remade("www.a. A", ((0, "internal error"),))))
    assert line.startswith("x  2027-01-15 08:00:00 UTC  www.a. A  SERVFAIL  us: ")


def test_times_are_told_in_one_zone() -> None:
    assert time_text(0) == "1970-01-01 00:00:00 UTC"


SERVERS = strategies.sampled_from([Address("192.0.2.1"), Address("2001:db8::1", 5353)])
TEXTS = strategies.text(max_size=30) | strategies.sampled_from(
    [
        "a.b.: none of its servers has a usable address",
        "a.b.: ns (192.0.2.1) did not reply",
        "a limit was reached: query_deadline (192.0.2.1 did not reply)",
        "for 2 more seconds: the DNSKEY of a. cannot be had: a.: x REFUSED",
        "the chain of aliases is a loop",
        "the DS of a., or its absence, is not signed",
        "timeout",
    ]
)
NAMES = strategies.sampled_from([b"\0", b"\x01a\x00", b"\x05\x1b[2Ja\x01b\x00"])
QUESTIONS = strategies.sampled_from([asked_for("www.a.b. A"), asked_for("ns.c. AAAA")])
SECONDS = strategies.floats(0, 10)
KINDS = strategies.one_of(
    strategies.tuples(strategies.just("question"), QUESTIONS),
    strategies.tuples(strategies.just("zone"), NAMES),
    strategies.tuples(strategies.just("alias"), NAMES),
    strategies.tuples(
        strategies.just("sent"),
        SERVERS,
        QUESTIONS,
        strategies.sampled_from(["udp", "tcp"]),
    ),
    strategies.tuples(
        strategies.just("reply"),
        SERVERS,
        strategies.integers(0, 25),
        SECONDS,
        strategies.integers(0, 65535),
    ),
    strategies.tuples(strategies.just("silent"), SERVERS, TEXTS, SECONDS),
    strategies.tuples(
        strategies.sampled_from(["verdict", "failed", "cached", "policy", "late"]),
        TEXTS,
    ),
    strategies.tuples(
        strategies.just("trust"),
        NAMES,
        strategies.sampled_from(["bogus", "secure"]),
        TEXTS,
    ),
)
NOTES = strategies.tuples(strategies.integers(0, 6), KINDS).map(
    lambda note: (note[0], *note[1])
)


@given(
    strategies.lists(strategies.tuples(strategies.integers(0, 40), TEXTS), max_size=3),
    strategies.sampled_from([types.NOERROR, types.SERVFAIL, types.NXDOMAIN]),
    strategies.lists(NOTES, max_size=20),
    strategies.sampled_from(["failed", "slow", "limited", "stale"]),
)
def test_whatever_is_in_a_diary_it_can_be_explained(
    ede: list[tuple[int, str]], rcode: int, notes: list[tuple[object, ...]], reason: str
) -> None:
    record = remade("www.a.b. A", tuple(ede), rcode, notes, reasons=(reason,))
    told = explanation(record)
    assert told["verdict"]["blame"] in BLAMES  # type: ignore[index] # a dictionary, as shown above
    json.dumps(told)
    assert all(line.isprintable() for line in [*explained(told), summary(told)])
