import pytest

from resolver.ports import Errand, Lost
from resolver.walk.scrub import Answer
from resolver.wire.presentation import name_from_text
from tests.walk.pretend import Walked, question, run, walk_over

REFERRAL = ";AUTHORITY\ncom. 60 NS ns.com.\n;ADDITIONAL\nns.com. 60 A 192.0.2.2"
ANSWER = "AA\n;ANSWER\nwww.com. 60 A 192.0.2.99"


def down(world: Walked, text: str) -> tuple[bytes, object]:
    errand = Errand(world.clock, world.clock.time + 8.0)
    return run(world.walk._descent.to(question(text), errand))


def test_a_descent_ends_at_the_zone_that_knows_and_remembers_only_the_way() -> None:
    world = walk_over(
        {
            ("192.0.2.1", "www.com. A"): REFERRAL,
            ("192.0.2.2", "www.com. A"): ANSWER,
        }
    )
    zone, outcome = down(world, "www.com. A")
    assert zone == name_from_text("com.")
    assert isinstance(outcome, Answer)
    assert world.zones.get(zone, world.clock.time) is not None
    assert len(world.rrsets) == 0
    down(world, "www.com. A")
    assert world.internet.questions[2:] == ["192.0.2.2 www.com. A"]


def test_where_nobody_helps_a_descent_says_who_did_not() -> None:
    world = walk_over({("192.0.2.1", "www.com. A"): "REFUSED"})
    with pytest.raises(Lost, match=r"192\.0\.2\.1.*REFUSED"):
        down(world, "www.com. A")
