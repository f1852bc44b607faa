"""A process under watch."""

from pathlib import Path

import pytest

from benchmarks.soak.watched import Watched
from resolver.lab.demo import free_port


def config(folder: Path, listen: str) -> Path:
    path = folder / "one.toml"
    path.write_text(f'listen.plain = ["{listen}"]\nlog.format = "json"\n')
    return path


async def test_it_tells_what_the_process_holds_and_says(tmp_path: Path) -> None:
    path = config(tmp_path, f"127.0.0.1:{free_port()}")
    path.write_text(path.read_text() + "recursion.prime = false\n")
    watched = Watched(path)
    try:
        await watched.wait_for("ready")
        assert (await watched.statistics())["waiting"] == 0
        assert (await watched.statistics())["errors"] == 0
        watched.sample()
        assert watched.samples[0].resident > 10_000_000
        assert watched.samples[0].descriptors > 5
        assert watched.is_running
        assert watched.complaints() == []
    finally:
        assert await watched.stop() == 0
    assert not watched.is_running


async def test_what_does_not_start_is_said_to_be_so(tmp_path: Path) -> None:
    watched = Watched(config(tmp_path, "nowhere"))
    with pytest.raises(TimeoutError, match="nowhere"):
        await watched.wait_for("ready")
    assert watched.complaints()
    assert await watched.stop() != 0
