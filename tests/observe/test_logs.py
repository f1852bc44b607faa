import io
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from resolver.observe.logs import configure_logging, log_from
from resolver.ports import Address
from resolver.wire import types
from resolver.wire.message import Question

NASTY = "\x1b[2J\n\N{RIGHT-TO-LEFT OVERRIDE}"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def log_to(monkeypatch: pytest.MonkeyPatch) -> Callable[..., io.StringIO]:
    """Configure logging with standard error somewhere else."""

    def configure(level: str, style: str, *, terminal: bool = False) -> io.StringIO:
        target = Terminal() if terminal else io.StringIO()
        monkeypatch.setattr(sys, "stderr", target)
        configure_logging(level, style)
        return target

    return configure


def entries(target: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in target.getvalue().splitlines()]


def test_a_machine_gets_one_object_a_line(log_to: Callable[..., io.StringIO]) -> None:
    target = log_to("info", "auto")
    question = Question(b"\x03www\x00", types.A)
    structlog.get_logger().info(
        "query", question=question, client=Address("192.0.2.1"), ms=1.5, hits=(1, "a")
    )
    (entry,) = entries(target)
    assert list(entry)[:3] == ["timestamp", "level", "event"]
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "query",
        "level": "info",
        "question": "www. A",
        "client": "192.0.2.1",
        "ms": 1.5,
        "hits": [1, "a"],
    }


def test_a_person_gets_columns(log_to: Callable[..., io.StringIO]) -> None:
    target = log_to("info", "auto", terminal=True)
    structlog.get_logger().info("ready", listen="127.0.0.1:53")
    assert "ready" in target.getvalue()
    assert not target.getvalue().startswith("{")


def test_pretty_has_no_colours_in_a_file(log_to: Callable[..., io.StringIO]) -> None:
    target = log_to("info", "pretty")
    structlog.get_logger().info("ready", listen="127.0.0.1:53")
    assert "listen=127.0.0.1:53" in target.getvalue()
    assert "\x1b" not in target.getvalue()


def test_events_below_the_level_are_not_told(
    log_to: Callable[..., io.StringIO],
) -> None:
    target = log_to("warning", "json")
    log = structlog.get_logger()
    log.debug("no")
    log.info("no")
    log.warning("yes")
    log.error("yes")
    assert [entry["event"] for entry in entries(target)] == ["yes", "yes"]


@pytest.mark.parametrize("style", ["json", "pretty"])
def test_nothing_from_a_packet_reaches_a_terminal_unescaped(
    log_to: Callable[..., io.StringIO], style: str
) -> None:
    target = log_to("info", style)
    try:
        int(NASTY)
    except ValueError:
        structlog.get_logger().exception("event", name=NASTY, names=[NASTY, {NASTY: 1}])
    text = target.getvalue()
    assert "ValueError" in text
    assert all(line.isprintable() for line in text.splitlines())


def test_a_traceback_keeps_its_lines(log_to: Callable[..., io.StringIO]) -> None:
    target = log_to("info", "json")
    structlog.get_logger().error("event", exc_info=ValueError(NASTY))
    (entry,) = entries(target)
    *_, last = entry["exception"].splitlines()
    assert last.isprintable()


def test_libraries_speak_through_the_same_gate(
    log_to: Callable[..., io.StringIO],
) -> None:
    target = log_to("info", "json")
    logging.getLogger("asyncio").info("too quiet")
    logging.getLogger("asyncio").error("oh %s", NASTY)
    (entry,) = entries(target)
    assert (entry["event"], entry["logger"]) == ("library", "asyncio")
    assert entry["level"] == "error"
    assert entry["text"].startswith("oh \\u001b[2J")


def test_with_debug_libraries_tell_everything(
    log_to: Callable[..., io.StringIO],
) -> None:
    target = log_to("debug", "json")
    logging.getLogger("asyncio").debug("quiet")
    assert [entry["text"] for entry in entries(target)] == ["quiet"]


def test_the_level_can_be_changed_while_loggers_are_in_use(
    log_to: Callable[..., io.StringIO],
) -> None:
    target = log_to("warning", "json")
    log = structlog.get_logger()
    log.info("one")
    log_from("debug")
    log.debug("two")
    log_from("error")
    log.warning("three")
    log.error("four")
    assert [it["event"] for it in entries(target)] == ["two", "four"]


def test_libraries_are_told_of_as_the_level_says(
    log_to: Callable[..., io.StringIO],
) -> None:
    target = log_to("info", "json")
    library = logging.getLogger("library")
    library.info("one")
    log_from("debug")
    library.info("two")
    assert [it["text"] for it in entries(target)] == ["two"]
