"""When a resolver is worth asking, reading by reading."""

from resolver.daemon.readiness import (
    FAILING,
    FORGOTTEN,
    SEVERAL,
    Readiness,
    has_been_answered,
)
from resolver.daemon.reading import Reading, Worker
from resolver.daemon.statistics import Statistics

ANSWERED = {"upstream|udp|answered|3": 1.0}


def reading(
    walks: int = 0,
    failed: int = 0,
    walking: int = 0,
    *,
    answers: bool = True,
    labelled: dict[str, float] | None = None,
) -> Reading:
    statistics = Statistics(
        walks=walks,
        failed=failed,
        walking=walking,
        labelled=ANSWERED if labelled is None else labelled,
    )
    return Reading(statistics, (Worker("1", 1, answers),))


def failing(one: Readiness, seconds: int, each: int = 1, start: int = 0) -> list[str]:
    """Have so many walks fail each second, and say what is wrong at the end."""
    found: list[str] = []
    for second in range(seconds + 1):
        failed = start + (second + 1) * each
        found = one.look(reading(failed, failed), float(second))
    return found


def test_who_listens_and_has_been_answered_is_ready() -> None:
    assert Readiness(wants_reply=True).look(reading(), 0.0) == []


def test_without_a_listener_nobody_is_ready() -> None:
    one = Readiness(wants_reply=True)
    assert one.look(reading(answers=False), 0.0) == ["no listener is open"]
    assert one.look(reading(), 1.0) == []
    assert one.look(Reading(Statistics(labelled=ANSWERED), ()), 2.0) != []


def test_a_server_has_to_have_answered_once() -> None:
    one = Readiness(wants_reply=True)
    silent = {"upstream|udp|timeout|5": 2.0}
    assert one.look(reading(labelled=silent), 0.0) == ["no server has answered yet"]
    assert one.look(reading(), 1.0) == []
    # A worker that was replaced begins anew; what was found out stays true.
    assert one.look(reading(labelled={}), 2.0) == []


def test_where_nobody_is_asked_before_clients_come_that_is_no_condition() -> None:
    assert Readiness(wants_reply=False).look(reading(labelled={}), 0.0) == []


def test_who_only_fails_is_not_ready_for_long() -> None:
    one = Readiness(wants_reply=True)
    assert failing(one, int(FAILING) - 1) == []
    [objection] = failing(Readiness(wants_reply=True), int(FAILING))
    assert objection == "nothing found for 30 s, while 31 questions failed"


def test_one_success_makes_up_for_it() -> None:
    one = Readiness(wants_reply=True)
    assert failing(one, int(FAILING)) != []
    failed = int(FAILING) + 1
    assert one.look(reading(failed + 1, failed), FAILING + 1) == []


def test_a_few_broken_names_say_nothing() -> None:
    one = Readiness(wants_reply=True)
    found: list[str] = []
    for second in range(0, 300, 20):
        failed = min(SEVERAL - 1, second // 20)
        found += one.look(reading(failed, failed), float(second))
    assert found == []


def test_who_is_not_asked_any_more_may_be_asked_again() -> None:
    one = Readiness(wants_reply=True)
    assert failing(one, int(FAILING)) != []
    failed = int(FAILING) + 1
    quiet = reading(failed, failed)
    assert one.look(quiet, FAILING + FORGOTTEN - 1) != []
    assert one.look(quiet, FAILING + FORGOTTEN) == []


def test_walks_under_way_are_neither_good_nor_bad() -> None:
    one = Readiness(wants_reply=True)
    assert failing(one, int(FAILING)) != []
    failed = int(FAILING) + 1
    assert one.look(reading(failed + 5, failed, 5), FAILING + 1) != []


def test_only_an_answer_is_one() -> None:
    assert has_been_answered(ANSWERED)
    assert has_been_answered({"upstream|tcp|answered|0": 1})
    assert not has_been_answered({"upstream|udp|error|0": 1, "limits|answered|x": 1})
