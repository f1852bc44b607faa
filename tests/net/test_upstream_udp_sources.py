"""Where questions leave from: ports drawn evenly, addresses as configured."""

import secrets
import socket
from collections import Counter

import pytest

from resolver.net.exchange import Unreachable
from resolver.net.upstream_udp import (
    AVOIDED_PORTS,
    LOWEST_PORT,
    Sources,
    Udp,
)
from resolver.ports import Address
from tests.net.loopback import (
    FACTORIES,
    PATIENCE,
    Run,
    Sender,
    anything,
    datagram_server,
    runner,
)


@pytest.fixture(params=FACTORIES)
def run(request: pytest.FixtureRequest) -> Run:
    return runner(request.param)


def test_every_question_leaves_from_a_port_of_its_own(run: Run) -> None:
    ports: list[int] = []

    def note_port(listener: socket.socket, packet: bytes, sender: Sender) -> None:
        ports.append(sender[1])
        listener.sendto(packet, sender)

    async def story() -> None:
        udp = Udp()
        async with datagram_server(note_port) as there:
            for _ in range(400):
                await udp(there, b"question", PATIENCE, anything)
        udp.close()

    run(story())
    assert len(set(ports)) > 380  # one pair in common is likely, 20 are not
    assert min(ports) >= LOWEST_PORT
    # Both sides of the range that the kernel would draw from by itself.
    assert any(port < 32768 for port in ports)
    assert any(port > 60999 for port in ports)


def test_ports_are_drawn_evenly_from_all_that_are_allowed() -> None:
    sources = Sources((), secrets.randbits)
    draws = 20_000
    ports = [sources.port() for _ in range(draws)]
    assert min(ports) >= LOWEST_PORT
    assert max(ports) > 65_000
    assert not AVOIDED_PORTS.intersection(ports)
    buckets = Counter((port - LOWEST_PORT) // 4032 for port in ports)
    assert sorted(buckets) == list(range(16))
    # 1,250 each, standard deviation 34: six of them are off once in 10^8 runs.
    assert all(abs(size - draws / 16) < 6 * 34.3 for size in buckets.values())


def test_reserved_and_avoided_ports_are_drawn_again() -> None:
    drawn = iter([0, 53, LOWEST_PORT - 1, *AVOIDED_PORTS, LOWEST_PORT])
    assert Sources((), lambda _: next(drawn)).port() == LOWEST_PORT


def test_a_port_in_use_is_drawn_again(run: Run) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("0.0.0.0", 0))
        taken = busy.getsockname()[1]
        drawn = [taken, taken]

        def random_bits(bits: int) -> int:
            return drawn.pop() if drawn else 40_000 + len(senders) + 7

        senders: list[int] = []

        def note_port(listener: socket.socket, packet: bytes, sender: Sender) -> None:
            senders.append(sender[1])
            listener.sendto(packet, sender)

        async def story() -> None:
            udp = Udp(random_bits=random_bits)
            async with datagram_server(note_port) as there:
                await udp(there, b"question", PATIENCE, anything)
            udp.close()

        run(story())
        assert drawn == []
        assert taken not in senders


def test_a_host_without_free_ports_is_told_so(run: Run) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind(("0.0.0.0", 0))
        taken = busy.getsockname()[1]

        async def story() -> None:
            udp = Udp(random_bits=lambda _: taken)
            with pytest.raises(Unreachable, match="address already in use"):
                await udp(Address("127.0.0.1"), b"question", PATIENCE, anything)
            udp.close()

        run(story())


def test_questions_leave_from_the_addresses_configured(run: Run) -> None:
    hosts: Counter[str] = Counter()

    def note_host(listener: socket.socket, packet: bytes, sender: Sender) -> None:
        hosts[sender[0]] += 1
        listener.sendto(packet, sender)

    async def story() -> None:
        udp = Udp(source_addresses=("127.0.0.2", "::1", "127.0.0.3"))
        async with datagram_server(note_host) as there:
            for _ in range(60):
                await udp(there, b"question", PATIENCE, anything)
        udp.close()

    run(story())
    assert set(hosts) == {"127.0.0.2", "127.0.0.3"}


def test_a_family_without_configured_addresses_leaves_it_to_the_system() -> None:
    sources = Sources(("192.0.2.7",), lambda _: 0)
    assert sources.host(Address("198.51.100.1")) == "192.0.2.7"
    assert sources.host(Address("2001:db8::1")) == ""
    assert Sources((), lambda _: 0).host(Address("198.51.100.1")) == ""
