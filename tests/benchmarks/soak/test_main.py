"""A short soak, from the start of the process to the verdict."""

from pathlib import Path

import pytest

from benchmarks.soak.__main__ import soak


@pytest.mark.live
async def test_a_short_soak_is_good(tmp_path: Path) -> None:
    findings = await soak(tmp_path, 15.0)
    # Half a minute is too short to say much of memory, and long for everything else.
    faults = [fault for fault in findings.faults() if not fault.startswith("memory")]
    assert faults == [], findings.text()
    assert findings.asked > 1000
    assert findings.unanswered == 0
    assert {kind for kind, _ in findings.outcomes} >= {"cached", "cold", "missing"}
    assert len(findings.samples) > 50
