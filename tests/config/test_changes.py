from dataclasses import fields, replace

import pytest

from resolver.config import Config, Forward, Stub, parse
from resolver.config.changes import (
    _EFFECTS,
    BELOW,
    DELEGATIONS,
    EVERYTHING,
    LIVES,
    NAMES,
    NOTHING,
    REPLIES,
    RESTART,
    ROOM,
    as_running,
    changes,
    wrong,
)
from resolver.config.declared import declared


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ('listen.plain = ["127.0.0.1:5300"]', NOTHING),
        ("listen.batch = false", RESTART),
        ("access.rate_limit = 7", NOTHING),
        ("log.queries = true", NOTHING),
        ('log.level = "debug"', RESTART),
        ("server.workers = 2", RESTART),
        ('server.nsid = "fra-2"', NOTHING),
        ('server.identity = "two"', NOTHING),
        ('server.version = "1.0"', NOTHING),
        ('cache.size = "1MB"', ROOM),
        ("cache.max_ttl = 60", LIVES),
        ("cache.serve_stale = false", REPLIES),
        ('cache.clock = "realtime"', RESTART),
        ("recursion.ipv6 = false", DELEGATIONS),
        ("recursion.special_use_names = false", REPLIES),
        ("dnssec.validate = false", EVERYTHING),
        ('dnssec.negative_trust_anchors = ["a.example"]', BELOW),
        ('local.records = ["a.example. 60 A 192.0.2.1"]', NAMES),
        ("recursion.query_deadline = 5.0", NOTHING),
        ("rebinding.remove = true", REPLIES),
    ],
)
def test_what_follows_from_a_setting_is_told(text: str, effect: str) -> None:
    [change] = changes(Config(), parse(text))
    assert change.setting == text.split(" = ", maxsplit=1)[0]
    assert change.effect == effect
    assert change.after == text.split(" = ")[1]


def test_a_change_is_told_as_a_file_has_it() -> None:
    [change] = changes(Config(), parse("cache.max_ttl = 60\nserver.workers = 1"))
    assert str(change) == f"cache.max_ttl: 86400 -> 60: {LIVES}"


def test_nothing_follows_from_a_file_that_says_the_same_elsewhere() -> None:
    before = parse("cache.max_ttl = 60", "a.toml")
    after = parse("\n[cache]\nmax_ttl = 60", "b.toml")
    assert changes(before, after) == []
    assert wrong(before, after) == (frozenset(), ())


def test_some_workers_more_or_fewer_need_no_restart() -> None:
    two, three = parse("server.workers = 2"), parse("server.workers = 3")
    assert [change.effect for change in changes(two, three)] == [NOTHING]
    assert [change.effect for change in changes(two, Config())] == [RESTART]


def test_zones_that_go_elsewhere_are_named_with_where_they_went() -> None:
    before = Config(
        forward=(
            Forward(zone="same.example", servers=("192.0.2.1",)),
            Forward(zone="moved.example", servers=("192.0.2.1",)),
        ),
        stub=(Stub(zone="gone.example", servers=("192.0.2.3",), first=True),),
    )
    after = Config(
        forward=(
            Forward(zone="moved.example", servers=("192.0.2.2",)),
            Forward(zone="same.example", servers=("192.0.2.1",)),
            Forward(zone="new.example", servers=()),
        )
    )
    assert [str(change) for change in changes(before, after)] == [
        f'forward "moved.example": 192.0.2.1 -> 192.0.2.2: {BELOW}',
        f'forward "new.example": none -> no servers: {BELOW}',
        f'stub "gone.example": 192.0.2.3, first -> none: {BELOW}',
    ]
    assert wrong(before, after).below == (
        "gone.example",
        "moved.example",
        "new.example",
    )


def test_only_the_negative_anchors_that_differ_are_below() -> None:
    before = parse('dnssec.negative_trust_anchors = ["a.example", "b.example"]')
    after = parse('dnssec.negative_trust_anchors = ["b.example", "c.example"]')
    assert wrong(before, after).below == ("a.example", "c.example")


def test_what_takes_a_restart_stays_as_it_runs() -> None:
    before = parse('cache.shared_path = "/x/a"\ncache.max_ttl = 60')
    after = parse('cache.shared_path = "/x/b"\ncache.max_ttl = 70')
    running = as_running(before, after)
    assert running.cache.shared_path == "/x/a"
    assert running.cache.max_ttl == 70
    assert running == replace(after, cache=replace(before.cache, max_ttl=70))


def test_every_effect_is_of_a_setting_or_table_that_there_is() -> None:
    paths = {item.name for item in fields(Config)} | {
        f"{table.name}.{name}"
        for table in declared().values()
        for name in table.settings
    }
    assert set(_EFFECTS) <= paths
