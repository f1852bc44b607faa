"""The shared store of one process."""

import asyncio
from pathlib import Path

import structlog

from resolver.daemon.backing import open_backing
from resolver.daemon.storage import Place


async def test_without_a_place_or_with_a_wrong_one_there_is_no_store(
    tmp_path: Path,
) -> None:
    loop = asyncio.get_running_loop()
    assert open_backing(None, loop) is None
    path = tmp_path / "cache.mdb"
    path.write_text("nonsense")
    with structlog.testing.capture_logs() as events:
        assert open_backing(Place(str(path), 1_000_000, passing=False), loop) is None
    assert [event["event"] for event in events] == ["no_shared_cache"]
