"""The pages of a resolver, over real sockets; and of the daemon itself, over the lab."""

import asyncio
import http.client
import os
import signal
import time
from pathlib import Path

import pytest

from resolver.config import Config, Dnssec, Listen, Metrics, Recursion
from resolver.daemon import priming as module
from resolver.daemon import process
from resolver.daemon.monitor import LOOK, Monitor
from resolver.daemon.reading import Reading, Worker
from resolver.daemon.statistics import Statistics
from resolver.lab.box import Box
from resolver.lab.demo import free_port
from resolver.lab.sockets import running
from resolver.walk import root
from tests.daemon.running import Internet, answers, ask, daemon, wait_until
from tests.observe.prometheus import Family, parse


class Observed:
    """What can be read, as the test says."""

    def __init__(self) -> None:
        self.answers = True
        self.readings = 0
        self.statistics = Statistics(walks=3)

    def reading(self) -> Reading:
        self.readings += 1
        return Reading(self.statistics, (Worker("1", 1, self.answers),))


class Quiet:
    """A superior who wants no signs of life, and hears nothing else either."""

    period = 0.0

    def begin(self, ended: asyncio.Event) -> None: ...

    async def meet(self, process: process.Process) -> None: ...

    def ready(self, status: str) -> None: ...

    def alive(self, statistics: Statistics) -> None: ...

    def stopping(self) -> None: ...

    def stopped(self, statistics: Statistics, *, complete: bool) -> None: ...


def monitor(observed: Observed, port: int, *, prime: bool = False) -> Monitor:
    config = Config(
        metrics=Metrics(listen=f"127.0.0.1:{port}" if port else ""),
        recursion=Recursion(prime=prime),
    )
    return Monitor(config, observed, time.monotonic, lambda what, error: None)


def fetched(port: int, path: str) -> tuple[int, str, str]:
    """The status, the kind and the text of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        kind = reply.getheader("Content-Type") or ""
        return reply.status, kind, reply.read().decode()
    finally:
        connection.close()


async def page(port: int, path: str) -> tuple[int, str, str]:
    return await asyncio.to_thread(fetched, port, path)


async def test_there_is_a_page_for_each_purpose() -> None:
    observed, port = Observed(), free_port()
    one = monitor(observed, port)
    await one.open()
    status, kind, index = await page(port, "/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    for path in ("/metrics", "/live", "/ready"):
        assert f'href="{path}"' in index
        assert (await page(port, path))[0] == 200
    assert (await page(port, "/else"))[0] == 404
    _, kind, text = await page(port, "/metrics")
    assert kind == "text/plain; version=0.0.4; charset=utf-8"
    assert parse(text)["resolver_walks_total"].value() == 3
    one.close()


async def test_who_is_not_ready_says_why_and_is_alive() -> None:
    observed, port = Observed(), free_port()
    observed.answers = False
    one = monitor(observed, port, prime=True)
    await one.open()
    assert (await page(port, "/live"))[0] == 200
    status, _, text = await page(port, "/ready")
    assert status == 503
    assert text.splitlines() == ["no listener is open", "no server has answered yet"]
    _, _, text = await page(port, "/metrics")
    assert parse(text)["resolver_ready"].value() == 0
    one.close()


async def test_it_is_looked_at_while_nobody_asks() -> None:
    observed = Observed()
    one = monitor(observed, free_port())
    await one.open()
    await asyncio.sleep(LOOK * 1.2)
    assert observed.readings == 2
    one.close()


async def test_without_an_address_there_is_nothing() -> None:
    observed = Observed()
    one = monitor(observed, 0)
    await one.open()
    assert observed.readings == 0
    one.close()


async def test_an_address_that_is_taken_is_named() -> None:
    port = free_port()
    one, two = monitor(Observed(), port), monitor(Observed(), port)
    await one.open()
    with pytest.raises(OSError, match=rf"127\.0\.0\.1:{port} \(\[metrics\] listen\)"):
        await two.open()
    two.close()
    one.close()


def metrics(port: int) -> dict[str, Family]:
    status, _, text = fetched(port, "/metrics")
    assert status == 200
    return parse(text)


def test_the_daemon_tells_what_it_has_counted(
    internet: Internet, tmp_path: Path
) -> None:
    port, http_port = free_port(), free_port()
    more = (f'metrics.listen = "127.0.0.1:{http_port}"',)
    with daemon(tmp_path, internet.config(port, *more)):
        assert fetched(http_port, "/ready")[0] == 200
        ask(port, "www.example.com. A")
        ask(port, "www.example.com. A", stream=True)
        ask(port, "www.example.com. A")
        ask(port, "localhost. AAAA")
        found = metrics(http_port)
    asked = found["resolver_questions_total"]
    assert asked.value(transport="udp", type="A", rcode="NOERROR") == 1
    assert asked.value(transport="tcp", type="A", rcode="NOERROR") == 1
    assert asked.value(transport="udp", type="unread", rcode="NOERROR") == 1
    assert asked.value(transport="udp", type="AAAA", rcode="NOERROR") == 1
    assert found["resolver_answer_wait_seconds"].value("_count") == 1
    upstream = found["resolver_upstream_duration_seconds"]
    replies = upstream.value("_count", transport="udp", outcome="answered")
    assert replies == found["resolver_upstream_questions_total"].value() > 2
    assert found["resolver_cache_hits_total"].value(cache="records") == 1
    assert found["resolver_cache_misses_total"].value(cache="records") == 1
    assert found["resolver_cache_entries"].value(cache="delegations") > 0
    assert found["resolver_workers"].value() == 1
    assert found["process_resident_memory_bytes"].value(worker="1") > 1e6


def test_the_supervisor_adds_up_what_its_workers_count(
    internet: Internet, tmp_path: Path
) -> None:
    port, http_port = free_port(), free_port()
    more = (
        f'metrics.listen = "127.0.0.1:{http_port}"',
        "server.workers = 2",
    )
    config = internet.config(port, *more)
    with daemon(tmp_path, config, {"RUNTIME_DIRECTORY": str(tmp_path)}) as one:
        wait_until(lambda: answers(port, "www.example.com. A"), "an answer")
        # Each is a client of its own: the kernel deals them out.
        for _ in range(20):
            ask(port, "www.example.com. A", stream=True)

        def over_tcp() -> float:
            labels = (("transport", "tcp"), ("type", "A"), ("rcode", "NOERROR"))
            asked = metrics(http_port).get("resolver_questions_total")
            key = ("resolver_questions_total", labels)
            return 0 if asked is None else asked.samples.get(key, 0)

        wait_until(lambda: over_tcp() == 20, "what both have counted")
        found = metrics(http_port)
        assert found["resolver_workers"].value() == 2
        samples = found["process_open_fds"].samples
        names = {dict(labels)["worker"] for _, labels in samples}
        assert names == {"supervisor", "1", "2"}
        assert found["resolver_shared_cache_faults_total"].value() == 0
        os.kill(one.workers()[0], signal.SIGKILL)
        one.wait_for("worker_replaced")
        found = metrics(http_port)
        assert found["resolver_workers_replaced_total"].value() == 1
        assert over_tcp() == 20  # what the dead has counted still counts


async def test_it_is_ready_when_the_first_server_answers(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PRIMING_RETRY", 0.2)
    monkeypatch.setattr(root, "PRIMING_RETRY", 0.1)
    http_port = free_port()
    hints = tmp_path / "lab.hints"
    hints.write_text(box.hints_text)
    broken = Config(
        listen=Listen(plain=(f"127.0.0.1:{free_port()}",)),
        metrics=Metrics(listen=f"127.0.0.1:{http_port}"),
        recursion=Recursion(
            root_hints=str(hints),
            server_port=free_port(),
            never_ask=(),
            query_deadline=0.5,
        ),
        dnssec=Dnssec(validate=False),
    )
    loop = asyncio.get_running_loop()
    one = process.Process(broken, None, loop)
    pages = Monitor(broken, one, time.monotonic, process.report)
    await pages.open()
    assert "no listener" in (await page(http_port, "/ready"))[2]
    await one.open(several=False)
    beside = [loop.create_task(work) for work in one.beside(Quiet())]
    assert (await page(http_port, "/ready"))[2] == "no server has answered yet\n"
    # The servers come back, on the port where they are looked for.
    async with running(box.servers, broken.recursion.server_port):
        async with asyncio.timeout(10):
            status = 0
            while status != 200:
                status, *_ = await page(http_port, "/ready")
    for task in beside:
        task.cancel()
    await one.close()
    assert "no listener" in (await page(http_port, "/ready"))[2]
    pages.close()
