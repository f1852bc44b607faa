from resolver.daemon.doctor.findings import (
    OK,
    PROBLEM,
    UNKNOWN,
    WARNING,
    Finding,
    counted,
    worst,
)


def test_the_worst_verdict_counts() -> None:
    def found(*verdicts: str) -> list[Finding]:
        return [Finding("x", verdict, ()) for verdict in verdicts]

    assert worst([]) == OK
    assert worst(found(OK, UNKNOWN)) == UNKNOWN
    assert worst(found(WARNING, OK, UNKNOWN)) == WARNING
    assert worst(found(WARNING, PROBLEM, UNKNOWN)) == PROBLEM


def test_one_is_not_many() -> None:
    assert counted(1, "server") == "1 server"
    assert counted(0, "server") == "0 servers"
