"""Tables in memory: against a pretended kernel's view of them, and the real kernel's."""

import ctypes
import errno
import socket
from typing import Any

import pytest

from resolver.net.mmsg import SHORT, SLOTS, Slots, system_calls
from tests.net.kernel import (
    Datagram,
    PretendKernel,
    asked_ipv4,
    asked_ipv6,
    ipv4,
    ipv6,
)

LENGTHS = [0, 1, 2, 3, 40, SHORT, SHORT + 1, SHORT + 2, SHORT + 3, 1000, 65_507]


def slots(
    *datagrams: Datagram, is_ipv6: bool = False, wildcard: bool = False
) -> tuple[Slots, PretendKernel]:
    kernel = PretendKernel(*datagrams)
    return Slots(7, kernel.calls, ipv6=is_ipv6, wildcard=wildcard), kernel


def numbered(length: int) -> bytes:
    return bytes(index % 251 for index in range(length))


# The system calls.


def test_this_system_has_the_calls_or_says_why_not() -> None:
    calls = system_calls()
    if calls is None:
        pytest.skip("no recvmmsg and sendmmsg here, or not as known")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert calls.receive(-1, 0, 1) == -errno.EBADF
        assert calls.send(sock.fileno(), 0, 1) == -errno.EFAULT


class PretendLibrary:
    """A C library whose kernel has an objection to every call."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.recvmmsg = self.function()
        self.sendmmsg = self.function()

    def function(self) -> Any:
        def call(*arguments: Any) -> int:
            ctypes.set_errno(self.number)
            return -1

        return call


@pytest.mark.parametrize(
    ("number", "works"),
    [(errno.EBADF, True), (errno.ENOSYS, False), (errno.EPERM, False)],
)
def test_a_kernel_without_the_calls_is_found_out(number: int, *, works: bool) -> None:
    assert (system_calls(PretendLibrary(number)) is not None) == works


def test_a_library_without_the_calls_is_found_out() -> None:
    assert system_calls(object()) is None


# What comes.


def test_datagrams_of_any_length_come_whole() -> None:
    memory, _ = slots(*[Datagram(numbered(length), ipv4()) for length in LENGTHS])
    assert memory.receive() == len(LENGTHS)
    for index, length in enumerate(LENGTHS):
        assert memory.datagram(index) == numbered(length)


def test_bodies_are_datagrams_without_ids_if_they_are_not_long() -> None:
    memory, _ = slots(*[Datagram(numbered(length), ipv4()) for length in LENGTHS])
    count = memory.receive()
    bodies, long = memory.bodies(count), memory.long(count)
    assert len(bodies) == count
    assert [LENGTHS[index] for index in long] == [256, 257, 258, 1000, 65_507]
    for index, length in enumerate(LENGTHS):
        if index not in long:
            assert bodies[index] == numbered(length)[2:]


def test_a_batch_leaves_nothing_behind_for_the_next() -> None:
    memory, kernel = slots(*[Datagram(numbered(9 * n), ipv4()) for n in range(SLOTS)])
    assert memory.receive() == SLOTS
    assert memory.long(SLOTS)
    kernel.waiting = [Datagram(b"id" + bytes([n]) * n, ipv4()) for n in range(SLOTS)]
    assert memory.receive() == SLOTS
    assert memory.bodies(SLOTS) == tuple(bytes([n]) * n for n in range(SLOTS))
    assert memory.long(SLOTS) == []


def test_no_more_is_taken_than_there_are_slots() -> None:
    memory, kernel = slots(*[Datagram(b"id", ipv4())] * (SLOTS + 1))
    assert [memory.receive() for _ in range(3)] == [SLOTS, 1, -errno.EAGAIN]
    kernel.troubles = [-errno.EINTR]
    assert memory.receive() == -errno.EINTR


def test_hosts_are_the_same_for_the_same_address_only() -> None:
    names = [ipv4("192.0.2.7", 1), ipv4("192.0.2.8", 1), ipv4("192.0.2.7", 2)]
    memory, _ = slots(*[Datagram(b"", name) for name in names])
    first, second, third = memory.hosts(memory.receive())
    assert (first == third, first == second) == (True, False)
    assert [memory.host(index) for index in range(2)] == ["192.0.2.7", "192.0.2.8"]


def test_ipv6_hosts_differ_in_every_bit_of_the_address() -> None:
    hosts = ["2001:db8::7", "2001:db8::8", "2001:db8:0:1::7", "2001:db8::7"]
    memory, _ = slots(*[Datagram(b"", ipv6(host)) for host in hosts], is_ipv6=True)
    found = memory.hosts(memory.receive())
    assert len(set(found)) == 3
    assert found[0] == found[3]
    assert [memory.host(index) for index in range(4)] == hosts


def test_a_peer_is_what_python_calls_it() -> None:
    memory, _ = slots(Datagram(b"", ipv4("192.0.2.7", 53)))
    memory.receive()
    assert memory.peer(0) == ("192.0.2.7", ("192.0.2.7", 53), [])
    memory, _ = slots(Datagram(b"", ipv6("fe80::7", 65535, scope=3)), is_ipv6=True)
    memory.receive()
    assert memory.peer(0) == ("fe80::7", ("fe80::7", 65535, 0, 3), [])


# What goes.


def test_a_reply_goes_back_from_its_slot_with_the_id_that_came() -> None:
    names = [ipv4("192.0.2.7", port) for port in (1001, 1002, 1003)]
    memory, kernel = slots(*[Datagram(b"%02d..." % n, names[n]) for n in range(3)])
    memory.receive()
    memory.fill([b" one", b"", b" three"])
    assert memory.send(2, 3) == 1
    assert memory.send(0, 2) == 2
    assert kernel.sent == [
        Datagram(b"02 three", names[2]),
        Datagram(b"00 one", names[0]),
        Datagram(b"01", names[1]),
    ]


def test_the_largest_replies_fit_into_every_slot() -> None:
    memory, kernel = slots(*[Datagram(b"id", ipv4())] * SLOTS)
    memory.receive()
    largest = numbered(65_505)
    memory.fill([largest] * SLOTS)
    assert memory.send(0, SLOTS) == SLOTS
    assert all(reply.data == b"id" + largest for reply in kernel.sent)


# The address that was asked.


def test_a_reply_leaves_from_the_address_asked_whatever_the_interface() -> None:
    asked = ["198.51.100.1", "198.51.100.2"]
    memory, kernel = slots(
        *[Datagram(b"id", ipv4(), asked_ipv4(host)) for host in asked], wildcard=True
    )
    memory.receive()
    memory.fill([b"", b""])
    memory.send(0, 2)
    assert [reply.control for reply in kernel.sent] == [
        asked_ipv4(host, interface=0) for host in asked
    ]
    [(level, kind, information)] = memory.peer(1)[2]
    assert (level, kind) == (socket.IPPROTO_IP, 8)
    assert information == bytes(4) + socket.inet_aton("198.51.100.2") * 2


@pytest.mark.parametrize(
    ("host", "interface"),
    [("2001:db8::53", 0), ("fe80::53", 3), ("febf::53", 3), ("fec0::53", 0)],
)
def test_only_from_a_link_local_address_an_interface_is_named(
    host: str, interface: int
) -> None:
    memory, kernel = slots(
        Datagram(b"id", ipv6(), asked_ipv6("2001:db8::54")),
        Datagram(b"id", ipv6(), asked_ipv6(host)),
        is_ipv6=True,
        wildcard=True,
    )
    memory.receive()
    memory.fill([b"", b""])
    memory.send(0, 2)
    assert [reply.control for reply in kernel.sent] == [
        asked_ipv6("2001:db8::54", interface=0),
        asked_ipv6(host, interface=interface),
    ]
    [(_, _, information)] = memory.peer(1)[2]
    assert information[16] == interface


@pytest.mark.parametrize("is_ipv6", [False, True])
def test_without_the_kernels_word_the_kernel_chooses(*, is_ipv6: bool) -> None:
    name = ipv6() if is_ipv6 else ipv4()
    told = asked_ipv6("2001:db8::53") if is_ipv6 else asked_ipv4("198.51.100.1")
    memory, kernel = slots(Datagram(b"id", name, told), is_ipv6=is_ipv6, wildcard=True)
    for control, expected in ((told, True), (b"", False), (told, True)):
        kernel.waiting = [Datagram(b"id", name, control)]
        memory.receive()
        memory.fill([b""])
        memory.send(0, 1)
        assert bool(kernel.sent[-1].control) == expected
        assert bool(memory.peer(0)[2]) == expected


# The real kernel.


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_the_kernel_agrees_with_the_layout(
    family: socket.AddressFamily, host: str
) -> None:
    calls = system_calls()
    if calls is None:
        pytest.skip("no recvmmsg and sendmmsg here, or not as known")
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((host, 0))
        memory = Slots(
            server.fileno(), calls, ipv6=family == socket.AF_INET6, wildcard=False
        )
        assert memory.receive() == -errno.EAGAIN
        with socket.socket(family, socket.SOCK_DGRAM) as client:
            client.connect(server.getsockname())
            for length in LENGTHS:
                client.send(numbered(length))
            assert memory.receive() == len(LENGTHS)
            assert [memory.datagram(index) for index in range(len(LENGTHS))] == [
                numbered(length) for length in LENGTHS
            ]
            assert memory.peer(0)[1] == client.getsockname()
            memory.fill([b"reply %d" % index for index in range(len(LENGTHS))])
            assert memory.send(2, len(LENGTHS)) == len(LENGTHS) - 2
            for index in range(2, len(LENGTHS)):
                assert client.recv(100) == b"\x00\x01reply %d" % index
