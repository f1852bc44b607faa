"""What is remembered, brought in line with another configuration."""

import random

from resolver.cache.rrsets import RANK_ANSWER
from resolver.cache.zones import NameServer
from resolver.config import Config, parse
from resolver.daemon.build import Stores, _stores
from resolver.daemon.reload import SLICE, adopt, forget, is_shared_wrong, name_of
from resolver.ports import Address
from resolver.wire import types
from resolver.wire.message import Question, RRset
from tests.hot.packets import query, reply_to

BELOW = (b"\x03www\x04corp\x07example\x00", b"\x04corp\x07example\x00")
BESIDE = b"\x03www\x07example\x00"
SERVER = Address("192.0.2.1")


def filled() -> Stores:
    stores = _stores(Config())
    for name in (*BELOW, BESIDE):
        rrset = RRset(name, types.A, 600, (b"\x01\x02\x03\x04",))
        stores.rrsets.put(rrset, RANK_ANSWER, 0.0)
        servers = (NameServer(b"\x02ns" + name, (SERVER,)),)
        stores.zones.put(name, servers, 3600, 1e9, 0.0)
    stores.failures.remember(Question(BELOW[0], types.A), "no", 22, 0.0)
    stores.servers.answered(SERVER, 0.1, 0.0)
    stores.replies.remember(query(), *reply_to(query(), 300), 0.0, 300.0)
    return stores


def sizes(stores: Stores) -> tuple[int, ...]:
    kept = (stores.rrsets, stores.zones, stores.servers, stores.failures)
    return (*(len(one) for one in kept), len(stores.replies))


async def after(text: str) -> tuple[Stores, int]:
    stores, config = filled(), parse(text)
    adopt(stores, config)
    return stores, await forget(stores, Config(), config)


async def test_what_no_change_makes_wrong_is_kept() -> None:
    stores, count = await after("access.rate_limit = 3\nlog.queries = true")
    assert count == 0
    assert sizes(stores) == sizes(filled()) == (3, 3, 1, 1, 1)


async def test_another_forwarder_forgets_what_is_below_its_zone() -> None:
    forward = '[[forward]]\nzone = "corp.example"\nservers = ["192.0.2.2"]'
    stores, count = await after(forward)
    assert count == 2
    assert sizes(stores) == (1, 1, 1, 0, 0)
    assert stores.rrsets.get(BESIDE, types.A, 0.0) is not None


async def test_another_forwarder_of_everything_forgets_everything_below_the_root() -> (
    None
):
    stores, count = await after('[[forward]]\nzone = "."\nservers = ["192.0.2.2"]')
    assert count == 3
    assert sizes(stores) == (0, 0, 1, 0, 0)


async def test_a_name_of_ours_costs_the_replies_that_it_is_in() -> None:
    stores, count = await after('local.records = ["new.test. 60 A 192.0.2.1"]')
    assert count == 0
    assert sizes(stores) == (3, 3, 1, 1, 1)
    stores, _ = await after('local.zones = ["com. static"]')
    assert sizes(stores) == (3, 3, 1, 1, 0)
    stores, _ = await after('local.records = ["a.b.www.example.com. 60 A 192.0.2.1"]')
    assert sizes(stores) == (3, 3, 1, 1, 0), "there may be something below it now"


async def test_local_names_and_filters_cost_no_more_than_encoded_replies() -> None:
    stores, count = await after("rebinding.remove = true")
    assert count == 0
    assert sizes(stores) == (3, 3, 1, 1, 0)


async def test_networks_that_are_not_asked_any_more_cost_the_delegations() -> None:
    stores, _ = await after("recursion.ipv6 = false")
    assert sizes(stores) == (3, 0, 1, 0, 0)


async def test_other_anchors_leave_nothing_that_was_believed() -> None:
    stores, count = await after("dnssec.validate = false")
    assert count == 3
    assert sizes(stores) == (0, 0, 0, 0, 0)


async def test_a_shorter_life_ends_what_would_live_longer() -> None:
    stores, count = await after("cache.max_ttl = 60\ncache.failure_ttl = 9.0")
    assert count == 3
    failed = Question(BESIDE, types.A)
    stores.failures.remember(failed, "no", 22, 0.0)
    believed = stores.failures.get(failed, 0.0)
    assert believed is not None
    assert believed.seconds == 9.0


async def test_a_cache_of_another_size_knows_what_was_known() -> None:
    stores, count = await after("cache.size = 10_000_000")
    assert count == 0
    assert sizes(stores) == (3, 3, 1, 1, 0)


async def test_many_replies_are_let_go_and_all_of_them() -> None:
    stores, dice = filled(), random.Random(7)
    for _ in range(SLICE + 10):
        name = b"\x08%08x\x07example\x00" % dice.getrandbits(32)
        stores.replies.remember(query(name), *reply_to(query(name), 300), 0.0, 300.0)
    await forget(stores, Config(), parse("rebinding.remove = true"))
    assert len(stores.replies) == 0


def test_a_zone_is_read_as_it_is_written() -> None:
    assert name_of(".") == b"\x00"
    assert name_of("Corp.Example") == BELOW[1]


async def test_what_open_questions_have_brought_goes_and_no_more_than_that() -> None:
    stores, after = filled(), parse('cache.size = "10MB"')
    assert await forget(stores, Config(), after, again=True) == 0
    assert sizes(stores) == sizes(filled())
    # What has ended late was encoded without the filter.
    stores, after = filled(), parse("rebinding.remove = true")
    assert await forget(stores, Config(), after, again=True) == 0
    assert sizes(stores) == (3, 3, 1, 1, 0)
    forward = parse('[[forward]]\nzone = "corp.example"\nservers = ["192.0.2.2"]')
    assert await forget(stores, Config(), forward, again=True) == 2
    assert sizes(stores) == (1, 1, 1, 0, 0)


def test_what_is_shared_goes_where_it_was_believed_for_another_reason() -> None:
    for text, gone in (
        ("dnssec.validate = false", True),
        ('dnssec.negative_trust_anchors = ["a.example"]', True),
        ('[[forward]]\nzone = "a.example"\nservers = ["192.0.2.2"]', False),
        ("cache.max_ttl = 60", False),
    ):
        assert is_shared_wrong(Config(), parse(text)) is gone, text
