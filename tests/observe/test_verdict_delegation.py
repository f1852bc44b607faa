"""What the lab does not show; the rest is in `test_verdict`."""

from resolver.observe.cause import POLICY, ZONE_OWNER
from resolver.observe.verdict import verdict_of
from tests.observe.boxed import asked_for, remade

ERROR = ((22, "a.b.: none of its servers has a usable address"),)


def looked_up(outcome: str) -> list[tuple[object, ...]]:
    return [(1, "question", asked_for("ns.c. A")), (1, "verdict", outcome)]


def test_an_address_that_may_not_be_asked_is_our_policy() -> None:
    found = verdict_of(remade("www.a.b. A", ERROR, notes=looked_up("answer 1 A")))
    assert (found.rule, found.blame) == ("never-ask", POLICY)
    assert "ns.c." in found.cause


def test_a_server_without_an_address_is_its_owners_fault() -> None:
    found = verdict_of(remade("www.a.b. A", ERROR, notes=looked_up("no data")))
    assert (found.rule, found.blame) == ("no-addresses", ZONE_OWNER)
    nothing_seen = verdict_of(remade("www.a.b. A", ERROR))
    assert "its servers" in nothing_seen.cause


def test_only_the_first_names_are_told() -> None:
    notes = [
        (1, kind, fact)
        for number in range(5)
        for kind, fact in (
            ("question", asked_for(f"ns{number}.c. A")),
            ("verdict", "NXDOMAIN"),
        )
    ]
    found = verdict_of(remade("www.a.b. A", ERROR, notes=notes))
    assert found.rule == "servers-do-not-exist"
    assert "ns0.c., ns1.c. and 3 more" in found.cause
