"""Every run of the tests fuzzes a little; FUZZ_SECONDS=600 fuzzes more."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.hot.truncated import truncated
from resolver.net.outlet import Outlet
from resolver.wire import types
from tests.fuzz.fuzz_listener import main, one_round
from tests.fuzz.hall import STRANGER, Hall, frames, judge, judge_stream, room
from tests.fuzz.packets import some_packet
from tests.hot.packets import query, reply_to
from tests.net.reception import frame
from tests.wire.strategies import dices

SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))
QUERY = query(size=1232)
REPLY = reply_to(QUERY, 300)[0]


def test_no_packet_breaks_the_listener() -> None:
    assert main(SECONDS, time.time_ns()) > 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80) | st.binary(max_size=40).map(lambda end: QUERY + end))
def test_no_bytes_break_the_listener(packet: bytes) -> None:
    with Hall() as hall:
        [reply] = hall.datagram(packet)
        judge(packet, reply)
        assert hall.batch([packet] * 3) == [reply] * 3 * bool(reply)
        judge_stream(packet, hall.stream([packet])[0])


@given(dices.map(some_packet))
def test_what_leads_to_tcp_may_leave_for_every_packet(packet: bytes) -> None:
    judge(packet, truncated(packet))


def test_the_hall_is_real() -> None:
    """Replies come from walks, from the hot room, and as refusals."""
    names = [b"\x02a%d\x07example\x03com\x00" % number for number in range(5)]
    with Hall() as hall:
        for number, name in enumerate(names):
            packet = query(name, size=1232, number=number)
            [reply] = hall.datagram(packet)
            assert hall.batch([packet]) == [reply]
            assert hall.stream([frame(packet)])[0]
        assert sum(hall.replies.rcodes) > 0
        assert hall.front.walks >= len(names)
        [refused] = hall.datagram(QUERY, STRANGER)
        assert refused[3] & 15 == types.REFUSED


# A fuzzer that cannot find anything finds nothing.


@pytest.mark.parametrize(
    "reply",
    [
        b"\xff\xff" + REPLY[2:],  # another id
        QUERY,  # no reply
        REPLY[:2] + b"\x91" + REPLY[3:],  # another opcode
        REPLY[:2] + b"\x81\xa0" + REPLY[4:],  # AD
        REPLY + b"\x00",
        REPLY[:-1],
        reply_to(QUERY, *[300] * 100)[0],  # too large
    ],
)
def test_the_judge_has_an_eye_for_replies_that_may_not_leave(reply: bytes) -> None:
    judge(QUERY, REPLY)
    with pytest.raises(Exception):  # noqa: B017, PT011 - dnspython's, or an assertion
        judge(QUERY, reply)


def test_the_judge_wants_silence_where_there_was_no_query() -> None:
    judge(REPLY, b"")
    for packet in (REPLY, QUERY[:11]):
        with pytest.raises(AssertionError):
            judge(packet, packet[:2] + REPLY[2:])


def test_the_judge_knows_what_a_client_takes() -> None:
    rooms = {size: room(query(size=size)) for size in (None, 0, 600, 1232, 4096)}
    assert rooms == {None: 512, 0: 512, 600: 600, 1232: 1232, 4096: 1232}
    assert room(QUERY[:-1]) == 512


def test_the_judge_of_streams_wants_whole_replies_to_what_was_asked() -> None:
    judge_stream(frame(QUERY), frame(REPLY))
    judge_stream(frame(QUERY) * 2, frame(REPLY))
    assert frames(frame(QUERY) + b"\x00") == [QUERY]
    for heard in (frame(REPLY)[:-1], frame(REPLY) * 2, frame(QUERY)):
        with pytest.raises(AssertionError):
            judge_stream(frame(QUERY), heard)
    with pytest.raises(KeyError):
        judge_stream(frame(QUERY), frame(b"\xff\xff" + REPLY[2:]))


def test_a_listener_that_sends_too_much_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compose = Outlet.compose

    def padded(self: Outlet, *arguments: object) -> bytes:  # type: ignore[type-arg]
        return compose(self, *arguments).ljust(1300, b"\x00")  # type: ignore[arg-type]

    monkeypatch.setattr(Outlet, "compose", padded)
    with pytest.raises(Exception):  # noqa: B017, PT011 - as above
        one_round(1)


def test_a_listener_that_raises_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Outlet, *arguments: object) -> bytes:  # type: ignore[type-arg]
        raise ZeroDivisionError

    monkeypatch.setattr(Outlet, "send", broken)
    with pytest.raises(AssertionError):
        one_round(1)
