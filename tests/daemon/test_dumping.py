"""The cache told part by part, and taken back."""

import json
from pathlib import Path
from typing import Any

import pytest

from resolver.beliefs import BOGUS, INSECURE, SECURE, UNCHECKED
from resolver.cache.rrsets import RANK_ANSWER, RANK_AUTHORITATIVE
from resolver.config import Dnssec
from resolver.config.meeting import MAX_LOAD
from resolver.daemon.commands import Refused
from resolver.daemon.dumping import cache_dump, cache_load
from resolver.lab.box import Box
from resolver.wire import names, types
from resolver.wire.message import RRset
from tests.daemon.subjects import Asked, told

WWW = "www.example.com. A"
NAME = names.from_text("www.example.com.")


@pytest.fixture
def one(box: Box, tmp_path: Path) -> Asked:
    return Asked(box, tmp_path)


@pytest.fixture
def other(box: Box, tmp_path: Path) -> Asked:
    return Asked(box, tmp_path)


def dumped(one: Asked) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    part, parts = 0, 1
    while part < parts:
        answer: Any = told(cache_dump(one.subject, {"part": part}))
        parts = answer["parts"]
        found += answer["entries"]
        part += 1
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def loaded(one: Asked, *entries: object) -> dict[str, Any]:
    return told(cache_load(one.subject, {"entries": list(entries)}))


def test_what_one_has_dumped_another_knows(one: Asked, other: Asked) -> None:
    for text in (WWW, "nope.example.com. A", "www.example.com. MX"):
        one.ask(text)
    entries = dumped(one)
    assert loaded(other, *entries) == {"kept": 3, "refused": []}
    assert sorted(it["name"] for it in dumped(other)) == sorted(
        it["name"] for it in entries
    )
    for text in (WWW, "nope.example.com. A", "www.example.com. MX"):
        assert other.asked(text) == 0
        assert other.ask(text).rcode == one.ask(text).rcode


def test_what_has_expired_or_is_bogus_is_not_dumped(one: Asked) -> None:
    rrsets, now = one.subject.core.stores.rrsets, one.clock()
    for number, security in enumerate((BOGUS, SECURE)):
        rrset = RRset(NAME, 300 + number, 60, (b"x",))
        rrsets.put(rrset, RANK_ANSWER, now, security)
    rrsets.put(RRset(NAME, types.TXT, 5, (b"\x01x",)), RANK_ANSWER, now)
    one.clock.time += 6
    assert [it["type"] for it in dumped(one)] == [301]


def test_what_would_not_be_taken_back_is_not_dumped(one: Asked) -> None:
    """A referral says that there is no DS without an SOA."""
    rrsets, now = one.subject.core.stores.rrsets, one.clock()
    proof = RRset(NAME, types.NSEC, 60, (b"\x00\x00\x01\x20",))
    nothing = (NAME, types.DS, types.NOERROR, None, now)
    rrsets.put_nothing(*nothing, RANK_ANSWER, SECURE, (proof,))
    assert len(rrsets.at(NAME)) == 1
    assert dumped(one) == []


def test_a_part_that_is_not_there_is_refused(one: Asked) -> None:
    for part in (-1, 10**9, "x", True):
        with pytest.raises(Refused):
            told(cache_dump(one.subject, {"part": part}))


def entry(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "name": "www.example.com.",
        "type": types.A,
        "nothing": "",
        "left": 60.0,
        "security": "secure",
        "rank": "authoritative",
        "set": {
            "name": "www.example.com.",
            "type": types.A,
            "data": ["c0000201"],
            "signatures": [],
        },
        "proofs": [],
    }
    return usual | changes


@pytest.mark.parametrize(
    ("validate", "security"), [(True, UNCHECKED), (False, INSECURE)]
)
def test_nothing_is_secure_because_a_dump_says_so(
    box: Box,
    tmp_path: Path,
    validate: bool,  # noqa: FBT001 - pytest gives it
    security: int,
) -> None:
    one = Asked(box, tmp_path, dnssec=Dnssec(validate=validate))
    assert loaded(one, entry())["kept"] == 1
    (known,) = one.subject.core.stores.rrsets.at(NAME)
    assert known.past.found.security == security
    assert known.past.found.rank == RANK_ANSWER


def test_what_is_known_better_is_not_replaced(one: Asked) -> None:
    rrsets = one.subject.core.stores.rrsets
    rrset = RRset(NAME, types.A, 300, (b"\x01\x02\x03\x04",))
    rrsets.put(rrset, RANK_AUTHORITATIVE, one.clock(), SECURE)
    loaded(one, entry())
    (known,) = rrsets.at(NAME)
    assert known.past.found.rrset == rrset


def test_nothing_holds_longer_than_the_configuration_allows(one: Asked) -> None:
    loaded(one, entry(left=1e12))
    (known,) = one.subject.core.stores.rrsets.at(NAME)
    assert known.past.expires - known.past.learned == 86400


def a_set(**changes: object) -> dict[str, object]:
    usual = entry()["set"]
    assert isinstance(usual, dict)
    return usual | changes


@pytest.mark.parametrize(
    "wrong",
    [
        "text",
        {},
        entry(name="a..b"),
        entry(name="other.example."),
        entry(type=None),
        entry(type=70_000),
        entry(left=0),
        entry(left="60"),
        entry(left=float("nan")),
        entry(set=None),
        entry(set="x"),
        entry(set=a_set(data=[])),
        entry(set=a_set(data=["c00002"])),
        entry(set=a_set(data=["c000020101"])),
        entry(set=a_set(data=["zz"])),
        entry(set=a_set(data=[7])),
        entry(set=a_set(data="c0000201")),
        entry(set=a_set(signatures=["00"])),
        entry(set=a_set(type=types.NS, data=["c00c"]), type=types.NS),
        entry(proofs={}),
        entry(nothing="SOMETHING"),
        entry(nothing="NXDOMAIN"),
        entry(nothing="NODATA", type=None),
    ],
)
def test_what_is_not_an_entry_is_refused_and_the_others_are_taken(
    one: Asked, wrong: object
) -> None:
    found = loaded(one, wrong, entry())
    assert found["kept"] == 1
    ((position, reason),) = found["refused"]
    assert position == 0
    assert reason
    assert len(one.subject.core.stores.rrsets) == 1


@pytest.mark.parametrize("entries", [None, "x", [{}] * (MAX_LOAD + 1)])
def test_what_is_not_a_list_of_entries_is_refused(one: Asked, entries: object) -> None:
    with pytest.raises(Refused, match="at most"):
        told(cache_load(one.subject, {"entries": entries}))
