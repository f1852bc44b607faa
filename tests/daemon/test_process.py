"""One process: its sockets, and the superior that it reports to."""

import asyncio
import errno
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog

from resolver.config import Access, Config, Listen, Log, Recursion, Server
from resolver.daemon import listeners
from resolver.daemon import process as module
from resolver.daemon.build import World
from resolver.daemon.process import Process, answer, report
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place
from resolver.daemon.world import world_of
from resolver.lab.demo import free_port
from resolver.net.connections import Connections, Limits
from resolver.net.mmsg import system_calls
from resolver.net.udp import UdpListener, listen_udp
from resolver.net.upstream_tcp import Tcp
from resolver.policy.rates import BURST
from resolver.ports import Address, Errand, Resolution
from resolver.wire import types
from resolver.wire.edns import KEEPALIVE, NSID
from resolver.wire.message import Edns, Question
from resolver.wire.reader import read
from resolver.wire.writer import query as write_query
from tests.daemon.running import Internet, ask, wait_until
from tests.net.loopback import QUESTION, anything, framed, replying, stream_server

# Seconds until sockets that the loop was told to close are closed.
CLOSING = 0.01


@pytest.fixture(autouse=True)
def unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own memory is not to be settled."""
    monkeypatch.setattr(module, "settle_memory", lambda: None)
    monkeypatch.setattr(module, "take_short_turns", lambda: None)


class Superior:
    """Writes down what it hears."""

    def __init__(self, period: float = 0.0) -> None:
        self.period = period
        self.heard: list[str] = []
        self.ended: asyncio.Event | None = None
        self.is_ready = asyncio.Event()
        self.met: Process | None = None
        self.statistics = Statistics()

    def begin(self, ended: asyncio.Event) -> None:
        self.ended = ended
        self.heard.append("begin")

    async def meet(self, process: Process) -> None:
        self.met = process

    def ready(self, status: str) -> None:
        self.heard.append(status)
        self.is_ready.set()

    def alive(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self.heard.append("alive")

    def stopping(self) -> None:
        self.heard.append("stopping")

    def stopped(self, statistics: Statistics, *, complete: bool) -> None:
        self.statistics = statistics
        self.heard.append(f"stopped {complete}")


def config(port: int) -> Config:
    return Config(
        listen=Listen(plain=(f"127.0.0.1:{port}",)),
        recursion=Recursion(prime=False, never_ask=()),
    )


async def test_a_life_is_told_from_its_beginning_to_its_end() -> None:
    port = free_port()
    superior = Superior(period=0.01)
    running = asyncio.ensure_future(answer(config(port), None, superior, several=False))
    async with asyncio.timeout(10):
        await superior.is_ready.wait()
        for stream in (False, True):
            reply = await asyncio.to_thread(ask, port, "localhost. A", stream=stream)
            assert reply.rcode == types.NOERROR
        os.kill(os.getpid(), signal.SIGTERM)
        await running
    assert superior.heard[:3] == ["begin", f"Listening on 127.0.0.1:{port}", "alive"]
    assert superior.heard[-2:] == ["stopping", "stopped True"]
    assert superior.statistics.at_once == 2
    assert superior.statistics.accepted == 1
    assert superior.statistics.connections == 0


async def test_a_superior_can_want_the_end() -> None:
    superior = Superior()
    running = asyncio.ensure_future(
        answer(config(free_port()), None, superior, several=False)
    )
    async with asyncio.timeout(10):
        await superior.is_ready.wait()
        assert superior.ended is not None
        superior.ended.set()
        await running
    assert "alive" not in superior.heard


async def test_several_share_a_port_and_one_alone_does_not() -> None:
    loop = asyncio.get_running_loop()
    port = free_port()
    one, other = (Process(config(port), None, loop) for _ in range(2))
    await one.open(several=True)
    await other.open(several=True)
    third = Process(config(port), None, loop)
    with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
        await third.open(several=False)
    assert await one.close()
    assert await other.close()
    await asyncio.sleep(CLOSING)
    await third.open(several=False)
    await third.close()
    await asyncio.sleep(CLOSING)


@pytest.mark.parametrize(
    ("listen", "log", "possible", "batches"),
    [
        (Listen(), Log(), True, True),
        (Listen(), Log(), False, False),
        (Listen(batch=False), Log(), True, False),
        (Listen(), Log(queries=True), True, True),
    ],
)
async def test_datagrams_are_taken_in_batches_where_that_can_be(
    listen: Listen,
    log: Log,
    possible: bool,  # noqa: FBT001 - a parameter of the test
    batches: bool,  # noqa: FBT001 - as above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if system_calls() is None:
        pytest.skip("no recvmmsg and sendmmsg here, or not as known")
    if not possible:
        monkeypatch.setattr(module, "system_calls", lambda: None)
    found: list[object] = []

    async def noted(*facts: Any, **more: Any) -> UdpListener:
        found.append(more["hot"])
        return await listen_udp(*facts, **more)

    monkeypatch.setattr(listeners, "listen_udp", noted)
    port = free_port()
    plain = replace(config(port), log=log)
    loop = asyncio.get_running_loop()
    listen = replace(listen, plain=plain.listen.plain)
    one = Process(replace(plain, listen=listen), None, loop)
    await one.open(several=False)
    assert [hot is not None for hot in found] == [batches]
    await one.close()
    await asyncio.sleep(CLOSING)


async def test_when_one_listener_cannot_be_had_there_are_none() -> None:
    loop = asyncio.get_running_loop()
    ports = free_port(), free_port()
    taken = Process(config(ports[1]), None, loop)
    await taken.open(several=False)
    both = replace(
        config(0), listen=Listen(plain=tuple(f"127.0.0.1:{port}" for port in ports))
    )
    with pytest.raises(OSError, match=str(ports[1])):
        await Process(both, None, loop).open(several=False)
    await asyncio.sleep(CLOSING)
    free = Process(config(ports[0]), None, loop)
    await free.open(several=False)
    await free.close()
    await taken.close()
    await asyncio.sleep(CLOSING)


async def test_the_counters_can_be_logged(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    place = Place(str(tmp_path / "cache.mdb"), 1_000_000, passing=False)
    one = Process(config(free_port()), place, loop)
    with structlog.testing.capture_logs() as events:
        one.tell_statistics()
    assert events[0]["event"] == "statistics"
    assert events[0]["shared_kept"] == 0
    await one.close()


async def test_when_the_network_is_another_what_failed_on_the_old_one_is_forgotten() -> (
    None
):
    process = Process(config(free_port()), None, asyncio.get_running_loop())
    stores = process._core.stores
    server, failed = Address("192.0.2.1"), Question(b"\x01x\x00", types.A)
    stores.servers.timed_out(server, 0.0)
    for failures in (stores.failures, stores.absences):
        failures.remember(failed, "no", 22, 0.0)
    with structlog.testing.capture_logs() as events:
        process._network_changed(("192.0.2.7", ""))
    assert events == [
        {
            "event": "network_changed",
            "leaving_from": ["192.0.2.7"],
            "log_level": "info",
        }
    ]
    assert len(stores.servers) == len(stores.failures) == len(stores.absences) == 0
    await process.close()


async def test_a_worker_explains_what_it_has_on_record_under_ids_of_its_own() -> None:
    ids = set()
    for number in (1, 2):
        loop = asyncio.get_running_loop()
        process = Process(config(free_port()), None, loop, number)
        recorder = process._core.recorder
        assert recorder is not None
        errand = Errand(loop.time, loop.time() + 8.0)
        question = Question(b"\x01x\x00", types.A)
        recorder.watch(question, errand, Resolution(types.SERVFAIL), [])
        result = await process.commands.run("explain", {})
        assert isinstance(result, dict)
        (record,) = result["records"]
        assert record["name"] == "x."
        ids.add(record["id"])
        await process.close()
    assert len(ids) == 2


async def test_the_network_is_watched_until_the_end_where_that_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[bool] = []

    class Watch:
        def __init__(self, *_: object) -> None:
            closed.append(False)

        def close(self) -> None:
            closed.append(True)

    def refuse() -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(module, "NetworkWatch", Watch)
    monkeypatch.setattr(module, "open_netlink", lambda: None)
    process = Process(config(free_port()), None, asyncio.get_running_loop())
    await process.open(several=False)
    await process.close()
    assert closed == [False, True]
    monkeypatch.setattr(module, "open_netlink", refuse)
    process = Process(config(free_port()), None, asyncio.get_running_loop())
    with structlog.testing.capture_logs() as events:
        await process.open(several=False)
    await process.close()
    assert [event["event"] for event in events] == ["no_network_watch"]
    assert events[0]["log_level"] == "debug"


async def test_what_was_asked_of_servers_is_counted_too() -> None:
    one = Process(config(free_port()), None, asyncio.get_running_loop())
    exchange = one._core.exchange
    exchange.asked, exchange.doubted, exchange.mismatches = 7, 5, 3
    told = one.statistics()
    assert (told.asked, told.doubted, told.mismatches) == (7, 5, 3)
    await one.close()


async def test_connections_to_servers_are_closed_with_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worlds: list[World] = []

    def keep_world(wanted: Config) -> World:
        worlds.append(world_of(wanted))
        return worlds[-1]

    monkeypatch.setattr(module, "world_of", keep_world)
    one = Process(config(free_port()), None, asyncio.get_running_loop())
    [world] = worlds
    async with stream_server(replying(framed(b"quick answer"))) as there:
        await world.tcp(there, QUESTION, 5.0, anything)
        assert isinstance(world.tcp, Tcp)
        assert len(world.tcp) == 1
        await one.close()
        assert len(world.tcp) == 0


async def test_the_root_is_primed_before_anybody_asks(internet: Internet) -> None:
    hints = Path(internet.config(0).split('root_hints = "')[1].split('"')[0])
    recursion = Recursion(
        root_hints=str(hints), server_port=internet.port, never_ask=()
    )
    asked = len(internet.asked)
    superior = Superior()
    running = asyncio.ensure_future(
        answer(
            replace(config(free_port()), recursion=recursion),
            None,
            superior,
            several=False,
        )
    )
    async with asyncio.timeout(10):
        await superior.is_ready.wait()
        await asyncio.to_thread(
            wait_until, lambda: ". NS" in internet.asked[asked:], "priming"
        )
        assert superior.ended is not None
        superior.ended.set()
        await running


async def test_what_can_be_read_is_there_for_who_has_a_command_to_give() -> None:
    port = free_port()
    one = Process(config(port), None, asyncio.get_running_loop())
    assert one.reading().workers == 0
    await one.open(several=False)
    await asyncio.to_thread(ask, port, "localhost. A")
    told = await one.commands.run("statistics", {})
    assert isinstance(told, dict)
    assert told["workers"] == 1
    assert told["counters"]["at_once"] == 1
    assert told["labelled"] == {"questions|udp|A|NOERROR": 1}
    await one.close()
    await asyncio.sleep(CLOSING)
    assert one.reading().workers == 0


def test_what_should_never_happen_is_an_error_with_its_traceback() -> None:
    with structlog.testing.capture_logs() as events:
        report("a packet", KeyError("oops"))
    assert events[0]["log_level"] == "error"
    assert isinstance(events[0]["exc_info"], KeyError)


def tries(port: int) -> str:
    try:
        reply = ask(port, "localhost. A", within=0.05)
    except TimeoutError:
        return "silence"
    return "truncated" if reply.flags & types.TC else "answer"


@pytest.mark.parametrize("queries", [False, True])
async def test_a_client_that_asks_too_often_is_told_of_and_counted(
    queries: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """In batches, and one by one behind the log of queries."""
    port = free_port()
    limit = Access(rate_limit=1, rate_limit_exempt=())
    limited = replace(config(port), access=limit, log=Log(queries=queries))
    process = Process(limited, None, asyncio.get_running_loop())
    with structlog.testing.capture_logs() as events:
        await process.open(several=False)
        heard = [await asyncio.to_thread(tries, port) for _ in range(3 * int(BURST))]
        assert "answer" in heard
        assert "silence" in heard
        assert "truncated" in heard
        stream = await asyncio.to_thread(ask, port, "localhost. A", stream=True)
        assert stream.rcode == types.NOERROR
        counted = process.statistics()
        over_limit = len(heard) - heard.count("answer")
        assert counted.rate_limited == over_limit
        assert counted.slipped == over_limit // 2
        await process.close()
        await asyncio.sleep(CLOSING)
    told = [event for event in events if event["event"] == "rate_limited"]
    assert [event["network"] for event in told] == ["127.0.0.1"]


async def told_over_tcp(port: int) -> tuple[tuple[int, bytes], ...]:
    """Ask with NSID and keepalive; the options of the reply."""
    edns = Edns(options=((NSID, b""), (KEEPALIVE, b"")))
    question = Question(b"\x09localhost\0", types.A)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(framed(write_query(7, question, flags=types.RD, edns=edns)))
    size = int.from_bytes(await reader.readexactly(2), "big")
    reply = read(await reader.readexactly(size))
    writer.close()
    await writer.wait_closed()
    assert reply.edns is not None
    return reply.edns.options


async def test_clients_are_told_our_patience_as_it_is_and_who_we_are_since_a_reload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    few = Limits(connections=4)
    monkeypatch.setattr(module, "Connections", lambda loop: Connections(loop, few))
    one = Process(config(port), None, asyncio.get_running_loop())
    await one.open(several=False)
    assert await told_over_tcp(port) == ((KEEPALIVE, b"\0\x64"),)
    # Another way out is another world, with the same clients in it.
    recursion = replace(config(port).recursion, source_addresses=("127.0.0.1",))
    server = Server(nsid="fra-2")
    await one.reload(replace(config(port), recursion=recursion, server=server))
    expected = ((NSID, b"fra-2"), (KEEPALIVE, b"\0\x64"))
    assert await told_over_tcp(port) == expected
    others = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    assert await told_over_tcp(port) == ((NSID, b"fra-2"), (KEEPALIVE, b"\0\x32"))
    for _, writer in others:
        writer.close()
        await writer.wait_closed()
    await one.close()
    await asyncio.sleep(CLOSING)


async def test_every_limit_that_ends_a_question_is_counted_by_name() -> None:
    process = Process(config(free_port()), None, asyncio.get_running_loop())
    crowd, connections = process._core.front.crowd, process._connections
    for number, counter in enumerate(
        ("over_total", "over_network", "over_question", "shed", "late"), start=1
    ):
        setattr(crowd, counter, number)
    connections.overfull = 6
    told = process.statistics()
    assert (told.over_total, told.over_network, told.over_question) == (1, 2, 3)
    assert (told.shed, told.late, told.overfull) == (4, 5, 6)
    assert (told.rate_limited, told.slipped) == (0, 0)


@pytest.mark.parametrize("batch", [True, False])
async def test_questions_are_told_while_that_is_wanted(
    batch: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    port = free_port()
    loop = asyncio.get_running_loop()
    listen = Listen(plain=(f"127.0.0.1:{port}",), batch=batch)
    one = Process(replace(config(port), listen=listen), None, loop)
    await one.open(several=False)
    counts = []
    for wanted in (False, True, False):
        await one.commands.run("set-log", {"queries": wanted})
        with structlog.testing.capture_logs() as events:
            for stream in (False, False, True):
                reply = await asyncio.to_thread(
                    ask, port, "localhost. A", stream=stream
                )
                assert reply.rcode == types.NOERROR
        counts.append(len([it for it in events if it["event"] == "query"]))
    assert counts == [0, 3, 0]
    assert one.statistics().at_once == 9
    await one.close()
    await asyncio.sleep(CLOSING)


async def test_who_cannot_be_told_anything_though_she_should_be_does_not_begin() -> (
    None
):
    class Deaf(Superior):
        async def meet(self, process: Process) -> None:
            raise OSError(0, "another resolver is running")

    port = free_port()
    with pytest.raises(OSError, match="another resolver"):
        await answer(config(port), None, Deaf(), several=False)
    await asyncio.sleep(CLOSING)
    again = Process(config(port), None, asyncio.get_running_loop())
    await again.open(several=False)
    await again.close()
    await asyncio.sleep(CLOSING)
