"""A live test that cannot run is skipped, or fails where live tests are required."""

import pytest

from tests.live.conftest import unavailable
from tests.live.namespace import Unavailable, tool


def test_a_missing_tool_is_named_with_its_package() -> None:
    with pytest.raises(Unavailable, match=r"no-such-tool .*apt-get install nothing"):
        tool("no-such-tool", "nothing")


def test_what_cannot_run_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_LIVE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no dig"):
        unavailable(Unavailable("no dig"))


def test_what_is_required_and_cannot_run_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_LIVE", "1")
    with pytest.raises(pytest.fail.Exception, match="required: no dig"):
        unavailable(Unavailable("no dig"))
