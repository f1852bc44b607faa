"""Results in words."""

from typing import Any

import pytest

from resolver.cli import telling
from resolver.cli.telling import count, duration, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (864_000, "10 d")],
)
def test_a_time_is_as_exact_as_one_wants_to_know_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (2500, "2.5 kB"), (3e9, "3.0 GB")],
)
def test_sizes_have_units(number: float, text: str) -> None:
    assert size(number) == text


def test_a_reload_that_changes_nothing_says_so() -> None:
    lines = telling.reload({"changes": [], "after_restart": []})
    assert list(lines) == ["nothing has changed"]


def test_one_thing_is_one() -> None:
    assert (count(1, "zone"), count(2000, "zone")) == ("1 zone", "2,000 zones")
    assert count(0, "entry", "entries") == "0 entries"


def test_all_that_is_known_of_a_name_is_told() -> None:
    told: dict[str, Any] = {
        "name": "a.",
        "entries": [
            {
                "type": 1,
                "nothing": "",
                "set": {
                    "name": "a.",
                    "type": 1,
                    "data": ["01020304"],
                    "signatures": [],
                },
                "left": -7200.0,
                "ttl": 60,
                "rank": "answer",
                "security": "secure",
            },
            {
                "type": 15,
                "nothing": "NODATA",
                "set": None,
                "left": 5.0,
                "ttl": 60,
                "rank": "answer",
                "security": "insecure",
            },
        ],
        "failures": [{"type": 28, "text": "nobody answers", "ede": 22, "left": 2.0}],
        "delegation": {
            "zone": "a.",
            "left": 9.0,
            "servers": [{"name": "ns.a.", "addresses": []}],
        },
        "trust": {"security": "bogus", "text": "no DNSKEY", "left": 50.0},
    }
    assert list(telling.cache_get(told)) == [
        "a.",
        "  A  secure, answer, expired 2 h ago of 60 s",
        "    1.2.3.4",
        "  NODATA MX  insecure, answer, 5 s left of 60 s",
        "  AAAA failed: nobody answers (2 s left)",
        "  delegated to ns.a. (9 s left)",
        "  its keys: bogus, no DNSKEY (50 s left)",
    ]


def test_a_server_in_trouble_is_told_with_all_of_it() -> None:
    address = {
        "address": "192.0.2.1",
        "state": "down",
        "rtt": 0.0125,
        "variation": 0.001,
        "timeout": 5.0,
        "heard": 3.0,
        "silences": 4,
        "open": 0,
        "cookie": True,
        "faults": ["no EDNS"],
        "lame_for": ["b."],
    }
    told = {
        "zone": "a.",
        "kind": "stub",
        "left": None,
        "servers": [
            {"name": "", "addresses": [address]},
            {"name": "ns.a.", "addresses": []},
        ],
    }
    assert list(telling.servers(told)) == [
        "a. (stub)",
        "    192.0.2.1                down, 12.5 ms, varying by 1.0, news 3 s ago,"
        " 4 time-outs in a row, cookie, no EDNS, lame for b.",
        "  ns.a.",
        "    no address is known",
    ]


def test_what_is_shared_is_told_where_there_is_anything() -> None:
    told = {"records": 0, "delegations": 0, "failures": 0, "trust": 1, "shared": 2}
    assert list(telling.flush(told)) == [
        "forgotten: 0 entries, 0 delegations, 0 failures, the keys of 1 zone,"
        " and all encoded replies",
        "in the shared cache: 2 entries",
    ]


def test_that_there_is_no_negative_anchor_is_told() -> None:
    assert list(telling.negative({"anchors": []})) == [
        "there is no negative trust anchor"
    ]
