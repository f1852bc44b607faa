"""Two zones for every misbehaviour.

`NAME.com.` has a server that misbehaves and no other: what becomes of a question then
is part of the behaviour's description.  `NAME.net.` has the same server and an honest
one beside it: there a good resolver finds the answer.

They stay unsigned in a signed box, so that what is right does not change: with a DS in
the parent, a server without EDNS is as good as none.
"""

from collections.abc import Sequence
from typing import Final

from resolver.lab.behaviours import Behaviour
from resolver.lab.catalogue import VICTIM_ADDRESS, named
from resolver.lab.description import Host, Ingredient, Sample, ZoneSpec

ANSWER: Final = "192.0.2.90"
_RECORDS: Final = f"""www A {ANSWER}
    a.b.c A {ANSWER}
    alias CNAME www"""


def troubles(behaviours: Sequence[Behaviour]) -> tuple[Ingredient, ...]:
    """Describe the zones of all misbehaviours."""
    found = [_trouble(each, number) for number, each in enumerate(behaviours, start=1)]
    return (*found, _ONE_OF_SEVERAL)


def _trouble(behaviour: Behaviour, number: int) -> Ingredient:
    name = behaviour.name
    bad, spare, honest = (
        f"127.53.9.{number}",
        f"127.53.8.{number}",
        f"127.53.10.{number}",
    )
    alone = ZoneSpec(
        f"{name}.com.",
        (Host(f"ns1.{name}.com.", (bad,), behaviour),),
        _RECORDS,
        signed=False,
    )
    beside = ZoneSpec(
        f"{name}.net.",
        (
            Host(f"ns1.{name}.net.", (spare,), behaviour),
            Host(f"ns2.{name}.net.", (honest,)),
        ),
        _RECORDS,
        signed=False,
    )
    believed = VICTIM_ADDRESS if name == "lies-in-answer" else ANSWER
    certain = believed if behaviour.alone == "NOERROR" else ""
    either = "" if believed != ANSWER else ANSWER
    return Ingredient(
        name,
        f"a server that {behaviour.text}: alone in {name}.com.,"
        f" beside an honest one in {name}.net.",
        (alone, beside),
        (
            Sample(f"www.{name}.com. A", behaviour.alone, certain),
            Sample(f"www.{name}.net. A", answer=either),
        ),
    )


_ONE_OF_SEVERAL: Final = Ingredient(
    "one of several works",
    "flaky.com. has servers that are dead, silent, refuse and serve it, one of each",
    (
        ZoneSpec(
            "flaky.com.",
            (
                Host("ns1.flaky.com.", ("127.53.8.201",), named("dead")),
                Host("ns2.flaky.com.", ("127.53.8.202",), named("silent")),
                Host("ns3.flaky.com.", ("127.53.8.203",), named("refuses")),
                Host("ns4.flaky.com.", ("127.53.8.204",)),
            ),
            _RECORDS,
        ),
    ),
    (Sample("www.flaky.com. A", answer=ANSWER),),
)
