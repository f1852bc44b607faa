"""Batches, with the kernel and the event loop pretended, and floods on real loops."""

import asyncio
import errno
import socket

import pytest

from resolver.hot.truncated import truncated
from resolver.net import batch
from resolver.net.batch import ROUNDS, Batch, Hot
from resolver.net.mmsg import SLOTS
from tests.hot.packets import query
from tests.net.batches import QuietListener, Stage, known, replies, unknown
from tests.net.kernel import (
    Datagram,
    PretendKernel,
    asked_ipv4,
    asked_ipv6,
    ipv4,
    ipv6,
)
from tests.net.reception import PretendMeter, Run, on_both_loops

CLIENT = ("192.0.2.7", 4242)


# Known and unknown.


def test_what_is_known_is_answered_in_one_call_to_where_it_came_from() -> None:
    stage = Stage()
    names = [ipv4(f"192.0.2.{number}", 1000 + number) for number in range(SLOTS)]
    sent = stage.run(*[known(number, names[number]) for number in range(SLOTS)])
    assert sent == replies(*range(SLOTS))
    assert [reply.name for reply in stage.kernel.sent] == names
    assert stage.asked == [([b"known %d" % number for number in range(SLOTS)], 1.5)]
    assert stage.listener.unknowns == stage.listener.unlooked == []


def test_a_thousand_clients_get_their_own_replies() -> None:
    stage = Stage()
    names = [
        ipv4(f"10.1.{number % 7}.{number % 251}", number) for number in range(1000)
    ]
    stage.kernel.waiting = [known(number, name) for number, name in enumerate(names)]
    while stage.kernel.waiting:
        stage.run()
    assert [reply.data for reply in stage.kernel.sent] == replies(*range(1000))
    assert [reply.name for reply in stage.kernel.sent] == names


def test_what_is_not_known_goes_to_the_listener_after_the_known_replies() -> None:
    stage = Stage()
    assert stage.run(unknown(0), known(1), known(2), unknown(3), known(4)) == replies(
        1, 2, 4
    )
    assert stage.listener.unknowns == [
        (unknown(number).data, ("192.0.2.7", CLIENT, [])) for number in (0, 3)
    ]
    assert stage.listener.sent_before == [3, 3]
    assert stage.listener.unlooked == []


@pytest.mark.parametrize("pattern", range(64))
def test_any_mixture_of_known_and_unknown_finds_its_way(pattern: int) -> None:
    stage = Stage()
    bits = [pattern >> number & 1 for number in range(6)]
    sent = stage.run(*[(unknown, known)[bit](n) for n, bit in enumerate(bits)])
    assert sent == replies(*[number for number, bit in enumerate(bits) if bit])
    assert [data for data, _ in stage.listener.unknowns] == [
        unknown(number).data for number, bit in enumerate(bits) if not bit
    ]


@pytest.mark.parametrize("length", [0, 1, 2])
def test_a_datagram_without_a_body_goes_to_the_listener(length: int) -> None:
    stage = Stage()
    assert stage.run(known(1), Datagram(bytes(length), ipv4()), known(2)) == replies(
        1, 2
    )
    assert [data for data, _ in stage.listener.unknowns] == [bytes(length)]


@pytest.mark.parametrize("length", [256, 300, 65_507])
def test_a_long_datagram_goes_to_the_listener_unlooked_at(length: int) -> None:
    # Its first bytes may look like a query that is known.
    stage = Stage()
    long = known(1).data.ljust(length, b"\0")
    sent = stage.run(known(0), Datagram(long, ipv4("192.0.2.9")), known(2), unknown(3))
    assert sent == replies(0, 2)
    assert stage.listener.unlooked == [(long, ("192.0.2.9", ("192.0.2.9", 4242), []))]
    assert [data for data, _ in stage.listener.unknowns] == [unknown(3).data]


def test_an_error_in_the_hot_room_leaves_everything_to_the_listener() -> None:
    stage = Stage()
    stage.error = RuntimeError("broken")
    assert stage.run(known(0), unknown(1)) == []
    assert [data for data, _ in stage.listener.unlooked] == [
        known(0).data,
        unknown(1).data,
    ]
    stage.error = None
    assert stage.run(known(2)) == replies(2)


# Who may ask.


def test_the_access_list_is_asked_once_for_a_host() -> None:
    stage = Stage()
    for _ in range(3):
        stage.run(known(0, ipv4("192.0.2.7", 1)), known(1, ipv4("192.0.2.8", 2)))
        stage.run(known(0, ipv4("192.0.2.7", 3)))
    assert stage.judged == ["192.0.2.7", "192.0.2.8"]


def test_a_stranger_is_not_answered_from_memory_and_the_others_are() -> None:
    stage = Stage()
    stage.strangers = {"192.0.2.66"}
    for _ in range(2):
        sent = stage.run(known(0), known(1, ipv4("192.0.2.66")), known(2), unknown(3))
        assert sent == replies(0, 2)
        assert stage.asked[-1][0] == [b"known 0", b"known 2", b"what 3"]
    assert [data for data, _ in stage.listener.unlooked] == [known(1).data] * 2
    assert [data for data, _ in stage.listener.unknowns] == [unknown(3).data] * 2


def test_the_access_list_sees_ipv6_addresses_whatever_their_scope() -> None:
    stage = Stage(family=socket.AF_INET6)
    stage.strangers = {"fe80::66"}
    friend, stranger = ipv6("fe80::7", scope=2), ipv6("fe80::66", scope=2)
    assert stage.run(known(0, friend), known(1, stranger)) == replies(0)
    assert stage.run(known(2, ipv6("fe80::7", scope=3))) == replies(2)
    assert stage.judged == ["fe80::7", "fe80::66"]
    assert stage.kernel.sent[0].name == friend
    assert stage.listener.unlooked[0][1][1] == ("fe80::66", 4242, 0, 2)


def test_the_hosts_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_JUDGED_HOSTS", 100)
    stage = Stage()
    for number in range(1000):
        name = ipv4(f"10.0.{number // 250}.{number % 250}")
        assert stage.run(known(number, name)) == replies(number)
        assert len(stage.batch._welcome) <= 100


# Who asks too often.


def test_questions_are_counted_once_for_a_host_and_batch() -> None:
    stage = Stage()
    meter = PretendMeter(100)
    stage.meters["192.0.2.7"] = meter
    for _ in range(2):
        assert stage.run(known(0), known(1), unknown(2), known(3)) == replies(0, 1, 3)
    assert meter.taken == [(4, 1.5), (4, 1.5)]
    assert stage.judged == ["192.0.2.7"]
    assert [data for data, _ in stage.listener.unknowns] == [unknown(2).data] * 2


def test_what_is_over_the_limit_ends_here_or_is_led_to_tcp() -> None:
    stage = Stage()
    stage.meters["192.0.2.7"] = PretendMeter(2)
    asked = [Datagram(query(number=number), ipv4()) for number in range(4)]
    other = known(9, ipv4("192.0.2.8"))
    sent = stage.run(known(0), asked[0], other, asked[1], asked[2], unknown(1))
    assert sent == [*replies(0, 9), truncated(asked[2].data)]
    assert stage.asked[0][0] == [d.data[2:] for d in (known(0), asked[0], other)]
    assert [data for data, _ in stage.listener.unknowns] == [asked[0].data]
    assert stage.listener.unlooked == []


def test_with_a_limit_and_nothing_left_a_whole_batch_ends_here() -> None:
    stage = Stage()
    stage.meters["192.0.2.7"] = PretendMeter(0)
    assert stage.run(*map(known, range(SLOTS))) == []
    assert (stage.listener.unknowns, stage.listener.unlooked) == ([], [])


def test_a_long_question_is_counted_by_who_takes_it() -> None:
    stage = Stage()
    meter = stage.meters["192.0.2.7"] = PretendMeter(1)
    long = Datagram(known(1).data.ljust(1000, b"!"), ipv4())
    assert stage.run(long, known(2), known(3)) == replies(2)
    assert meter.taken == [(2, 1.5)]
    assert [data for data, _ in stage.listener.unlooked] == [long.data]


def test_strangers_are_counted_by_who_refuses_them() -> None:
    stage = Stage()
    stage.strangers = {"192.0.2.66"}
    meter = stage.meters["192.0.2.66"] = PretendMeter(0)
    assert stage.run(known(0), known(1, ipv4("192.0.2.66"))) == replies(0)
    assert [data for data, _ in stage.listener.unlooked] == [known(1).data]
    assert meter.taken == []


def test_what_the_hot_room_breaks_on_is_limited_all_the_same() -> None:
    stage = Stage()
    stage.meters["192.0.2.7"] = PretendMeter(1)
    stage.error = RuntimeError("a bug")
    assert stage.run(known(0), known(1)) == []
    assert [data for data, _ in stage.listener.unlooked] == [known(0).data]


def test_verdicts_on_limited_hosts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_JUDGED_HOSTS", 10)
    stage = Stage()
    for number in range(100):
        stage.meters[f"10.0.0.{number}"] = PretendMeter(1)
    for start in range(0, 100, 20):
        numbers = range(start, start + 20)
        some = [known(number, ipv4(f"10.0.0.{number}")) for number in numbers]
        assert stage.run(*some, *some) == replies(*numbers)
        assert len(stage.batch._verdicts) <= 10


# The address that was asked.


def test_a_wildcard_socket_replies_from_the_address_that_was_asked() -> None:
    stage = Stage(wildcard=True)
    asked = [asked_ipv4("198.51.100.1"), asked_ipv4("198.51.100.2")]
    stage.run(known(0, control=asked[0]), known(1, control=asked[1]))
    assert [reply.control for reply in stage.kernel.sent] == [
        asked_ipv4("198.51.100.1", interface=0),
        asked_ipv4("198.51.100.2", interface=0),
    ]
    assert stage.socket.options == [(socket.IPPROTO_IP, 8, 1)]


def test_a_reply_that_comes_later_leaves_from_the_address_asked_too() -> None:
    stage = Stage(family=socket.AF_INET6, wildcard=True)
    stage.run(unknown(0, ipv6())._replace(control=asked_ipv6("2001:db8::53")))
    [(_, peer)] = stage.listener.unknowns
    stage.batch.sendto(b"later", peer)
    [(data, [(level, kind, source)], address)] = stage.socket.sent
    assert (data, address) == (b"later", ("2001:db8::7", 4242, 0, 0))
    assert (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)
    assert source == socket.inet_pton(socket.AF_INET6, "2001:db8::53") + bytes(4)
    assert stage.socket.options == [(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)]


# What the kernel refuses.


def test_what_the_kernel_has_not_taken_is_offered_again() -> None:
    stage = Stage()
    stage.kernel.answers = [2, 1, 3]
    assert stage.run(*[known(number) for number in range(6)]) == replies(*range(6))
    assert (stage.listener.lost, stage.listener.errors) == (0, [])


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOBUFS])
def test_without_room_in_the_kernel_the_rest_of_a_batch_is_lost(number: int) -> None:
    stage = Stage()
    stage.kernel.answers = [2, -number]
    assert stage.run(*[known(n) for n in range(6)], unknown(6)) == replies(0, 1)
    assert (stage.listener.lost, stage.listener.errors) == (4, [])
    assert len(stage.listener.unknowns) == 1
    assert stage.run(known(7)) == replies(7)


@pytest.mark.parametrize(
    "number", [errno.EPERM, errno.EINVAL, errno.ENETUNREACH, errno.ECONNREFUSED]
)
def test_one_client_that_cannot_be_reached_is_skipped(number: int) -> None:
    stage = Stage()
    stage.kernel.answers = [2, -number, 1, -number]
    sent = stage.run(*[known(n) for n in range(6)])
    assert sent == replies(0, 1, 3, 5)
    assert (stage.listener.lost, stage.listener.errors) == (0, [number, number])


def test_a_kernel_that_takes_nothing_and_says_nothing_does_not_hold_us_up() -> None:
    stage = Stage()
    stage.kernel.answers = [0]
    assert stage.run(known(0), known(1)) == replies(1)
    assert stage.listener.errors == [0]


@pytest.mark.parametrize(
    ("number", "errors"),
    [
        (errno.EAGAIN, []),
        (errno.EINTR, []),
        (errno.ECONNREFUSED, [errno.ECONNREFUSED]),
        (errno.ENOMEM, [errno.ENOMEM]),
    ],
)
def test_errors_of_receiving_are_told_and_end_nothing(
    number: int, errors: list[int]
) -> None:
    stage = Stage()
    stage.kernel.troubles = [-number]
    assert stage.run(known(0)) == []
    assert stage.listener.errors == errors
    assert stage.run() == replies(0)


def test_errors_of_a_later_reply_are_told_and_end_nothing() -> None:
    stage = Stage()
    stage.run(unknown(0))
    [(_, peer)] = stage.listener.unknowns
    stage.socket.refusal = OSError(errno.EPERM, "no")
    stage.batch.sendto(b"later", peer)
    assert stage.listener.errors == [errno.EPERM]
    stage.socket.refusal = None
    stage.batch.sendto(b"later", peer)
    assert stage.socket.sent == [(b"later", [], CLIENT)]


# Others' turns.


def test_the_loop_has_its_turn_after_a_bounded_number_of_batches() -> None:
    stage = Stage(*[known(1)] * (SLOTS * (ROUNDS + 1)))
    assert len(stage.run()) == SLOTS * ROUNDS
    assert len(stage.run()) == SLOTS


def test_the_loop_has_its_turn_when_a_batch_is_not_full() -> None:
    stage = Stage(*[known(1)] * (SLOTS + 1))
    assert len(stage.run()) == SLOTS + 1
    assert stage.kernel.received == 2, "the kernel was not asked in vain"


def test_the_loop_has_its_turn_when_something_was_not_known() -> None:
    stage = Stage(unknown(0), *[known(1)] * (2 * SLOTS))
    assert len(stage.run()) == SLOTS - 1
    assert len(stage.run()) == SLOTS + 1


@on_both_loops
@pytest.mark.parametrize("flood", [known(1), unknown(1)], ids=["known", "unknown"])
def test_during_a_flood_the_loop_serves_everybody(run: Run, flood: Datagram) -> None:
    class Endless(PretendKernel):
        def receive(self, descriptor: int, headers: int, count: int) -> int:
            self.waiting = [flood] * count
            self.sent.clear()
            return super().receive(descriptor, headers, count)

    async def story() -> None:
        loop = asyncio.get_running_loop()
        stage, kernel = Stage(), Endless()
        hot = Hot(stage.answer_many, stage.door, loop.time, kernel.calls)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.1", 0))
            client.sendto(b"", sock.getsockname())  # nobody takes it: always readable
            transport = Batch(sock, QuietListener(), loop, hot, wildcard=False)
            received = []
            async with asyncio.timeout(5):
                for _ in range(20):
                    await asyncio.sleep(0.001)
                    received.append(kernel.received)
            transport.close()
            await asyncio.sleep(0)
        assert received[0] < received[-1], "there was a flood"

    run(story())


# The end.


def test_while_the_listener_is_closing_nothing_is_answered() -> None:
    stage = Stage()
    stage.listener.closing = True
    assert stage.run(known(0), unknown(1)) == []
    assert (stage.asked, stage.listener.unknowns, stage.kernel.waiting) == ([], [], [])


def test_a_batch_that_is_closed_in_the_middle_brings_nothing_more() -> None:
    stage = Stage(*[unknown(number) for number in range(SLOTS + 1)])
    stage.listener.close_at = unknown(3).data
    stage.run()
    assert len(stage.listener.unknowns) == 4
    assert (stage.kernel.received, stage.loop.readable) == (1, None)
    assert stage.socket.closed
    assert stage.batch.is_closing()


def test_the_listener_is_told_once_that_the_transport_has_gone() -> None:
    stage = Stage()
    assert not stage.batch.is_closing()
    assert stage.batch.get_extra_info("sockname") == ("0.0.0.0", 53)
    stage.batch.close()
    stage.batch.abort()
    assert stage.loop.soon == [(stage.listener.connection_lost, (None,))]
