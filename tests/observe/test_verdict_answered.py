"""What was in the way of an answer; most of it is in `test_every_fault`."""

import pytest

from resolver.observe.cause import NOBODY, UNKNOWN, ZONE_OWNER
from resolver.observe.verdict import verdict_of
from resolver.wire import types
from tests.observe.boxed import remade

ASKED = ("sent", "192.0.2.1", "www.a. A", "udp")
ANSWERED = [
    ("sent", "192.0.2.2", "www.a. A", "udp"),
    ("reply", "192.0.2.2", 0, 0.0, 90),
    ("verdict", "answer 1 A"),
]


@pytest.mark.parametrize(
    ("came", "rule", "blame", "words"),
    [
        ([("silent", "192.0.2.1", "timeout", 0.0)], "some-servers-silent", ZONE_OWNER,
         "192.0.2.1 did not reply."),
        ([("silent", "192.0.2.1", "overtaken", 0.0)], "overtaken", UNKNOWN, "late"),
        ([("silent", "192.0.2.1", "timeout, but a malformed reply", 0.0)], "strays",
         UNKNOWN, "a malformed reply"),
        ([("reply", "192.0.2.1", 5, 0.0, 40), ("verdict", "useless REFUSED")],
         "some-lame-refused", ZONE_OWNER, "192.0.2.1 REFUSED."),
        ([("reply", "192.0.2.1", 0, 0.0, 40), ("verdict", "useless an odd thing")],
         "some-servers-mixed", ZONE_OWNER, "an odd thing"),
    ],
)  # fmt: skip
def test_who_did_not_help_is_named(
    came: list[tuple[object, ...]], rule: str, blame: str, words: str
) -> None:
    notes = [("zone", b"\x01a\x00"), ASKED, *came, *ANSWERED]
    verdict = verdict_of(remade("www.a. A", (), types.NOERROR, notes))
    assert (verdict.rule, verdict.blame) == (rule, blame)
    assert words in verdict.cause
    assert verdict.mend


def test_where_everybody_helps_there_is_nothing_to_tell() -> None:
    notes = [("zone", b"\x01a\x00"), *ANSWERED]
    verdict = verdict_of(remade("www.a. A", (), types.NOERROR, notes))
    assert (verdict.rule, verdict.blame) == ("answered", NOBODY)


def test_a_crowd_of_servers_that_do_not_help_is_counted() -> None:
    notes: list[tuple[object, ...]] = [("zone", b"\x01a\x00")]
    for number in range(3, 10):
        server = f"192.0.2.{number}"
        notes.append(("sent", server, "www.a. A", "udp"))
        notes.append(("silent", server, "timeout", 0.0))
    verdict = verdict_of(remade("www.a. A", (), types.NOERROR, [*notes, *ANSWERED]))
    assert "and 3 more" in verdict.cause


def test_both_sides_of_a_disagreement_are_named() -> None:
    remark = (
        "the zone and its parent disagree on its servers: the parent names ns1.a.,"
        " the zone itself ns2.a."
    )
    *first, (_, outcome) = ANSWERED
    notes = [("zone", b"\x01a\x00"), *first, ("verdict", outcome, remark)]
    verdict = verdict_of(remade("www.a. A", (), types.NOERROR, notes))
    assert verdict.rule == "parent-child-mismatch"
    assert "the parent names ns1.a., the zone itself ns2.a." in verdict.cause
