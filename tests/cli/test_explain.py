import json
from collections.abc import Mapping
from datetime import datetime

import pytest

from resolver.cli.control import Refusal
from resolver.cli.explain import (
    LISTED,
    Wanted,
    as_json,
    as_text,
    of_now,
    of_record,
    time_from,
    wanted,
)
from resolver.cli.query import Outcome
from resolver.observe.explain import explanation
from resolver.ports import Errand, Resolution
from resolver.wire import types
from tests.observe.boxed import asked_for, remade

RESULT = {
    "records": [explanation(remade("www.a. A", ((0, "internal error"),)))],
    "now": ["cache: nothing", "remembered \x1b[2J"],
}


class Pretended:
    """A daemon that knows one answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.result: object = RESULT

    def run(self, command: str, arguments: Mapping[str, object]) -> object:
        self.asked.append((command, arguments))
        return self.result


def test_the_daemon_is_asked_for_what_was_typed() -> None:
    daemon = Pretended()
    question = asked_for("www.a. A")
    assert of_record(daemon.run, wanted(question, None, None, 5.0)) is RESULT
    of_record(daemon.run, wanted(question, "A", None, None))
    of_record(daemon.run, wanted(None, None, "k3f9", None))
    of_record(daemon.run, wanted(None, None, None, None))
    of_record(
        daemon.run, wanted(asked_for("1.2.0.192.in-addr.arpa. PTR"), None, None, None)
    )
    assert [arguments for _, arguments in daemon.asked] == [
        {"name": "www.a.", "at": 5.0},
        {"name": "www.a.", "type": "A"},
        {"id": "k3f9"},
        {"limit": LISTED},
        {"name": "1.2.0.192.in-addr.arpa.", "type": "PTR"},
    ]
    assert {command for command, _ in daemon.asked} == {"explain"}


def test_an_answer_that_makes_no_sense_is_another_versions() -> None:
    daemon = Pretended()
    for daemon.result in (None, [], {}):
        with pytest.raises(Refusal, match="another version"):
            of_record(daemon.run, Wanted(name="www.a."))


def test_people_get_a_record_and_what_is_known_now() -> None:
    text = as_text(RESULT, Wanted(name="www.a."))
    assert "to blame: us" in text
    assert "now:\n  cache: nothing" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_without_a_name_people_get_a_list() -> None:
    (line,) = as_text({"records": RESULT["records"]}, Wanted()).splitlines()
    assert line.startswith("x  ")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Wanted(), "nothing has gone wrong"),
        (Wanted(id="k3f9"), "no record k3f9"),
        (Wanted(name="www.a.", type="MX"), "about www.a. MX; --now"),
    ],
)
def test_that_nothing_is_on_record_is_said_in_words(asked: Wanted, words: str) -> None:
    assert words in as_text({"records": []}, asked)


def test_programs_get_all_of_it() -> None:
    assert json.loads(as_json(RESULT)) == RESULT


def test_what_has_just_been_asked_is_explained_as_if_it_had_been_on_record() -> None:
    errand = Errand(lambda: 10.0, 18.0)
    resolution = Resolution(types.SERVFAIL, ede=((22, "a.: 192.0.2.1 REFUSED"),))
    outcome = Outcome(asked_for("www.a. A"), resolution, errand, 10.0, 0.0)
    (record,) = of_now(outcome)["records"]
    assert record["verdict"]["rule"] == "lame-refused"
    assert (record["id"], record["reasons"]) == ("now", ["asked"])


NOW = datetime(2026, 11, 22, 12, 0).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("11:30", -1800.0),
        ("12:30", -84_600.0),
        ("2026-11-22 12:01", 60.0),
        ("2026-11-22T12:01:30", 90.0),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert time_from(text, NOW) - NOW == seconds


def test_other_times() -> None:
    assert time_from("1800000000", NOW) == 1_800_000_000.0
    assert time_from("2026-11-22 12:00+00:00", NOW) % 3600 == 0
    with pytest.raises(ValueError, match="'soon' is no time"):
        time_from("soon", NOW)
