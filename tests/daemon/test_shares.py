"""How many processes there are, and what each has."""

import dataclasses

import pytest

from resolver.config import Cache, Config, Server
from resolver.daemon.shares import LEAST, count_of_workers, share_of
from resolver.daemon.storage import Place


def test_auto_is_a_worker_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 2, 5})
    assert count_of_workers(Config(server=Server(workers="auto"))) == 3
    assert count_of_workers(Config(server=Server(workers=7))) == 7


def test_the_size_of_the_cache_is_what_all_have_together() -> None:
    config = Config(cache=Cache(size=90_000_000))
    place = Place("/x", 30_000_000, passing=True)
    assert share_of(config, place, 2).cache.size == 30_000_000
    assert share_of(config, None, 3).cache.size == 30_000_000
    assert share_of(config, None, 1) == config
    assert dataclasses.replace(share_of(config, place, 2), cache=config.cache) == config


def test_a_smaller_cache_leaves_the_workers_something_beside_the_file() -> None:
    place = Place("cache.mdb", 90_000_000, passing=True)
    small = Config(cache=Cache(size=80_000_000))
    assert share_of(small, place, 2).cache.size == int(80_000_000 * LEAST) // 2
