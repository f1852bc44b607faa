import pytest

from benchmarks.isolation import Unavailable, check_tools, which


def test_what_is_missing_is_told_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("benchmarks.process.SYSTEM_FOLDERS", ())
    with pytest.raises(Unavailable, match="apt-get install dnsperf nsd util-linux"):
        check_tools()


def test_programs_are_found_where_only_root_looks() -> None:
    assert which("sh")
    assert which("no-such-program-at-all") is None
