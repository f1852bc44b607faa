import pytest
import structlog

from resolver.config import Config, Recursion
from resolver.daemon.doctor import selfcheck
from resolver.daemon.doctor.findings import OK, PROBLEM, UNKNOWN, WARNING, Finding
from resolver.daemon.doctor.selfcheck import check_self, tell
from tests.daemon.doctor.pretend import Network


def test_the_log_hears_of_what_is_wrong_and_how_much_is_well() -> None:
    findings = [
        Finding("ipv4", OK, ("fine",)),
        Finding("edns", WARNING, ("some", "more"), "mend it"),
        Finding("clock", PROBLEM, ("1970",), "set it"),
        Finding("ipv6", UNKNOWN, ("who knows",)),
    ]
    with structlog.testing.capture_logs() as told:
        tell(findings)
    assert told == [
        {
            "event": "self_check",
            "log_level": "warning",
            "check": "edns",
            "evidence": "some; more",
            "mend": "mend it",
        },
        {
            "event": "self_check",
            "log_level": "error",
            "check": "clock",
            "evidence": "1970",
            "mend": "set it",
        },
        {
            "event": "self_checked",
            "log_level": "info",
            "worst": PROBLEM,
            "well": 1,
            "checks": 4,
        },
    ]


async def test_a_daemon_examines_itself_once() -> None:
    network = Network()
    with structlog.testing.capture_logs() as told:
        await check_self(Config(), network.world(), 0.0)
    assert told[-1]["event"] == "self_checked"
    assert "port" not in {event.get("check") for event in told}
    assert network.asked


async def test_what_cannot_be_looked_at_is_told_and_ends_nothing() -> None:
    config = Config(recursion=Recursion(root_hints="/nowhere/hints"))
    with structlog.testing.capture_logs() as told:
        await check_self(config, Network().world(), 0.0)
    assert [event["event"] for event in told] == ["self_check_failed"]


def test_clients_who_have_waited_for_the_start_come_first() -> None:
    assert pytest.approx(5.0) == selfcheck.DELAY
