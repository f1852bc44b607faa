"""What objects in a diary say beyond their own words."""

import pytest

from resolver.cache.zones import Delegation, NameServer
from resolver.observe.plain import DISAGREE, FORWARDERS, disagreement, plain
from resolver.ports import Note
from resolver.walk.addresses import MAX_SERVERS
from resolver.wire import names, types
from resolver.wire.message import Message, Question, RRset
from resolver.wire.presentation import name_from_text

ZONE = name_from_text("a.test.")


def delegation(
    *servers: str, zone: bytes = ZONE, recursive: bool = False
) -> Delegation:
    known = tuple(NameServer(name_from_text(it), ()) for it in servers)
    return Delegation(zone, known, 0.0, recursive)


def reply(*servers: str, owner: bytes = ZONE, flags: int = types.AA) -> Message:
    rdatas = tuple(map(name_from_text, servers))
    ns = RRset(owner, types.NS, 60, rdatas)
    question = Question(ZONE, types.A)
    return Message(0, flags, question, types.NOERROR, authority=(ns,))


@pytest.mark.parametrize(
    ("above", "own", "told"),
    [
        (["ns1.a.test."], ["ns1.a.test."], ""),
        (["ns1.a.test."], ["NS1.a.test."], ""),
        (["ns1.a.test."], ["ns2.a.test."],
         "the parent names ns1.a.test., the zone itself ns2.a.test."),
        (["ns1.a.test.", "ns2.a.test."], ["ns2.a.test."], "the parent names ns1.a.test."),
        (["ns1.a.test."], ["ns1.a.test.", "b.", "c.", "d.", "e."],
         "the zone itself b. and c. and d. and 1 more"),
        ([], ["ns1.a.test."], ""),
        ([f"ns{i}." for i in range(MAX_SERVERS)],
         [f"ns{i}." for i in range(MAX_SERVERS + 5)], ""),
    ],
)  # fmt: skip
def test_two_ns_sets_are_compared(above: list[str], own: list[str], told: str) -> None:
    found = disagreement(delegation(*above), reply(*own))
    assert found == (DISAGREE + told if told else "")


def test_only_who_speaks_for_the_zone_is_heard() -> None:
    above = delegation("ns1.a.test.")
    assert disagreement(above, reply("b.", flags=0)) == ""
    assert disagreement(above, reply("b.", owner=name_from_text("c.a.test."))) == ""
    assert disagreement(delegation("b.", zone=names.ROOT), reply("c.")) == ""
    assert disagreement(delegation("b.", recursive=True), reply("c.")) == ""


def test_what_says_nothing_is_left_out() -> None:
    usual = delegation("ns1.a.test.")

    def of(kind: str, *facts: object) -> tuple[object, ...]:
        return plain(Note(0.0, 0, kind, facts))

    assert of("zone", ZONE, usual) == (ZONE,)
    assert of("zone", ZONE, usual._replace(recursive=True)) == (ZONE, FORWARDERS)
    assert of("verdict", "answer", usual, reply("ns1.a.test.")) == ("answer",)
    told, remark = of("verdict", "answer", usual, reply("b."))
    assert told == "answer"
    assert str(remark).startswith(DISAGREE)
    assert of("reply", "192.0.2.1", 0, 0.1, 90, "") == ("192.0.2.1", 0, 0.1, 90)
    assert of("reply", "192.0.2.1", 0, 0.1, 90, "stray")[-1] == "stray"


def test_what_is_plain_already_stays() -> None:
    for facts in ((ZONE, FORWARDERS), (ZONE,), ("answer", "remark"), (), (1, 2, 3)):
        for kind in ("zone", "verdict", "reply", "sent"):
            assert plain(Note(0.0, 0, kind, facts)) == facts
