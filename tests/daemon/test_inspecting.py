"""Looking at what is remembered, which changes nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from resolver.beliefs import SECURE
from resolver.cache import manners
from resolver.config import Dnssec, Forward, Local, Stub
from resolver.daemon.inspecting import cache_get, servers, zones
from resolver.dnssec.trust import Trust
from resolver.lab.box import Box
from resolver.ports import Address, Errand
from resolver.wire import names, types
from resolver.wire.message import Question
from tests.daemon.subjects import Asked, told

WWW = "www.example.com. A"


@pytest.fixture
def one(box: Box, tmp_path: Path) -> Asked:
    return Asked(box, tmp_path)


def known(one: Asked, name: str, rdtype: int | None = None) -> Any:
    found = told(cache_get(one.subject, {"name": name, "type": rdtype}))
    json.dumps(found)  # what JSON can say
    return found


def test_records_are_told_with_the_time_that_is_left(one: Asked) -> None:
    one.ask(WWW)
    one.clock.time += 10
    (entry,) = known(one, "www.example.com.")["entries"]
    assert entry["type"] == types.A
    assert entry["set"]["data"] == ["c0000202"]
    assert entry["ttl"] - 11 < entry["left"] < entry["ttl"] - 9
    assert (entry["rank"], entry["security"]) == ("authoritative", "insecure")


def test_what_has_expired_is_told_as_such(one: Asked) -> None:
    one.ask(WWW)
    one.clock.time += 100_000
    (entry,) = known(one, "www.example.com.")["entries"]
    assert entry["left"] < 0


def test_that_there_is_nothing_is_told(one: Asked) -> None:
    one.ask("nope.example.com. A")
    one.ask("www.example.com. MX")
    (entry,) = known(one, "nope.example.com.")["entries"]
    assert (entry["type"], entry["nothing"]) == (None, "NXDOMAIN")
    assert entry["set"]["name"] == "example.com."
    (entry,) = known(one, "www.example.com.")["entries"]
    assert (entry["type"], entry["nothing"]) == (types.MX, "NODATA")


def test_one_type_may_be_wanted_only(one: Asked) -> None:
    one.ask(WWW)
    one.ask("www.example.com. AAAA")
    assert len(known(one, "www.example.com.")["entries"]) == 2
    (entry,) = known(one, "www.example.com.", types.AAAA)["entries"]
    assert entry["type"] == types.AAAA


def test_looking_is_no_use_and_asks_nobody(one: Asked) -> None:
    one.ask(WWW)
    rrsets, asked = one.subject.core.stores.rrsets, len(one.udp.asked)
    hits = rrsets.hits
    used = sum(map(len, rrsets._entries._used))
    known(one, "www.example.com.")
    known(one, "new.example.com.")
    assert (rrsets.hits, len(one.udp.asked)) == (hits, asked)
    assert sum(map(len, rrsets._entries._used)) == used


def test_delegation_failures_and_trust_are_told(box: Box, tmp_path: Path) -> None:
    one = Asked(box, tmp_path)
    one.ask(WWW)
    now = one.clock()
    name = names.from_text("example.com.")
    failures = one.subject.core.stores.failures
    failures.remember(Question(name, types.MX), "nobody answers", 22, now)
    found = known(one, "example.com.")
    assert found["failures"] == [
        {"type": types.MX, "text": "nobody answers", "ede": 22, "left": 2.0}
    ]
    assert [it["name"] for it in found["delegation"]["servers"]] == [
        "ns1.example.com.",
        "ns2.example.com.",
    ]
    assert found["trust"] is None


def test_what_is_held_of_keys_is_told(box: Box, tmp_path: Path) -> None:
    one = Asked(box, tmp_path, dnssec=Dnssec())
    validation = one.subject.core.validation
    assert validation is not None
    now = one.clock()
    trust = Trust(SECURE, now + 60, text="DS 1")
    name = names.from_text("example.com.")
    validation.chain._known.keep(name, trust, Errand(one.clock, now + 8))
    assert known(one, "example.com.")["trust"] == {
        "security": "secure",
        "left": 60.0,
        "text": "DS 1",
    }


def asked_about(one: Asked, name: str) -> Any:
    found: Any = told(servers(one.subject, {"name": name}))
    json.dumps(found)
    return found


def test_the_servers_of_a_name_are_told_with_how_they_are(one: Asked) -> None:
    one.ask(WWW)
    found = asked_about(one, "www.example.com.")
    assert (found["zone"], found["kind"]) == ("example.com.", "learnt")
    addresses = [it for server in found["servers"] for it in server["addresses"]]
    answered = [it for it in addresses if it["state"] == "answers"]
    assert answered
    assert 0 < answered[0]["rtt"] < 1
    assert answered[0]["heard"] >= 0


def test_a_server_in_trouble_is_told_with_its_troubles(one: Asked) -> None:
    one.ask(WWW)
    stores, now = one.subject.core.stores, one.clock()
    zone = names.from_text("example.com.")
    delegation = stores.zones.get(zone, now)
    assert delegation is not None
    first, second = (it.addresses[0] for it in delegation.servers)
    for _ in range(3):
        stores.servers.timed_out(first, now)
    stores.servers.facts(first, now).manners.prove(manners.PLAIN, now)
    stores.servers.set_lame(second, zone, now)
    found = asked_about(one, "www.example.com.")
    told_of = {
        it["address"]: it for server in found["servers"] for it in server["addresses"]
    }
    assert told_of[str(first)]["state"] == "down"
    assert told_of[str(first)]["faults"] == ["no EDNS"]
    assert told_of[str(second)]["state"] == "lame"
    assert told_of[str(second)]["lame_for"] == ["example.com."]


def test_a_name_in_a_configured_zone_is_asked_for_there(
    box: Box, tmp_path: Path
) -> None:
    one = Asked(
        box,
        tmp_path,
        forward=(Forward(zone=".", servers=("192.0.2.1",)),),
        stub=(Stub(zone="corp.example", servers=("192.0.2.2:5300",)),),
        local=Local(zones=("home.arpa static",)),
    )
    found = asked_about(one, "a.corp.example.")
    assert (found["zone"], found["kind"], found["left"]) == (
        "corp.example.",
        "stub",
        None,
    )
    assert found["servers"][0]["addresses"][0]["address"] == str(
        Address("192.0.2.2", 5300)
    )
    assert asked_about(one, "example.com.")["kind"] == "forward"
    configured: Any = told(zones(one.subject, {}))["configured"]
    assert [(it["zone"], it["kind"]) for it in configured] == [
        (".", "forward"),
        ("corp.example.", "stub"),
        ("home.arpa.", "local static"),
    ]


def test_before_anybody_has_asked_nothing_is_learnt(one: Asked) -> None:
    assert asked_about(one, "www.example.com.")["servers"] == []
    assert told(zones(one.subject, {}))["learnt"] == 0
    one.ask(WWW)
    found = told(zones(one.subject, {}))
    assert found["names"] == [".", "com.", "example.com."]
