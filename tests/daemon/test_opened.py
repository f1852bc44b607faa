"""Sockets that were opened before anything else."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from resolver.daemon.opened import Opened, from_descriptors, inherited
from resolver.lab.demo import free_port
from resolver.wire import types
from tests.daemon.running import PATIENCE, Internet, ask, wait_until

HOST = "127.0.0.1"


@pytest.fixture
def pair() -> Iterator[list[socket.socket]]:
    port = free_port()
    found = []
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        one = socket.socket(socket.AF_INET, kind)
        one.bind((HOST, port))
        found.append(one)
    yield found
    for one in found:
        one.close()


def text_of(sock: socket.socket) -> str:
    return f"{HOST}:{sock.getsockname()[1]}"


def test_sockets_are_found_by_their_address(pair: list[socket.socket]) -> None:
    opened, text = Opened(pair), text_of(pair[0])
    assert opened.lacking([text, "127.0.0.1:1"]) == ["127.0.0.1:1"]
    assert opened.descriptors() == (pair[0].fileno(), pair[1].fileno())
    assert opened.take("127.0.0.1:1") == (None, None)
    assert opened.take(text) == (pair[0], pair[1])
    assert opened.take(text) == (None, None)


def test_what_is_not_open_is_opened_and_what_nobody_took_is_closed_and_told(
    pair: list[socket.socket],
) -> None:
    opened, other = Opened(pair[:1]), f"{HOST}:{free_port()}"
    pair[1].close()
    opened.bind([text_of(pair[0]), other], several=False)
    assert opened.lacking([text_of(pair[0]), other]) == []
    datagrams, streams = opened.take(text_of(pair[0]))
    assert datagrams is pair[0]
    assert streams is not None
    streams.close()
    with structlog.testing.capture_logs() as events:
        opened.close()
    assert [event["event"] for event in events] == ["socket_not_used"] * 2
    assert opened.descriptors() == ()


def test_an_address_that_cannot_be_had_is_named(pair: list[socket.socket]) -> None:
    with pytest.raises(OSError, match=text_of(pair[0])):
        Opened().bind([text_of(pair[0])], several=False)


def test_a_socket_of_another_kind_is_told_of_and_not_used(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(tmp_path / "socket"))
        with structlog.testing.capture_logs() as events:
            assert Opened([other]).descriptors() == ()
    assert [event["event"] for event in events] == ["socket_not_used"]


def test_a_socket_for_both_families_is_refused_with_what_mends_it() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as both:
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        with pytest.raises(OSError, match="BindIPv6Only=ipv6-only"):
            Opened([both])


def test_only_sockets_meant_for_this_process_are_taken(
    pair: list[socket.socket],
) -> None:
    first = os.dup(pair[0].fileno())
    mine = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "HOME": "/"}
    for wrong in ({}, {"LISTEN_PID": "1"}, {"LISTEN_FDS": "many"}):
        assert inherited({**mine, **wrong} if wrong else {}, first) == []
    [found] = inherited(mine, first)
    assert mine == {"HOME": "/"}
    assert found.getsockname() == pair[0].getsockname()
    assert not found.get_inheritable()
    found.close()
    assert from_descriptors([]) == []


START = """
import os, sys
for place, number in enumerate(map(int, sys.argv[1].split(",")), 3):
    os.dup2(number, place, inheritable=True)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": "dns:dns"}
os.execv(sys.executable, [sys.executable, "-m", "resolver", *sys.argv[2:]])
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_question_that_came_before_the_program_is_answered(
    internet: Internet, tmp_path: Path, pair: list[socket.socket], workers: int
) -> None:
    pair[1].listen()
    port = pair[0].getsockname()[1]
    file = tmp_path / "resolver.toml"
    more = (f"server.workers = {workers}",)
    file.write_text(internet.config(port, *more))
    # Away from 3 and 4, where they are to be.
    high = [os.dup(os.dup(one.fileno())) for one in pair]
    numbers = ",".join(map(str, high))
    process = subprocess.Popen(
        [sys.executable, "-c", START, numbers, "serve", "--config", str(file)],
        pass_fds=high,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        reply = ask(port, "www.example.com. A", within=PATIENCE)
        assert reply.rcode == types.NOERROR
        reply = ask(port, "www.example.com. A", stream=True, within=PATIENCE)
        assert reply.rcode == types.NOERROR
    finally:
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "socket_not_used" not in said
    wait_until(lambda: process.poll() is not None, "the end")
