import asyncio
import errno
import socket
import struct
import sys
from collections.abc import Iterator
from typing import cast

import pytest

from resolver.net import netlink as module
from resolver.net.netlink import (
    CHANGES,
    READ_AT_ONCE,
    SETTLED_AFTER,
    NetworkWatch,
    Ways,
    open_netlink,
    tells_of_change,
    ways_out,
)
from tests.virtual import VirtualLoop

NEW_ADDRESS, NEW_NEIGHBOUR, ERROR = 20, 28, 2
HOME, AWAY, NOWHERE = ("192.0.2.1", ""), ("198.51.100.1", ""), ("", "")


def message(kind: int, body: bytes = b"", length: int | None = None) -> bytes:
    size = 16 + len(body) if length is None else length
    padded = body + bytes(-len(body) % 4)
    return struct.pack("=IHHII", size, kind, 0, 1, 0) + padded


# --- messages -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_links_addresses_and_routes_matter(kind: int) -> None:
    assert tells_of_change(message(kind, b"whatever"))


def test_a_change_is_found_behind_other_messages() -> None:
    other = message(NEW_NEIGHBOUR, b"12345")
    assert not tells_of_change(other * 3)
    assert tells_of_change(other * 3 + message(NEW_ADDRESS))


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"short",
        message(NEW_NEIGHBOUR, length=0) + message(NEW_ADDRESS),
        message(NEW_NEIGHBOUR, length=15) + message(NEW_ADDRESS),
        message(NEW_NEIGHBOUR, length=2**32 - 1) + message(NEW_ADDRESS),
        message(ERROR, b"\x00" * 20),
        message(NEW_NEIGHBOUR) + message(NEW_ADDRESS)[:15],
    ],
)
def test_what_makes_no_sense_is_no_change(packet: bytes) -> None:
    assert not tells_of_change(packet)


# --- the watch ------------------------------------------------------------------------


class PretendSocket:
    """A netlink socket whose kernel is the test.  Its descriptor is a real one."""

    def __init__(self) -> None:
        self.reader, self.writer = socket.socketpair()
        self.waiting: list[tuple[bytes, int] | OSError] = []

    def fileno(self) -> int:
        return self.reader.fileno()

    def recvfrom(self, size: int) -> tuple[bytes, tuple[int, int]]:
        if not self.waiting:
            self.reader.recv(100)
            raise BlockingIOError
        what = self.waiting.pop(0)
        if isinstance(what, OSError):
            raise what
        return what[0], (what[1], 0)

    def tell(self, what: bytes | OSError, sender: int = 0) -> None:
        self.waiting.append(what if isinstance(what, OSError) else (what, sender))
        self.writer.send(b"!")

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


class World:
    def __init__(self) -> None:
        self.loop = VirtualLoop(start=0.0)
        self.socket = PretendSocket()
        self.ways: Ways = HOME
        self.looks = 0
        self.heard: list[tuple[float, Ways]] = []
        self.watch = NetworkWatch(
            self.loop,
            cast("socket.socket", self.socket),
            lambda ways: self.heard.append((self.loop.time(), ways)),
            self.look,
        )

    def look(self) -> Ways:
        self.looks += 1
        return self.ways

    def end(self) -> None:
        self.watch.close()
        self.loop.close()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.end()


def test_a_change_is_told_of_when_it_has_settled(world: World) -> None:
    world.socket.tell(message(NEW_ADDRESS))
    world.ways = AWAY
    world.loop.settle()
    assert world.heard == []
    world.loop.advance(SETTLED_AFTER)
    assert world.heard == [(SETTLED_AFTER, AWAY)]


def test_a_burst_of_messages_is_one_change(world: World) -> None:
    world.ways = AWAY
    for _ in range(3 * READ_AT_ONCE):
        world.socket.tell(message(NEW_ADDRESS))
    world.loop.advance(10.0)
    assert world.heard == [(SETTLED_AFTER, AWAY)]
    assert world.looks == 2


def test_a_message_about_what_does_not_concern_us_is_no_change(world: World) -> None:
    world.socket.tell(message(NEW_ADDRESS))
    world.loop.advance(10.0)
    assert world.looks == 2
    assert world.heard == []


def test_the_network_may_go_and_come_back(world: World) -> None:
    for ways in (NOWHERE, HOME):
        world.ways = ways
        world.socket.tell(message(NEW_ADDRESS))
        world.loop.advance(1.0)
    assert [ways for _, ways in world.heard] == [NOWHERE, HOME]


def test_what_other_processes_send_is_ignored(world: World) -> None:
    world.socket.tell(message(NEW_ADDRESS), sender=4711)
    world.loop.advance(1.0)
    assert world.looks == 1


def test_messages_lost_are_a_reason_to_look(world: World) -> None:
    world.ways = AWAY
    world.socket.tell(OSError(errno.ENOBUFS, "No buffer space available"))
    world.loop.advance(1.0)
    assert len(world.heard) == 1


def test_when_closed_nobody_is_told_any_more() -> None:
    world = World()
    world.ways = AWAY
    world.socket.tell(message(NEW_ADDRESS))
    world.loop.settle()
    world.end()
    assert world.loop.next_timer() is None
    assert world.heard == []


# --- the system -----------------------------------------------------------------------


def test_asking_for_the_ways_out_sends_nothing_and_never_fails() -> None:
    ways = ways_out()
    assert len(ways) == 2
    for way, family in zip(ways, (socket.AF_INET, socket.AF_INET6), strict=True):
        if way:
            socket.inet_pton(family, way)


def test_a_family_without_a_way_out_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OUTWARD", ((socket.AF_INET, "not an address"),))
    assert ways_out() == ("",)


@pytest.mark.skipif(sys.platform != "linux", reason="there is no netlink")
async def test_the_kernel_lets_us_listen() -> None:
    watch = NetworkWatch(asyncio.get_running_loop(), open_netlink(), print)
    watch.close()


def test_where_there_is_no_netlink_that_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "other")
    with pytest.raises(OSError, match="no netlink"):
        open_netlink()
