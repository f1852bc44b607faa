"""Where validation is switched off, and for how long."""

from resolver.dnssec.negative import FOREVER, NegativeAnchors
from resolver.wire.presentation import name_from_text

BROKEN = name_from_text("broken.example.")
WWW = name_from_text("www.broken.example.")
OTHER = name_from_text("example.")


def test_where_none_is_set_all_is_validated() -> None:
    assert NegativeAnchors().above(WWW, 0.0) is None


def test_one_of_the_configuration_holds_for_ever() -> None:
    anchors = NegativeAnchors((BROKEN,))
    assert anchors.above(WWW, 1e12) == BROKEN
    assert anchors.listed(0.0) == [(BROKEN, FOREVER)]


def test_it_covers_its_name_and_all_below_and_nothing_else() -> None:
    anchors = NegativeAnchors((BROKEN,))
    assert anchors.above(BROKEN, 0.0) == BROKEN
    assert anchors.above(OTHER, 0.0) is None
    assert anchors.above(name_from_text("xbroken.example."), 0.0) is None


def test_the_closest_of_several_counts() -> None:
    anchors = NegativeAnchors((OTHER, BROKEN))
    assert anchors.above(WWW, 0.0) == BROKEN


def test_one_that_was_added_ends_by_itself() -> None:
    anchors = NegativeAnchors()
    anchors.add(BROKEN, 60.0)
    assert anchors.above(WWW, 59.9) == BROKEN
    assert anchors.above(WWW, 60.0) is None
    assert anchors.listed(60.0) == []


def test_where_the_closest_has_ended_the_one_above_it_counts() -> None:
    anchors = NegativeAnchors((OTHER,))
    anchors.add(BROKEN, 60.0)
    assert anchors.above(WWW, 60.0) == OTHER


def test_one_can_be_taken_back() -> None:
    anchors = NegativeAnchors((BROKEN,))
    assert anchors.remove(BROKEN)
    assert anchors.above(WWW, 0.0) is None
    assert not anchors.remove(BROKEN)


def test_those_that_pass_are_listed_and_forgotten_when_their_time_is_up() -> None:
    anchors = NegativeAnchors((OTHER,))
    anchors.add(BROKEN, 60.0)
    assert anchors.passing() == [BROKEN]
    assert anchors.expire(59.9) == []
    assert anchors.expire(60.0) == [BROKEN]
    assert anchors.passing() == []


def test_one_of_the_configuration_is_not_shortened() -> None:
    anchors = NegativeAnchors((BROKEN,))
    anchors.add(BROKEN, 60.0)
    assert anchors.listed(1e12) == [(BROKEN, FOREVER)]
    assert anchors.expire(1e12) == []
