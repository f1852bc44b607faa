"""Forgetting a name, in all the places that it is in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resolver.beliefs import BOGUS, SECURE
from resolver.cache.shared import open_store
from resolver.config import Dnssec
from resolver.daemon.commands import Refused
from resolver.daemon.flushing import flush
from resolver.daemon.sharing import Backing
from resolver.dnssec.trust import Trust
from resolver.lab.box import Box
from resolver.ports import Errand
from resolver.wire import names, types
from resolver.wire.message import Question, RRset
from resolver.wire.writer import query
from tests.daemon.subjects import Asked, told

WWW = "www.example.com. A"


@pytest.fixture
def one(box: Box, tmp_path: Path) -> Asked:
    return Asked(box, tmp_path)


class Turn:
    """Always ours, or never."""

    def __init__(self, *, free: bool = True) -> None:
        self.free = free

    def take(self) -> bool:
        return self.free

    def give(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def shared(box: Box, tmp_path: Path) -> Iterator[Callable[..., tuple[Asked, Backing]]]:
    store = open_store(str(tmp_path / "cache.mdb"), 1_000_000)

    def made(*, free: bool = True) -> tuple[Asked, Backing]:
        backing = Backing(store, Turn(free=free), lambda: 5.0, lambda _s, _call: None)
        return Asked(box, tmp_path, lambda: backing), backing

    yield made
    store.close()


def test_a_name_that_was_flushed_is_asked_for_again(one: Asked) -> None:
    assert one.asked(WWW) > 0
    assert one.asked(WWW) == 0
    assert told(flush(one.subject, {"name": "www.example.com."}))["records"] == 1
    assert one.asked(WWW) > 0


def test_other_names_are_left_alone(one: Asked) -> None:
    one.ask(WWW)
    told(flush(one.subject, {"name": "example.com."}))
    told(flush(one.subject, {"name": "ww.example.com.", "subtree": True}))
    assert one.asked(WWW) == 0


def test_one_type_can_be_flushed_alone(one: Asked) -> None:
    one.ask(WWW)
    one.ask("www.example.com. AAAA")
    counted = told(flush(one.subject, {"name": "www.example.com.", "type": types.A}))
    assert counted["records"] == 1
    assert one.asked("www.example.com. AAAA") == 0
    assert one.asked(WWW) > 0


def test_a_whole_tree_is_flushed_with_its_delegations(one: Asked) -> None:
    one.ask(WWW)
    one.ask("nope.example.com. A")
    counted = told(flush(one.subject, {"name": "com.", "subtree": True}))
    assert counted["records"] >= 2
    assert counted["delegations"] == 2
    left = one.subject.core.stores.zones.fresh(one.clock())
    assert [it.zone for it in left] == [names.ROOT]
    assert one.asked(WWW) == 3  # from the root again


def test_that_a_name_does_not_exist_is_forgotten_too(one: Asked) -> None:
    one.ask("nope.example.com. A")
    counted = told(
        flush(one.subject, {"name": "nope.example.com.", "type": types.AAAA})
    )
    assert counted["records"] == 1
    assert one.asked("nope.example.com. A") > 0


def test_failures_are_forgotten(one: Asked) -> None:
    failures = one.subject.core.stores.failures
    name = names.from_text("www.example.com.")
    failures.remember(Question(name, types.A), "no", 22, one.clock())
    counted = told(flush(one.subject, {"name": "www.example.com."}))
    assert counted["failures"] == 1
    assert len(failures) == 0


def test_encoded_replies_do_not_bring_the_old_answer_back(one: Asked) -> None:
    replies = one.subject.core.stores.replies
    packet = query(7, Question(names.from_text("other."), types.A), flags=types.RD)
    reply = packet[:2] + b"\x81\x80" + packet[4:]
    replies.remember(packet, reply, (), one.clock(), one.clock() + 60)
    assert len(replies) == 1
    told(flush(one.subject, {"name": "www.example.com."}))
    assert len(replies) == 0


def test_keys_are_fetched_anew_those_of_bogus_zones_above_as_well(
    box: Box, tmp_path: Path
) -> None:
    one = Asked(box, tmp_path, dnssec=Dnssec())
    validation = one.subject.core.validation
    assert validation is not None
    errand = Errand(one.clock, one.clock() + 8)
    com, example = names.from_text("com."), names.from_text("example.com.")
    for zone, security in ((names.ROOT, SECURE), (com, SECURE), (example, BOGUS)):
        trust = Trust(security, one.clock() + 600)
        validation.chain._known.keep(zone, trust, errand)
    one.subject.core.stores.rrsets.put(
        RRset(example, types.DNSKEY, 300, (b"key",)), 4, one.clock()
    )
    assert told(flush(one.subject, {"name": "www.example.com."}))["trust"] == 1
    assert validation.chain.known(example, one.clock()) is None
    assert validation.chain.known(com, one.clock()) is not None
    assert one.subject.core.stores.rrsets.at(example) == []
    assert told(flush(one.subject, {"name": ".", "subtree": True}))["trust"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"name": "nope.example.com."},
        {"name": "example.com.", "subtree": True},
        {"name": ".", "subtree": True},
    ],
)
def test_nothing_denies_a_flushed_name_from_memory(
    arguments: dict[str, object], box: Box, tmp_path: Path
) -> None:
    one = Asked(box, tmp_path, dnssec=Dnssec())
    validation = one.subject.core.validation
    assert validation is not None
    denials = validation.denials
    assert denials is not None
    zone = names.from_text("example.com.")
    # 0: no names; 1 2 3 4 300, the numbers of an SOA.  The only name is the zone's.
    numbers = b"".join(it.to_bytes(4, "big") for it in (1, 2, 3, 4, 300))
    soa = RRset(zone, types.SOA, 300, (bytes(2) + numbers,))
    nsec = RRset(zone, types.NSEC, 300, (zone + b"\x00\x06\x62\x00\x00\x00\x00\x03",))
    trust = Trust(SECURE, one.clock() + 600)
    nope = Question(names.from_text("nope.example.com."), types.A)

    def is_denied() -> bool:
        # Somebody has asked for another name there, and the zone is secure again.
        errand = Errand(one.clock, one.clock() + 8)
        validation.chain._known.keep(zone, trust, errand)
        return denials(zone, nope, one.clock()) is not None

    denials.learn(zone, soa, [nsec], one.clock())
    assert is_denied()
    told(flush(one.subject, arguments))
    assert not is_denied()


def test_what_is_shared_is_forgotten_there(
    shared: Callable[..., tuple[Asked, Backing]],
) -> None:
    one, backing = shared()
    for text in (WWW, "www.example.com. AAAA", "www.example.org. A"):
        one.ask(text)
    backing.commit()
    assert backing.store.count() == 3
    counted = told(flush(one.subject, {"name": "www.example.com.", "type": types.A}))
    assert counted["shared"] == 1
    counted = told(flush(one.subject, {"name": "com.", "subtree": True}))
    assert counted["shared"] == 1
    assert backing.store.count() == 1
    assert one.asked(WWW) > 0


def test_a_flush_that_cannot_be_whole_is_refused(
    shared: Callable[..., tuple[Asked, Backing]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.daemon.flushing._TRIES", 2)
    one, _ = shared(free=False)
    one.ask(WWW)
    with pytest.raises(Refused, match="busy"):
        told(flush(one.subject, {"name": "www.example.com."}))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"name": 7},
        {"name": "a..b"},
        {"name": "a.", "type": "A"},
        {"name": "a.", "subtree": "yes"},
        {"name": "a.", "subtree": True, "type": 1},
    ],
)
def test_what_makes_no_sense_is_refused(
    one: Asked, arguments: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        told(flush(one.subject, arguments))
