"""What can be changed while it runs."""

from pathlib import Path
from typing import Any

import pytest
import structlog

from resolver.config import Dnssec
from resolver.daemon.commands import Refused
from resolver.daemon.switches import negative_anchor, set_level
from resolver.dnssec.negative import LONGEST_LIFE, USUAL_LIFE
from resolver.lab.box import Box
from resolver.observe import configure_logging
from resolver.wire import names
from tests.daemon.subjects import Asked, told

ZONE = names.from_text("example.com.")


@pytest.fixture
def one(box: Box, tmp_path: Path) -> Asked:
    dnssec = Dnssec(negative_trust_anchors=("kept.example",))
    return Asked(box, tmp_path, dnssec=dnssec)


def anchors(one: Asked, action: str = "list", **more: object) -> dict[str, object]:
    found: Any = told(negative_anchor(one.subject, {"action": action, **more}))
    return {it["zone"]: it["left"] for it in found["anchors"]}


def test_a_level_is_set_and_one_that_is_none_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", "json")
    log = structlog.get_logger()
    log.info("one")
    told(set_level({"level": "error"}))
    log.info("two")
    told(set_level({"level": "debug"}))
    log.debug("three")
    with pytest.raises(Refused, match="none of debug, info, warning, error"):
        told(set_level({"level": "loud"}))
    written = capsys.readouterr().err
    assert "one" in written
    assert "two" not in written
    assert "three" in written


def test_a_negative_anchor_holds_for_its_time(one: Asked) -> None:
    negative = one.subject.validation.negative
    assert anchors(one, "add", name="example.com.", seconds=60) == {
        "kept.example.": None,
        "example.com.": 60.0,
    }
    assert negative.above(ZONE, one.clock() + 59) == ZONE
    assert negative.above(ZONE, one.clock() + 60) is None
    found = anchors(one, "add", name="example.com.")
    assert found["example.com."] == USUAL_LIFE
    assert anchors(one, "remove", name="example.com.") == {"kept.example.": None}


def test_what_was_judged_without_it_is_forgotten(one: Asked) -> None:
    assert one.ask("www.example.com. A").rcode != 0  # the lab's root is not signed
    assert len(one.subject.core.stores.failures) > 0
    anchors(one, "add", name=".")
    assert one.ask("www.example.com. A").rcode == 0
    anchors(one, "remove", name=".")
    assert one.ask("www.example.com. A").rcode != 0


def test_what_the_configuration_names_stays(one: Asked) -> None:
    with pytest.raises(Refused, match="in the configuration"):
        anchors(one, "remove", name="kept.example.")
    assert anchors(one) == {"kept.example.": None}


@pytest.mark.parametrize(
    "arguments",
    [
        {"action": "remove", "name": "example.com."},
        {"action": "else", "name": "example.com."},
        {"action": "add"},
        {"action": "add", "name": "a.", "seconds": 0},
        {"action": "add", "name": "a.", "seconds": LONGEST_LIFE + 1},
        {"action": "add", "name": "a.", "seconds": "1h"},
        {},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    one: Asked, arguments: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        told(negative_anchor(one.subject, arguments))
    assert anchors(one) == {"kept.example.": None}


def test_where_nothing_is_validated_there_is_nothing_to_switch_off(
    box: Box, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="nothing is validated"):
        anchors(Asked(box, tmp_path))
