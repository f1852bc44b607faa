"""Both ends of the link, over a real pair of sockets."""

import asyncio
import faulthandler
import os
import socket
import threading
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.config import Cache, Config, Forward
from resolver.daemon.commands import Arguments, Commands, Refused
from resolver.daemon.link import (
    ALIVE,
    DONE,
    FAILED,
    MAX_LINE,
    READY,
    REFUSED,
    SHOW_STACK,
    STOPPED,
    Assignment,
    Link,
    Order,
    Told,
    pack,
    read_line,
    receive,
    write_line,
)
from resolver.daemon.statistics import Statistics
from resolver.daemon.storage import Place

CONFIG = Config(
    cache=Cache(size=5_000_000),
    forward=(Forward(zone=".", servers=("192.0.2.1",)),),
    origins={"cache.size": "resolver.toml:3"},
)
ASSIGNMENT = Assignment(3, CONFIG, Place("/dev/shm/x/cache.mdb", 1000, passing=True))


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        theirs.settimeout(5)
        yield ours, theirs


def test_an_assignment_arrives_whole_in_however_many_pieces(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    packed = pack(ASSIGNMENT)

    def send() -> None:
        for i in range(0, len(packed), 100):
            ours.sendall(packed[i : i + 100])

    sending = threading.Thread(target=send)
    sending.start()
    received = receive(theirs)
    sending.join()
    assert received == ASSIGNMENT
    assert received is not None
    assert received.config.origins == CONFIG.origins


@pytest.mark.parametrize("sent", [b"", pack(ASSIGNMENT)[:-1], b"\0\0"])
def test_without_a_supervisor_there_is_no_assignment(
    pair: tuple[socket.socket, socket.socket], sent: bytes
) -> None:
    ours, theirs = pair
    ours.sendall(sent)
    ours.close()
    assert receive(theirs) is None


@given(st.text(max_size=50), st.integers(0, 200), st.booleans())
def test_what_is_said_is_what_is_heard(
    text: str,
    number: int,
    complete: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    told = Told(FAILED, Statistics(walks=number), complete, number, text)
    line = write_line(told)
    assert line.count(b"\n") == 1
    assert read_line(line) == told


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense\n",
        b"7\n",
        b"[]\n",
        b"{}\n",
        b'{"word": "alive", "statistics": {"nobody": 1}}\n',
        b'{"word": "alive", "statistics": {}, "more": 1}\n',
        b"\xff\n",
    ],
)
def test_what_cannot_have_been_meant_is_not_heard(line: bytes) -> None:
    assert read_line(line) is None


def heard(ours: socket.socket) -> list[Told | None]:
    return [read_line(line) for line in ours.recv(65536).splitlines(keepends=True)]


async def test_orders_are_carried_out_and_what_came_of_them_is_said(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    link = Link(theirs)

    class Process:
        def __init__(self) -> None:
            self.commands = Commands()
            self.configs: list[Config] = []

        async def reload(self, config: Config) -> None:
            if self.configs:
                raise OSError("no more")
            self.configs.append(config)

    async def double(arguments: Arguments) -> object:
        return [arguments["it"], arguments["it"]]

    process = Process()
    process.commands.add("double", double)
    link.begin(asyncio.Event())
    await link.meet(process)
    orders = [
        Order(1, "double", {"it": "x"}),
        Order(2, "nonsense", {}),
        Order(3, "reload", {"config": CONFIG}),
        Order(4, "reload", {"config": CONFIG}),
    ]
    packed = b"".join(map(pack, orders))
    for start in range(0, len(packed), 100):
        ours.sendall(packed[start : start + 100])
        await asyncio.sleep(0.01)
    said = {told.number: told for told in heard(ours) if told is not None}
    assert said[1] == Told(DONE, number=1, result=["x", "x"])
    assert said[2].word == REFUSED
    assert "there is no command nonsense" in said[2].text
    assert said[3] == Told(DONE, number=3)
    assert said[4] == Told(REFUSED, number=4, text="no more")
    assert process.configs == [CONFIG]
    asyncio.get_running_loop().remove_reader(theirs)


def test_a_worker_says_where_it_is_on_a_signal_and_goes_on(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    Link(theirs).tell_stack_on(SHOW_STACK)
    os.kill(os.getpid(), SHOW_STACK)
    faulthandler.unregister(SHOW_STACK)
    lines = ours.recv(65536).decode().splitlines()
    assert any("test_a_worker_says_where_it_is" in line for line in lines)
    assert [read_line(line.encode()) for line in lines] == [None] * len(lines)


def test_a_worker_tells_its_life(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    link = Link(theirs)
    link.ready("Listening")
    link.alive(Statistics(walks=1))
    link.stopping()
    link.stopped(Statistics(walks=2), complete=True)
    assert heard(ours) == [
        Told(READY),
        Told(ALIVE, Statistics(walks=1)),
        Told(STOPPED, Statistics(walks=2), complete=True),
    ]
    assert link.period > 0


@pytest.mark.parametrize(
    ("error", "number", "text"),
    [
        (OSError(98, "Address already in use: 127.0.0.1:53"), 98, "Address already"),
        (OSError("just so"), 0, "just so"),
        (ValueError("no hints"), 0, "no hints"),
    ],
)
def test_a_worker_that_cannot_start_says_why(
    pair: tuple[socket.socket, socket.socket],
    error: OSError | ValueError,
    number: int,
    text: str,
) -> None:
    ours, theirs = pair
    Link(theirs).failed(error)
    [told] = heard(ours)
    assert told is not None
    assert (told.word, told.number) == (FAILED, number)
    assert told.text.startswith(text)


async def test_a_worker_ends_when_its_supervisor_does(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    link, ended = Link(theirs), asyncio.Event()
    link.begin(ended)
    ours.sendall(b"x")  # whatever that may mean one day
    await asyncio.sleep(0)
    assert not ended.is_set()
    ours.close()
    async with asyncio.timeout(5):
        await ended.wait()
    assert link.orphaned
    link.stopped(Statistics(), complete=True)  # to nobody


async def test_a_supervisor_that_does_not_listen_is_not_waited_for(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    _, theirs = pair
    link = Link(theirs)
    link.begin(asyncio.Event())
    for _ in range(3000):
        link.alive(Statistics())
    asyncio.get_running_loop().remove_reader(theirs)
    asyncio.get_running_loop().remove_writer(theirs)


class Host:
    """A process with commands."""

    def __init__(self) -> None:
        self.commands = Commands()
        for handler in (self.echo, self.much, self.refuse):
            self.commands.add(handler.__name__, handler)

    async def reload(self, config: Config) -> None:
        pass

    async def echo(self, arguments: Mapping[str, object]) -> object:
        return dict(arguments)

    async def much(self, arguments: Mapping[str, object]) -> object:
        return "x" * int(str(arguments["size"]))

    async def refuse(self, arguments: Mapping[str, object]) -> object:
        raise Refused("not today")


async def outcomes(
    pair: tuple[socket.socket, socket.socket], *orders: Order
) -> list[Told]:
    """Give a worker some orders, in pieces, and hear what comes of them."""
    ours, theirs = pair
    link = Link(theirs)
    link.begin(asyncio.Event())
    await link.meet(Host())
    reader, writer = await asyncio.open_connection(sock=ours, limit=2 * MAX_LINE)
    found: list[Told] = []
    async with asyncio.timeout(20):
        for order in orders:
            packed = pack(order)
            writer.write(packed[:3])
            await asyncio.sleep(0.01)
            writer.write(packed[3:])
        await asyncio.sleep(0.05)
        link.alive(Statistics())
        while len(found) < len(orders):
            told = read_line(await reader.readline())
            assert told is not None
            if told.word != ALIVE:
                found.append(told)
    asyncio.get_running_loop().remove_reader(theirs)
    writer.close()
    return found


async def test_an_order_is_carried_out_and_its_outcome_told(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    assert await outcomes(
        pair, Order(1, "echo", {"a": [1, "\n"]}), Order(2, "refuse", {})
    ) == [
        Told(DONE, number=1, result={"a": [1, "\n"]}),
        Told(REFUSED, number=2, text="not today"),
    ]


async def test_a_long_outcome_waits_until_it_is_read_and_comes_whole(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    size = 4_000_000
    first, second = await outcomes(
        pair, Order(1, "much", {"size": size}), Order(2, "echo", {})
    )
    assert first.result == "x" * size
    assert second == Told(DONE, number=2, result={})


async def test_an_outcome_that_is_too_long_is_refused(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    [told] = await outcomes(pair, Order(1, "much", {"size": MAX_LINE}))
    assert (told.word, told.number) == (REFUSED, 1)
    assert "larger than" in told.text


async def test_signs_of_life_do_not_pile_up(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    _, theirs = pair
    link = Link(theirs)
    link.begin(asyncio.Event())
    for _ in range(5000):
        link.alive(Statistics())
    assert len(link._unsent) < 2 * len(write_line(Told(ALIVE)))
    loop = asyncio.get_running_loop()
    loop.remove_reader(theirs)
    loop.remove_writer(theirs)
