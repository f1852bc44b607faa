"""What the rooms have counted, collected."""

from resolver.config import Config, Dnssec, Listen
from resolver.counts import UNREAD
from resolver.daemon.build import Core, build
from resolver.daemon.counting import counted, remembered
from resolver.daemon.process import report
from resolver.daemon.world import world_of
from resolver.wire import types
from resolver.wire.errors import EDE_SIGNATURE_EXPIRED
from resolver.wire.writer import query as write_query
from tests.walk.pretend import question


def core(config: Config) -> Core:
    world = world_of(config)
    world.close()
    return build(config, world, report)


def one() -> Core:
    return core(Config(listen=Listen(plain=()), dnssec=Dnssec(validate=False)))


def packet(text: str, flags: int = types.RD) -> bytes:
    return write_query(77, question(text), flags=flags)


def sent(it: Core, data: bytes, host: str = "127.0.0.1", *, stream: bool) -> None:
    replies: list[bytes] = []
    it.front.packet(data, host, stream=stream, send=replies.append)
    assert len(replies) == 1


async def test_every_way_out_is_counted_once() -> None:
    it = one()
    sent(it, packet("localhost. A"), stream=False)
    sent(it, packet("localhost. AAAA"), stream=True)
    sent(it, packet("www.example.com. A"), "192.0.2.1", stream=False)
    sent(it, packet("www.example.com. A", flags=5 << 11), stream=False)
    sent(it, packet("www.example.com. A")[:-1], stream=True)
    sent(it, b"short", stream=False)
    labelled = counted(it).labelled
    assert labelled == {
        "questions|udp|A|NOERROR": 1,
        "questions|tcp|AAAA|NOERROR": 1,
        "questions|udp|A|REFUSED": 1,
        "questions|udp|unreadable|NOTIMP": 1,
        "questions|tcp|unreadable|FORMERR": 1,
    }
    assert counted(it).at_once == sum(labelled.values())
    assert counted(it).silences == 1


async def test_answers_from_bytes_are_counted_by_their_code_alone() -> None:
    it = one()
    it.stores.replies.rcodes[types.NXDOMAIN] = 3
    told = remembered(it.stores)
    assert told.labelled == {f"questions|udp|{UNREAD}|NXDOMAIN": 3}
    assert told.hot == 3


async def test_what_walks_came_upon_is_told_by_name() -> None:
    it = one()
    it.walk.findings.limit("max_asks (100)")
    it.walk.findings.verdict(3, 0)
    it.walk.findings.verdict(2, 0)
    it.walk.findings.verdict(0, EDE_SIGNATURE_EXPIRED)
    it.walk.findings.verdict(0, 999)
    assert counted(it).labelled == {
        "limits|max_asks": 1,
        "verdicts|secure|": 1,
        "verdicts|insecure|": 1,
        "verdicts|bogus|signature_expired": 1,
        "verdicts|bogus|other": 1,
    }


async def test_packets_to_servers_and_waits_are_told() -> None:
    it = one()
    it.exchange.counts.heard(0, types.NOERROR, 0.02, 0)
    it.front.under_way.waits.add(0.3)
    assert set(counted(it).labelled) == {
        "upstream|udp|answered|4",
        "upstream|udp|answered|sum",
        "waits|8",
        "waits|sum",
    }


async def test_memory_is_counted_apart_from_what_was_done_with_it() -> None:
    it = one()
    both = counted(it).plain(), remembered(it.stores).plain()
    assert [name for name in both[0] if both[0][name] and both[1][name]] == []
